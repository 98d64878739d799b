//! The pages of the stock.

mod card;
mod consume;
mod counts;
mod expiring;
mod export;
mod item;
mod item_form;
mod items;
mod opened;
mod opening;
mod packs;
mod parts;
mod receive;
mod requests;
mod rooms;
mod scan;
mod send_back;
mod stock;
mod usage;
mod ward_stock;

use axum::{Router, routing::get};

pub(super) use parts::shown_name;

use crate::server::AppState;

/// The routes.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/stock", get(stock::stock_page))
        .route("/stock/live", get(stock::stock_part))
        .route("/stock/expiring", get(expiring::expiring_page))
        .route("/stock/consume", get(consume::consume_page))
        .route("/stock/counts", get(counts::counts_page))
        .route("/stock/counts/new", get(counts::sheet_page))
        .route("/stock/rooms", get(rooms::rooms_page))
        .route("/stock/requests", get(requests::requests_page))
        .route("/stock/requests/{id}", get(requests::request_page))
        .route("/stock/transfers/{id}", get(requests::transfer_page))
        .route("/ward-stock", get(ward_stock::ward_stock_page))
        .route("/ward-stock/consume", get(consume::ward_consume_page))
        .route("/ward-stock/opened", get(opened::opened_page))
        .route("/ward-stock/return/{id}", get(send_back::send_back_page))
        .route("/ward-stock/{id}", get(ward_stock::ward_requisition_page))
        .route("/ward-stock/transfers/{id}", get(ward_stock::incoming_page))
        .route("/stock/items", get(items::items_page))
        .route("/stock/items/new", get(item_form::new_page))
        .route("/stock/items/{id}", get(item::item_page))
        .route("/stock/items/{id}/edit", get(item_form::edit_page))
        .route("/stock/items/{id}/receive", get(receive::receive_page))
        .route("/stock/items/{id}/card", get(card::card_page))
        .route("/stock/items/{id}/export", get(export::card_file))
        .route("/stock/items/{id}/packs", get(packs::packs_page))
        .route("/stock/scan", get(scan::scan_page))
        .route("/stock/usage", get(usage::usage_page))
        .route("/stock/opening", get(opening::opening_page).post(opening::opening_workbook))
        .route("/stock/export", get(export::stock_file))
        .route("/stock/export/expiring", get(export::expiring_file))
}
