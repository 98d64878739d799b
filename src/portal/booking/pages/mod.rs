//! The pages for booking and for the patient's own appointments.

mod appointment;
mod appointments;
mod confirm;
mod cost;
mod doctor;
mod doctors;
mod month;
mod over_own;
mod start;
mod terms;
mod times;
mod waitlist;

use axum::{Router, routing::get};
use leptos::prelude::*;

use crate::{
    appointments::Appointment,
    core::{AppointmentId, Result, SpecialtyId, VisitTypeId},
    db::Tx,
    organisation::{self, Clinic},
    server::AppState,
    tr,
    ui::{ButtonTone, EmptyState, Glyph, LinkButton, ListUrl, PhoneLink, Steps},
};

/// The routes.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/portal/appointments", get(appointments::appointments_page))
        .route("/portal/appointments/{id}", get(appointment::appointment_page))
        .route("/portal/appointments/{id}/calendar.ics", get(appointment::calendar))
        .route("/portal/waitlist", get(waitlist::waitlist_page))
        .route("/portal/waitlist/new", get(waitlist::new_page))
        .route("/portal/book", get(start::start_page))
        .route("/portal/doctors", get(doctors::doctors_page))
        .route("/portal/doctors/{id}", get(doctor::doctor_page))
        .route("/portal/book/times", get(times::times_page))
        .route("/portal/book/move/{id}", get(over_own::move_page))
        .route("/portal/book/{id}", get(confirm::confirm_page))
}

pub(crate) use waitlist::{offer_line, offer_notice};

/// How to prepare for a visit of this type; empty when nothing is said.
async fn preparation(tx: &mut Tx, visit_type: Option<VisitTypeId>) -> Result<String> {
    let Some(id) = visit_type else { return Ok(String::new()) };
    let types = organisation::visit_types(tx).await?;
    Ok(types.into_iter().find(|known| known.id == id).map(|known| known.preparation).unwrap_or_default())
}

/// Says that booking here is not possible, with the telephone number where one is recorded.
fn call_us(title: &str, phone: &str, wait: Option<String>) -> AnyView {
    let title = title.to_owned();
    let wait = wait.map(|href| view! { <LinkButton href label=tr!(booking.wait_title) tone=ButtonTone::Primary glyph=Glyph::Clock/> });
    if phone.is_empty() {
        return view! { <EmptyState glyph=Glyph::Calendar title text=tr!(booking.ask_us)>{wait}</EmptyState> }.into_any();
    }
    let number = phone.to_owned();
    view! {
        <EmptyState glyph=Glyph::Calendar title text=tr!(booking.call_us)>
            {wait}
            <PhoneLink number/>
        </EmptyState>
    }
    .into_any()
}

/// Returns the link to the other free times of this appointment's service, with its doctor selected: moving an
/// appointment keeps the specialty.
pub(crate) fn other_times(of: &Appointment, clinic: &Clinic, replaces: Option<AppointmentId>) -> String {
    times_of(of, clinic, replaces, None).href()
}

/// Returns the address of the free times with service, doctor, visit type and, if there is one, the specialty that was searched for.
fn times_of(of: &Appointment, clinic: &Clinic, replaces: Option<AppointmentId>, specialty: Option<SpecialtyId>) -> ListUrl {
    let url = ListUrl::new("/portal/book/times").with("clinic", clinic.id).with("service", of.service_id).with("doctor", of.doctor_id);
    let url = of.visit_type_id.into_iter().fold(url, |url, id| url.with("visit_type", id));
    let url = specialty.into_iter().fold(url, |url, id| url.with("specialty", id));
    replaces.into_iter().fold(url, |url, id| url.with("replaces", id))
}

/// Shows the present one of the three steps; `back` links to the finished ones.
fn steps(current: usize, back: [Option<String>; 2]) -> impl IntoView {
    let [what, when] = back;
    let steps = vec![
        (tr!(booking.step_what).to_owned(), what),
        (tr!(booking.step_when).to_owned(), when),
        (tr!(booking.step_confirm).to_owned(), None),
    ];
    view! { <Steps steps=steps current=current/> }
}
