//! The schedule and the pages of one appointment.

mod schedule;

use axum::{Router, routing::get};

use crate::server::AppState;

/// The routes.
pub fn routes() -> Router<AppState> {
    Router::new().route("/schedules", get(schedule::schedule_page))
}
