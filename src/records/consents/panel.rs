//! The consents of a patient at the desk, and in the portal.

use leptos::prelude::*;

use super::{
    ConsentKind,
    store::{self, Consent},
};
use crate::{
    core::{
        ConsentId, PatientId, Result,
        time::{Zone, show_date, show_date_time},
    },
    documents::{self, Document, DocumentKind},
    patients,
    server::{Ctx, department::Draw},
    tr,
    ui::{Button, ButtonTone, Choice, Confirm, DateField, Form, PostButton, SelectField, StatusBadge, Tone},
};

const RECORD: &str = "/api/records/record_consent";
const WITHDRAW: &str = "/api/records/withdraw_consent";
/// The documents among which that of a consent is chosen.
const DOCUMENTS: i64 = 200;

/// Reads the panel of the desk.
///
/// # Errors
/// When the database refuses.
pub async fn consents_panel(ctx: &mut Ctx, patient: PatientId) -> Result<Draw> {
    let records = patients::merges::family(&mut ctx.tx, patient).await?;
    let found = store::of_patient(&mut ctx.tx, &records).await?;
    let mut sheets = documents::of_patient(&mut ctx.tx, patient, None, DOCUMENTS).await?;
    sheets.retain(|sheet| sheet.kind == DocumentKind::Consent && sheet.error_at.is_none());
    let (zone, today) = (ctx.zone(), ctx.today());
    Ok(Box::new(move || {
        let rows = found.into_iter().map(|consent| row(&consent, true, zone)).collect_view();
        view! {
            <section class="panel">
                <div class="panel__head"><h2>{tr!(records.consents)}</h2></div>
                <div class="panel__body">{form(patient, sheets, today.to_string())}</div>
                <ul class="rows">{rows}</ul>
            </section>
        }
        .into_any()
    }))
}

/// Reads the list of the portal.
///
/// # Errors
/// When the database refuses.
pub async fn own_consents(ctx: &mut Ctx, patient: PatientId) -> Result<Draw> {
    let records = patients::merges::family(&mut ctx.tx, patient).await?;
    let found = store::of_patient(&mut ctx.tx, &records).await?;
    let zone = ctx.zone();
    Ok(Box::new(move || {
        let none = found.is_empty().then(|| view! { <div class="panel__body"><p class="muted">{tr!(records.no_consents)}</p></div> });
        let rows = found.into_iter().map(|consent| row(&consent, false, zone)).collect_view();
        view! {
            <section class="panel">
                <div class="panel__head"><h2>{tr!(records.consents)}</h2></div>
                {none}
                <ul class="rows">{rows}</ul>
            </section>
        }
        .into_any()
    }))
}

fn form(patient: PatientId, sheets: Vec<Document>, today: String) -> AnyView {
    let kinds = ConsentKind::ALL.iter().map(|kind| Choice::new(kind.as_str(), kind.words())).collect::<Vec<_>>();
    let sheets = sheets
        .into_iter()
        .map(|sheet| Choice::new(sheet.id.to_string(), format!("{}, {}", sheet.title, show_date(sheet.day))))
        .collect::<Vec<_>>();
    let hidden = vec![("patient_id", patient.to_string()), ("key", ConsentId::new().to_string())];
    view! {
        <Form action=RECORD id="record-consent" hidden>
            <SelectField name="kind" label=tr!(records.consent_to) choices=kinds prompt=tr!(errors.choose) required=true/>
            <DateField name="given_on" label=tr!(records.consent_given_on) value=today.clone() max=today required=true/>
            <SelectField name="document" label=tr!(records.consent_document) choices=sheets prompt=tr!(records.consent_without) hint=tr!(records.consent_document_hint) optional=true/>
            <div class="form__actions"><Button label=tr!(records.consent_record)/></div>
        </Form>
    }
    .into_any()
}

/// Shows a consent; the desk may withdraw one that holds.
fn row(consent: &Consent, desk: bool, zone: Zone) -> AnyView {
    let given = tr!(records.consent_given, day = show_date(consent.given_on), name = consent.recorder.clone());
    let badge = match consent.withdrawn_at {
        None => view! { <StatusBadge tone=Tone::Done label=tr!(records.consent_holds)/> }.into_any(),
        Some(at) => {
            let label = tr!(records.consent_withdrawn, when = show_date_time(zone.local(at)));
            view! { <StatusBadge tone=Tone::Inactive label/> }.into_any()
        }
    };
    let sheet =
        consent.document_id.filter(|_| desk).map(|id| view! { " "<a href=format!("/documents/{id}")>{tr!(records.consent_document)}</a> });
    let withdraw = (desk && consent.withdrawn_at.is_none()).then(|| {
        let hidden = vec![("patient_id", consent.patient_id.to_string()), ("consent_id", consent.id.to_string())];
        let about = consent.kind.words().to_owned();
        view! {
            <Confirm label=tr!(records.consent_withdraw) tone=ButtonTone::Quiet text=tr!(records.consent_withdraw_text)>
                <PostButton action=WITHDRAW label=tr!(records.consent_withdraw) hidden about tone=ButtonTone::Danger/>
            </Confirm>
        }
    });
    view! {
        <li class="rows__row">
            <div class="rows__main"><strong>{consent.kind.words()}</strong>{sheet}<br/><span class="muted small">{given}</span></div>
            <div class="rows__side">{badge}{withdraw}</div>
        </li>
    }
    .into_any()
}
