//! The pages of recalls.

mod letters;
mod list;
mod new;
mod one;

use axum::{Router, routing::get};

use super::store::Recall;
use crate::{
    core::locale::{self, Locale},
    server::AppState,
};

/// The routes.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/recalls", get(list::recalls_page))
        .route("/recalls/new", get(new::new_recall_page))
        .route("/recalls/{id}", get(one::recall_page))
        .route("/recalls/{id}/letters", get(letters::letters_page))
}

/// The name of the item in the reader's language.
fn item_name(recall: &Recall) -> String {
    match locale::current() {
        Locale::es if !recall.item_name_es.is_empty() => recall.item_name_es.clone(),
        Locale::en | Locale::es => recall.item_name.clone(),
    }
}
