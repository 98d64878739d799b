//! `/patients/{id}/documents`: the documents of a patient, and the form for a new one.

use leptos::prelude::*;
use serde::Deserialize;

use super::{about, add_form, opened_at, replaceable, replaces_field, scan_badge, toast};
use crate::{
    core::{
        PatientId, Permission, Result,
        time::{Zone, show_date_time},
    },
    documents::{Document, DocumentKind, acts::may_open, store},
    patients::{self, record_tabs},
    server::{Ctx, Page, Path, Query},
    tr,
    ui::{
        Button, ButtonTone, CheckboxField, EmptyState, Form, Glyph, LinkButton, PageHeader, PatientBanner, PostButton, StatusBadge, Tabs,
        TextField, Tone, refused_for,
    },
};

const IN_ERROR: &str = "/api/documents/in_error";
/// The documents that the page shows.
const SHOWN: i64 = 200;

/// `?done=`.
#[derive(Debug, Default, Deserialize)]
pub struct DocumentsQuery {
    #[serde(default)]
    done: String,
}

/// Shows the documents that the user may open.
///
/// # Errors
/// Not allowed, not in care, or when the database refuses.
pub async fn documents_page(Path(id): Path<PatientId>, Query(query): Query<DocumentsQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::AddDocuments).await?;
    ctx.reach([id]).await?;
    let (today, zone) = (ctx.today(), ctx.zone());
    let mut banner = patients::banner(&mut ctx.tx, id, today).await?;
    ctx.saw(id, "document_list").await?;
    patients::mark_emergency(&ctx, id, &mut banner);
    let mut all = Vec::new();
    // A record that was merged into the patient's keeps its documents.
    for record in patients::merges::family(&mut ctx.tx, id).await? {
        all.extend(store::of_patient(&mut ctx.tx, record, None, SHOWN).await?);
    }
    all.sort_by_key(|document| (std::cmp::Reverse(document.added_at), document.id));
    let hidden = all.iter().filter(|document| !may_open(&ctx, document)).count();
    let found: Vec<Document> = all.into_iter().filter(|document| may_open(&ctx, document)).collect();
    let tabs = record_tabs(&ctx, id, "/documents");
    let most = ctx.state().config.document_limit;
    Ok(Page::new(tr!(documents.title), move || {
        // A new version belongs to the same record.
        let choices = replaceable(&found.iter().filter(|document| document.patient_id == id).cloned().collect::<Vec<_>>());
        let (older, current): (Vec<Document>, Vec<Document>) =
            found.into_iter().partition(|document| document.replaced_by.is_some() && document.error_at.is_none());
        let rows = current.into_iter().map(|document| row(document, &older, zone)).collect_view();
        let empty =
            (hidden == 0).then(|| view! { <EmptyState glyph=Glyph::Note title=tr!(documents.none) text=tr!(documents.none_text)/> });
        let others = (hidden > 0).then(|| view! { <p class="muted">{tr!(documents.others, count = hidden)}</p> });
        let more = move || {
            view! {
                {replaces_field(choices)}
                <CheckboxField name="portal" label=tr!(documents.show_to_patient) hint=tr!(documents.show_hint)/>
            }
            .into_any()
        };
        let action = format!("/patients/{id}/documents");
        view! {
            {toast(&query.done)}
            <PageHeader title=tr!(documents.title)/>
            <Tabs label=tr!(patients.record) tabs/>
            <div class="stack">
                <section class="panel">
                    <div class="panel__head"><h2>{tr!(documents.new)}</h2></div>
                    <div class="panel__body">{add_form(action, DocumentKind::ALL.to_vec(), today, most, more)}</div>
                </section>
                <section class="panel">
                    <div class="panel__head"><h2>{tr!(documents.list)}</h2></div>
                    <ul class="rows">{rows}</ul>
                    <div class="panel__body">{others}{empty}</div>
                </section>
            </div>
        }
    })
    .banner(move || view! { <PatientBanner info=banner/> }))
}

/// The versions before a document, the latest first.
fn versions(document: &Document, older: &[Document], zone: Zone) -> Option<AnyView> {
    let mut next = document.replaces;
    let mut rows = Vec::new();
    while let Some(before) = next.and_then(|id| older.iter().find(|one| one.id == id)) {
        let added = tr!(documents.added_by, name = before.added_by_name.clone(), when = show_date_time(zone.local(before.added_at)));
        let title = before.title.clone();
        let link = match before.is_safe() {
            true => view! { <a href=opened_at(before, false)>{title}</a> }.into_any(),
            false => view! { <span>{title}</span> }.into_any(),
        };
        rows.push(view! { <li>{link}" "{scan_badge(before)}<br/><span class="muted small">{about(before)}" · "{added}</span></li> });
        next = before.replaces;
    }
    let count = rows.len();
    (count > 0).then(|| {
        view! { <details><summary>{tr!(documents.older_versions, count = count)}</summary><ul class="stack stack--tight">{rows}</ul></details> }.into_any()
    })
}

fn row(document: Document, older: &[Document], zone: Zone) -> AnyView {
    let id = document.id.to_string();
    let about = about(&document);
    let added = tr!(documents.added_by, name = document.added_by_name.clone(), when = show_date_time(zone.local(document.added_at)));
    let by_patient = document.by_patient.then(|| view! { <StatusBadge tone=Tone::Reserved label=tr!(documents.by_patient)/> });
    let title = document.title.clone();
    if let Some(at) = document.error_at {
        let words = tr!(
            documents.was_wrong,
            name = document.error_by_name.clone().unwrap_or_default(),
            when = show_date_time(zone.local(at)),
            reason = document.reason.clone()
        );
        return view! {
            <li class="rows__row">
                <div class="rows__main">
                    <s>{title}</s>" "<StatusBadge tone=Tone::Inactive label=tr!(documents.wrong)/><br/>
                    <span class="muted small">{about}" · "{added}</span><br/>
                    <span>{words}</span>
                </div>
            </li>
        }
        .into_any();
    }
    let (badge, before) = (scan_badge(&document), versions(&document, older, zone));
    let open = document.is_safe().then(|| {
        let about = Some(document.title.clone());
        let (label, glyph) = match document.media.has_view() {
            true => (tr!(documents.view), Glyph::Note),
            false => (tr!(documents.open), Glyph::Download),
        };
        view! { <LinkButton href=opened_at(&document, false) label glyph about/> }
    });
    let shown = document.portal.then(|| view! { <StatusBadge tone=Tone::Done label=tr!(documents.in_portal)/> });
    let switch = (!document.by_patient).then(|| {
        let hidden = vec![("document_id", id.clone()), ("portal", (!document.portal).to_string())];
        let label = if document.portal { tr!(documents.hide) } else { tr!(documents.show) };
        view! { <PostButton action="/api/documents/show" label hidden about=title.clone() tone=ButtonTone::Quiet/> }
    });
    let form_id = if refused_for(IN_ERROR, "document_id", &id) { "in-error-refused".to_owned() } else { format!("in-error-{id}") };
    let hidden = vec![("document_id", id.clone())];
    view! {
        <li class="rows__row">
            <div class="rows__main">
                <strong>{title.clone()}</strong>" "{by_patient}{shown}{badge}<br/>
                <span class="muted small">{about}" · "{added}</span>
                {before}
                <details>
                    <summary>{tr!(documents.mark_wrong)}</summary>
                    <Form action=IN_ERROR id=form_id hidden class="form--inline">
                        <TextField name="reason" label=tr!(documents.reason) required=true maxlength=500 autocomplete="off"/>
                        <Button label=tr!(documents.mark_wrong) tone=ButtonTone::Danger/>
                    </Form>
                </details>
            </div>
            <div class="rows__side cluster">
                {open}
                {switch}
            </div>
        </li>
    }
    .into_any()
}
