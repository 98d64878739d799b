//! The message that a page shows after an action: the address has a fixed word and the entry for an undo, never a
//! patient's data.

use leptos::prelude::*;
use serde::Deserialize;

use crate::{
    core::{Permission, QueueEntryId, Result},
    opd::{self, Entry},
    organisation,
    server::{Ctx, is_own_page, redirect_to},
    tr,
    ui::Toast,
};

/// The query `?done=called&entry=...`, which a redirect after an action sets.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct DoneQuery {
    pub done: String,
    pub entry: String,
}

/// The actions that can be undone.
const UNDOABLE: [&str; 11] = [
    "called",
    "called_again",
    "started",
    "skipped",
    "returned",
    "transferred",
    "sent_on",
    "left",
    "pays_later",
    "vitals_sent_on",
    "vitals_sent_on_unscored",
];

/// Returns the room of an action, or after a transfer the name of the queue.
///
/// # Errors
/// When the database refuses.
pub async fn place_of(ctx: &mut Ctx, act: &str, entry: &Entry) -> Result<Option<String>> {
    if act == "transferred" {
        return organisation::service(&mut ctx.tx, entry.service_id).await.map(|service| Some(service.name));
    }
    opd::room_of(ctx, entry).await
}

/// Returns the action in words; `place` is the result of [`place_of`].
pub fn words(act: &str, token: &str, place: Option<&str>) -> String {
    let token = token.to_owned();
    match (act, place) {
        ("called", Some(room)) => tr!(opd.done_called_to, token = token, room = room.to_owned()),
        ("called", None) => tr!(opd.done_called, token = token),
        ("called_again", _) => tr!(opd.done_called_again, token = token),
        ("started", _) => tr!(opd.done_started, token = token),
        ("skipped", _) => tr!(opd.done_skipped, token = token),
        ("back_at_triage", _) => tr!(opd.done_back_at_triage, token = token),
        ("returned", _) => tr!(opd.done_returned, token = token),
        ("transferred", service) => tr!(opd.done_transferred, token = token, service = service.unwrap_or_default().to_owned()),
        ("pays_later", _) => tr!(opd.done_pays_later, token = token),
        ("sent_on" | "vitals_sent_on" | "vitals_sent_on_unscored", _) => tr!(opd.done_sent_on, token = token),
        ("left", _) => tr!(opd.done_left, token = token),
        ("prioritised", _) => tr!(opd.done_prioritised, token = token),
        ("as_others", _) => tr!(opd.done_as_others, token = token),
        ("vitals_unscored", _) => tr!(opd.vitals_saved).to_owned(),
        ("undone", _) => tr!(opd.done_undone, token = token),
        ("checked_in", _) => tr!(opd.done_checked_in, token = token),
        _ => String::new(),
    }
}

/// The text of a toast, and its undo.
#[derive(Clone, Debug)]
pub struct Said {
    pub text: String,
    pub undo: Option<(String, Vec<(&'static str, String)>)>,
    /// Frequent next steps: the address, and its name.
    pub next: Vec<(String, &'static str)>,
}

/// Returns the message for the action in the address, if it is still available; `here` is the page to which an undo
/// returns.
///
/// # Errors
/// When the database refuses.
pub async fn said(ctx: &mut Ctx, query: &DoneQuery, here: &str) -> Result<Option<Said>> {
    let fixed = match query.done.as_str() {
        "nobody_waiting" => Some(tr!(opd.nobody_waiting)),
        "vitals" => Some(tr!(opd.vitals_saved)),
        "in_error" => Some(tr!(opd.vitals_marked)),
        "corrected" => Some(tr!(opd.vitals_corrected)),
        _ => None,
    };
    if let Some(text) = fixed {
        return Ok(Some(Said { text: text.to_owned(), undo: None, next: Vec::new() }));
    }
    let Ok(id) = query.entry.parse::<QueueEntryId>() else { return Ok(None) };
    let Ok(entry) = opd::entry(&mut ctx.tx, id).await else { return Ok(None) };
    if !ctx.who.may_at(Permission::ViewQueue, entry.clinic_id) {
        return Ok(None);
    }
    let place = place_of(ctx, &query.done, &entry).await?;
    let mut text = words(&query.done, &entry.token, place.as_deref());
    if query.done.ends_with("_unscored") && ctx.who.may_at(Permission::RecordVitals, entry.clinic_id) {
        let sets = opd::vitals_of_visit(&mut ctx.tx, entry.visit_id).await?;
        if let Some(last) = sets.first().filter(|last| last.news2.is_none()) {
            text = format!("{text}. {}", opd::vitals::no_score(&last.signs));
        }
    }
    if text.is_empty() {
        return Ok(None);
    }
    let since = entry.closed_at.unwrap_or(entry.opened_at);
    let in_time = ctx.now - since <= opd::UNDO_FOR;
    let undo = (in_time && UNDOABLE.contains(&query.done.as_str()))
        .then(|| ("/api/opd/undo".to_owned(), vec![("entry", id.to_string()), ("back", here.to_owned())]));
    Ok(Some(Said { text, undo, next: Vec::new() }))
}

/// Shows the message.
pub fn toast(said: Option<Said>) -> AnyView {
    said.map(|Said { text, undo, next }| view! { <Toast text=text undo=undo next=next/> }).into_any()
}

/// Redirects a plain form to the page that it came from, which shows the action just done.
pub fn back_with(back: &str, act: &str, entry: Option<QueueEntryId>) {
    if !is_own_page(back) {
        return;
    }
    let sign = if back.contains('?') { '&' } else { '?' };
    let entry = entry.map(|entry| format!("&entry={entry}")).unwrap_or_default();
    redirect_to(&format!("{back}{sign}done={act}{entry}"));
}
