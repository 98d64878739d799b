//! `/consultation`: the doctor's start page with the queue, the unsigned notes, and the day's appointments.

use chrono::NaiveDate;
use leptos::prelude::*;
use serde::Deserialize;

use super::{ConsultationQuery, told};
use crate::{
    appointments::{self, AppointmentState, Arrival},
    clinical::{
        EncounterState,
        day::{self, Met},
        store::{self, OpenEncounter},
    },
    core::{
        Error, PatientId, Permission, Result, ServiceId,
        time::{self, Instant, Zone},
    },
    opd::{
        self, PanelState, QueuePanel, Step,
        pages::{Said, toast},
    },
    organisation::{self, Service},
    server::{Ctx, Page, Query},
    tr,
    ui::{EmptyState, Glyph, Icon, KeyHint, PageHeader, StatusBadge, Tab, Tabs, Tone},
};

/// The queue that the doctor selected.
#[derive(Debug, Deserialize)]
pub struct ConsultationsQuery {
    #[serde(default)]
    service: String,
}

struct Day {
    services: Vec<Service>,
    service: Service,
    panel: PanelState,
    doctor: String,
    unsigned: Vec<OpenEncounter>,
    lines: Vec<DayLine>,
    may_book: bool,
    zone: Zone,
    today: NaiveDate,
    told: Option<Said>,
}

/// Serves the page.
pub async fn start_page(
    Query(ConsultationsQuery { service }): Query<ConsultationsQuery>,
    Query(done): Query<ConsultationQuery>,
) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::WriteNotes).await?;
    let doctor = ctx.who.staff.ok_or(Error::Forbidden)?;
    let (clinic, zone) = (ctx.clinic.id, ctx.zone());
    let services = organisation::services(&mut ctx.tx, clinic).await?;
    let department = organisation::doctor(&mut ctx.tx, doctor).await.ok().and_then(|doctor| doctor.department_id);
    let chosen: Option<ServiceId> = service.parse().ok();
    let own = services
        .iter()
        .find(|service| chosen == Some(service.id))
        .or_else(|| services.iter().find(|service| Some(service.department_id) == department))
        .or_else(|| services.first())
        .cloned();
    let Some(service) = own else {
        return Ok(Page::new(tr!(clinical.consultation), || {
            view! {
                <PageHeader title=tr!(clinical.consultation)/>
                <EmptyState glyph=Glyph::Queue title=tr!(clinical.no_services) text=tr!(clinical.no_services_text)/>
            }
        }));
    };
    let panel = super::queue(&mut ctx, service.id, Some(doctor)).await?;
    let unsigned = store::open_of_doctor(&mut ctx.tx, doctor, clinic).await?;
    let today = ctx.today();
    let (from, to) = zone.day_bounds(today);
    let appointments = appointments::of_doctor(&mut ctx.tx, clinic, doctor, from, to).await?;
    ctx.saw_live(unsigned.iter().map(|open| open.patient_id), "list").await?;
    ctx.saw_live(appointments.iter().map(|arrival| arrival.patient_id), "list").await?;
    let met = day::begun_by_doctor(&mut ctx.tx, doctor, clinic, from, to).await?;
    ctx.saw_live(met.iter().map(|met| met.patient_id), "list").await?;
    let told = told(&mut ctx, done, "/consultation").await?;
    let may_book = ctx.who.may_at(Permission::BookAppointments, clinic);
    let lines = lines(appointments, met);
    let day = Day { services, service, panel, doctor: doctor.to_string(), unsigned, lines, may_book, zone, today, told };
    Ok(Page::new(tr!(clinical.consultation), move || page(day)).keys(vec![KeyHint::new("n", tr!(clinical.call_next))]))
}

fn page(day: Day) -> impl IntoView {
    let Day { services, service, panel, doctor, unsigned, lines, may_book, zone, today, told } = day;
    let point = panel.point.clone();
    let tabs = (services.len() > 1).then(|| {
        let tabs = services
            .into_iter()
            .map(|one| {
                let current = one.id == service.id;
                Tab::new(format!("/consultation?service={}", one.id), one.name, current)
            })
            .collect::<Vec<_>>();
        view! { <Tabs label=tr!(clinical.queues) tabs/> }
    });
    view! {
        <PageHeader title=tr!(clinical.consultation) actions=Some(opd::pages::point_line(&point, "/consultation"))/>
        {toast(told)}
        {tabs}
        <div class="columns-2">
            <section class="panel" aria-labelledby="queue-heading">
                <div class="panel__head"><h2 id="queue-heading">{service.name}</h2></div>
                <QueuePanel
                    initial=panel
                    step=Step::Doctor.as_str().to_owned()
                    service=service.id.to_string()
                    doctor
                    link="/consultation/{visit}".to_owned()
                    link_words=tr!(clinical.open_note).to_owned()
                    back="/consultation".to_owned()
                    focus=true
                    call_action="/api/clinical/call_next".to_owned()
                />
            </section>
            <div class="stack">
                {to_sign(unsigned, zone, today)}
                {my_day(lines, zone, may_book)}
            </div>
        </div>
    }
}

/// Shows the notes that were begun and not signed.
fn to_sign(unsigned: Vec<OpenEncounter>, zone: Zone, today: NaiveDate) -> Option<AnyView> {
    (!unsigned.is_empty()).then(|| {
        let rows = unsigned
            .into_iter()
            .map(|open| {
                let name = [open.family_name, open.given_names].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ");
                let since = tr!(clinical.begun_at, at = time::show_moment(zone.local(open.started_at), today));
                view! {
                    <li class="rows__row is-progress">
                        <span class="queue__token">{open.token}</span>
                        <div class="rows__main"><a class="row-link" href=format!("/consultation/{}", open.visit_id)>{name}</a></div>
                        <div class="rows__side">{since}</div>
                    </li>
                }
            })
            .collect_view();
        view! {
            <section class="panel" aria-labelledby="to-sign-heading">
                <div class="panel__head"><h2 id="to-sign-heading">{tr!(clinical.to_sign)}</h2></div>
                <ul class="rows">{rows}</ul>
            </section>
        }
        .into_any()
    })
}

/// A line of the doctor's day: an appointment, a patient who was seen, or both.
struct DayLine {
    at: Instant,
    patient: PatientId,
    name: String,
    reason: String,
    /// The desk's remark.
    remark: String,
    token: Option<String>,
    tone: Tone,
    state: &'static str,
    met: Option<Met>,
}

/// Returns the day in order of time: the appointments, each with its encounter, and the patients who came without one.
fn lines(appointments: Vec<Arrival>, mut met: Vec<Met>) -> Vec<DayLine> {
    let mut lines: Vec<DayLine> = appointments
        .into_iter()
        .map(|arrival| DayLine {
            at: arrival.starts_at,
            patient: arrival.patient_id,
            name: arrival.patient_name,
            reason: arrival.reason,
            remark: arrival.remark,
            token: None,
            tone: arrival.state.tone(),
            state: arrival.state.word(),
            met: met.iter().position(|one| one.appointment_id == Some(arrival.appointment_id)).map(|at| met.remove(at)),
        })
        .collect();
    lines.extend(met.into_iter().map(|one| {
        let names = [one.family_name.as_str(), one.given_names.as_str()];
        let state = if one.state == EncounterState::Finished { AppointmentState::Fulfilled } else { AppointmentState::InConsultation };
        DayLine {
            at: one.started_at,
            patient: one.patient_id,
            name: names.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", "),
            reason: one.reason.clone(),
            remark: String::new(),
            token: Some(one.token.clone()),
            tone: state.tone(),
            state: state.word(),
            met: Some(one),
        }
    }));
    lines.sort_by_key(|line| line.at);
    lines
}

fn my_day(lines: Vec<DayLine>, zone: Zone, may_book: bool) -> AnyView {
    let body = if lines.is_empty() {
        view! { <EmptyState glyph=Glyph::Calendar title=tr!(clinical.no_appointments) text=tr!(clinical.no_appointments_text)/> }.into_any()
    } else {
        let rows = lines.into_iter().map(|line| day_row(line, zone, may_book)).collect_view();
        view! { <ul class="rows">{rows}</ul> }.into_any()
    };
    view! {
        <section class="panel" aria-labelledby="my-day-heading">
            <div class="panel__head"><h2 id="my-day-heading">{tr!(clinical.my_day)}</h2><a href="/schedules">{tr!(clinical.schedule)}</a></div>
            {body}
        </section>
    }
    .into_any()
}

fn day_row(line: DayLine, zone: Zone, may_book: bool) -> AnyView {
    let DayLine { at, patient, name, reason, remark, token, tone, state, met } = line;
    let papers = met.filter(|met| met.state == EncounterState::Finished).map(|met| papers(&met, patient, may_book));
    view! {
        <li class=format!("rows__row {}", tone.class())>
            <span class="arrivals__time">{time::show_time(zone.local(at).time())}</span>
            <div class="rows__main">
                <a href=format!("/patients/{patient}/chart")>{name}</a>
                {token.map(|token| view! { " "<span class="queue__token">{token}</span> })}
                {(!reason.is_empty()).then(|| view! { <span class="muted small">" "{reason}</span> })}
                {(!remark.is_empty()).then(|| view! { <br/><span class="muted small">{tr!(appointments.remark_of_desk, remark = remark)}</span> })}
                {papers}
            </div>
            <div class="rows__side"><StatusBadge tone=tone label=state/></div>
        </li>
    }
    .into_any()
}

/// Links to the printed pages of a signed visit, and to the booking of the next appointment.
fn papers(met: &Met, patient: PatientId, may_book: bool) -> AnyView {
    let prescription = met.prescribed.then(|| {
        let href = format!("/prescriptions/print/{}", met.id);
        view! { <a href=href><Icon glyph=Glyph::Print/>{tr!(clinical.prescription)}</a> }
    });
    let again = may_book.then(|| {
        let href = format!("/appointments/new?patient={patient}");
        view! { <a href=href><Icon glyph=Glyph::Calendar/>{tr!(clinical.book_follow_up)}</a> }
    });
    view! {
        <div class="cluster small">
            {prescription}
            <a href=format!("/visits/{}/summary", met.visit_id)><Icon glyph=Glyph::Print/>{tr!(clinical.visit_summary)}</a>
            {again}
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::{AppointmentId, EncounterId, ServiceId, StaffId, VisitId};

    #[test]
    fn a_day_has_each_patient_once_and_those_without_an_appointment() {
        let at = |text: &str| text.parse::<Instant>().expect("an instant");
        let arrival = Arrival {
            appointment_id: AppointmentId::new(),
            patient_id: PatientId::new(),
            patient_name: "Adams, Ben".to_owned(),
            mrn: String::new(),
            doctor: String::new(),
            doctor_id: StaffId::new(),
            service_id: ServiceId::new(),
            service: String::new(),
            starts_at: at("2026-11-28T10:00:00Z"),
            ends_at: at("2026-11-28T10:20:00Z"),
            state: AppointmentState::Fulfilled,
            here_at: None,
            reason: String::new(),
            remark: String::new(),
            overbooked: false,
        };
        let met = |appointment: Option<AppointmentId>, started: &str| Met {
            id: EncounterId::new(),
            visit_id: VisitId::new(),
            patient_id: arrival.patient_id,
            given_names: "Ana".to_owned(),
            family_name: "Núñez".to_owned(),
            token: "A-017".to_owned(),
            appointment_id: appointment,
            state: EncounterState::Finished,
            reason: String::new(),
            started_at: at(started),
            prescribed: false,
        };
        let met = vec![met(None, "2026-11-28T09:30:00Z"), met(Some(arrival.appointment_id), "2026-11-28T10:05:00Z")];
        let lines = lines(vec![arrival], met);
        let shown: Vec<_> = lines.iter().map(|line| (line.name.as_str(), line.token.is_some(), line.met.is_some())).collect();
        assert_eq!(shown, [("Núñez, Ana", true, true), ("Adams, Ben", false, true)]);
    }
}
