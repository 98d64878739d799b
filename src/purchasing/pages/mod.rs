//! The pages of buying.

mod enter;
mod give_back;
mod invoice;
mod order;
mod orders;
mod paper;
mod parts;
mod receive;
mod reorder;
mod requests;
mod return_paper;
mod returns;
mod suppliers;

use axum::{Router, routing::get};

use crate::server::AppState;

/// The routes.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/purchasing", get(requests::requests_page))
        .route("/purchasing/reorder", get(reorder::reorder_page))
        .route("/purchasing/orders", get(orders::orders_page))
        .route("/purchasing/orders/new", get(orders::new_page))
        .route("/purchasing/orders/{id}", get(order::order_page))
        .route("/purchasing/orders/{id}/paper", get(paper::paper_page))
        .route("/purchasing/orders/{id}/receive", get(receive::receive_page))
        .route("/purchasing/orders/{id}/invoice", get(enter::enter_page))
        .route("/purchasing/invoices", get(invoice::invoices_page))
        .route("/purchasing/invoices/{id}", get(invoice::invoice_page))
        .route("/purchasing/returns", get(returns::returns_page))
        .route("/purchasing/batches/{id}/return", get(give_back::give_back_page))
        .route("/purchasing/returns/{id}", get(returns::return_page))
        .route("/purchasing/returns/{id}/paper", get(return_paper::return_paper_page))
        .route("/purchasing/suppliers", get(suppliers::suppliers_page))
        .route("/purchasing/suppliers/{id}", get(suppliers::supplier_page))
}
