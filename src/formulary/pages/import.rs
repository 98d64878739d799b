//! `/formulary/import`: drugs from a file, with a preview of the changes. `/formulary/export`: the file.

use axum::{
    http::header,
    response::{IntoResponse as _, Response},
};
use leptos::prelude::*;

use crate::{
    core::{Error, Permission, Result},
    formulary::file::{self, ReadFile, RowOutcome},
    server::{Ctx, Page},
    tr,
    ui::{
        Button, ButtonTone, CheckboxField, Column, DataTable, Form, Glyph, LinkButton, NoticeBox, PageHeader, Row, StatusBadge, TextArea,
        Tone,
    },
};

const IMPORT: &str = "/api/formulary/import_drugs";
/// The number of rows that the preview lists.
const SHOWN: usize = 200;

/// Shows the form; after a file was sent, also its changes.
pub async fn import_page() -> Result<Page> {
    let ctx = Ctx::read(Permission::ManageFormulary).await?;
    let sent = ctx.request().form.clone().filter(|form| form.action == IMPORT);
    drop(ctx);
    let preview = match sent.as_ref().and_then(|form| form.value("text")) {
        Some(text) => preview(text).await?,
        None => None,
    };
    Ok(Page::new(tr!(formulary.import), move || {
        let back = ("/formulary".to_owned(), tr!(formulary.title).to_owned());
        let sure = preview.as_ref().filter(|preview| preview.count(RowOutcome::Refused) == 0).map(ReadFile::digest);
        let sure = move || sure.map(|digest| view! { <CheckboxField name="seen" label=tr!(formulary.import_seen) value=digest/> });
        let table = preview.map(preview_view);
        let export = view! { <LinkButton href="/formulary/export" label=tr!(formulary.export) glyph=Glyph::Download/> }.into_any();
        view! {
            <PageHeader title=tr!(formulary.import) back detail=tr!(formulary.import_text) actions=Some(export)/>
            <div class="stack">
                {table}
                <Form action=IMPORT>
                    <TextArea name="text" label=tr!(formulary.import_file) hint=tr!(formulary.import_hint)/>
                    {sure()}
                    <div class="form__actions">
                        <Button label=tr!(formulary.import_go) tone=ButtonTone::Primary key="Ctrl+Enter"/>
                        <LinkButton href="/formulary" label=tr!(formulary.cancel) tone=ButtonTone::Quiet/>
                    </div>
                </Form>
            </div>
        }
    }))
}

/// Imports the file in a transaction that is not committed; returns `None` when the file is invalid, which the form
/// reports.
async fn preview(text: &str) -> Result<Option<ReadFile>> {
    let mut ctx = Ctx::write(Permission::ManageFormulary).await?;
    match file::import(&mut ctx, text).await {
        Ok(file) => Ok(Some(file)),
        Err(Error::Invalid(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

fn outcome_badge(outcome: RowOutcome) -> AnyView {
    let tone = match outcome {
        RowOutcome::New => Tone::Done,
        RowOutcome::Changed => Tone::Waiting,
        RowOutcome::Unchanged => Tone::Inactive,
        RowOutcome::Refused => Tone::Critical,
    };
    view! { <StatusBadge tone label=outcome.words()/> }.into_any()
}

fn preview_view(preview: ReadFile) -> impl IntoView {
    let count = |outcome| preview.count(outcome);
    let summary = tr!(
        formulary.import_summary,
        new = count(RowOutcome::New),
        changed = count(RowOutcome::Changed),
        same = count(RowOutcome::Unchanged),
        refused = count(RowOutcome::Refused)
    );
    let (tone, title) = match count(RowOutcome::Refused) {
        0 => (Tone::Waiting, tr!(formulary.import_check)),
        _ => (Tone::Critical, tr!(formulary.import_refused)),
    };
    let mut rows: Vec<_> = preview.rows.into_iter().filter(|row| row.outcome != RowOutcome::Unchanged).collect();
    rows.sort_by_key(|row| (row.outcome != RowOutcome::Refused, row.line));
    let more = rows.len().saturating_sub(SHOWN);
    let more = (more > 0).then(|| view! { <p>{tr!(formulary.import_more, count = more)}</p> });
    let rows: Vec<Row> = rows
        .into_iter()
        .take(SHOWN)
        .map(|row| Row::new(vec![row.line.into_any(), row.code.into_any(), outcome_badge(row.outcome), row.words.into_any()]))
        .collect();
    let columns = vec![
        Column::new(tr!(formulary.line)).numeric(),
        Column::new(tr!(formulary.code)),
        Column::new(tr!(formulary.outcome)),
        Column::new(tr!(formulary.change)),
    ];
    let table = (!rows.is_empty()).then(|| view! { <DataTable caption=tr!(formulary.import_preview) columns rows stacked=true/> });
    view! {
        <NoticeBox tone title><p>{summary}</p></NoticeBox>
        {table}
        {more}
    }
}

/// Downloads the drugs as a file.
pub async fn export_file() -> Result<Response> {
    let mut ctx = Ctx::read(Permission::ReadMedicines).await?;
    let text = file::export(&mut ctx).await?;
    let headers =
        [(header::CONTENT_TYPE, "text/csv; charset=utf-8"), (header::CONTENT_DISPOSITION, "attachment; filename=\"formulary.csv\"")];
    Ok((headers, text).into_response())
}
