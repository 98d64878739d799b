//! The pages of the outpatient day.

use axum::Router;

use crate::server::AppState;

/// The routes.
pub fn routes() -> Router<AppState> {
    Router::new()
}
