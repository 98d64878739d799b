//! `/imaging/catalogue/import`: imports procedures from a file, with a preview of the changes; `/imaging/catalogue/export`: the file.

use axum::{
    http::header,
    response::{IntoResponse as _, Response},
};
use leptos::prelude::*;

use crate::{
    core::{Error, Permission, Result},
    imaging::catalogue::{self, ImportedProcedures, ProcedureOutcome},
    server::{Ctx, Page},
    tr,
    ui::{
        Button, ButtonTone, CheckboxField, Column, DataTable, Form, Glyph, LinkButton, NoticeBox, PageHeader, Row, StatusBadge, TextArea,
        Tone,
    },
};

const IMPORT: &str = "/api/imaging/import_procedures";
/// The number of rows that the preview lists.
const SHOWN: usize = 200;

/// Serves the procedures as a file.
///
/// # Errors
/// Not allowed, or when the database refuses.
pub async fn export_file() -> Result<Response> {
    let mut ctx = Ctx::read(Permission::WorkImaging).await?;
    ctx.saw_file("imaging_catalogue_file").await?;
    let text = catalogue::export(&mut ctx).await?;
    let headers =
        [(header::CONTENT_TYPE, "text/csv; charset=utf-8"), (header::CONTENT_DISPOSITION, "attachment; filename=\"imaging.csv\"")];
    Ok((headers, text).into_response())
}

/// Shows the form; after a file was sent, also its changes.
///
/// # Errors
/// Not allowed, or when the database refuses.
pub async fn import_page() -> Result<Page> {
    let ctx = Ctx::read(Permission::ManageImaging).await?;
    let sent = ctx.request().form.clone().filter(|form| form.action == IMPORT);
    drop(ctx);
    let preview = match sent.as_ref().and_then(|form| form.value("text")) {
        Some(text) => preview(text).await?,
        None => None,
    };
    Ok(Page::new(tr!(imaging.import), move || {
        let back = ("/imaging/catalogue".to_owned(), tr!(imaging.catalogue).to_owned());
        let sure = preview.as_ref().filter(|preview| preview.count(ProcedureOutcome::Refused) == 0).map(ImportedProcedures::digest);
        let sure = move || sure.map(|digest| view! { <CheckboxField name="seen" label=tr!(imaging.import_seen) value=digest/> });
        let table = preview.map(preview_view);
        let export = view! { <LinkButton href="/imaging/catalogue/export" label=tr!(imaging.export) glyph=Glyph::Download/> }.into_any();
        view! {
            <PageHeader title=tr!(imaging.import) back detail=tr!(imaging.import_text) actions=Some(export)/>
            <div class="stack">
                {table}
                // The file has codes of LOINC.
                <p class="muted small">{tr!(lab.loinc_credit)}</p>
                <Form action=IMPORT>
                    <TextArea name="text" label=tr!(imaging.import_file) hint=tr!(imaging.import_hint) rows=12/>
                    {sure()}
                    <div class="form__actions">
                        <Button label=tr!(imaging.import_go) tone=ButtonTone::Primary key="Ctrl+Enter"/>
                        <LinkButton href="/imaging/catalogue" label=tr!(imaging.back) tone=ButtonTone::Quiet/>
                    </div>
                </Form>
            </div>
        }
    }))
}

/// Imports the file in a transaction that is not committed; returns `None` when the file is invalid, which the form reports.
async fn preview(text: &str) -> Result<Option<ImportedProcedures>> {
    let mut ctx = Ctx::write(Permission::ManageImaging).await?;
    match catalogue::import(&mut ctx, text).await {
        Ok(imported) => Ok(Some(imported)),
        Err(Error::Invalid(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

const fn tone(outcome: ProcedureOutcome) -> Tone {
    match outcome {
        ProcedureOutcome::New => Tone::Done,
        ProcedureOutcome::Changed => Tone::Waiting,
        ProcedureOutcome::Unchanged => Tone::Inactive,
        ProcedureOutcome::Refused => Tone::Critical,
    }
}

fn preview_view(preview: ImportedProcedures) -> impl IntoView {
    let count = |outcome| preview.count(outcome);
    let summary = tr!(
        imaging.import_summary,
        new = count(ProcedureOutcome::New),
        changed = count(ProcedureOutcome::Changed),
        same = count(ProcedureOutcome::Unchanged),
        refused = count(ProcedureOutcome::Refused)
    );
    let notice = if count(ProcedureOutcome::Refused) == 0 { Tone::Waiting } else { Tone::Critical };
    let mut rows: Vec<_> = preview.rows.into_iter().filter(|row| row.outcome != ProcedureOutcome::Unchanged).collect();
    rows.sort_by_key(|row| (row.outcome != ProcedureOutcome::Refused, row.line));
    let rows: Vec<Row> = rows
        .into_iter()
        .take(SHOWN)
        .map(|row| {
            let badge = view! { <StatusBadge tone=tone(row.outcome) label=row.outcome.words()/> }.into_any();
            Row::new(vec![row.line.to_string().into_any(), row.code.into_any(), badge, row.words.into_any()])
        })
        .collect();
    let columns = vec![
        Column::new(tr!(imaging.line)).numeric(),
        Column::new(tr!(imaging.code)),
        Column::new(tr!(imaging.state)),
        Column::new(tr!(imaging.mistake)),
    ];
    let table = (!rows.is_empty()).then(|| view! { <DataTable caption=tr!(imaging.import_preview) columns rows stacked=true/> });
    view! { <NoticeBox tone=notice><p>{summary}</p></NoticeBox>{table} }
}
