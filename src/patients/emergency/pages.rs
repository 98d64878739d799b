//! `/patients/{id}/care`: a record that is not in the reader's care, and the ways to open it.

use axum::{
    Router,
    response::{IntoResponse as _, Redirect, Response},
    routing::get,
};
use leptos::prelude::*;
use serde::Deserialize;

use super::LONGEST_REASON;
use crate::{
    core::{PatientId, Permission, Result},
    patients::{self, PatientLine, review},
    server::{AppState, Ctx, Page, Path, Query, is_own_page},
    tr,
    ui::{Button, ButtonTone, DescriptionList, Detail, Form, Glyph, LinkButton, NoticeBox, PageHeader, TextArea, Tone},
};

/// Returns the routes of the pages.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/patients/{id}/care", get(access_page))
        .route("/audit/emergencies", get(review::pages::emergencies_page))
        .route("/audit/grants", get(review::pages::grants_page))
}

/// The page that was refused.
#[derive(Debug, Deserialize)]
pub struct EmergencyQuery {
    #[serde(default)]
    next: String,
}

/// The actions that the reader may take.
#[derive(Clone, Copy)]
struct May {
    open: bool,
    take_in: bool,
}

/// Shows the patient's identity, as far as a search shows it, and the ways to open the record. If the patient is
/// already in care, it redirects to the page.
async fn access_page(Path(id): Path<PatientId>, Query(EmergencyQuery { next }): Query<EmergencyQuery>) -> Result<Response> {
    let mut ctx = Ctx::read(Permission::FindPatients).await?;
    let line = patients::identity(&mut ctx.tx, id).await?;
    let next = if is_own_page(&next) { next } else { format!("/patients/{id}") };
    if ctx.found(&[id], "identity").await?.contains(&id) {
        return Ok(Redirect::to(&next).into_response());
    }
    let may = May { open: ctx.who.may(Permission::BreakGlass), take_in: ctx.who.may(Permission::RegisterPatients) };
    let clinic = ctx.clinic.name.clone();
    Ok(Page::new(tr!(patients.not_in_care), move || access_view(id, line, clinic, next, may)).class("main--narrow").into_response())
}

fn access_view(id: PatientId, line: PatientLine, clinic: String, next: String, may: May) -> AnyView {
    let hidden = || vec![("patient_id", id.to_string()), ("next", next.clone())];
    let who = vec![
        Detail::new(tr!(patients.name), line.name.listed()),
        Detail::new(tr!(patients.birth_date), line.birth.shown()),
        Detail::new(tr!(patients.sex), line.sex.words()),
        Detail::new(tr!(ui.mrn), line.mrn),
    ];
    let take_in = may.take_in.then(|| {
        let (text, label) = (tr!(patients.take_in_text, clinic = clinic.clone()), tr!(patients.take_in, clinic = clinic.clone()));
        view! {
            <section class="panel">
                <div class="panel__head"><h2>{tr!(patients.take_in_title)}</h2></div>
                <div class="panel__body">
                    <p>{text}</p>
                    <Form action="/api/patients/take_in" hidden=hidden()>
                        <div class="form__actions">
                            <Button label tone=ButtonTone::Primary glyph=Glyph::Arrive/>
                        </div>
                    </Form>
                </div>
            </section>
        }
    });
    let open = may.open.then(|| {
        view! {
            <section class="panel">
                <div class="panel__head"><h2>{tr!(patients.emergency_title)}</h2></div>
                <div class="panel__body stack">
                    <NoticeBox tone=Tone::Warning title=tr!(patients.emergency_watched)>{tr!(patients.emergency_text)}</NoticeBox>
                    <Form action="/api/patients/open_in_emergency" hidden=hidden()>
                        <TextArea name="reason" label=tr!(patients.emergency_reason) hint=tr!(patients.emergency_reason_hint)
                            rows=3 maxlength=u32::try_from(LONGEST_REASON).unwrap_or(500) required=true/>
                        <div class="form__actions">
                            <Button label=tr!(patients.emergency_open) tone=ButtonTone::Danger glyph=Glyph::Lock/>
                            <LinkButton href="/patients" label=tr!(patients.cancel)/>
                        </div>
                    </Form>
                </div>
            </section>
        }
    });
    let ask = (!may.open && !may.take_in).then(|| view! { <p>{tr!(patients.ask_desk)}</p> });
    view! {
        <PageHeader title=tr!(patients.not_in_care) detail=tr!(patients.not_in_care_text, clinic = clinic)
            back=("/patients".to_owned(), tr!(patients.title).to_owned())/>
        <div class="stack">
            <section class="panel">
                <div class="panel__head"><h2>{tr!(patients.who)}</h2></div>
                <div class="panel__body"><DescriptionList details=who/></div>
            </section>
            {take_in}
            {open}
            {ask}
        </div>
    }
    .into_any()
}
