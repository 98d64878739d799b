//! The pages of the medicine record.

mod dose;
mod list;
mod order;
mod paper;
mod parts;
mod record;
mod round;
mod stay;
mod to_sign;
mod write;

use axum::{Router, routing::get};

use crate::server::AppState;

pub use stay::on_the_stay;

/// The routes.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/rounds", get(round::rounds_page))
        .route("/wards/{id}/round", get(round::round_page))
        .route("/wards/{id}/round/live", get(round::round_part))
        .route("/admissions/{id}/medicines", get(record::record_page))
        .route("/admissions/{id}/medicines/live", get(record::record_part))
        .route("/admissions/{id}/orders", get(list::orders_page))
        .route("/admissions/{id}/orders/live", get(list::orders_part))
        .route("/admissions/{id}/orders/new", get(write::write_page))
        .route("/admissions/{id}/drug-chart", get(paper::chart_page))
        .route("/care-orders", get(to_sign::to_sign_page))
        .route("/care-orders/{id}", get(order::order_page))
        .route("/doses/{id}", get(dose::dose_page))
}
