//! `/formulary/import` and below: drugs, substances, interactions and ranges of doses from a file, with a preview of the changes.
//! `/formulary/export` and below: the files.

use axum::{
    extract::Request as HttpRequest,
    http::header,
    response::{IntoResponse as _, Response},
};
use leptos::prelude::*;

use crate::{
    core::{Error, Permission, Result},
    formulary::file::{self, FileKind, ReadFile, RowOutcome},
    server::{Ctx, Page, workbook},
    tr,
    ui::{
        Button, ButtonTone, CheckboxField, Column, DataTable, Form, Glyph, LinkButton, NoticeBox, PageHeader, Row, StatusBadge, TextArea,
        Tone,
    },
};

/// The number of rows that the preview lists.
const SHOWN: usize = 200;

/// The addresses and words of a file.
struct Shown {
    kind: FileKind,
    action: &'static str,
    export: &'static str,
    title: &'static str,
    hint: &'static str,
}

impl Shown {
    fn of(kind: FileKind) -> Self {
        let (action, export, title, hint) = match kind {
            FileKind::Drugs => ("/api/formulary/import_drugs", "/formulary/export", tr!(formulary.import), tr!(formulary.import_hint)),
            FileKind::Substances => (
                "/api/formulary/import_substances",
                "/formulary/export/substances",
                tr!(formulary.import_substances),
                tr!(formulary.import_substances_hint),
            ),
            FileKind::Interactions => (
                "/api/formulary/import_interactions",
                "/formulary/export/interactions",
                tr!(formulary.import_interactions),
                tr!(formulary.import_interactions_hint),
            ),
            FileKind::Doses => {
                ("/api/formulary/import_doses", "/formulary/export/doses", tr!(formulary.import_doses), tr!(formulary.import_doses_hint))
            }
        };
        Self { kind, action, export, title, hint }
    }
}

/// The address of the page.
const fn page_of(kind: FileKind) -> &'static str {
    match kind {
        FileKind::Drugs => "/formulary/import",
        FileKind::Substances => "/formulary/import/substances",
        FileKind::Interactions => "/formulary/import/interactions",
        FileKind::Doses => "/formulary/import/doses",
    }
}

/// Shows the form for drugs.
pub async fn drugs_page() -> Result<Page> {
    page(FileKind::Drugs).await
}

/// Shows the form for substances.
pub async fn substances_page() -> Result<Page> {
    page(FileKind::Substances).await
}

/// Shows the form for interactions.
pub async fn interactions_page() -> Result<Page> {
    page(FileKind::Interactions).await
}

/// Shows the form for ranges of doses.
pub async fn doses_page() -> Result<Page> {
    page(FileKind::Doses).await
}

/// Shows the form; after a file was sent, also its changes.
async fn page(kind: FileKind) -> Result<Page> {
    let Shown { kind, action, export, title, hint } = Shown::of(kind);
    let ctx = Ctx::read(Permission::ManageFormulary).await?;
    let sent = ctx.request().form.clone().filter(|form| form.action == action);
    drop(ctx);
    let preview = match sent.as_ref().and_then(|form| form.value("text")) {
        Some(text) => preview(kind, text).await?,
        None => None,
    };
    Ok(Page::new(title, move || {
        let back = (kind.list().to_owned(), tr!(formulary.title).to_owned());
        let sure = preview.as_ref().filter(|preview| preview.count(RowOutcome::Refused) == 0).map(ReadFile::digest);
        let sure = move || sure.map(|digest| view! { <CheckboxField name="seen" label=tr!(formulary.import_seen) value=digest/> });
        let table = preview.map(preview_view);
        let export = view! { <LinkButton href=export label=tr!(formulary.export) glyph=Glyph::Download/> }.into_any();
        view! {
            <PageHeader title=title back detail=tr!(formulary.import_text) actions=Some(export)/>
            <div class="stack">
                {table}
                <Form action=action>
                    <TextArea name="text" label=tr!(formulary.import_file) hint=hint/>
                    {sure()}
                    <div class="form__actions">
                        <Button label=tr!(formulary.import_go) tone=ButtonTone::Primary key="Ctrl+Enter"/>
                        <LinkButton href=kind.list() label=tr!(formulary.cancel) tone=ButtonTone::Quiet/>
                    </div>
                </Form>
                {workbook::form(page_of(kind))}
            </div>
        }
    }))
}

/// Receives a workbook with drugs in the place of the text.
pub async fn drugs_workbook(request: HttpRequest) -> Response {
    receive(request, FileKind::Drugs).await
}

/// Receives a workbook with substances in the place of the text.
pub async fn substances_workbook(request: HttpRequest) -> Response {
    receive(request, FileKind::Substances).await
}

/// Receives a workbook with interactions in the place of the text.
pub async fn interactions_workbook(request: HttpRequest) -> Response {
    receive(request, FileKind::Interactions).await
}

/// Receives a workbook with ranges of doses in the place of the text.
pub async fn doses_workbook(request: HttpRequest) -> Response {
    receive(request, FileKind::Doses).await
}

async fn receive(request: HttpRequest, kind: FileKind) -> Response {
    if let Err(error) = Ctx::read(Permission::ManageFormulary).await {
        return error.into_response();
    }
    let next = |text: String| async move { still_asked(kind, &text).await.unwrap_or_else(|error| error) };
    workbook::receive(request, page_of(kind), Shown::of(kind).action, next).await
}

/// The reason for which the form with this text is refused: its faults, or the missing tick.
async fn still_asked(kind: FileKind, text: &str) -> Result<Error> {
    let mut ctx = Ctx::write(Permission::ManageFormulary).await?;
    let file = file::import(&mut ctx, kind, text).await?;
    Ok(match file.count(RowOutcome::Refused) {
        0 => Error::invalid("seen", tr!(formulary.import_tick)),
        _ => Error::invalid("text", tr!(formulary.import_refused)),
    })
}

/// Imports the file in a transaction that is not committed; returns `None` when the file is invalid, which the form
/// reports.
async fn preview(kind: FileKind, text: &str) -> Result<Option<ReadFile>> {
    let mut ctx = Ctx::write(Permission::ManageFormulary).await?;
    match file::import(&mut ctx, kind, text).await {
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

/// Downloads the rows of a list as a file.
async fn export(kind: FileKind, named: &'static str) -> Result<Response> {
    let mut ctx = Ctx::read(Permission::ReadMedicines).await?;
    let text = file::export(&mut ctx, kind).await?;
    let headers = [(header::CONTENT_TYPE, "text/csv; charset=utf-8"), (header::CONTENT_DISPOSITION, named)];
    Ok((headers, text).into_response())
}

/// Downloads the drugs.
pub async fn drugs_file() -> Result<Response> {
    export(FileKind::Drugs, "attachment; filename=\"formulary.csv\"").await
}

/// Downloads the substances.
pub async fn substances_file() -> Result<Response> {
    export(FileKind::Substances, "attachment; filename=\"substances.csv\"").await
}

/// Downloads the interactions.
pub async fn interactions_file() -> Result<Response> {
    export(FileKind::Interactions, "attachment; filename=\"interactions.csv\"").await
}

/// Downloads the ranges of doses.
pub async fn doses_file() -> Result<Response> {
    export(FileKind::Doses, "attachment; filename=\"doses.csv\"").await
}
