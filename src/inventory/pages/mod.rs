//! The pages of the stock.

mod counts;
mod expiring;
mod item;
mod item_form;
mod items;
mod parts;
mod rooms;
mod stock;

use axum::{Router, routing::get};

use crate::server::AppState;

/// The routes.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/stock", get(stock::stock_page))
        .route("/stock/live", get(stock::stock_part))
        .route("/stock/expiring", get(expiring::expiring_page))
        .route("/stock/counts", get(counts::counts_page))
        .route("/stock/counts/new", get(counts::sheet_page))
        .route("/stock/rooms", get(rooms::rooms_page))
        .route("/stock/items", get(items::items_page))
        .route("/stock/items/new", get(item_form::new_page))
        .route("/stock/items/{id}", get(item::item_page))
        .route("/stock/items/{id}/edit", get(item_form::edit_page))
}
