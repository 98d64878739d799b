//! `/portal/waitlist`: the times that the patient waits for, and the offers; `/portal/waitlist/new` asks for one.

use chrono::Duration;
use leptos::prelude::*;
use serde::Deserialize;

use super::appointments::PortalAppointmentsQuery;
use crate::{
    appointments::{
        self, Appointment, SlotQuery, VisitTypeFilter,
        waitlist::{self, WaitEntry, WaitForm, WaitState},
    },
    core::{
        ClinicId, Error, IdempotencyKey, Permission, Result, ServiceId, SpecialtyId, StaffId, VisitTypeId,
        time::{self, Instant, show_time},
    },
    db::Tx,
    organisation::{self, Clinic},
    portal::{acting::heading, pages::not_linked},
    server::{Ctx, Page, Query},
    tr,
    ui::{
        Button, ButtonTone, Confirm, EmptyState, Form, Glyph, Icon, LinkButton, NoticeBox, PageHeader, PostButton, StatusBadge, Toast, Tone,
    },
};

/// A wish with its clinic, and the time that is held for it.
type Shown = (WaitEntry, Option<Clinic>, Option<Appointment>);

/// The patient's wishes with the times that are held for them.
async fn shown(tx: &mut Tx, patient: crate::core::PatientId) -> Result<Vec<Shown>> {
    let clinics = organisation::all_clinics(tx).await?;
    let mut all = Vec::new();
    for entry in waitlist::waits_of(tx, patient).await? {
        let held = match entry.appointment_id.filter(|_| entry.state == WaitState::Offered) {
            Some(id) => Some(appointments::find(tx, id).await?),
            None => None,
        };
        let clinic = clinics.iter().find(|clinic| clinic.id == entry.clinic_id).cloned();
        all.push((entry, clinic, held));
    }
    Ok(all)
}

/// The page.
///
/// # Errors
/// Not allowed, or when the database refuses.
pub async fn waitlist_page(Query(done): Query<PortalAppointmentsQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::OwnRecord).await?;
    let Ok(patient) = ctx.own_patient() else { return not_linked(&mut ctx).await };
    let all = shown(&mut ctx.tx, patient).await?;
    ctx.saw(patient, "waitlist").await?;
    let (heading, now) = (heading(&ctx.who, tr!(appointments.waitlist)), ctx.now);
    Ok(Page::new(heading.clone(), move || content(heading, all, now, &done.done)))
}

fn content(heading: String, all: Vec<Shown>, now: Instant, done: &str) -> impl IntoView + use<> {
    let toast = match done {
        "added" => Some(tr!(appointments.done_waits)),
        "withdrawn" => Some(tr!(appointments.done_withdrawn)),
        "passed" => Some(tr!(appointments.done_passed)),
        _ => None,
    };
    let (open, over): (Vec<_>, Vec<_>) = all.into_iter().partition(|(entry, ..)| !entry.state.is_over());
    let nothing = open.is_empty().then(|| {
        view! {
            <EmptyState glyph=Glyph::Clock title=tr!(booking.waits_for_nothing) text=tr!(booking.waits_hint)>
                <LinkButton href="/portal/book" label=tr!(booking.book) tone=ButtonTone::Primary glyph=Glyph::Plus/>
            </EmptyState>
        }
    });
    let cards = open.iter().map(|one| card(one, now)).collect_view();
    let rows = over.iter().map(|one| row(one, now)).collect_view();
    view! {
        <PageHeader title=heading back=("/portal/appointments".to_owned(), tr!(nav.appointments).to_owned())/>
        <div class="portal">
            {nothing}
            {cards}
            {(!over.is_empty()).then(|| view! {
                <section class="panel">
                    <div class="panel__head"><h2>{tr!(booking.past)}</h2></div>
                    <ul class="rows">{rows}</ul>
                </section>
            })}
        </div>
        {toast.map(|text| view! { <Toast text/> })}
    }
}

fn wish(entry: &WaitEntry) -> String {
    let doctor = if entry.doctor.is_empty() { tr!(booking.any_doctor).to_owned() } else { entry.doctor.clone() };
    [organisation::shown_name(&entry.service), doctor, organisation::shown_name(&entry.visit_type)]
        .into_iter()
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(", ")
}

fn card((entry, clinic, held): &Shown, now: Instant) -> impl IntoView + use<> {
    let hidden = vec![("wait_id", entry.id.to_string())];
    let offer = held.as_ref().zip(clinic.as_ref()).map(|(held, clinic)| offer_view(entry, held, clinic, now));
    let place = clinic.as_ref().map(Clinic::place).unwrap_or_default();
    let until = clinic.as_ref().map(|clinic| time::show_day(entry.until_day, clinic.zone.day(now))).unwrap_or_default();
    let suits = entry.suits();
    view! {
        <section class="portal-card">
            <h2 class="portal-card__title">{wish(entry)}</h2>
            <StatusBadge tone=entry.state.tone() label=entry.state.word()/>
            {offer}
            <div class="portal-card__lines">
                <p><Icon glyph=Glyph::Pin/>{place}</p>
                <p><Icon glyph=Glyph::Clock/>{suits}", "{tr!(booking.waits_until, day = until)}</p>
            </div>
            <div class="portal-card__actions">
                <Confirm label=tr!(appointments.withdraw) text=tr!(appointments.withdraw_question)>
                    <PostButton action="/api/portal/unwait" label=tr!(appointments.withdraw) tone=ButtonTone::Danger hidden/>
                </Confirm>
            </div>
        </section>
    }
}

/// The time that is offered, with its two answers.
fn offer_view(entry: &WaitEntry, held: &Appointment, clinic: &Clinic, now: Instant) -> impl IntoView + use<> {
    let local = clinic.zone.local(held.starts_at);
    let when = time::show_long_date_time(local);
    let until = entry.offered_until.unwrap_or(now);
    let until = clinic.zone.local(until);
    let day = super::times::day_words(until.date(), clinic.zone.day(now));
    let hidden = vec![("wait_id", entry.id.to_string())];
    let (doctor, title) = (held.doctor.clone(), tr!(booking.offer_title));
    view! {
        <NoticeBox tone=Tone::Reserved title>
            <p><strong>{when}</strong>", "{doctor}</p>
            <p>{tr!(booking.offer_until, time = format!("{day} {}", show_time(until.time())))}</p>
            <div class="cluster">
                <PostButton action="/api/portal/take_offer" label=tr!(appointments.offer_take) hidden=hidden.clone() tone=ButtonTone::Primary glyph=Glyph::Check/>
                <PostButton action="/api/portal/pass_offer" label=tr!(appointments.offer_pass) hidden=hidden/>
            </div>
        </NoticeBox>
    }
}

fn row((entry, clinic, _): &Shown, now: Instant) -> impl IntoView + use<> {
    let since = clinic.as_ref().map(|clinic| time::show_day(clinic.zone.day(entry.created_at), clinic.zone.day(now))).unwrap_or_default();
    view! {
        <li class="rows__row">
            <div class="rows__main">{wish(entry)}<br/><span class="muted small">{since}</span></div>
            <div class="rows__side"><StatusBadge tone=entry.state.tone() label=entry.state.word()/></div>
        </li>
    }
}

/// A line that an earlier time is offered, for the pages that a patient opens first.
///
/// # Errors
/// When the database refuses.
pub(crate) async fn offer_line(tx: &mut Tx, patient: crate::core::PatientId) -> Result<Option<String>> {
    let offered = shown(tx, patient).await?.into_iter().find_map(|(_, clinic, held)| clinic.zip(held));
    Ok(offered.map(|(clinic, held)| time::show_long_date_time(clinic.zone.local(held.starts_at))))
}

/// The notice of an offered time, with the way to answer.
pub(crate) fn offer_notice(when: Option<String>) -> impl IntoView {
    when.map(|when| {
        view! {
            <NoticeBox tone=Tone::Reserved title=tr!(booking.offer_title)>
                <p><strong>{when}</strong></p>
                <LinkButton href="/portal/waitlist" label=tr!(booking.offer_answer) tone=ButtonTone::Primary/>
            </NoticeBox>
        }
    })
}

/// The choices made already.
#[derive(Debug, Default, Deserialize)]
pub struct NewWishQuery {
    #[serde(default)]
    clinic: String,
    #[serde(default)]
    specialty: String,
    #[serde(default)]
    service: String,
    #[serde(default)]
    doctor: String,
    #[serde(default)]
    visit_type: String,
}

/// The form of a new wish.
///
/// # Errors
/// Not allowed, a clinic that does not exist, or when the database refuses.
pub async fn new_page(Query(choices): Query<NewWishQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::OwnRecord).await?;
    let Ok(patient) = ctx.own_patient() else { return not_linked(&mut ctx).await };
    let id = choices.clinic.parse::<ClinicId>().ok();
    let clinics = organisation::clinics(&mut ctx.tx).await?;
    let clinic = clinics.into_iter().find(|clinic| id.is_none_or(|id| id == clinic.id)).ok_or(Error::NotFound)?;
    let visit_type = choices.visit_type.parse::<VisitTypeId>().ok();
    let rules = organisation::booking_rules(&mut ctx.tx, clinic.id, visit_type).await?;
    let (today, now) = (clinic.zone.day(ctx.now), ctx.now);
    let last = today + Duration::days(rules.days);
    let query = SlotQuery {
        clinic: clinic.id,
        zone: clinic.zone,
        service: None,
        specialty: choices.specialty.parse::<SpecialtyId>().ok(),
        doctor: None,
        from: today,
        to: last,
        open: true,
        visit_type: VisitTypeFilter::Chosen(visit_type),
        now,
    };
    let services = appointments::bookable_services(&mut ctx.tx, query).await?;
    let service = choices.service.parse::<ServiceId>().ok().or_else(|| match &services[..] {
        [(only, _)] => Some(*only),
        _ => None,
    });
    let form = WaitForm {
        services,
        service,
        doctors: appointments::bookable_doctors(&mut ctx.tx, query).await?,
        doctor: choices.doctor.parse::<StaffId>().ok(),
        visit_types: organisation::visit_types(&mut ctx.tx).await?.into_iter().filter(|known| !known.desk_only).collect(),
        visit_type,
        days: [today, last, last],
    };
    let hidden = vec![("patient", patient.to_string()), ("idempotency_key", IdempotencyKey::new().to_string())];
    let (title, place) = (heading(&ctx.who, tr!(booking.wait_title)), clinic.place());
    Ok(Page::new(tr!(booking.wait_title), move || {
        // Made inside the form, where a field finds what a refused post typed.
        let fields = move || form.fields();
        view! {
            <PageHeader title back=(format!("/portal/book?clinic={}", clinic.id), tr!(booking.book).to_owned()) detail=place/>
            <p>{tr!(booking.wait_means, time = time::show_minutes(rules.offer_minutes))}</p>
            <Form action="/api/portal/wait" hidden=hidden>
                {fields()}
                <div class="form__actions"><Button label=tr!(booking.wait_add) tone=ButtonTone::Primary/></div>
            </Form>
        }
    })
    .class("main--narrow"))
}
