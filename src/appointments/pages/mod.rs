//! The schedule, booking at the desk, the page of one appointment, doctors' hours with their exceptions, and what is to settle.

mod absences;
mod acts;
mod appointment;
mod call_list;
mod day_list;
mod hours;
mod hours_form;
mod new;
mod of_patient;
mod schedule;
mod settle;

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
        .route("/settings/hours", get(hours::hours_page))
        .route("/settings/hours/new", get(hours::new_page))
        .route("/settings/hours/{schedule}", get(hours::entry_page))
        .route("/absences", get(absences::absences_page))
        .route("/absences/new", get(absences::new_page))
        .route("/settle", get(settle::settle_page))
        .route("/settle/print", get(call_list::call_list_page))
}
