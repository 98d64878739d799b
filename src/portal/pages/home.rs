//! `/portal`: good morning; what comes next, where one stands, what is to do.

use chrono::{NaiveDateTime, Timelike as _};
use leptos::prelude::*;

use super::not_linked;
use crate::{
    appointments::{self, Appointment, AppointmentState},
    core::{
        Permission, Result,
        time::{Instant, show_day, show_time},
    },
    opd::{self, MyPlace},
    organisation::{self, Clinic},
    patients,
    portal::{
        api::{self, PortalHome},
        booking::pages::other_times,
        islands::{FamilyPlaces, ToPay},
    },
    server::{Ctx, Page},
    tr,
    ui::{ButtonTone, EmptyState, Glyph, Icon, LinkButton, NoticeBox, PageHeader, PostButton, StatusBadge, Tone},
};

/// The home page.
pub async fn home_page() -> Result<Page> {
    let mut ctx = Ctx::read(Permission::OwnRecord).await?;
    let Ok(patient) = ctx.own_patient() else { return not_linked(&mut ctx).await };
    let (now, zone) = (ctx.now, ctx.zone());
    let name = patients::line(&mut ctx.tx, patient).await?.name;
    let next = appointments::next_for_patient(&mut ctx.tx, patient, now).await?;
    let clinics = organisation::all_clinics(&mut ctx.tx).await?;
    let place = opd::place_shown(&mut ctx.tx, patient, now).await?;
    let PortalHome { to_pay, family } = api::home(&mut ctx).await?;
    ctx.saw(patient, "portal").await?;
    let clinic = next.as_ref().and_then(|next| clinics.into_iter().find(|clinic| clinic.id == next.clinic_id));
    // Whoever acts for somebody is not that person: no greeting, but whose portal this is.
    let hello = ctx.who.acts_for().map_or_else(|| greeting(zone.local(now), name.called()), str::to_owned);
    let today = zone.local(now);
    Ok(Page::new(tr!(nav.home), move || {
        let planned = next.is_some();
        view! {
            <PageHeader title=hello/>
            <div class="portal">
                <MyPlace initial=place/>
                <FamilyPlaces initial=family/>
                {next_card(next, clinic, now, today)}
                {to_do(to_pay, planned)}
            </div>
        }
    }))
}

/// `Good morning, Theresa`, by the clinic's clock.
fn greeting(local: NaiveDateTime, name: &str) -> String {
    let name = name.to_owned();
    match local.hour() {
        4..=11 => tr!(portal.good_morning, name = name),
        12..=18 => tr!(portal.good_afternoon, name = name),
        _ => tr!(portal.good_evening, name = name),
    }
}

fn next_card(next: Option<Appointment>, clinic: Option<Clinic>, now: Instant, today: NaiveDateTime) -> AnyView {
    let Some((next, clinic)) = next.zip(clinic) else {
        return view! {
            <section class="portal-card">
                <EmptyState glyph=Glyph::Calendar title=tr!(portal.no_appointment) text=tr!(portal.no_appointment_hint)>
                    <LinkButton href="/portal/book" label=tr!(portal.book) tone=ButtonTone::Primary glyph=Glyph::Calendar/>
                </EmptyState>
            </section>
        }
        .into_any();
    };
    let local = clinic.zone.local(next.starts_at);
    let day = if local.date() == today.date() { tr!(time.today).to_owned() } else { show_day(local.date(), today.date()) };
    let elsewhere = next.may_be_changed_by_patient(now).then(|| {
        let href = other_times(&next, &clinic, Some(next.id));
        view! { <LinkButton href label=tr!(booking.another_time)/> }
    });
    let place = clinic.place();
    let href = format!("/portal/appointments/{}", next.id);
    let calendar = format!("{href}/calendar.ics");
    let state = (next.state != AppointmentState::Booked).then(|| view! { <StatusBadge tone=next.state.tone() label=next.state.word()/> });
    let waits = next.state == AppointmentState::Booked;
    let known = next.here_at.filter(|_| waits).map(|at| {
        let time = show_time(clinic.zone.local(at).time());
        view! { <NoticeBox tone=Tone::Waiting title=tr!(portal.desk_knows, time = time)>{tr!(portal.desk_knows_hint)}</NoticeBox> }
    });
    let here = (waits && next.here_at.is_none() && next.is_about_now(now)).then(|| {
        let hidden = vec![("appointment_id", next.id.to_string())];
        view! { <PostButton action="/api/portal/here" label=tr!(portal.i_am_here) hidden tone=ButtonTone::Primary glyph=Glyph::Pin/> }
    });
    view! {
        <section class="portal-card portal-card--main">
            <h2 class="portal-card__head">{tr!(portal.next_appointment)}</h2>
            <p class="portal-card__title">{format!("{day}, {}", show_time(local.time()))}</p>
            {state}
            {known}
            <div class="portal-card__lines">
                <p><Icon glyph=Glyph::Stethoscope/>{format!("{}, {}", next.doctor, next.service)}</p>
                <p><Icon glyph=Glyph::Pin/>{place}</p>
            </div>
            <div class="portal-card__actions">
                {here}
                <LinkButton href label=tr!(portal.details)/>
                {elsewhere}
                <LinkButton href=calendar label=tr!(portal.add_to_calendar) tone=ButtonTone::Quiet glyph=Glyph::Calendar/>
            </div>
        </section>
    }
    .into_any()
}

/// Without an appointment the card above offers to book one.
fn to_do(to_pay: String, planned: bool) -> impl IntoView {
    view! {
        <h2>{tr!(portal.to_do)}</h2>
        <ToPay initial=to_pay/>
        <ul class="todo">
            {planned.then(|| view! { <li>{item("/portal/book", Glyph::Calendar, tr!(portal.book))}</li> })}
            <li>{item("/portal/records", Glyph::Note, tr!(portal.read_records))}</li>
        </ul>
    }
}

fn item(href: &'static str, glyph: Glyph, words: &'static str) -> impl IntoView {
    view! {
        <a class="todo__item" href=href><Icon glyph/><span class="grow">{words}</span><Icon glyph=Glyph::ChevronRight/></a>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn greets_by_the_clock() {
        let at = |hour| chrono::NaiveDate::from_ymd_opt(2026, 11, 21).and_then(|day| day.and_hms_opt(hour, 0, 0)).expect("a time");
        assert_eq!(greeting(at(8), "Theresa"), "Good morning, Theresa");
        assert_eq!(greeting(at(13), "Theresa"), "Good afternoon, Theresa");
        assert_eq!(greeting(at(22), "Theresa"), "Good evening, Theresa");
        assert_eq!(greeting(at(2), "Theresa"), "Good evening, Theresa");
    }
}
