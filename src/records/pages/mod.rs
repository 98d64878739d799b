//! The pages of copies and erasures: at the desk, for the users who decide, and in the portal.

mod erasures;
mod exports;
mod portal;
mod record;

use axum::{Router, routing::get};

use crate::server::AppState;

pub use portal::portal_link;

/// Returns the routes.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/patients/{id}/release", get(record::release_page))
        .route("/exports", get(exports::exports_page))
        .route("/exports/{id}", get(exports::export_page))
        .route("/exports/{id}/file", get(exports::export_file))
        .route("/erasures", get(erasures::erasures_page))
        .route("/erasures/{id}", get(erasures::erasure_page))
        .route("/portal/copies", get(portal::copies_page))
        .route("/portal/copies/{id}", get(portal::copy_file))
}
