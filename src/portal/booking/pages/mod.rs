//! The pages of booking and of one's own appointments.

mod appointment;
mod appointments;
mod confirm;
mod cost;
mod start;
mod times;

use axum::{Router, routing::get};
use leptos::prelude::*;

use crate::{server::AppState, tr, ui::Steps};

/// The routes.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/portal/appointments", get(appointments::appointments_page))
        .route("/portal/appointments/{id}", get(appointment::appointment_page))
        .route("/portal/appointments/{id}/calendar.ics", get(appointment::calendar))
        .route("/portal/book", get(start::start_page))
        .route("/portal/book/times", get(times::times_page))
        .route("/portal/book/{id}", get(confirm::confirm_page))
}

/// Where the patient is in the three questions; `back` leads to those answered.
fn steps(current: usize, back: [Option<String>; 2]) -> impl IntoView {
    let [what, when] = back;
    let steps = vec![
        (tr!(booking.step_what).to_owned(), what),
        (tr!(booking.step_when).to_owned(), when),
        (tr!(booking.step_confirm).to_owned(), None),
    ];
    view! { <Steps steps=steps current=current/> }
}
