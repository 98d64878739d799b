//! Registers a patient: the record, the coverage, the contact person and the billing account are created together, or
//! not at all. Before that the desk sees the records that may belong to the same person.

pub mod api;
#[cfg(feature = "ssr")]
mod page;
#[cfg(feature = "ssr")]
mod workflow;

#[cfg(feature = "ssr")]
pub use workflow::{Registration, register};

/// Returns the routes of the pages.
#[cfg(feature = "ssr")]
pub fn routes() -> axum::Router<crate::server::AppState> {
    axum::Router::new().route("/patients/new", axum::routing::get(page::registration_page))
}
