//! The pages of the round.

mod after_visit;
mod charted;
mod follow_ups;
mod home;
mod list;
mod note;
mod notes;
mod paper;
mod parts;
mod patient;
mod portal;
mod portal_summary;
mod record;
mod requests;
mod stay;
mod summary;

use axum::{Router, routing::get};

use crate::server::AppState;

pub use charted::charted_notes;
pub use portal::portal_follow_ups;
pub use record::on_the_record;
pub use stay::on_the_stay;

/// The routes.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/ward-round", get(list::round_page))
        .route("/ward-round/live", get(list::round_part))
        .route("/admissions/{id}/round", get(patient::patient_page))
        .route("/admissions/{id}/notes", get(notes::notes_page))
        .route("/admissions/{id}/requests", get(requests::requests_page))
        .route("/admissions/{id}/request-tests", get(requests::tests_page))
        .route("/admissions/{id}/request-study", get(requests::study_page))
        .route("/admissions/{id}/request-set", get(requests::set_page))
        .route("/admissions/{id}/take-home", get(home::take_home_page))
        .route("/admissions/{id}/stay-summary", get(summary::summary_page))
        .route("/admissions/{id}/stay-summary/paper", get(paper::paper_page))
        .route("/portal/stays/{id}/summary", get(portal_summary::portal_summary_page))
        .route("/stay-notes/{id}", get(note::note_page))
        .route("/follow-ups", get(follow_ups::follow_ups_page))
        .route("/consultation/{visit}/follow-up", get(after_visit::after_visit_page))
}
