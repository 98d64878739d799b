//! The pages of the formulary, under `/formulary`.

mod drug;
mod form;
mod import;
mod interactions;
mod list;
mod look_alikes;
mod mapping;
mod parts;
mod substance;
mod substances;

use axum::{Router, routing::get};
use serde::Deserialize;

use crate::{server::AppState, tr};

/// Returns the routes of the pages.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/formulary", get(list::list_page))
        .route("/formulary/new", get(form::new_page))
        .route("/formulary/mapping", get(mapping::mapping_page))
        .route("/formulary/import", get(import::drugs_page).post(import::drugs_workbook))
        .route("/formulary/import/substances", get(import::substances_page).post(import::substances_workbook))
        .route("/formulary/import/interactions", get(import::interactions_page).post(import::interactions_workbook))
        .route("/formulary/import/doses", get(import::doses_page).post(import::doses_workbook))
        .route("/formulary/export", get(import::drugs_file))
        .route("/formulary/export/substances", get(import::substances_file))
        .route("/formulary/export/interactions", get(import::interactions_file))
        .route("/formulary/export/doses", get(import::doses_file))
        .route("/formulary/interactions", get(interactions::interactions_page))
        .route("/formulary/look-alikes", get(look_alikes::look_alikes_page))
        .route("/formulary/substances", get(substances::substances_page))
        .route("/formulary/substances/new", get(substance::new_page))
        .route("/formulary/substances/{id}", get(substance::substance_page))
        .route("/formulary/{id}", get(drug::drug_page))
        .route("/formulary/{id}/edit", get(form::edit_page))
}

/// `?done=`.
#[derive(Debug, Deserialize)]
pub struct DoneQuery {
    #[serde(default)]
    done: String,
}

/// Returns the words for the last act, from the fixed word in the address.
fn done_words(done: &str) -> Option<&'static str> {
    Some(match done {
        "saved" => tr!(formulary.done_saved),
        "retired" => tr!(formulary.done_retired),
        "back" => tr!(formulary.done_back),
        "confirmed" => tr!(formulary.done_confirmed),
        "mapped" => tr!(formulary.done_mapped),
        "imported" => tr!(formulary.done_imported),
        "unchanged" => tr!(formulary.done_unchanged),
        "loaded" => tr!(formulary.done_loaded),
        "added" => tr!(formulary.done_added),
        _ => return None,
    })
}
