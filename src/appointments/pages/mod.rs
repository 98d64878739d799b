//! The schedule, booking at the desk, and the page of one appointment.

mod acts;
mod appointment;
mod day_list;
mod new;
mod of_patient;
mod schedule;

use axum::{Router, routing::get};

use crate::server::AppState;

pub use of_patient::{appointment_list, appointments_panel};

/// The routes.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/schedules", get(schedule::schedule_page))
        .route("/schedules/print", get(day_list::day_list_page))
        .route("/appointments/new", get(new::new_page))
        .route("/appointments/{id}", get(appointment::appointment_page))
}
