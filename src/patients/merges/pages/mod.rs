//! The pages of merges: the proposal, the list, and one merge with both records side by side.

mod list;
mod one;
mod panel;
mod propose;

use axum::{Router, routing::get};

use crate::server::AppState;

pub use panel::{merged_into, merges_panel};

/// Returns the routes.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/merges", get(list::merges_page))
        .route("/merges/{id}", get(one::merge_page))
        .route("/patients/{id}/merge", get(propose::propose_page))
}
