//! The list of a patient's appointments: what is to come with its acts, and what is over, folded.

use leptos::prelude::*;

use super::acts::{May, acts};
use crate::{
    appointments::{AppointmentsOf, ListedAt, of_patient::Listed},
    core::time::{self, Instant, show_time},
    tr,
    ui::{Glyph, LinkButton, ListUrl, PageLinks, Paging, StatusBadge},
};

/// The panel on the patient's record.
pub fn appointments_panel(list: AppointmentsOf, now: Instant) -> AnyView {
    let book = list.may_book.then(|| {
        let href = format!("/appointments/new?patient={}", list.patient);
        view! { <LinkButton href label=tr!(appointments.book_title) glyph=Glyph::Plus/> }
    });
    view! {
        <section class="panel" id="appointments" aria-labelledby="appointments-heading">
            <div class="panel__head"><h2 id="appointments-heading">{tr!(appointments.of_patient)}</h2>{book}</div>
            {appointment_list(list, now)}
        </section>
    }
    .into_any()
}

/// The rows alone.
pub fn appointment_list(list: AppointmentsOf, now: Instant) -> AnyView {
    let AppointmentsOf { patient, at, coming, past, unfolded, .. } = list;
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
    view! {
        {none}
        <ul class="rows">{rows}</ul>
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
        view! { <br/><span class="small">{tr!(appointments.cancelled_because, reason = found.cancel_reason.clone())}</span> }
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
                <div class="cluster">{acts(found, now, may, Some(at), &when)}</div>
            </div>
        </li>
    }
    .into_any()
}
