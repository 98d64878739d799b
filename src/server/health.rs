//! Health checks: whether the process runs, and whether it can work.

use axum::{extract::State, http::StatusCode};

use crate::{db::sql, server::AppState};

/// `GET /health/live`: answers while the process runs.
pub async fn live() -> &'static str {
    "live"
}

/// `GET /health/ready`: checks that the database answers and that the audit log can be written.
pub async fn ready(State(state): State<AppState>) -> (StatusCode, &'static str) {
    let database = async { state.db.read().await?.count(sql("SELECT CAST(1 AS BIGINT)")).await }.await;
    match database {
        Ok(_) if state.stopping.is_cancelled() => (StatusCode::SERVICE_UNAVAILABLE, "stopping"),
        Ok(_) if !state.reads.is_writing() => (StatusCode::SERVICE_UNAVAILABLE, "the audit log cannot be written"),
        Ok(_) => (StatusCode::OK, "ready"),
        Err(error) => {
            tracing::warn!(error = %error, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer")
        }
    }
}
