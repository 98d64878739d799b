//! The pages of the pharmacy, and the parts that pages of other departments show.

mod bags;
mod handover;
mod label;
mod paused;
mod queries;
mod queue;
mod recipients;
mod register;
mod returns;
mod review;
mod shared;
mod supply;
mod wards;

use axum::{Router, routing::get};

use crate::server::AppState;

pub use shared::{charted_dispenses, portal_dispenses};

/// The routes.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/pharmacy", get(queue::queue_page))
        .route("/pharmacy/bags", get(bags::bags_page))
        .route("/pharmacy/live", get(queue::queue_part))
        .route("/pharmacy/supplies/{id}", get(supply::supply_page))
        .route("/pharmacy/dispenses/{id}/label", get(label::label_page))
        .route("/pharmacy/register", get(register::register_page))
        .route("/pharmacy/register/{room}/{item}", get(register::entries_page))
        .route("/pharmacy/register/{room}/{item}/print", get(register::paper_page))
        .route("/pharmacy/returns", get(returns::returns_page))
        .route("/pharmacy/queries", get(queries::queries_page))
        .route("/pharmacy/wards", get(wards::wards_page))
        .route("/pharmacy/wards/{id}", get(wards::order_page))
        .route("/pharmacy/batches/{id}", get(recipients::recipients_page))
}
