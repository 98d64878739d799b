//! The pages of documents: on the record, in the portal, and the files themselves.

mod charted;
mod file;
mod portal;
mod record;
mod upload;
mod view;

use axum::{Router, routing::get};
use leptos::prelude::*;

use super::{Document, DocumentKind, ScanState};
use crate::{
    core::{DocumentId, time::show_date},
    server::AppState,
    tr,
    ui::{Choice, DateField, FileField, Form, SelectField, StatusBadge, TextField, Toast, Tone},
};

pub use charted::charted;
pub use portal::portal_documents;

/// The routes.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/patients/{id}/documents", get(record::documents_page).post(upload::at_the_desk))
        .route("/documents/{id}", get(file::document_file))
        .route("/documents/{id}/view", get(view::document_view))
        .route("/documents/{id}/preview", get(file::document_preview))
        .route("/portal/documents", get(portal::portal_documents_page).post(upload::in_the_portal))
        .route("/portal/documents/{id}", get(file::portal_file))
        .route("/portal/documents/{id}/view", get(view::portal_view))
        .route("/portal/documents/{id}/preview", get(file::portal_preview))
}

/// The types that the file dialog offers.
const ACCEPTED: &str = ".pdf,.jpg,.jpeg,.png,.webp,.tif,.tiff,.txt,application/pdf,image/jpeg,image/png,image/webp,image/tiff,text/plain";

/// The address at which a reader opens a document: the file, or the page that shows it.
fn opened_at(document: &Document, portal: bool) -> String {
    let begin = if portal { "/portal" } else { "" };
    let end = if document.media.has_view() { "/view" } else { "" };
    format!("{begin}/documents/{}{end}", document.id)
}

/// Shows the message for the act that was just done.
fn toast(done: &str) -> AnyView {
    let words = match done {
        "added" => Some(tr!(documents.done_added)),
        "shown" => Some(tr!(documents.done_shown)),
        "hidden" => Some(tr!(documents.done_hidden)),
        "in_error" => Some(tr!(documents.done_in_error)),
        _ => None,
    };
    words.map(|text| view! { <Toast text/> }).into_any()
}

/// The words under a title: kind, day, type and size.
fn about(document: &Document) -> String {
    let (kind, day) = (document.kind.words(), show_date(document.day));
    format!("{kind} · {day} · {} · {}", document.media.ending().to_uppercase(), size(document.size))
}

/// A size in kB or MB.
fn size(bytes: i64) -> String {
    match bytes {
        ..1_000_000 => format!("{} kB", (bytes + 999) / 1000),
        _ => format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000),
    }
}

/// Says why a document cannot be opened now: it waits for the scanner, or it is infected.
fn scan_badge(document: &Document) -> Option<AnyView> {
    match document.scan {
        ScanState::Waiting => Some(view! { <StatusBadge tone=Tone::Waiting label=tr!(documents.scan_waiting)/> }.into_any()),
        ScanState::Infected => Some(view! { <StatusBadge tone=Tone::Critical label=tr!(documents.scan_infected)/> }.into_any()),
        ScanState::Clean | ScanState::NotScanned => None,
    }
}

/// The documents that a newer version may replace.
fn replaceable(found: &[Document]) -> Vec<Choice> {
    let current = found.iter().filter(|document| document.error_at.is_none() && document.replaced_by.is_none());
    current.map(|document| Choice::new(document.id.to_string(), format!("{}, {}", document.title, show_date(document.day)))).collect()
}

/// The choice of the document that the new one replaces; nothing where there is none.
fn replaces_field(choices: Vec<Choice>) -> Option<AnyView> {
    (!choices.is_empty()).then(|| {
        view! { <SelectField name="replaces" label=tr!(documents.replaces) hint=tr!(documents.replaces_hint) choices prompt=tr!(documents.replaces_none) optional=true/> }
            .into_any()
    })
}

/// The form for a new document; `more` stands before the button.
fn add_form(
    action: String,
    kinds: Vec<DocumentKind>,
    today: chrono::NaiveDate,
    most: usize,
    more: impl FnOnce() -> AnyView + Send + 'static,
) -> AnyView {
    let kinds: Vec<Choice> = kinds.into_iter().map(|kind| Choice::new(kind.as_str(), kind.words())).collect();
    let hint = tr!(documents.file_hint, most = most / (1024 * 1024));
    view! {
        <Form action id="add-document" hidden=vec![("key", DocumentId::new().to_string())] multipart=true>
            <FileField name="file" label=tr!(documents.file) accept=ACCEPTED hint required=true/>
            <SelectField name="kind" label=tr!(documents.kind) choices=kinds prompt=tr!(errors.choose) required=true/>
            <TextField name="title" label=tr!(documents.document_title) required=true maxlength=120 autocomplete="off"/>
            <DateField name="day" label=tr!(documents.day) value=today.to_string()/>
            {more()}
            <div class="form__actions"><crate::ui::Button label=tr!(documents.add) tone=crate::ui::ButtonTone::Primary/></div>
        </Form>
    }
    .into_any()
}
