//! `/portal/appointments`: future and past appointments.

use leptos::prelude::*;
use serde::Deserialize;

use crate::{
    appointments::{self, Appointment, AppointmentState},
    core::{
        Permission, Result,
        time::{self, Instant, show_time},
    },
    organisation::{self, Clinic},
    portal::{acting::heading, pages::not_linked},
    server::{Ctx, Page, Query},
    tr,
    ui::{ButtonTone, EmptyState, Glyph, Icon, LinkButton, PageHeader, PlaceLink, StatusBadge, Toast},
};

/// The query parameter with the action that was just done.
#[derive(Debug, Default, Deserialize)]
pub struct PortalAppointmentsQuery {
    #[serde(default)]
    pub done: String,
}

/// Shows the appointments.
///
/// # Errors
/// When the user lacks the permission, or the database refuses.
pub async fn appointments_page(Query(done): Query<PortalAppointmentsQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::OwnRecord).await?;
    let Ok(patient) = ctx.own_patient() else { return not_linked(&mut ctx).await };
    let all = appointments::of_patient(&mut ctx.tx, patient).await?;
    let clinics = organisation::all_clinics(&mut ctx.tx).await?;
    ctx.saw(patient, "appointments").await?;
    let offer = super::offer_line(&mut ctx.tx, patient).await?;
    let waits = !appointments::waitlist::waits_of(&mut ctx.tx, patient).await?.is_empty();
    let now = ctx.now;
    let heading = heading(&ctx.who, tr!(nav.appointments));
    Ok(Page::new(heading.clone(), move || content(heading, (all, clinics), (offer, waits), now, &done.done)))
}

fn content(
    heading: String,
    (all, clinics): (Vec<Appointment>, Vec<Clinic>),
    (offer, waits): (Option<String>, bool),
    now: Instant,
    done: &str,
) -> impl IntoView + use<> {
    use AppointmentState as S;
    let (mut coming, past): (Vec<_>, Vec<_>) =
        all.into_iter().partition(|one| matches!(one.state, S::Booked | S::CheckedIn | S::InConsultation) && one.ends_at > now);
    coming.reverse();
    let clinic_of = |one: &Appointment| clinics.iter().find(|clinic| clinic.id == one.clinic_id).cloned();
    let none = coming.is_empty();
    let some_past = !past.is_empty();
    let cards = coming.into_iter().enumerate().map(|(index, one)| card(&one, clinic_of(&one), now, index == 0)).collect_view();
    let rows = past.into_iter().map(|one| row(&one, clinic_of(&one), now)).collect_view();
    let toast = (done == "cancelled").then(|| view! { <Toast text=tr!(booking.cancelled)/> });
    let book = view! { <LinkButton href="/portal/book" label=tr!(booking.book) tone=ButtonTone::Primary glyph=Glyph::Plus/> };
    view! {
        <PageHeader title=heading actions=(!none).then(|| book.into_any())/>
        <div class="portal">
            {super::offer_notice(offer)}
            {waits.then(|| view! { <p><a href="/portal/waitlist">{tr!(booking.your_waitlist)}</a></p> })}
            {if none {
                view! {
                    <EmptyState glyph=Glyph::Calendar title=tr!(booking.nothing_coming) text=tr!(booking.nothing_coming_hint)>
                        <LinkButton href="/portal/book" label=tr!(booking.book) tone=ButtonTone::Primary glyph=Glyph::Plus/>
                    </EmptyState>
                }
                .into_any()
            } else {
                cards.into_any()
            }}
            {some_past.then(|| view! {
                <section class="panel">
                    <div class="panel__head"><h2>{tr!(booking.past)}</h2></div>
                    <ul class="rows">{rows}</ul>
                </section>
            })}
        </div>
        {toast}
    }
}

fn card(one: &Appointment, clinic: Option<Clinic>, now: Instant, next: bool) -> impl IntoView + use<> {
    let (when, place) = match &clinic {
        Some(clinic) => {
            let local = clinic.zone.local(one.starts_at);
            let when = format!("{}, {}", super::times::day_words(local.date(), clinic.zone.day(now)), show_time(local.time()));
            (when, clinic.place())
        }
        None => (time::show_date_time(one.starts_at.naive_utc()), String::new()),
    };
    let class = if next { "portal-card portal-card--main" } else { "portal-card" };
    let href = format!("/portal/appointments/{}", one.id);
    let doctor = format!("{}, {}", one.doctor, organisation::shown_name(&one.service));
    let arrived = (one.state != AppointmentState::Booked).then(|| view! { <StatusBadge tone=one.state.tone() label=one.state.word()/> });
    view! {
        <section class=class>
            {next.then(|| view! { <p class="portal-card__head">{tr!(booking.next)}</p> })}
            <h2 class="portal-card__title"><a href=href.clone()>{when}</a></h2>
            {arrived}
            <div class="portal-card__lines">
                <p><Icon glyph=Glyph::Stethoscope/>{doctor}</p>
                <p><Icon glyph=Glyph::Pin/><PlaceLink place/></p>
            </div>
            <div class="portal-card__actions">
                <LinkButton href=href.clone() label=tr!(booking.details)/>
                <LinkButton href=format!("{href}/calendar.ics") label=tr!(booking.add_to_calendar) tone=ButtonTone::Quiet glyph=Glyph::Calendar/>
            </div>
        </section>
    }
}

fn row(one: &Appointment, clinic: Option<Clinic>, now: Instant) -> impl IntoView + use<> {
    let when = clinic.map_or_else(
        || time::show_date_time(one.starts_at.naive_utc()),
        |clinic| {
            let local = clinic.zone.local(one.starts_at);
            format!("{}, {}", time::show_day(local.date(), clinic.zone.day(now)), show_time(local.time()))
        },
    );
    view! {
        <li class="rows__row">
            <div class="rows__main">
                <a class="row-link" href=format!("/portal/appointments/{}", one.id)>{when}</a>
                <br/>
                <span class="muted small">{format!("{}, {}", one.doctor, organisation::shown_name(&one.service))}</span>
            </div>
            <div class="rows__side"><StatusBadge tone=one.state.tone() label=one.state.word()/></div>
        </li>
    }
}
