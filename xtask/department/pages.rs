//! The pages.

mod list;

use axum::{Router, routing::get};

use crate::server::AppState;

/// The routes.
pub fn routes() -> Router<AppState> {
    Router::new().route("/{{address}}", get(list::list_page))
}
