//! The page with all of a user's notifications, for browsers without scripts and for reading older ones.

mod bell;
mod list;

use axum::{Router, routing::get};

use crate::server::AppState;

/// The routes.
pub fn routes() -> Router<AppState> {
    Router::new().route("/notifications", get(list::list_page)).route("/notifications/live", get(bell::bell_part))
}
