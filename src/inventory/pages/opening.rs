//! `/stock/opening`: takes opening stock over from a file, with a preview.

use axum::{
    extract::Request as HttpRequest,
    response::{IntoResponse as _, Response},
};
use leptos::prelude::*;

use super::parts::toast;
use crate::{
    core::{Error, Permission, Result},
    inventory::opening::{self, OpeningEffect, OpeningFile},
    server::{Ctx, Page, workbook},
    tr,
    ui::{Button, ButtonTone, CheckboxField, Column, DataTable, Form, LinkButton, NoticeBox, PageHeader, Row, StatusBadge, TextArea, Tone},
};

const PAGE: &str = "/stock/opening";
const IMPORT: &str = "/api/stock/import_opening";
/// The number of rows that the preview lists.
const SHOWN: usize = 200;

/// Shows the form; after a file was sent, also its effect.
///
/// # Errors
/// Not allowed, or when the database refuses.
pub async fn opening_page() -> Result<Page> {
    let ctx = Ctx::read(Permission::ManageStock).await?;
    let sent = ctx.request().form.clone().filter(|form| form.action == IMPORT);
    drop(ctx);
    let preview = match sent.as_ref().and_then(|form| form.value("text")) {
        Some(text) => preview(text).await?,
        None => None,
    };
    Ok(Page::new(tr!(inventory.opening_title), move || {
        let back = ("/stock".to_owned(), tr!(inventory.title).to_owned());
        let sure = preview.as_ref().filter(|preview| preview.count(OpeningEffect::Refused) == 0).map(OpeningFile::digest);
        let sure = move || sure.map(|digest| view! { <CheckboxField name="seen" label=tr!(inventory.opening_seen) value=digest/> });
        let table = preview.map(preview_view);
        view! {
            {toast("")}
            <PageHeader title=tr!(inventory.opening_title) back detail=tr!(inventory.opening_text)/>
            <div class="stack">
                {table}
                <Form action=IMPORT>
                    <TextArea name="text" label=tr!(inventory.opening_file_label) hint=tr!(inventory.opening_hint) rows=12/>
                    {sure()}
                    <div class="form__actions">
                        <Button label=tr!(inventory.opening_go) tone=ButtonTone::Primary key="Ctrl+Enter"/>
                        <LinkButton href="/stock" label=tr!(inventory.back) tone=ButtonTone::Quiet/>
                    </div>
                </Form>
                {workbook::form(PAGE)}
            </div>
        }
    }))
}

/// Receives a workbook in the place of the text.
pub async fn opening_workbook(request: HttpRequest) -> Response {
    if let Err(error) = Ctx::read(Permission::ManageStock).await {
        return error.into_response();
    }
    workbook::receive(request, PAGE, IMPORT, |text| async move { still_asked(&text).await.unwrap_or_else(|error| error) }).await
}

/// The reason for which the form with this text is refused: its faults, or the missing tick.
async fn still_asked(text: &str) -> Result<Error> {
    let mut ctx = Ctx::write(Permission::ManageStock).await?;
    let file = opening::import(&mut ctx, text).await?;
    Ok(match file.count(OpeningEffect::Refused) {
        0 => Error::invalid("seen", tr!(inventory.opening_tick)),
        _ => Error::invalid("text", tr!(inventory.opening_wrong)),
    })
}

/// Imports the file in a transaction that is not committed; returns `None` when the file is invalid, which the form reports.
async fn preview(text: &str) -> Result<Option<OpeningFile>> {
    let mut ctx = Ctx::write(Permission::ManageStock).await?;
    match opening::import(&mut ctx, text).await {
        Ok(file) => Ok(Some(file)),
        Err(Error::Invalid(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

const fn tone(effect: OpeningEffect) -> Tone {
    match effect {
        OpeningEffect::New => Tone::Done,
        OpeningEffect::Unchanged => Tone::Inactive,
        OpeningEffect::Refused => Tone::Critical,
    }
}

fn preview_view(preview: OpeningFile) -> impl IntoView {
    let count = |effect| preview.count(effect);
    let summary = tr!(
        inventory.opening_summary,
        new = count(OpeningEffect::New),
        same = count(OpeningEffect::Unchanged),
        refused = count(OpeningEffect::Refused)
    );
    let tone_of_all = if count(OpeningEffect::Refused) == 0 { Tone::Waiting } else { Tone::Critical };
    let mut rows: Vec<_> = preview.rows;
    rows.sort_by_key(|row| (row.effect != OpeningEffect::Refused, row.line));
    let rows: Vec<Row> = rows
        .into_iter()
        .take(SHOWN)
        .map(|row| {
            let badge = view! { <StatusBadge tone=tone(row.effect) label=row.effect.words()/> };
            Row::new(vec![row.line.to_string().into_any(), row.code.into_any(), badge.into_any(), row.words.into_any()])
        })
        .collect();
    let columns = vec![
        Column::new(tr!(inventory.line)).numeric(),
        Column::new(tr!(inventory.code)),
        Column::new(tr!(inventory.status)),
        Column::new(tr!(inventory.opening)),
    ];
    view! {
        <NoticeBox tone=tone_of_all><p>{summary}</p></NoticeBox>
        <DataTable caption=tr!(inventory.opening_title) columns rows stacked=true/>
    }
}
