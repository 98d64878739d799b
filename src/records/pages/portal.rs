//! `/portal/copies`: a patient makes a copy of the own record, and asks to erase it.

use axum::response::Response;
use leptos::prelude::*;
use serde::Deserialize;

use super::{
    erasures::{erasure_badge, kept_and_gone},
    exports::export_badge,
};
use crate::{
    accounts::confirm_field,
    core::{
        Error, ExportId, Permission, Result,
        time::{Instant, Zone, show_date_time},
    },
    records::{
        ErasureState,
        consents::own_consents,
        exports::{Audience, file},
        store::{self, Erasure, Export},
    },
    server::{Ctx, Page, Path, Query, department::Draw},
    tr,
    ui::{Button, ButtonTone, Confirm, Form, Glyph, LinkButton, PageHeader, PostButton, TextArea, Toast},
};

const COPY: &str = "/api/records/own_copy";
const ASK_ERASURE: &str = "/api/records/ask_erasure";
const WITHDRAW: &str = "/api/records/withdraw_erasure";

/// Shows the link on the portal's records.
pub fn portal_link() -> Draw {
    Box::new(|| {
        view! {
            <section class="panel">
                <div class="panel__head"><h2>{tr!(records.own_title)}</h2></div>
                <div class="panel__body stack">
                    <p>{tr!(records.own_short)}</p>
                    <div class="cluster"><LinkButton href="/portal/copies" label=tr!(records.own_title) glyph=Glyph::Download/></div>
                </div>
            </section>
        }
        .into_any()
    })
}

/// `?done=`.
#[derive(Debug, Default, Deserialize)]
pub struct CopiesQuery {
    #[serde(default)]
    done: String,
}

/// Shows the page.
///
/// # Errors
/// [`Error::Forbidden`] for an account without a record.
pub async fn copies_page(Query(query): Query<CopiesQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::OwnRecord).await?;
    let patient = ctx.own_patient()?;
    let (now, zone, user) = (ctx.now, ctx.zone(), ctx.user());
    let mut exports = store::exports_of(&mut ctx.tx, patient).await?;
    exports.retain(|export| export.by_patient && export.asked_by == user);
    let erasures = store::erasures_of(&mut ctx.tx, patient).await?;
    let consents = own_consents(&mut ctx, patient).await?;
    ctx.saw(patient, "export").await?;
    Ok(Page::new(tr!(records.own_title), move || {
        let done = match query.done.as_str() {
            "ready" => Some(tr!(records.done_ready)),
            "erasure_asked" => Some(tr!(records.done_erasure_asked)),
            "withdrawn" => Some(tr!(records.done_withdrawn)),
            _ => None,
        };
        view! {
            {done.map(|text| view! { <Toast text/> })}
            <PageHeader title=tr!(records.own_title) back=("/portal/records".to_owned(), tr!(nav.records).to_owned())/>
            <div class="portal">{copies(exports, zone, now)}{consents()}{erasure(erasures, zone)}</div>
        }
    }))
}

fn copies(exports: Vec<Export>, zone: Zone, now: Instant) -> AnyView {
    let rows = exports
        .into_iter()
        .map(|export| {
            let open = export.is_open(now);
            let asked = show_date_time(zone.local(export.asked_at));
            let until = export.expires_at.map(|until| tr!(records.until_when, when = show_date_time(zone.local(until))));
            let side = if open {
                view! { <LinkButton href=format!("/portal/copies/{}", export.id) label=tr!(records.fetch) tone=ButtonTone::Primary glyph=Glyph::Download/> }
                    .into_any()
            } else {
                view! { <span class="muted">{tr!(records.expired)}</span> }.into_any()
            };
            let badge = open.then(|| export_badge(&export));
            view! {
                <li class="rows__row">
                    <div class="rows__main">{asked}" "{badge}<br/><span class="muted small">{until}</span></div>
                    <div class="rows__side">{side}</div>
                </li>
            }
        })
        .collect_view();
    let hidden = vec![("key", ExportId::new().to_string())];
    view! {
        <section class="panel">
            <div class="panel__head"><h2>{tr!(records.own_copy_title)}</h2></div>
            <div class="panel__body">
                <Form action=COPY id="own-copy" hidden>
                    <p>{tr!(records.own_text)}</p>
                    {confirm_field()}
                    <div class="form__actions"><Button label=tr!(records.make) tone=ButtonTone::Primary/></div>
                </Form>
            </div>
            <ul class="rows">{rows}</ul>
        </section>
    }
    .into_any()
}

fn erasure(erasures: Vec<Erasure>, zone: Zone) -> AnyView {
    let waits = erasures.iter().any(|erasure| erasure.state == ErasureState::Asked);
    let rows = erasures
        .into_iter()
        .map(|erasure| {
            let hidden = vec![("erasure_id", erasure.id.to_string())];
            let withdraw = (erasure.state == ErasureState::Asked).then(|| {
                view! {
                    <Confirm label=tr!(records.withdraw) tone=ButtonTone::Quiet text=tr!(records.withdraw_text)>
                        <PostButton action=WITHDRAW label=tr!(records.withdraw) hidden tone=ButtonTone::Danger/>
                    </Confirm>
                }
            });
            let answer = (!erasure.answer.is_empty()).then(|| view! { <p>{erasure.answer.clone()}</p> });
            view! {
                <li class="rows__row">
                    <div class="rows__main">{show_date_time(zone.local(erasure.asked_at))}{answer}</div>
                    <div class="rows__side">{erasure_badge(erasure.state)}{withdraw}</div>
                </li>
            }
        })
        .collect_view();
    let ask = (!waits).then(|| {
        view! {
            <section class="panel">
                <div class="panel__head"><h2>{tr!(records.ask_erasure)}</h2></div>
                <div class="panel__body">
                    <Form action=ASK_ERASURE id="ask-erasure">
                        <p>{tr!(records.erasure_text)}</p>
                        <TextArea name="words" label=tr!(records.words) maxlength=500 optional=true/>
                        {confirm_field()}
                        <div class="form__actions"><Button label=tr!(records.ask_erasure) tone=ButtonTone::Danger/></div>
                    </Form>
                </div>
            </section>
        }
    });
    view! { {kept_and_gone()}{ask}<ul class="rows">{rows}</ul> }.into_any()
}

/// Serves the file of a copy that the user asked for in the portal.
///
/// # Errors
/// [`Error::NotFound`] for a copy of another user or patient, or one whose link has ended.
pub async fn copy_file(Path(id): Path<ExportId>) -> Result<Response> {
    let mut ctx = Ctx::read(Permission::OwnRecord).await?;
    let patient = ctx.own_patient()?;
    let (user, now) = (ctx.user(), ctx.now);
    let found = store::export(&mut ctx.tx, id).await?;
    found
        .filter(|export| export.by_patient && export.patient_id == patient && export.asked_by == user && export.is_open(now))
        .ok_or(Error::NotFound)?;
    ctx.saw(patient, "export_file").await?;
    file(&mut ctx, patient, Audience::Patient).await
}
