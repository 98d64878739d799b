//! The pages of the medicine record.

mod asked;
mod back_entry;
mod bedside;
mod day;
mod dose;
mod infusion;
mod list;
mod order;
mod paper;
mod parts;
mod protocols;
mod record;
mod round;
mod sets;
mod stay;
mod to_sign;
mod trolley;
mod usual_times;
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
        .route("/admissions/{id}/medicines/day", get(day::day_page))
        .route("/admissions/{id}/medicines/day/live", get(day::day_part))
        .route("/admissions/{id}/medicines/day/paper", get(day::day_on_paper))
        .route("/admissions/{id}/orders", get(list::orders_page))
        .route("/admissions/{id}/orders/live", get(list::orders_part))
        .route("/admissions/{id}/orders/new", get(write::write_page))
        .route("/admissions/{id}/drug-chart", get(paper::chart_page))
        .route("/wards/{id}/scan", get(bedside::scan_page))
        .route("/bedside/{id}", get(bedside::bedside_page))
        .route("/wards/{id}/bedside", get(bedside::ways_page))
        .route("/wards/{id}/dose-times", get(usual_times::usual_times_page))
        .route("/wards/{id}/trolley", get(trolley::trolley_page))
        .route("/wards/{id}/protocols", get(protocols::protocols_page))
        .route("/wards/{id}/protocols/new", get(protocols::new_protocol_page))
        .route("/ward-protocols/{id}", get(protocols::protocol_page))
        .route("/admissions/{id}/protocols/{protocol}", get(protocols::start_page))
        .route("/order-sets", get(sets::sets_page))
        .route("/order-sets/new", get(sets::new_set_page))
        .route("/order-sets/{id}", get(sets::set_page))
        .route("/admissions/{id}/order-sets/{set}", get(sets::order_set_page))
        .route("/ward-shortages", get(bedside::shortages_page))
        .route("/infusions/{id}", get(infusion::infusion_page))
        .route("/wards/{id}/back-entry", get(back_entry::back_entry_page))
        .route("/doses/{id}/from-paper", get(back_entry::from_paper_page))
        .route("/care-orders", get(to_sign::to_sign_page))
        .route("/care-orders/{id}", get(order::order_page))
        .route("/care-orders/{id}/from-paper", get(back_entry::needed_from_paper_page))
        .route("/doses/{id}", get(dose::dose_page))
}
