//! The pages of nursing.

mod assessments;
mod care_plans;
mod chart;
mod devices;
mod escalations;
mod fluids;
mod handover;
mod line;
mod paper;
mod parts;
mod patients;
mod set;
mod sheet;
mod start;
mod tasks;
mod tools;

use axum::{Router, routing::get};

use crate::server::AppState;

/// The routes.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/nursing", get(patients::nursing_page))
        .route("/nursing/live", get(patients::nursing_part))
        .route("/nursing/overdue", get(patients::overdue_page))
        .route("/nursing/overdue/live", get(patients::overdue_part))
        .route("/nursing/escalations", get(escalations::escalations_page))
        .route("/nursing/escalations/live", get(escalations::escalations_part))
        .route("/nursing/handover", get(handover::handover_page))
        .route("/handovers/{id}", get(paper::paper_page))
        .route("/admissions/{id}/nursing", get(sheet::sheet_page))
        .route("/admissions/{id}/observations", get(chart::chart_page))
        .route("/admissions/{id}/fluids", get(fluids::fluids_page))
        .route("/admissions/{id}/tasks", get(tasks::tasks_page))
        .route("/admissions/{id}/handover", get(line::line_page))
        .route("/admissions/{id}/assessments", get(assessments::assessments_page))
        .route("/admissions/{id}/assess", get(assessments::assess_page))
        .route("/admissions/{id}/care-plans", get(care_plans::care_plans_page))
        .route("/admissions/{id}/devices", get(devices::devices_page))
        .route("/nursing/tools", get(tools::tools_page))
        .route("/wards/{id}/start-tasks", get(start::start_tasks_page))
        .route("/observations/{id}", get(set::set_page))
        .route("/fluids/{id}", get(fluids::fluid_page))
}
