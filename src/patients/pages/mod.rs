//! The pages about patients.

mod list;

use axum::{Router, routing::get};

use crate::server::AppState;

/// The routes.
pub fn routes() -> Router<AppState> {
    Router::new().route("/patients", get(list::patients_page))
}
