//! The auditor's page.

mod log;
mod report;

use axum::{Router, routing::get};

use crate::server::AppState;

/// The routes.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/audit", get(log::audit_page))
        .route("/audit/export", get(log::export_file))
        .route("/audit/report", get(report::report_page))
}
