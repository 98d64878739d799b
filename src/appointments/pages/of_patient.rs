//! The list of a patient's appointments: future ones with their actions, and past ones in a collapsed part.

use leptos::prelude::*;

use super::acts::{May, acts, cancel_coming};
use crate::{
    appointments::{Appointment, AppointmentState, AppointmentsOf, ListedAt, of_patient::Listed},
    core::time::{self, Instant, show_time},
    patients::DeathPrecision,
    tr,
    ui::{
        Button, ButtonTone, Choice, Confirm, DateField, Dialog, Form, Glyph, LinkButton, ListUrl, PageLinks, Paging, PostButton,
        SelectField, StatusBadge, TimeField, Tone,
    },
};

const RECORD_DEATH: &str = "/api/appointments/record_death";

/// Shows the panel on the patient's record.
pub fn appointments_panel(list: AppointmentsOf, now: Instant) -> AnyView {
    let death = list.may_book.then(|| death_view(&list));
    let book = (list.may_book && list.died.is_none()).then(|| {
        let href = format!("/appointments/new?patient={}", list.patient);
        let wait = format!("/waitlist/new?patient={}", list.patient);
        view! {
            <LinkButton href=wait label=tr!(appointments.wait_add) tone=ButtonTone::Quiet glyph=Glyph::Clock/>
            <LinkButton href label=tr!(appointments.book_title) glyph=Glyph::Plus/>
        }
    });
    view! {
        <section class="panel" id="appointments" aria-labelledby="appointments-heading">
            <div class="panel__head"><h2 id="appointments-heading">{tr!(appointments.of_patient)}</h2>{book}</div>
            {appointment_list(list, now)}
            {death}
        </section>
    }
    .into_any()
}

/// Shows only the rows.
pub fn appointment_list(list: AppointmentsOf, now: Instant) -> AnyView {
    let AppointmentsOf { patient, at, coming, past, unfolded, missed, .. } = list;
    let none = coming.is_empty().then(|| view! { <div class="panel__body"><p class="muted">{tr!(appointments.none_coming)}</p></div> });
    let rows = coming.iter().map(|one| row(one, at, now)).collect_view();
    let paging = Paging::of(&past);
    let over = (!past.rows.is_empty() || unfolded).then(|| {
        let rows = past.rows.iter().map(|one| row(one, at, now)).collect_view();
        let url = ListUrl::new(format!("/patients/{patient}"));
        view! {
            <details class="unfold" open=unfolded>
                <summary class="button button--quiet">{tr!(appointments.past)}</summary>
                <ul class="rows">{rows}</ul>
                <PageLinks url paging/>
            </details>
        }
    });
    let missed = missed.map(|words| view! { <div class="panel__body"><p><StatusBadge tone=Tone::Warning label=words/></p></div> });
    let booked =
        coming.iter().filter(|one| one.may_book && one.appointment.state == AppointmentState::Booked && one.appointment.starts_at > now);
    let all = (booked.count() > 1).then(|| view! { <div class="panel__foot cluster">{cancel_coming(patient, at)}</div> });
    view! {
        {missed}
        {none}
        <ul class="rows">{rows}</ul>
        {all}
        {over}
    }
    .into_any()
}

fn row(one: &Listed, at: ListedAt, now: Instant) -> AnyView {
    let found = &one.appointment;
    let zone = one.clinic.zone;
    let local = zone.local(found.starts_at);
    let when = format!("{}, {}", time::show_day(local.date(), zone.day(now)), show_time(local.time()));
    let facts = [found.doctor.as_str(), found.service.as_str(), one.clinic.name.as_str()].join(" · ");
    let reason = (!found.cancel_reason.is_empty()).then(|| {
        view! { <br/><span class="small">{because(found)}</span> }
    });
    let may = May { book: one.may_book, check_in: one.may_check_in };
    view! {
        <li class=format!("rows__row {}", found.state.tone().class())>
            <div class="rows__main">
                <a href=format!("/appointments/{}", found.id)><strong>{when.clone()}</strong></a>
                " "
                <StatusBadge tone=found.state.tone() label=found.state.word()/>
                <br/>
                <span class="muted small">{facts}</span>
                {reason}
                <div class="cluster">{acts(found, (now, zone), may, Some(at), &when)}</div>
            </div>
        </li>
    }
    .into_any()
}

/// Why the appointment does not take place: "Cancelled: the doctor is ill".
fn because(found: &Appointment) -> String {
    let reason = found.cancel_reason.clone();
    match found.state {
        AppointmentState::Rescheduled => tr!(appointments.moved_because, reason = reason),
        _ => tr!(appointments.cancelled_because, reason = reason),
    }
}

/// Where a death is recorded, or taken back.
fn death_view(list: &AppointmentsOf) -> AnyView {
    let hidden = vec![("patient_id", list.patient.to_string())];
    if let Some(died) = list.died {
        return view! {
            <div class="panel__foot cluster">
                <strong>{died.sentence(Some(list.zone))}</strong>
                <Confirm label=tr!(appointments.death_wrong) text=tr!(appointments.death_wrong_means)>
                    <PostButton action="/api/appointments/death_in_error" label=tr!(appointments.death_wrong) hidden/>
                </Confirm>
            </div>
        }
        .into_any();
    }
    let today = list.today.to_string();
    let known = [DeathPrecision::Day, DeathPrecision::Month, DeathPrecision::Year, DeathPrecision::Unknown];
    let known = known.map(|precision| Choice::new(precision.as_str(), precision.words())).to_vec();
    view! {
        <div class="panel__foot cluster">
            <Dialog id="death" opens=tr!(appointments.record_death) title=tr!(appointments.record_death) action=RECORD_DEATH tone=ButtonTone::Quiet>
                <Form action=RECORD_DEATH id="death-form" hidden>
                    <p>{tr!(appointments.death_means)}</p>
                    <DateField name="day" label=tr!(appointments.death_day) max=today required=true/>
                    <SelectField name="precision" label=tr!(appointments.death_precision) choices=known value="day"/>
                    <TimeField name="time" label=tr!(appointments.death_time) hint=tr!(appointments.death_time_hint) optional=true/>
                    <div class="form__actions"><Button label=tr!(appointments.record_death) tone=ButtonTone::Danger/></div>
                </Form>
            </Dialog>
        </div>
    }
    .into_any()
}
