//! `/lab/catalogue/import`: imports tests from a file, with a preview of the changes.

use leptos::prelude::*;

use crate::{
    core::{Error, Permission, Result},
    lab::catalogue::{self, ImportedTests, TestOutcome},
    server::{Ctx, Page},
    tr,
    ui::{
        Button, ButtonTone, CheckboxField, Column, DataTable, Form, Glyph, LinkButton, NoticeBox, PageHeader, Row, StatusBadge, TextArea,
        Tone,
    },
};

const IMPORT: &str = "/api/lab/import_tests";
/// The number of rows that the preview lists.
const SHOWN: usize = 200;

/// Shows the form; after a file was sent, also its changes.
///
/// # Errors
/// Not allowed, or when the database refuses.
pub async fn import_page() -> Result<Page> {
    let ctx = Ctx::read(Permission::ManageCatalogue).await?;
    let sent = ctx.request().form.clone().filter(|form| form.action == IMPORT);
    drop(ctx);
    let preview = match sent.as_ref().and_then(|form| form.value("text")) {
        Some(text) => preview(text).await?,
        None => None,
    };
    Ok(Page::new(tr!(lab.import), move || {
        let back = ("/lab/catalogue".to_owned(), tr!(lab.catalogue).to_owned());
        let sure = preview.as_ref().filter(|preview| preview.count(TestOutcome::Refused) == 0).map(ImportedTests::digest);
        let sure = move || sure.map(|digest| view! { <CheckboxField name="seen" label=tr!(lab.import_seen) value=digest/> });
        let table = preview.map(preview_view);
        let export = view! { <LinkButton href="/lab/catalogue/export" label=tr!(lab.export) glyph=Glyph::Download/> }.into_any();
        view! {
            <PageHeader title=tr!(lab.import) back detail=tr!(lab.import_text) actions=Some(export)/>
            <div class="stack">
                {table}
                <Form action=IMPORT>
                    <TextArea name="text" label=tr!(lab.import_file) hint=tr!(lab.import_hint) rows=12/>
                    {sure()}
                    <div class="form__actions">
                        <Button label=tr!(lab.import_go) tone=ButtonTone::Primary key="Ctrl+Enter"/>
                        <LinkButton href="/lab/catalogue" label=tr!(lab.back) tone=ButtonTone::Quiet/>
                    </div>
                </Form>
            </div>
        }
    }))
}

/// Imports the file in a transaction that is not committed; returns `None` when the file is invalid, which the form reports.
async fn preview(text: &str) -> Result<Option<ImportedTests>> {
    let mut ctx = Ctx::write(Permission::ManageCatalogue).await?;
    match catalogue::import(&mut ctx, text).await {
        Ok(imported) => Ok(Some(imported)),
        Err(Error::Invalid(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

fn outcome_badge(outcome: TestOutcome) -> AnyView {
    let (tone, label) = match outcome {
        TestOutcome::New => (Tone::Done, tr!(lab.outcome_new)),
        TestOutcome::Changed => (Tone::Waiting, tr!(lab.outcome_changed)),
        TestOutcome::Unchanged => (Tone::Inactive, tr!(lab.outcome_unchanged)),
        TestOutcome::Refused => (Tone::Critical, tr!(lab.outcome_refused)),
    };
    view! { <StatusBadge tone label/> }.into_any()
}

fn preview_view(preview: ImportedTests) -> impl IntoView {
    let count = |outcome| preview.count(outcome);
    let summary = tr!(
        lab.import_summary,
        new = count(TestOutcome::New),
        changed = count(TestOutcome::Changed),
        same = count(TestOutcome::Unchanged),
        refused = count(TestOutcome::Refused)
    );
    let (tone, title) = match count(TestOutcome::Refused) {
        0 => (Tone::Waiting, tr!(lab.import_check)),
        _ => (Tone::Critical, tr!(lab.import_refused)),
    };
    let mut rows: Vec<_> = preview.rows.into_iter().filter(|row| row.outcome != TestOutcome::Unchanged).collect();
    rows.sort_by_key(|row| (row.outcome != TestOutcome::Refused, row.line));
    let more = rows.len().saturating_sub(SHOWN);
    let more = (more > 0).then(|| view! { <p>{tr!(lab.import_more, count = more)}</p> });
    let rows: Vec<Row> = rows
        .into_iter()
        .take(SHOWN)
        .map(|row| Row::new(vec![row.line.to_string().into_any(), row.code.into_any(), outcome_badge(row.outcome), row.words.into_any()]))
        .collect();
    let columns =
        vec![Column::new(tr!(lab.line)).numeric(), Column::new(tr!(lab.code)), Column::new(tr!(lab.outcome)), Column::new(tr!(lab.change))];
    let table = (!rows.is_empty()).then(|| view! { <DataTable caption=tr!(lab.import_preview) columns rows/> });
    view! {
        <NoticeBox tone title><p>{summary}</p></NoticeBox>
        {table}
        {more}
    }
}
