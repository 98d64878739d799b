//! The pages of the front desk.

mod arrivals;
mod desk;
mod selected;

use axum::{Router, routing::get};

use crate::server::AppState;

/// Returns the routes of the pages.
pub fn routes() -> Router<AppState> {
    Router::new().route("/reception", get(desk::desk_page)).route("/reception/live", get(arrivals::arrivals_part))
}
