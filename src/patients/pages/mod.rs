//! The pages about patients.

mod access;
mod allergies;
mod coverage;
mod edit;
mod fields;
mod guardian;
mod label;
mod labels;
mod list;
mod portal;
mod record;
mod sign_up_code;
mod suspects;

use axum::{Router, routing::get};

use crate::{
    core::PatientId,
    server::{AppState, Ctx},
    ui::Tab,
};

pub use allergies::allergy_panel;
pub use fields::{birth_field, contact_fields, coverage_fields, patient_fields};
pub use list::too_many;
pub use portal::portal_allergies;
pub use suspects::{show_suspects, suspects_box};

/// Returns the tabs on a patient's pages that the reader may see. `current` is the path of the current one after
/// `/patients/{id}`.
pub fn record_tabs(ctx: &Ctx, patient: PatientId, current: &str) -> Vec<Tab> {
    let tabs = ctx.state().departments.record_tabs().into_iter().filter(|tab| ctx.who.may(tab.right));
    tabs.map(|tab| Tab::new(format!("/patients/{patient}{}", tab.path), (tab.words)(), tab.path == current)).collect()
}

/// Returns the routes of the pages.
pub fn routes() -> Router<AppState> {
    Router::new()
        .merge(super::emergency::pages::routes())
        .merge(super::merges::pages::routes())
        .route("/sign-up/code", get(sign_up_code::sign_up_code_page))
        .route("/patients", get(list::patients_page))
        .route("/patients/{id}", get(record::patient_page))
        .route("/patients/{id}/access", get(access::access_page))
        .route("/patients/{id}/changes", get(super::changes::pages::changes_page))
        .route("/patients/{id}/edit", get(edit::edit_page))
        .route("/patients/{id}/guardian", get(guardian::guardian_page))
        .route("/patients/{id}/photo", get(super::photo::pages::photo_page).post(super::photo::pages::send_photo))
        .route("/patients/{id}/photo/file", get(super::photo::pages::photo_file))
        .route("/patients/{id}/label", get(label::label_page))
        .route("/patients/{id}/labels", get(labels::labels_page))
}
