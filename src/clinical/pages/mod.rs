//! The pages of doctors, the chart, and what goes on paper.

mod chart;
mod consultation;
mod entry;
mod glance;
mod paper;
mod start;
mod vital_trends;

use axum::{Router, routing::get};

use crate::{
    core::{Result, ServiceId, StaffId},
    opd::{self, PanelState, QueueFilter, Step},
    server::{AppState, Ctx},
};

/// The routes.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/consultation", get(start::start_page))
        .route("/consultation/{visit}", get(consultation::consultation_page))
        .route("/patients/{id}/chart", get(chart::chart_page))
        .route("/visits/{id}/summary", get(paper::summary_sheet))
        .route("/prescriptions/print/{encounter}", get(paper::prescription_sheet))
}

/// What was just done, from the fixed word in the address.
fn done_words(done: &str) -> Option<&'static str> {
    use crate::tr;
    Some(match done {
        "signed" => tr!(clinical.done_signed),
        "saved" => tr!(clinical.done_saved),
        "called" => tr!(clinical.done_called),
        "taken_over" => tr!(clinical.done_taken_over),
        "added" => tr!(clinical.done_added),
        "stopped" => tr!(clinical.done_stopped),
        "nobody" => tr!(clinical.done_nobody),
        _ => return None,
    })
}

/// `?done=`.
#[derive(Debug, Default, serde::Deserialize)]
pub struct Done {
    #[serde(default)]
    done: String,
}

/// The doctors' queue of a service, as one doctor sees it.
async fn queue(ctx: &mut Ctx, service: ServiceId, doctor: Option<StaffId>) -> Result<PanelState> {
    opd::panel(ctx, &QueueFilter { service: Some(service), step: Some(Step::Doctor), doctor }).await
}
