//! `/clinic`: the clinics with address, phone, hours and doctors, for everybody.

use axum::response::{IntoResponse as _, Response};
use leptos::prelude::*;

use crate::{
    appointments::{self, WeekdayTimes, WeeklyTime, weekday_times},
    core::{Error, Result},
    organisation::{self, Clinic, Doctor},
    server::{Page, Remembered, Request, page::Layout, security::ASKS_POSITION},
    tr,
    ui::{Button, ButtonTone, Glyph, Icon, LinkButton, PhoneLink, PlaceLink},
};

/// A clinic as everybody may see it.
#[derive(Clone)]
struct PublicClinic {
    clinic: Clinic,
    doctors: Vec<Doctor>,
    hours: Vec<WeeklyTime>,
}

/// Shows the clinics. The page is read without a session: it has no data of patients.
///
/// # Errors
/// When the database refuses.
pub async fn clinics_page() -> Result<Response> {
    let request = Request::current().ok_or(Error::NotFound)?;
    let now = request.state.clock.now();
    // The hours change with the day at the latest.
    static SHOWN: Remembered<(), Vec<PublicClinic>> = Remembered::new();
    let mark = format!("{}-{}", request.state.hub.mark(), now.timestamp() / 3600);
    let work = async {
        let mut tx = request.state.db.read().await?;
        let mut shown = Vec::new();
        for clinic in organisation::clinics(&mut tx).await? {
            let hours = appointments::weekly_times(&mut tx, clinic.id, clinic.zone.day(now)).await?;
            let mut doctors = organisation::doctors(&mut tx, clinic.id).await?;
            doctors.retain(|doctor| hours.iter().any(|time| time.doctor_id == doctor.id));
            shown.push(PublicClinic { clinic, doctors, hours });
        }
        Ok(shown)
    };
    let clinics = SHOWN.at(mark, (), work).await?;
    let signed_in = request.principal.is_some();
    let phone = request.state.hospital().phone.clone();
    let page = Page::new(tr!(first_visits.clinics), move || content(clinics, signed_in, phone)).layout(Layout::Plain);
    Ok(([ASKS_POSITION], page).into_response())
}

fn content(clinics: Vec<PublicClinic>, signed_in: bool, phone: String) -> impl IntoView {
    let near = clinics.iter().filter(|shown| !shown.clinic.position().is_empty()).count() > 1;
    let near = near.then(nearest);
    let cards = clinics.into_iter().map(card).collect_view();
    let known = match signed_in {
        true => view! { <LinkButton href="/" label=tr!(first_visits.my_pages)/> }.into_any(),
        false => view! {
            <LinkButton href="/sign-in" label=tr!(first_visits.sign_in)/>
            <LinkButton href="/sign-up" label=tr!(first_visits.sign_up) tone=ButtonTone::Quiet/>
        }
        .into_any(),
    };
    let phone = (!phone.is_empty()).then(|| view! { <p>{tr!(first_visits.call)}" "<PhoneLink number=phone/></p> });
    view! {
        <div class="portal">
            <h1>{tr!(first_visits.clinics)}</h1>
            <p>{tr!(first_visits.clinics_detail)}</p>
            {phone}
            <div class="portal-card__actions no-print">
                <LinkButton href="/clinic/first-visit" label=tr!(first_visits.ask) tone=ButtonTone::Primary glyph=Glyph::Calendar/>
                {known}
            </div>
            {near}
            <div class="stack">{cards}</div>
        </div>
    }
}

/// The press that sorts the clinics by distance; `near.js` shows it. Without scripts they stand by name.
fn nearest() -> AnyView {
    view! {
        <div class="cluster no-print" hidden data-near="true" data-done=tr!(first_visits.near_done) data-refused=tr!(first_visits.near_refused)>
            <Button kind="button" label=tr!(first_visits.near) glyph=Glyph::Pin/>
            <span class="muted small" role="status">{tr!(first_visits.near_text)}</span>
        </div>
    }
    .into_any()
}

fn card(shown: PublicClinic) -> impl IntoView {
    let PublicClinic { clinic, doctors, hours } = shown;
    let (ask, position) = (format!("/clinic/first-visit?clinic={}", clinic.id), clinic.position());
    let address = (!clinic.address.is_empty())
        .then(|| view! { <p><Icon glyph=Glyph::Pin/><PlaceLink place=clinic.place() position=clinic.position()/></p> });
    let directions = clinic.directions.clone();
    let directions = (!directions.is_empty())
        .then(|| view! { <p><strong>{tr!(booking.find_us)}</strong><br/><span class="prose">{directions}</span></p> });
    let phone = (!clinic.phone.is_empty()).then(|| view! { <p><Icon glyph=Glyph::Phone/><PhoneLink number=clinic.phone.clone()/></p> });
    let opens = weekday_times(&hours, None);
    let people = doctors.into_iter().map(|doctor| doctor_row(doctor, &hours, &opens)).collect_view();
    let none = opens.is_empty().then(|| view! { <p class="muted">{tr!(first_visits.no_hours)}</p> });
    let rows = opens
        .into_iter()
        .map(|(day, times)| view! { <li class="rows__row"><div class="rows__main">{day}</div><div class="rows__side">{times}</div></li> })
        .collect_view();
    view! {
        <section class="portal-card" data-position=position>
            <h2 class="portal-card__title">{clinic.name.clone()}" "<span class="muted small" data-distance="true"></span></h2>
            <div class="portal-card__lines">{address}{directions}{phone}</div>
            <h3>{tr!(first_visits.hours)}</h3>
            {none}
            <ul class="rows">{rows}</ul>
            <p class="muted small">{tr!(booking.local_time, clinic = clinic.name.clone())}</p>
            <h3>{tr!(first_visits.doctors)}</h3>
            <ul class="rows">{people}</ul>
            <div class="portal-card__actions no-print">
                <LinkButton href=ask label=tr!(first_visits.ask_here) glyph=Glyph::Calendar about=Some(clinic.name)/>
            </div>
        </section>
    }
}

/// Shows a doctor; the doctor's hours stand here only when they differ from those of the clinic, which stand above.
fn doctor_row(doctor: Doctor, hours: &[WeeklyTime], opens: &[WeekdayTimes]) -> impl IntoView + use<> {
    let own = weekday_times(hours, Some(doctor.id));
    let own = (own != opens).then(|| own.iter().map(|(day, times)| format!("{day} {times}")).collect::<Vec<_>>().join(", "));
    let specialties = doctor.specialties.iter().map(|name| crate::organisation::shown_name(name)).collect::<Vec<_>>().join(", ");
    view! {
        <li class="rows__row">
            <Icon glyph=Glyph::Stethoscope/>
            <div class="rows__main">
                <strong>{doctor.name}</strong>
                {(!specialties.is_empty()).then(|| view! { <br/><span>{specialties}</span> })}
                {own.map(|own| view! { <br/><span class="muted small">{own}</span> })}
            </div>
        </li>
    }
}
