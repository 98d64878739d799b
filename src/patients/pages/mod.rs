//! The pages about patients.

mod access;
mod allergies;
mod coverage;
mod edit;
mod fields;
mod guardian;
mod label;
mod list;
mod record;
mod suspects;
mod tabs;

use axum::{Router, routing::get};

use crate::{
    core::PatientId,
    server::{AppState, Path, Query},
};

pub use allergies::allergy_panel;
pub use fields::{birth_field, contact_fields, coverage_fields, patient_fields};
pub use list::too_many;
pub use record::{DrawPanel, RecordPanel, RecordPanelRead};
pub use suspects::{show_suspects, suspects_box};
pub use tabs::{RecordTab, record_tabs};

/// The routes.
pub fn routes(appointments: RecordPanel) -> Router<AppState> {
    Router::new()
        .merge(super::emergency::pages::routes())
        .route("/patients", get(list::patients_page))
        .route("/patients/{id}", get(move |id: Path<PatientId>, done: Query<record::Done>| record::patient_page(appointments, id, done)))
        .route("/patients/{id}/access", get(access::access_page))
        .route("/patients/{id}/edit", get(edit::edit_page))
        .route("/patients/{id}/guardian", get(guardian::guardian_page))
        .route("/patients/{id}/label", get(label::label_page))
}
