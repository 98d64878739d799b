//! The pages of the wards.

mod admission;
mod ask;
mod band;
mod bed;
mod birth;
mod board;
mod census;
mod discharge;
mod facts;
mod family;
mod fasting;
mod figures;
mod leaflet;
mod list;
mod moving;
mod on_ward;
mod outgoing;
mod portal;
mod record;
mod release;
mod request;
mod requests;
mod resuscitation;
mod settle;
mod shifts;
mod summary;
mod transfer;
mod transferring;
mod wall;

use axum::{Router, routing::get};

use crate::{server::AppState, tr};

pub use portal::portal_stays;
pub use record::on_the_record;

/// The routes.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/wards", get(list::list_page))
        .route("/wards/live", get(list::list_part))
        .route("/wards/requests", get(requests::requests_page))
        .route("/wards/requests/live", get(requests::requests_part))
        .route("/wards/request", get(request::request_page))
        .route("/wards/figures", get(figures::figures_page))
        .route("/wards/leaving", get(outgoing::outgoing_page))
        .route("/wards/leaving/live", get(outgoing::outgoing_part))
        .route("/wards/settle", get(settle::settle_page))
        .route("/wards/{id}", get(board::board_page))
        .route("/wards/{id}/live", get(board::board_part))
        .route("/wards/{id}/wall", get(wall::wall_page))
        .route("/wards/{id}/wall/live", get(wall::wall_part))
        .route("/wards/{id}/bands", get(band::bands_page))
        .route("/wards/{id}/census", get(census::census_page))
        .route("/wards/{id}/shifts", get(shifts::shifts_page))
        .route("/wards/{id}/leaflet", get(leaflet::leaflet_page))
        .route("/beds/{id}", get(bed::bed_page))
        .route("/admissions/{id}", get(admission::admission_page))
        .route("/admissions/{id}/ask", get(ask::ask_page))
        .route("/admissions/{id}/birth", get(birth::birth_page))
        .route("/admissions/{id}/match", get(birth::match_page))
        .route("/admissions/{id}/move", get(moving::move_page))
        .route("/admissions/{id}/discharge", get(discharge::discharge_page))
        .route("/admissions/{id}/transfer", get(transfer::transfer_page))
        .route("/admissions/{id}/summary", get(summary::summary_page))
        .route("/admissions/{id}/band", get(band::band_page))
        .route("/admissions/{id}/leaflet", get(leaflet::leaflet_paper_page))
}

/// Returns the message for the act that was just done.
fn done_words(done: &str) -> Option<&'static str> {
    match done {
        "requested" => Some(tr!(wards.done_requested)),
        "accepted" => Some(tr!(wards.done_accepted)),
        "refused" => Some(tr!(wards.done_refused)),
        "cancelled" => Some(tr!(wards.done_cancelled)),
        "admitted" => Some(tr!(wards.done_admitted)),
        "closed" => Some(tr!(wards.done_closed)),
        "reopened" => Some(tr!(wards.done_reopened)),
        "cleaned" => Some(tr!(wards.done_cleaned)),
        "moved" => Some(tr!(wards.done_moved)),
        "corrected" => Some(tr!(wards.done_corrected)),
        "undone" => Some(tr!(wards.done_undone)),
        "born" => Some(tr!(wards.done_born)),
        "proposed" => Some(tr!(wards.done_proposed)),
        "swap_withdrawn" => Some(tr!(wards.done_swap_withdrawn)),
        "swapped" => Some(tr!(wards.done_swapped)),
        "transfer_asked" => Some(tr!(wards.done_transfer_asked)),
        "transfer_accepted" => Some(tr!(wards.done_transfer_accepted)),
        "transfer_ended" => Some(tr!(wards.done_transfer_ended)),
        "arrived" => Some(tr!(wards.done_arrived)),
        "away" => Some(tr!(wards.done_away)),
        "back" => Some(tr!(wards.done_back)),
        "decided" => Some(tr!(wards.done_decided)),
        "discharge_withdrawn" => Some(tr!(wards.done_discharge_withdrawn)),
        "facts_changed" => Some(tr!(wards.done_facts_changed)),
        "prepared" => Some(tr!(wards.done_prepared)),
        "settled" => Some(tr!(wards.done_settled)),
        "left" => Some(tr!(wards.done_left)),
        "shifts_written" => Some(tr!(wards.done_shifts_written)),
        "leaflet_written" => Some(tr!(wards.done_leaflet_written)),
        "summary_released" => Some(tr!(wards.done_summary_released)),
        "fasting_set" => Some(tr!(wards.done_fasting_set)),
        "fasting_ended" => Some(tr!(wards.done_fasting_ended)),
        "level_decided" => Some(tr!(wards.level_decided)),
        "trolley_added" => Some(tr!(wards.done_trolley_added)),
        "trolley_removed" => Some(tr!(wards.done_trolley_removed)),
        "taken_back" => Some(tr!(wards.done_taken_back)),
        _ => None,
    }
}
