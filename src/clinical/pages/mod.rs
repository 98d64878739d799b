//! The pages of doctors, the chart, and what goes on paper.

mod chart;
mod consultation;
mod entry;
mod glance;
mod paper;
mod start;
mod vital_trends;

use axum::{Router, routing::get};
use leptos::prelude::*;

use crate::{
    core::{Result, ServiceId, StaffId},
    opd::{
        self, PanelState, QueueFilter, Step,
        pages::{DoneQuery, Said, said, toast},
    },
    server::{AppState, Ctx},
    ui::Toast,
};

/// The routes.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/consultation", get(start::start_page))
        .route("/consultation/{visit}", get(consultation::consultation_page))
        .route("/patients/{id}/chart", get(chart::chart_page))
        .route("/visits/{id}/summary", get(paper::summary_sheet))
        .route("/prescriptions/print/{encounter}", get(paper::prescription_sheet))
}

/// What was just done, to be told on the page.
enum Told {
    /// At the queue, with the way back.
    Queue(Said),
    Here(&'static str),
}

/// What the address says was done. An undo leads to the start page: the patient waits again.
async fn told(ctx: &mut Ctx, done: &str, entry: &str) -> Result<Option<Told>> {
    if let Some(words) = done_words(done) {
        return Ok(Some(Told::Here(words)));
    }
    let query = DoneQuery { done: done.to_owned(), entry: entry.to_owned() };
    Ok(said(ctx, &query, "/consultation").await?.map(Told::Queue))
}

impl Told {
    fn view(self) -> AnyView {
        match self {
            Self::Queue(said) => toast(Some(said)),
            Self::Here(words) => view! { <Toast text=words/> }.into_any(),
        }
    }
}

/// What was just done, from the fixed word in the address.
fn done_words(done: &str) -> Option<&'static str> {
    use crate::tr;
    Some(match done {
        "signed" => tr!(clinical.done_signed),
        "saved" => tr!(clinical.done_saved),
        "taken_over" => tr!(clinical.done_taken_over),
        "added" => tr!(clinical.done_added),
        "stopped" => tr!(clinical.done_stopped),
        "nobody" => tr!(clinical.done_nobody),
        _ => return None,
    })
}

/// `?done=`.
#[derive(Debug, Default, serde::Deserialize)]
pub struct Done {
    #[serde(default)]
    done: String,
    /// The queue's entry that can be undone.
    #[serde(default)]
    entry: String,
}

/// The doctors' queue of a service, as one doctor sees it.
async fn queue(ctx: &mut Ctx, service: ServiceId, doctor: Option<StaffId>) -> Result<PanelState> {
    opd::panel(ctx, &QueueFilter { service: Some(service), step: Some(Step::Doctor), doctor }).await
}
