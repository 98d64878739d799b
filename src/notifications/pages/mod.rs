//! All of one's notifications, for whoever has no scripts or wants to look back.

mod bell;
mod list;

use axum::{Router, routing::get};

use crate::server::AppState;

/// The routes.
pub fn routes() -> Router<AppState> {
    Router::new().route("/notifications", get(list::list_page)).route("/notifications/live", get(bell::bell_part))
}
