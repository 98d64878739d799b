//! `/patients/{id}/release`: the copies of a record and the requests to erase it, and the forms of the desk for new ones.

use leptos::prelude::*;
use serde::Deserialize;

use super::{erasures::erasure_badge, exports::export_badge};
use crate::{
    core::{
        ExportId, PatientId, Permission, Result,
        time::{Zone, show_date_time},
    },
    patients::{self, record_tabs},
    records::{
        ExportPurpose,
        consents::consents_panel,
        store::{self, Erasure, Export},
    },
    server::{Ctx, Page, Path, Query},
    tr,
    ui::{Button, ButtonTone, Choice, Form, PageHeader, PatientBanner, SelectField, Tabs, TextArea, Toast},
};

const ASK: &str = "/api/records/ask_copy";
const RECORD_ERASURE: &str = "/api/records/record_erasure";

/// `?done=`.
#[derive(Debug, Default, Deserialize)]
pub struct ReleaseQuery {
    #[serde(default)]
    done: String,
}

/// Shows the page.
///
/// # Errors
/// When the user lacks the permission, the patient is not in care, or when the database refuses.
pub async fn release_page(Path(id): Path<PatientId>, Query(query): Query<ReleaseQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::RegisterPatients).await?;
    ctx.reach([id]).await?;
    let (today, zone) = (ctx.today(), ctx.zone());
    let banner = patients::banner(&mut ctx.tx, id, today).await?;
    ctx.saw(id, "record").await?;
    let exports = store::exports_of(&mut ctx.tx, id).await?;
    let erasures = store::erasures_of(&mut ctx.tx, id).await?;
    let consents = consents_panel(&mut ctx, id).await?;
    let tabs = record_tabs(&ctx, id, "/release");
    Ok(Page::new(tr!(records.release), move || {
        let done = match query.done.as_str() {
            "asked" => Some(tr!(records.done_asked)),
            "erasure_asked" => Some(tr!(records.done_erasure_asked)),
            "consent" => Some(tr!(records.done_consent)),
            "consent_withdrawn" => Some(tr!(records.done_consent_withdrawn)),
            _ => None,
        };
        view! {
            {done.map(|text| view! { <Toast text/> })}
            <PageHeader title=tr!(records.release)/>
            <Tabs label=tr!(patients.record) tabs/>
            <div class="columns-2">
                <div class="stack">{consents()}{exports_panel(id, exports, zone)}</div>
                <div class="stack">{erasures_panel(id, erasures, zone)}</div>
            </div>
        }
    })
    .banner(move || view! { <PatientBanner info=banner/> }))
}

fn exports_panel(id: PatientId, exports: Vec<Export>, zone: Zone) -> AnyView {
    let purposes = ExportPurpose::ALL.iter().map(|purpose| Choice::new(purpose.as_str(), purpose.words())).collect::<Vec<_>>();
    let hidden = vec![("patient_id", id.to_string()), ("key", ExportId::new().to_string())];
    let rows = exports
        .into_iter()
        .map(|export| {
            let asked = tr!(records.asked_by, name = export.asker.clone(), when = show_date_time(zone.local(export.asked_at)));
            view! {
                <li class="rows__row">
                    <div class="rows__main"><strong>{export.purpose.words()}</strong><br/><span class="muted small">{asked}</span></div>
                    <div class="rows__side">{export_badge(&export)}</div>
                </li>
            }
        })
        .collect_view();
    view! {
        <section class="panel">
            <div class="panel__head"><h2>{tr!(records.exports)}</h2></div>
            <div class="panel__body">
                <Form action=ASK id="ask-copy" hidden>
                    <p>{tr!(records.ask_text)}</p>
                    <SelectField name="purpose" label=tr!(records.purpose) choices=purposes prompt=tr!(errors.choose) required=true/>
                    <div class="form__actions"><Button label=tr!(records.ask) tone=ButtonTone::Primary/></div>
                </Form>
            </div>
            <ul class="rows">{rows}</ul>
        </section>
    }
    .into_any()
}

fn erasures_panel(id: PatientId, erasures: Vec<Erasure>, zone: Zone) -> AnyView {
    let hidden = vec![("patient_id", id.to_string())];
    let rows = erasures
        .into_iter()
        .map(|erasure| {
            let asked = tr!(records.asked_by, name = erasure.asker.clone(), when = show_date_time(zone.local(erasure.asked_at)));
            let answer = (!erasure.answer.is_empty()).then(|| view! { <p>{erasure.answer.clone()}</p> });
            view! {
                <li class="rows__row">
                    <div class="rows__main"><span class="muted small">{asked}</span>{answer}</div>
                    <div class="rows__side">{erasure_badge(erasure.state)}</div>
                </li>
            }
        })
        .collect_view();
    view! {
        <section class="panel">
            <div class="panel__head"><h2>{tr!(records.erasures)}</h2></div>
            <div class="panel__body">
                <Form action=RECORD_ERASURE id="record-erasure" hidden>
                    <p>{tr!(records.erasure_desk_text)}</p>
                    <TextArea name="words" label=tr!(records.words) maxlength=500 optional=true/>
                    <div class="form__actions"><Button label=tr!(records.record_erasure)/></div>
                </Form>
            </div>
            <ul class="rows">{rows}</ul>
        </section>
    }
    .into_any()
}
