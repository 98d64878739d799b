//! Registering a patient: the record, the coverage, whom to call and the billing account come to be together, or not
//! at all. Before that the desk sees who may be the same person.

pub mod api;
#[cfg(feature = "ssr")]
mod page;
#[cfg(feature = "ssr")]
mod workflow;

#[cfg(feature = "ssr")]
pub use workflow::{Registration, register};

/// The routes.
#[cfg(feature = "ssr")]
pub fn routes() -> axum::Router<crate::server::AppState> {
    axum::Router::new().route("/patients/new", axum::routing::get(page::registration_page))
}
