//! The pages of imaging, and the parts that pages of other departments show.

mod archives;
mod booking;
mod calls;
mod catalogue;
mod charted;
mod day;
mod dose;
mod images;
mod import;
mod inbox;
mod measure;
mod order;
mod paper;
mod parts;
mod portal;
mod record;
mod report;
mod rooms;
mod safety;
mod sets;
mod stations;
mod study;
mod unmatched;
mod vetting;

use axum::{Router, routing::get};

use crate::{server::AppState, tr};

pub use charted::charted_images;
pub use order::order_form;
pub use portal::portal_imaging;
pub use sets::set_form;

/// The routes.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/imaging", get(day::day_page))
        .route("/imaging/live", get(day::day_part))
        .route("/imaging/order/{id}", get(order::order_page))
        .route("/imaging/answer/{id}", get(order::answer_page))
        .route("/imaging/vetting", get(vetting::vetting_page))
        .route("/imaging/vetting/live", get(vetting::vetting_part))
        .route("/imaging/reading", get(vetting::reading_page))
        .route("/imaging/reading/live", get(vetting::reading_part))
        .route("/imaging/studies/{id}", get(study::study_page))
        .route("/imaging/studies/{id}/report", get(report::report_page))
        .route("/imaging/reports/{id}", get(paper::paper_page))
        .route("/imaging/reports/{id}/copy", get(paper::copy_page))
        .route("/imaging/calls", get(calls::calls_page))
        .route("/imaging/calls/live", get(calls::calls_part))
        .route("/imaging/inbox", get(inbox::inbox_page))
        .route("/imaging/catalogue", get(catalogue::catalogue_page))
        .route("/imaging/catalogue/export", get(import::export_file))
        .route("/imaging/catalogue/import", get(import::import_page))
        .route("/imaging/catalogue/new", get(catalogue::new_page))
        .route("/imaging/catalogue/{id}", get(catalogue::procedure_page))
        .route("/imaging/rooms", get(rooms::rooms_page))
        .route("/orders/sets", get(sets::sets_page))
        .route("/orders/sets/new", get(sets::new_page))
        .route("/orders/sets/{id}", get(sets::set_page))
        .route("/orders/sets/visit/{id}", get(sets::visit_set_page))
        .route("/imaging/stations", get(stations::stations_page))
        .route("/imaging/archives", get(archives::archives_page))
        .route("/imaging/unmatched", get(unmatched::unmatched_page))
        .route("/imaging/unmatched/live", get(unmatched::unmatched_part))
        .route("/imaging/unmatched/{id}", get(unmatched::compared_page))
        .route("/imaging/images/{id}", get(images::images_page))
        .route("/imaging/images/{id}/frame", get(images::frame))
        .route("/patients/{id}/images/{study}", get(images::charted_images_page))
        .route("/patients/{id}/images/{study}/frame", get(images::charted_frame))
        .route("/patients/{id}/imaging", get(record::record_page))
}

/// Returns the message for the act that was just done.
fn done_words(done: &str) -> Option<&'static str> {
    Some(match done {
        "adopted" => tr!(imaging.done_adopted),
        "saved" => tr!(imaging.done_saved),
        "imported" => tr!(imaging.done_imported),
        "confirmed" => tr!(imaging.done_confirmed),
        "vetted" => tr!(imaging.done_vetted),
        "returned" => tr!(imaging.done_returned),
        "answered" => tr!(imaging.done_answered),
        "booked" => tr!(imaging.done_booked),
        "unbooked" => tr!(imaging.done_unbooked),
        "arrived" => tr!(imaging.done_arrived),
        "no_show" => tr!(imaging.done_no_show),
        "cancelled" => tr!(imaging.done_cancelled),
        "discontinued" => tr!(imaging.done_discontinued),
        "overridden" => tr!(imaging.done_overridden),
        "started" => tr!(imaging.done_started),
        "dose_recorded" => tr!(imaging.done_dose_recorded),
        "acquired" => tr!(imaging.done_acquired),
        "signed" => tr!(imaging.done_signed),
        "addendum" => tr!(imaging.done_addendum),
        "raised" => tr!(imaging.done_raised),
        "called" => tr!(imaging.done_called),
        "tied" => tr!(imaging.done_tied),
        "untied" => tr!(imaging.done_untied),
        "dismissed" => tr!(imaging.done_dismissed),
        "reopened" => tr!(imaging.done_reopened),
        "forwarded" => tr!(imaging.done_forwarded),
        _ => return None,
    })
}
