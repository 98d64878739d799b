//! `/waitlist`: who waits for an earlier time at the clinic, in the order in which freed seats are offered; `/waitlist/new` adds a wish.

use chrono::Duration;
use leptos::prelude::*;
use serde::Deserialize;

use super::with_missed;
use crate::{
    appointments::{
        BOOKED_AHEAD, SlotQuery, VisitTypeFilter, search,
        waitlist::{WaitEntry, WaitForm, WaitState, in_order},
    },
    core::{
        IdempotencyKey, PatientId, Permission, Result, ServiceId, StaffId,
        list::{self, Slice},
        time::{self, Instant, Zone},
    },
    organisation, patients,
    server::{Ctx, Page, Query},
    tr,
    ui::{
        Button, ButtonTone, CheckboxField, Column, DataTable, Dialog, EmptyState, Form, Glyph, LinkButton, ListUrl, PageHeader, Paging,
        PatientBanner, PostButton, Row, StatusBadge, TextArea, Toast, Tone, refused_for,
    },
};

const UNWAIT: &str = "/api/appointments/unwait";

/// The page of the list, and what was just done.
#[derive(Debug, Default, Deserialize)]
pub struct WaitlistQuery {
    page: Option<i64>,
    #[serde(default)]
    done: String,
}

/// The list.
///
/// # Errors
/// Not allowed, or when the database refuses.
pub async fn waitlist_page(Query(which): Query<WaitlistQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::BookAppointments).await?;
    let (clinic, zone, now) = (ctx.clinic.id, ctx.zone(), ctx.now);
    let (page, offset) = list::offset(which.page);
    let slice = Slice::from_surplus(in_order(&mut ctx.tx, clinic, offset).await?, page);
    let patients: Vec<_> = slice.rows.iter().map(|entry| entry.patient_id).collect();
    ctx.saw_live(patients, "waiting").await?;
    Ok(Page::new(tr!(appointments.waitlist), move || content(slice, zone, now, &which.done)))
}

fn content(slice: Slice<WaitEntry>, zone: Zone, now: Instant, done: &str) -> impl IntoView + use<> {
    let toast = match done {
        "added" => Some(tr!(appointments.done_waits)),
        "withdrawn" => Some(tr!(appointments.done_withdrawn)),
        "passed" => Some(tr!(appointments.done_passed)),
        _ => None,
    };
    let paging = Paging::of(&slice);
    let columns = vec![
        Column::new(tr!(ui.patient)),
        Column::new(tr!(appointments.state)),
        Column::new(tr!(appointments.wait_for)),
        Column::new(tr!(appointments.wait_suits)),
        Column::new(tr!(appointments.wait_until)).secondary(),
        Column::new(tr!(appointments.wait_since)).secondary(),
        Column::new(tr!(appointments.wait_acts)),
    ];
    let rows = slice.rows.into_iter().map(|entry| row(entry, zone, now)).collect();
    let empty =
        view! { <EmptyState glyph=Glyph::Clock title=tr!(appointments.nobody_waits) text=tr!(appointments.waitlist_hint)/> }.into_any();
    let back = ("/schedules".to_owned(), tr!(appointments.schedule).to_owned());
    let add = view! { <LinkButton href="/patients" label=tr!(appointments.wait_find) glyph=Glyph::Search/> }.into_any();
    view! {
        {toast.map(|text| view! { <Toast text/> })}
        <PageHeader title=tr!(appointments.waitlist) back detail=tr!(appointments.waitlist_hint) actions=Some(add)/>
        <DataTable caption=tr!(appointments.waitlist) columns rows url=ListUrl::new("/waitlist") paging=Some(paging) empty=Some(empty) stacked=true/>
    }
}

fn row(entry: WaitEntry, zone: Zone, now: Instant) -> Row {
    let today = zone.day(now);
    let urgent = entry.urgent.then(|| view! { " " <StatusBadge tone=Tone::Warning label=tr!(appointments.wait_urgent)/> });
    let until = entry.offered_until.filter(|_| entry.state == WaitState::Offered).map(|until| {
        let words = tr!(appointments.wait_answer_until, time = time::show_date_time(zone.local(until)));
        let held = entry.appointment_id.map(|id| format!("/appointments/{id}"));
        view! { <br/><a class="small" href=held.unwrap_or_default()>{words}</a> }
    });
    let doctor = if entry.doctor.is_empty() { tr!(booking.any_doctor).to_owned() } else { entry.doctor.clone() };
    let wish = [entry.service.clone(), doctor, entry.visit_type.clone()].into_iter().filter(|word| !word.is_empty());
    let note = (!entry.note.is_empty()).then(|| view! { <br/><span class="muted small">{entry.note.clone()}</span> });
    let acts = acts(&entry);
    let (state, suits, since) = (entry.state, entry.suits(), time::show_date_time(zone.local(entry.created_at)));
    let cells = vec![
        view! { <a href=format!("/patients/{}", entry.patient_id)>{entry.patient_name}</a>{urgent}<br/><span class="muted small">{entry.mrn}</span> }
            .into_any(),
        view! { <StatusBadge tone=state.tone() label=state.word()/>{until} }.into_any(),
        view! { {wish.collect::<Vec<_>>().join(", ")}{note} }.into_any(),
        suits.into_any(),
        time::show_day(entry.until_day, today).into_any(),
        since.into_any(),
        view! { <div class="cluster">{acts}</div> }.into_any(),
    ];
    Row::new(cells)
}

/// The answers that a patient gives on the phone, and taking the wish off the list.
fn acts(entry: &WaitEntry) -> impl IntoView + use<> {
    let id = entry.id.to_string();
    let hidden = vec![("wait_id", id.clone())];
    let answers = (entry.state == WaitState::Offered).then(|| {
        let (about, other) = (entry.patient_name.clone(), entry.patient_name.clone());
        view! {
            <PostButton action="/api/appointments/take_offer" label=tr!(appointments.offer_take) hidden=hidden.clone() about glyph=Glyph::Check/>
            <PostButton action="/api/appointments/pass_offer" label=tr!(appointments.offer_pass) hidden=hidden.clone() about=other tone=ButtonTone::Quiet/>
        }
    });
    let action = if refused_for(UNWAIT, "wait_id", &id) { UNWAIT } else { "" };
    let name = entry.patient_name.clone();
    view! {
        {answers}
        <Dialog id=format!("unwait-{id}") opens=tr!(appointments.withdraw) title=tr!(appointments.withdraw_question) action tone=ButtonTone::Quiet glyph=Glyph::Close>
            <Form action=UNWAIT id=format!("unwait-form-{id}") hidden>
                <p><strong>{name}</strong></p>
                <TextArea name="reason" label=tr!(appointments.withdraw_reason) rows=2 maxlength=500 required=true/>
                <div class="form__actions"><Button label=tr!(appointments.withdraw) tone=ButtonTone::Danger/></div>
            </Form>
        </Dialog>
    }
}

/// For whom, and what is chosen already.
#[derive(Debug, Default, Deserialize)]
pub struct NewWishQuery {
    #[serde(default)]
    patient: String,
    #[serde(default)]
    service: String,
    #[serde(default)]
    doctor: String,
}

/// The form of a new wish.
///
/// # Errors
/// Not allowed, somebody in nobody's care here, or when the database refuses.
pub async fn new_wait_page(Query(choices): Query<NewWishQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::BookAppointments).await?;
    let (clinic, zone, today, now) = (ctx.clinic.id, ctx.zone(), ctx.today(), ctx.now);
    let Ok(patient) = choices.patient.parse::<PatientId>() else { return Ok(Page::new(tr!(appointments.wait_title), for_whom)) };
    ctx.saw(patient, "banner").await?;
    let banner = patients::banner(&mut ctx.tx, patient, today).await?;
    let banner = with_missed(&mut ctx, patient, banner).await?;
    let services = organisation::services(&mut ctx.tx, clinic).await?;
    let anybody = SlotQuery {
        clinic,
        zone,
        service: None,
        specialty: None,
        doctor: None,
        from: today,
        to: today + BOOKED_AHEAD,
        open: false,
        visit_type: VisitTypeFilter::Any,
        now,
    };
    let form = WaitForm {
        services: services.into_iter().map(|service| (service.id, service.name)).collect(),
        service: choices.service.parse::<ServiceId>().ok(),
        doctors: search::bookable_doctors(&mut ctx.tx, anybody).await?,
        doctor: choices.doctor.parse::<StaffId>().ok(),
        visit_types: organisation::visit_types(&mut ctx.tx).await?,
        visit_type: None,
        days: [today, today + BOOKED_AHEAD, today + Duration::days(60)],
    };
    let hidden = vec![("patient_id", patient.to_string()), ("idempotency_key", IdempotencyKey::new().to_string())];
    let page = Page::new(tr!(appointments.wait_title), move || {
        // Made inside the form, where a field finds what a refused post typed.
        let fields = move || {
            view! {
                {form.fields()}
                <CheckboxField name="urgent" label=tr!(appointments.wait_is_urgent) hint=tr!(appointments.wait_urgent_hint)/>
            }
        };
        view! {
            <PageHeader title=tr!(appointments.wait_title) back=("/waitlist".to_owned(), tr!(appointments.waitlist).to_owned())/>
            <Form action="/api/appointments/wait" hidden=hidden>
                {fields()}
                <div class="form__actions"><Button label=tr!(appointments.wait_add) tone=ButtonTone::Primary key="Ctrl+Enter"/></div>
            </Form>
        }
    });
    Ok(page.class("main--narrow").banner(move || view! { <PatientBanner info=banner/> }))
}

/// Without a patient in the address: the way to one.
fn for_whom() -> impl IntoView {
    view! {
        <PageHeader title=tr!(appointments.wait_title) back=("/waitlist".to_owned(), tr!(appointments.waitlist).to_owned())/>
        <EmptyState glyph=Glyph::Search title=tr!(appointments.for_whom) text=tr!(appointments.wait_for_whom)>
            <LinkButton href="/patients" label=tr!(appointments.wait_find) tone=ButtonTone::Primary glyph=Glyph::Search/>
        </EmptyState>
    }
}
