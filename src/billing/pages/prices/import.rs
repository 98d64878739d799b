//! `/prices/import`: imports the price list from a file, with a preview of the changes.

use leptos::prelude::*;

use super::item::setting;
use crate::{
    billing::prices::{self, Imported, Outcome, sets_prices},
    core::{Error, Permission, Result},
    server::{Ctx, Page},
    tr,
    ui::{
        Button, ButtonTone, CheckboxField, Column, DataTable, Form, Glyph, LinkButton, NoticeBox, PageHeader, Row, StatusBadge, TextArea,
        Tone,
    },
};

const IMPORT: &str = "/api/billing/import_prices";
/// The number of rows that the preview lists.
const SHOWN: usize = 200;

/// Shows the form; after a file was sent, also its changes.
///
/// # Errors
/// When the user may not set prices.
pub async fn import_page() -> Result<Page> {
    let ctx = setting().await?;
    let sent = ctx.request().form.clone().filter(|form| form.action == IMPORT);
    drop(ctx);
    let preview = match sent.as_ref().and_then(|form| form.value("text")) {
        Some(text) => preview(text).await?,
        None => None,
    };
    Ok(Page::new(tr!(billing.import_prices), move || {
        let back = ("/prices".to_owned(), tr!(billing.prices).to_owned());
        let sure = preview.as_ref().filter(|preview| preview.count(Outcome::Refused) == 0).map(Imported::digest);
        let sure = move || sure.map(|digest| view! { <CheckboxField name="seen" label=tr!(billing.import_seen) value=digest/> });
        let table = preview.map(preview_view);
        let export = view! { <LinkButton href="/prices/export" label=tr!(billing.export_prices) glyph=Glyph::Download/> }.into_any();
        view! {
            <PageHeader title=tr!(billing.import_prices) back detail=tr!(billing.import_text) actions=Some(export)/>
            <div class="stack">
                {table}
                <Form action=IMPORT>
                    <TextArea name="text" label=tr!(billing.import_file) hint=tr!(billing.import_hint)/>
                    {sure()}
                    <div class="form__actions">
                        <Button label=tr!(billing.import_go) tone=ButtonTone::Primary key="Ctrl+Enter"/>
                        <LinkButton href="/prices" label=tr!(billing.cancel) tone=ButtonTone::Quiet/>
                    </div>
                </Form>
            </div>
        }
    }))
}

/// Imports the file in a transaction that is not committed; returns `None` when the file is invalid, which the form
/// reports.
async fn preview(text: &str) -> Result<Option<Imported>> {
    let mut ctx = Ctx::write(Permission::SetPrices).await?;
    if !sets_prices(&ctx.who) {
        return Err(Error::Forbidden);
    }
    match prices::import(&mut ctx, text).await {
        Ok(imported) => Ok(Some(imported)),
        Err(Error::Invalid(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

fn outcome_badge(outcome: Outcome) -> AnyView {
    let (tone, label) = match outcome {
        Outcome::New => (Tone::Done, tr!(billing.outcome_new)),
        Outcome::Changed => (Tone::Waiting, tr!(billing.outcome_changed)),
        Outcome::Ended => (Tone::Warning, tr!(billing.outcome_ended)),
        Outcome::Unchanged => (Tone::Inactive, tr!(billing.outcome_unchanged)),
        Outcome::Refused => (Tone::Critical, tr!(billing.outcome_refused)),
    };
    view! { <StatusBadge tone label/> }.into_any()
}

fn preview_view(preview: Imported) -> impl IntoView {
    let count = |outcome| preview.count(outcome);
    let summary = tr!(
        billing.import_summary,
        new = count(Outcome::New),
        changed = count(Outcome::Changed),
        ended = count(Outcome::Ended),
        same = count(Outcome::Unchanged),
        refused = count(Outcome::Refused)
    );
    let (tone, title) = match count(Outcome::Refused) {
        0 => (Tone::Waiting, tr!(billing.import_check)),
        _ => (Tone::Critical, tr!(billing.import_refused)),
    };
    let all = preview.rows.len();
    let mut rows: Vec<_> = preview.rows.into_iter().filter(|row| row.outcome != Outcome::Unchanged).collect();
    rows.sort_by_key(|row| (row.outcome != Outcome::Refused, row.line));
    let more = rows.len().saturating_sub(SHOWN);
    let more = (more > 0).then(|| view! { <p>{tr!(billing.import_more, count = more)}</p> });
    let rows: Vec<Row> = rows
        .into_iter()
        .take(SHOWN)
        .map(|row| Row::new(vec![row.line.into_any(), row.code.into_any(), outcome_badge(row.outcome), row.words.into_any()]))
        .collect();
    let columns = vec![
        Column::new(tr!(billing.line)).numeric(),
        Column::new(tr!(billing.code)),
        Column::new(tr!(billing.outcome)),
        Column::new(tr!(billing.what)),
    ];
    let table = (!rows.is_empty()).then(|| view! { <DataTable caption=tr!(billing.import_preview) columns rows/> });
    view! {
        <NoticeBox tone title><p>{tr!(billing.import_rows, count = all)}" "{summary}</p></NoticeBox>
        {table}
        {more}
    }
}
