//! The pages of the laboratory, and the parts that pages of other departments show.

mod aliquots;
mod analyser;
mod analysers;
mod anew;
mod bench;
mod calls;
mod catalogue;
mod charted;
mod collect;
mod controls;
mod import;
mod inbox;
mod measured_file;
mod message;
mod order;
mod panel;
mod parts;
mod portal;
mod pregnancy;
mod reception;
mod record;
mod release;
mod report;
mod result;
mod sample;
mod test;
mod turnaround;
mod unmatched;

use axum::{Router, routing::get};

use crate::{server::AppState, tr};

pub use charted::charted_reports;
pub use order::{look_notice, order_form, order_label};
pub use portal::portal_results;

/// The routes.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/lab/order/{id}", get(order::order_page))
        .route("/lab/collect", get(collect::list_page))
        .route("/lab/collect/live", get(collect::list_part))
        .route("/lab/collect/{id}", get(collect::patient_page))
        .route("/lab/collect/{id}/labels", get(collect::labels_page))
        .route("/lab/reception", get(reception::reception_page))
        .route("/lab/reception/live", get(reception::reception_part))
        .route("/lab/samples/{id}", get(sample::sample_page))
        .route("/lab/samples/{id}/labels", get(aliquots::tube_labels_page))
        .route("/lab/bench", get(bench::bench_page))
        .route("/lab/bench/live", get(bench::bench_part))
        .route("/lab/results/{id}", get(result::result_page))
        .route("/lab/release", get(release::release_page))
        .route("/lab/anew", get(anew::anew_page))
        .route("/lab/controls", get(controls::list_page))
        .route("/lab/controls/{id}", get(controls::test_page))
        .route("/lab/analysers", get(analysers::analysers_page))
        .route("/lab/analysers/{id}", get(analyser::analyser_page))
        .route("/lab/analysers/{id}/file", get(measured_file::file_page))
        .route("/lab/unmatched", get(unmatched::unmatched_page))
        .route("/lab/unmatched/live", get(unmatched::unmatched_part))
        .route("/lab/messages/{id}", get(message::message_page))
        .route("/lab/calls", get(calls::calls_page))
        .route("/lab/calls/live", get(calls::calls_part))
        .route("/lab/inbox", get(inbox::inbox_page))
        .route("/lab/reports/{id}", get(report::report_page))
        .route("/lab/reports/{id}/copy", get(report::copy_page))
        .route("/lab/turnaround", get(turnaround::turnaround_page))
        .route("/lab/turnaround/export", get(turnaround::export_file))
        .route("/lab/catalogue", get(catalogue::catalogue_page))
        .route("/lab/catalogue/export", get(catalogue::export_file))
        .route("/lab/catalogue/import", get(import::import_page))
        .route("/lab/catalogue/panels/new", get(panel::new_page))
        .route("/lab/catalogue/panels/{id}", get(panel::panel_page))
        .route("/lab/catalogue/new", get(test::new_page))
        .route("/lab/catalogue/{id}", get(test::test_page))
        .route("/patients/{id}/lab", get(record::record_page))
}

/// Returns the message for the act that was just done.
fn done_words(done: &str) -> Option<&'static str> {
    Some(match done {
        "adopted" => tr!(lab.done_adopted),
        "saved" => tr!(lab.done_saved),
        "confirmed" => tr!(lab.done_confirmed),
        "imported" => tr!(lab.done_imported),
        "collected" => tr!(lab.done_collected),
        "sent" => tr!(lab.done_sent),
        "recalled" => tr!(lab.done_recalled),
        "not_collected" => tr!(lab.done_not_collected),
        "received" => tr!(lab.done_received),
        "rejected" => tr!(lab.done_rejected),
        "lost" => tr!(lab.done_lost),
        "divided" => tr!(lab.done_divided),
        "kept" => tr!(lab.done_kept),
        "discarded" => tr!(lab.done_discarded),
        "entered" => tr!(lab.done_entered),
        "checked" => tr!(lab.done_checked),
        "repeated" => tr!(lab.done_repeated),
        "taken_back" => tr!(lab.done_taken_back),
        "sent_out" => tr!(lab.done_sent_out),
        "cancelled" => tr!(lab.done_cancelled),
        "corrected" => tr!(lab.done_corrected),
        "released" => tr!(lab.done_released),
        "left" => tr!(lab.done_left),
        "called" => tr!(lab.done_called),
        "signed" => tr!(lab.done_signed),
        "seen" => tr!(lab.done_seen),
        "forwarded" => tr!(lab.done_forwarded),
        "control_run" => tr!(lab.done_control_run),
        "control_rejected" => tr!(lab.done_control_rejected),
        "filed" => tr!(lab.done_filed),
        "still_unmatched" => tr!(lab.done_still_unmatched),
        "assigned" => tr!(lab.done_assigned),
        "discarded_value" => tr!(lab.done_discarded_value),
        "measured" => tr!(lab.done_measured),
        "overridden" => tr!(lab.done_overridden),
        _ => return None,
    })
}
