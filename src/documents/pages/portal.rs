//! Documents in the portal: a panel of the records, and `/portal/documents`, where the patient sends one.

use leptos::prelude::*;
use serde::Deserialize;

use super::{about, add_form, opened_at, replaceable, replaces_field, scan_badge, toast};
use crate::{
    core::{PatientId, Permission, Result},
    documents::{Document, DocumentKind, store},
    patients,
    server::{Ctx, Page, Query, department::Draw},
    tr,
    ui::{Glyph, Icon, LinkButton, PageHeader},
};

/// The documents that are shown; a sentence says when there are more.
const SHOWN: usize = 300;

/// `?done=`.
#[derive(Debug, Default, Deserialize)]
pub struct PortalDocumentsQuery {
    #[serde(default)]
    done: String,
}

/// The documents of these records, one more than are shown.
async fn shown(ctx: &mut Ctx, records: &[PatientId]) -> Result<Vec<Document>> {
    store::shown(&mut ctx.tx, records, i64::try_from(SHOWN + 1).unwrap_or(i64::MAX)).await
}

/// The panel.
///
/// # Errors
/// When the database refuses.
pub async fn portal_documents(ctx: &mut Ctx, patient: PatientId) -> Result<Draw> {
    let found = shown(ctx, &[patient]).await?;
    Ok(Box::new(move || {
        view! {
            <section class="panel">
                <div class="panel__head"><h2>{tr!(documents.title)}</h2></div>
                {list(&found)}
                <div class="panel__body"><LinkButton href="/portal/documents" label=tr!(documents.send) glyph=Glyph::Plus/></div>
            </section>
        }
        .into_any()
    }))
}

fn list(found: &[Document]) -> AnyView {
    if found.is_empty() {
        return view! { <div class="panel__body"><p class="muted">{tr!(documents.portal_none)}</p></div> }.into_any();
    }
    let more = (found.len() > SHOWN)
        .then(|| view! { <div class="panel__body"><p class="muted">{tr!(documents.latest_only, count = SHOWN)}</p></div> });
    let rows = found
        .iter()
        .take(SHOWN)
        .map(|document| {
            let title = document.title.clone();
            let link = match document.is_safe() {
                true => view! { <a href=opened_at(document, true)>{title}</a> }.into_any(),
                false => view! { <span>{title}</span> }.into_any(),
            };
            let sender = if document.by_patient { tr!(documents.by_you).to_owned() } else { String::new() };
            view! {
                <li class="rows__row">
                    <Icon glyph=Glyph::Note/>
                    <div class="rows__main">
                        {link}" "{scan_badge(document)}<br/>
                        <span class="muted small">{about(document)}" "{sender}</span>
                    </div>
                </li>
            }
        })
        .collect_view();
    view! { <ul class="rows">{rows}</ul>{more} }.into_any()
}

/// Shows the patient's documents, and the form for a new one.
///
/// # Errors
/// When the user is linked to no record, or the database refuses.
pub async fn portal_documents_page(Query(query): Query<PortalDocumentsQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::OwnRecord).await?;
    let patient = ctx.own_patient()?;
    let records = patients::merges::family(&mut ctx.tx, patient).await?;
    let found = shown(&mut ctx, &records).await?;
    let (today, most) = (ctx.today(), ctx.state().config.document_limit);
    let name = ctx.who.acts_for().map(str::to_owned);
    ctx.saw(patient, "document_list").await?;
    Ok(Page::new(tr!(documents.title), move || {
        let back = ("/portal/records".to_owned(), tr!(nav.records).to_owned());
        let title = name.map_or_else(|| tr!(documents.title).to_owned(), |name| format!("{}: {name}", tr!(documents.title)));
        // The form knows for whom it was shown.
        let own: Vec<Document> = found.iter().filter(|document| document.by_patient && document.patient_id == patient).cloned().collect();
        let more =
            move || view! { <input type="hidden" name="patient" value=patient.to_string()/>{replaces_field(replaceable(&own))} }.into_any();
        view! {
            {toast(&query.done)}
            <PageHeader title back/>
            <div class="portal">
                <section class="portal-card">
                    <h2 class="portal-card__head">{tr!(documents.send)}</h2>
                    <p class="muted">{tr!(documents.send_text)}</p>
                    {add_form("/portal/documents".to_owned(), DocumentKind::ALL.to_vec(), today, most, more)}
                </section>
                <section class="panel">
                    <div class="panel__head"><h2>{tr!(documents.list)}</h2></div>
                    {list(&found)}
                </section>
            </div>
        }
    }))
}
