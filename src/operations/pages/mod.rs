//! The page of operations.

mod servers;
mod status;

use axum::{Router, routing::get};

use crate::server::AppState;

/// The routes.
pub fn routes() -> Router<AppState> {
    Router::new().route("/status", get(status::status_page))
}
