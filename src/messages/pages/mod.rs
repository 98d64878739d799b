//! The pages of messages: the patient's addresses and wishes, the desk's call list, the administrator's list.

mod calls;
mod contact;
mod list;
mod record;
mod texts;

use axum::{Router, routing::get};
use leptos::prelude::*;

use crate::{server::AppState, tr, ui::Toast};

pub use record::on_the_record;

/// The routes.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/messages", get(list::messages_page))
        .route("/messages/calls", get(calls::message_calls_page))
        .route("/messages/calls/live", get(calls::message_calls_part))
        .route("/messages/texts", get(texts::message_texts_page))
        .route("/messages/texts/{kind}", get(texts::message_text_page))
        .route("/portal/account/contact", get(contact::contact_page))
}

/// Shows the message for the act that was just done.
fn toast(done: &str) -> AnyView {
    let words = match done {
        "code_sent" => Some(tr!(messages.done_code_sent)),
        "confirmed" => Some(tr!(messages.done_confirmed)),
        "removed" => Some(tr!(messages.done_removed)),
        "saved" => Some(tr!(messages.done_saved)),
        "called" => Some(tr!(messages.done_called)),
        "call_again" => Some(tr!(messages.done_call_again)),
        "again" => Some(tr!(messages.done_again)),
        "tested" => Some(tr!(messages.done_tested)),
        "written" => Some(tr!(messages.done_written)),
        "dropped" => Some(tr!(messages.done_dropped)),
        _ => None,
    };
    words.map(|text| view! { <Toast text/> }).into_any()
}
