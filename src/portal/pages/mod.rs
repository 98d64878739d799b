//! The portal's home, records and account.

mod account;
mod home;
mod records;
mod visit;

use axum::{Router, routing::get};
use leptos::prelude::*;

use crate::{
    server::{AppState, Page},
    tr,
    ui::{EmptyState, Glyph},
};

/// The routes.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/portal", get(home::home_page))
        .route("/portal/records", get(records::records_page))
        .route("/portal/records/encounters/{id}", get(visit::encounter_page))
        .route("/portal/records/visits/{id}", get(visit::visit_page))
        .route("/portal/account", get(account::account_page))
}

/// For somebody whose account belongs to no record yet: only the desk may link it.
fn not_linked() -> Page {
    Page::new(tr!(portal.not_linked), || {
        view! {
            <div class="portal">
                <h1 class="visually-hidden">{tr!(nav.home)}</h1>
                <EmptyState glyph=Glyph::Lock title=tr!(portal.not_linked) text=tr!(portal.not_linked_hint)/>
            </div>
        }
    })
}
