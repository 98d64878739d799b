//! The public page of the clinics, the public form, and the desk's pages.

mod ask;
mod clinics;
mod list;
mod request;

use axum::{Router, routing::get};

use crate::server::AppState;

/// The routes.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/clinic", get(clinics::clinics_page))
        .route("/clinic/first-visit", get(ask::ask_page))
        .route("/first-visits", get(list::first_visits_page))
        .route("/first-visits/{id}", get(request::first_visit_page))
}
