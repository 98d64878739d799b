//! The pages of the profile: the patient's in the portal, and the desk's list of requests.

mod desk;
mod own;
mod phones;
mod requests;

use axum::{Router, routing::get};
use leptos::prelude::*;

use super::{ProfileRequestState, store::ProfileRequest};
use crate::{
    audit::{FieldChange, field_words, value_words},
    server::AppState,
    tr,
    ui::{Detail, StatusBadge, Tone},
};

/// The routes.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/portal/account/profile", get(own::profile_page))
        .route("/portal/account/photo", get(phones::photo_file))
        .route("/profile-requests", get(desk::profile_requests_page))
}

/// Shows the state of a request.
fn state_badge(state: ProfileRequestState) -> AnyView {
    let tone = match state {
        ProfileRequestState::Told => Tone::Waiting,
        ProfileRequestState::Accepted => Tone::Done,
        ProfileRequestState::Refused | ProfileRequestState::Withdrawn => Tone::Inactive,
    };
    view! { <StatusBadge tone label=state.words()/> }.into_any()
}

fn label(field: &str) -> String {
    match field {
        "insurer" => tr!(patients.insurer).to_owned(),
        "plan" => tr!(patients.plan).to_owned(),
        "policy_number" => tr!(patients.policy_number).to_owned(),
        "holder" => tr!(patients.holder).to_owned(),
        "relation" => tr!(profile.relation).to_owned(),
        other => field_words(other),
    }
}

/// The value of a field after the change, and before it where there was one.
fn said(change: &FieldChange) -> String {
    let after = value_words(&change.field, &change.after);
    let after = if after.is_empty() { tr!(ui.not_recorded).to_owned() } else { after };
    if change.before.is_empty() { after } else { format!("{} → {after}", value_words(&change.field, &change.before)) }
}

/// The fields of a request, and its words. Ids are for the program.
fn details(request: &ProfileRequest) -> Vec<Detail> {
    let fields = request.changes.iter().filter(|change| change.field != "insurer_id");
    let mut details: Vec<Detail> = fields.map(|change| Detail::new(label(&change.field), said(change))).collect();
    let words = [(tr!(profile.words), &request.words), (tr!(profile.answer), &request.answer)];
    details.extend(words.into_iter().filter(|(_, text)| !text.is_empty()).map(|(label, text)| Detail::new(label, text.clone())));
    details
}
