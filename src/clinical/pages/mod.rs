//! The pages of doctors, the chart, and the printed pages.

mod chart;
mod consultation;
mod entry;
mod glance;
mod overrides;
mod paper;
mod plan;
mod portal;
mod problems;
mod replace;
mod start;

use crate::{
    clinical::{holds, statements},
    core::{EncounterId, Permission, Result, ServiceId, StaffId, VisitId},
    opd::{
        self, PanelState, QueueFilter, Step,
        pages::{DoneQuery, Said, said},
    },
    patients,
    server::{AppState, Ctx},
    tr,
    ui::patient_flags,
};
use axum::{Router, routing::get};
use leptos::prelude::*;

pub use chart::charted_consultations;
pub use plan::{charted_plans, portal_plans};
pub use portal::{medicine_row, portal_medicines, portal_visits};
pub use replace::{shown_warnings, written_fields};

/// Returns the routes of the pages.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/consultation", get(start::start_page))
        .route("/consultation/{visit}", get(consultation::consultation_page))
        .route("/consultation/{visit}/plan", get(plan::plan_page))
        .route("/consultation/{visit}/queue", get(consultation::queue_part))
        .route("/patients/{id}/chart", get(chart::chart_page))
        .route("/patients/{id}/held", get(holds::held_page))
        .route("/patients/{id}/problems", get(problems::problems_page))
        .route("/visits/{id}/summary", get(paper::summary_sheet))
        .route("/portal/before-visit", get(statements::before_visit_page))
        .route("/prescriptions/overrides", get(overrides::overrides_page))
        .route("/prescriptions/{id}/replace", get(replace::replace_page))
        .route("/prescriptions/print/{encounter}", get(paper::prescription_sheet))
}

/// Returns the message for the action that the address names. An undo returns to `here`; that of a call leads to the start page, because
/// the patient waits again. After a signature the message has links to the printed pages.
async fn told(ctx: &mut Ctx, done: ConsultationQuery, here: &str) -> Result<Option<Said>> {
    let Some(words) = done_words(&done.done) else {
        let here = if done.done == "called" { "/consultation" } else { here };
        return said(ctx, &DoneQuery { done: done.done, entry: done.entry }, here).await;
    };
    let again = match done.visit.parse::<VisitId>() {
        Ok(visit) if done.done == "signed" => follow_up(ctx, visit).await?,
        _ => Vec::new(),
    };
    let summary = done.visit.parse::<VisitId>().map(|visit| (format!("/visits/{visit}/summary"), tr!(clinical.visit_summary)));
    let prescription =
        done.prescription.parse::<EncounterId>().map(|encounter| (format!("/prescriptions/print/{encounter}"), tr!(clinical.prescription)));
    Ok(Some(Said { text: words.to_owned(), undo: None, next: prescription.into_iter().chain(summary).chain(again).collect() }))
}

/// Returns the links with which the doctor who has just signed books the patient's next appointment, or proposes it to the desk.
async fn follow_up(ctx: &mut Ctx, visit: VisitId) -> Result<Vec<(String, &'static str)>> {
    let Ok(visit) = opd::visit(&mut ctx.tx, visit).await else { return Ok(Vec::new()) };
    let may_book = ctx.who.may_at(Permission::BookAppointments, visit.clinic_id);
    let book = may_book.then(|| (format!("/appointments/new?patient={}", visit.patient_id), tr!(clinical.book_follow_up)));
    let propose = (format!("/consultation/{}/follow-up", visit.id), tr!(clinical.propose_follow_up));
    Ok(book.into_iter().chain([propose]).collect())
}

/// Renders the current parts of the page that show allergies and vital signs: the id of each element, and its HTML.
///
/// # Errors
/// When the database refuses.
pub async fn fresh(ctx: &mut Ctx, visit: VisitId) -> Result<Vec<(String, String)>> {
    let (patient, today) = (opd::visit(&mut ctx.tx, visit).await?.patient_id, ctx.today());
    let mut banner = patients::banner(&mut ctx.tx, patient, today).await?;
    opd::vitals::mark_vitals(&mut ctx.tx, visit, &mut banner).await?;
    let mut known = patients::allergies(&mut ctx.tx, patient).await?;
    known.retain(patients::Allergy::counts);
    let measured = glance::measured(ctx, patient, Some(visit)).await?;
    Ok(vec![
        (".patient__flags".to_owned(), patient_flags(banner.allergies, banner.critical, banner.alerts).to_html()),
        ("#glance-allergies".to_owned(), glance::allergies(&known).to_html()),
        ("#glance-vitals".to_owned(), measured.view().to_html()),
    ])
}

/// Returns the message for the fixed word in the address.
fn done_words(done: &str) -> Option<&'static str> {
    Some(match done {
        "signed" => tr!(clinical.done_signed),
        "saved" => tr!(clinical.done_saved),
        "taken_over" => tr!(clinical.done_taken_over),
        "statement" => tr!(clinical.done_statement),
        "held" => tr!(clinical.done_held),
        "released" => tr!(clinical.done_released),
        "added" => tr!(clinical.done_added),
        "stopped" => tr!(clinical.done_stopped),
        "replaced" => tr!(clinical.done_replaced),
        "ordered" => tr!(clinical.done_ordered),
        "drafted" => tr!(clinical.done_drafted),
        "place" => tr!(clinical.done_ordered),
        "cancel" | "enter_in_error" => tr!(clinical.done_withdrawn),
        "nobody" => tr!(clinical.done_nobody),
        _ => return None,
    })
}

/// The query parameters of the message (`?done=`).
#[derive(Debug, Default, serde::Deserialize)]
pub struct ConsultationQuery {
    #[serde(default)]
    done: String,
    /// The queue entry that can be undone.
    #[serde(default)]
    entry: String,
    /// The visit that was signed.
    #[serde(default)]
    visit: String,
    /// Its encounter, when something was prescribed.
    #[serde(default)]
    prescription: String,
}

/// Returns the doctors' queue of a service, as this doctor sees it.
async fn queue(ctx: &mut Ctx, service: ServiceId, doctor: Option<StaffId>) -> Result<PanelState> {
    opd::panel(ctx, &QueueFilter { service: Some(service), step: Some(Step::Doctor), doctor }).await
}
