//! The pages of orders, and the parts that pages of other departments show.

mod charted;
mod kinds;
mod order;
mod parts;
mod portal;
mod worklist;

use axum::{Router, routing::get};

use crate::server::AppState;

pub use charted::charted_orders;
pub use parts::{OrderPanel, order_panel};
pub use portal::portal_orders;

/// The routes.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/orders", get(worklist::worklist_page))
        .route("/orders/live", get(worklist::worklist_part))
        .route("/orders/kinds", get(kinds::kinds_page))
        .route("/orders/{id}", get(order::order_page))
}

/// Returns the words for the last act, from the fixed word in the address.
fn done_words(done: &str) -> Option<&'static str> {
    use crate::tr;
    Some(match done {
        "place" => tr!(orders.done_place),
        "accept" => tr!(orders.done_accept),
        "start" => tr!(orders.done_start),
        "complete" => tr!(orders.done_complete),
        "hold" => tr!(orders.done_hold),
        "resume" => tr!(orders.done_resume),
        "cancel" => tr!(orders.done_cancel),
        "enter_in_error" => tr!(orders.done_enter_in_error),
        "saved" => tr!(orders.done_saved),
        _ => return None,
    })
}
