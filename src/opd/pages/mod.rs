//! The pages of the outpatient day: triage, vital signs and the slip of a visit, the public board, the user's room.

mod board;
mod charted;
pub(in crate::opd) mod done;
mod point;
mod queue_list;
mod slip;
mod triage;
pub mod vital_trends;
mod vitals;

use axum::{Router, routing::get};

use crate::server::AppState;

pub use charted::charted_vitals;
pub use done::{DoneQuery, Said, said, toast};
pub use point::point_line;
pub use queue_list::QueueList;

/// Returns the routes of the pages.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/triage", get(triage::triage_page))
        .route("/visits/{id}/slip", get(slip::slip_page))
        .route("/visits/{id}/vitals", get(vitals::vitals_page))
        .route("/board/{code}", get(board::board_page))
        .route("/board/{code}/live", get(board::board_part))
        .route("/point", get(point::point_page))
}
