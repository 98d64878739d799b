//! `/exports`: the copies that wait for a release; `/exports/{id}`: one copy, its release, and its file.

use axum::response::Response;
use leptos::prelude::*;
use serde::Deserialize;

use crate::{
    accounts::confirm_field,
    core::{
        Error, ExportId, Permission, Result,
        time::{Zone, show_date_time},
    },
    patients::{self, Patient},
    records::{
        ExportState,
        exports::{Audience, file},
        store::{self, Export},
    },
    server::{Ctx, Page, Path, Query},
    tr,
    ui::{
        Button, ButtonTone, Column, DataTable, DescriptionList, Detail, EmptyState, Form, Glyph, LinkButton, NoticeBox, PageHeader,
        PostButton, Row, StatusBadge, Toast, Tone,
    },
};

const DECIDE: &str = "/api/records/decide_copy";

/// Shows the copies that wait.
///
/// # Errors
/// When the user lacks the permission, or when the database refuses.
pub async fn exports_page() -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ReleaseRecords).await?;
    let (clinic, zone) = (ctx.clinic.id, ctx.zone());
    let mut found = store::exports_waiting(&mut ctx.tx, clinic).await?;
    let ids: Vec<_> = found.iter().map(|export| export.patient_id).collect();
    let in_care = ctx.found(&ids, "exports").await?;
    found.retain(|export| in_care.contains(&export.patient_id));
    let names = patients::names(&mut ctx.tx, &ids).await?;
    Ok(Page::new(tr!(records.exports), move || {
        let rows = found
            .into_iter()
            .map(|export| {
                let name = names.get(&export.patient_id).map(|line| format!("{} · {}", line.name.listed(), line.mrn)).unwrap_or_default();
                let asked = format!("{}, {}", export.asker, show_date_time(zone.local(export.asked_at)));
                Row::new(vec![name.into_any(), export.purpose.words().into_any(), asked.into_any()]).href(format!("/exports/{}", export.id))
            })
            .collect::<Vec<_>>();
        let columns = vec![Column::new(tr!(ui.patient)), Column::new(tr!(records.purpose)), Column::new(tr!(records.asked_for))];
        let empty =
            view! { <EmptyState glyph=Glyph::Download title=tr!(records.no_exports) text=tr!(records.no_exports_text)/> }.into_any();
        view! {
            <PageHeader title=tr!(records.exports) detail=tr!(records.exports_detail)/>
            <DataTable caption=tr!(records.exports) columns rows empty=Some(empty) stacked=true/>
        }
    }))
}

/// `?done=`.
#[derive(Debug, Default, Deserialize)]
pub struct ExportQuery {
    #[serde(default)]
    done: String,
}

/// Shows a copy.
///
/// # Errors
/// When the user lacks the permission, the patient is not in care, or when the database refuses.
pub async fn export_page(Path(id): Path<ExportId>, Query(query): Query<ExportQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ReleaseRecords).await?;
    let export = store::export(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    ctx.reach([export.patient_id]).await?;
    let patient = patients::find(&mut ctx.tx, export.patient_id).await?;
    ctx.saw(export.patient_id, "export").await?;
    let (zone, open, own) = (ctx.zone(), export.is_open(ctx.now), export.asked_by == ctx.user());
    Ok(Page::new(tr!(records.one_export), move || {
        let done = match query.done.as_str() {
            "released" => Some(tr!(records.done_released)),
            "refused" => Some(tr!(records.done_refused)),
            _ => None,
        };
        view! {
            {done.map(|text| view! { <Toast text/> })}
            <PageHeader title=tr!(records.one_export) back=("/exports".to_owned(), tr!(records.exports).to_owned())/>
            <div class="stack">{about(&export, &patient, zone)}{acts(&export, open, own)}</div>
        }
    }))
}

/// Shows the state of a copy.
pub(super) fn export_badge(export: &Export) -> AnyView {
    let tone = match export.state {
        ExportState::Asked => Tone::Waiting,
        ExportState::Ready => Tone::Done,
        ExportState::Refused => Tone::Inactive,
    };
    view! { <StatusBadge tone label=export.state.words()/> }.into_any()
}

fn about(export: &Export, patient: &Patient, zone: Zone) -> AnyView {
    let at = |name: &str, when| format!("{name}, {}", show_date_time(zone.local(when)));
    let mut details = vec![
        Detail::view(tr!(records.state), export_badge(export)),
        Detail::new(tr!(ui.patient), format!("{} · {}", patient.facts.name.listed(), patient.mrn)),
        Detail::new(tr!(records.purpose), export.purpose.words()),
        Detail::new(tr!(records.asked_for), at(&export.asker, export.asked_at)),
    ];
    if let (Some(name), Some(when)) = (&export.decider, export.decided_at) {
        details.push(Detail::new(tr!(records.decided), at(name, when)));
    }
    if let Some(until) = export.expires_at {
        details.push(Detail::new(tr!(records.until), show_date_time(zone.local(until))));
    }
    view! { <section class="panel"><div class="panel__body"><DescriptionList details/></div></section> }.into_any()
}

fn acts(export: &Export, open: bool, own: bool) -> AnyView {
    let id = export.id.to_string();
    if export.state != ExportState::Asked {
        let href = format!("/exports/{id}/file");
        return match (open, export.state) {
            (true, _) => view! { <div class="cluster"><LinkButton href label=tr!(records.fetch) tone=ButtonTone::Primary glyph=Glyph::Download/></div> }.into_any(),
            (false, ExportState::Ready) => view! { <p class="muted">{tr!(records.expired)}</p> }.into_any(),
            (false, _) => ().into_any(),
        };
    }
    if own {
        return view! { <NoticeBox tone=Tone::Waiting title=tr!(records.second_person)><p>{tr!(records.not_ones_own)}</p></NoticeBox> }
            .into_any();
    }
    let refuse = vec![("export_id", id.clone()), ("verdict", "refuse".to_owned())];
    let hidden = vec![("export_id", id)];
    view! {
        <section class="panel">
            <div class="panel__head"><h2>{tr!(records.release_now)}</h2></div>
            <div class="panel__body stack">
                <Form action=DECIDE id="release-copy" hidden>
                    <p>{tr!(records.release_text)}</p>
                    {confirm_field()}
                    <div class="form__actions"><Button label=tr!(records.release_now) tone=ButtonTone::Primary/></div>
                </Form>
                <div class="cluster"><PostButton action=DECIDE label=tr!(records.refuse) hidden=refuse tone=ButtonTone::Danger/></div>
            </div>
        </section>
    }
    .into_any()
}

/// Serves the file of a released copy.
///
/// # Errors
/// [`Error::NotFound`] for a copy that is not released, or whose link has ended.
pub async fn export_file(Path(id): Path<ExportId>) -> Result<Response> {
    let mut ctx = Ctx::read(Permission::ReleaseRecords).await?;
    let export = store::export(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    ctx.reach([export.patient_id]).await?;
    if export.by_patient || !export.is_open(ctx.now) {
        return Err(Error::NotFound);
    }
    ctx.saw(export.patient_id, "export_file").await?;
    file(&mut ctx, export.patient_id, Audience::Whole).await
}
