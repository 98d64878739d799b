//! `/users/import`: staff from a file, with a preview of what changes.

use axum::{
    http::header,
    response::{IntoResponse as _, Response},
};
use leptos::prelude::*;

use super::users::managing;
use crate::{
    accounts::{
        confirm::confirm_field,
        users::{
            export::export,
            import::{COLUMNS, Effect, ImportedPeople, ROWS, import},
            manages_users,
        },
    },
    core::{Error, Permission, Result},
    server::{Ctx, Page},
    tr,
    ui::{Button, ButtonTone, CheckboxField, Column, DataTable, Form, LinkButton, NoticeBox, PageHeader, Row, StatusBadge, TextArea, Tone},
};

const IMPORT: &str = "/api/accounts/import_staff";
/// Rows that the preview lists.
const SHOWN: usize = 200;

/// The form; after a file was sent, what it would change.
pub async fn import_page() -> Result<Page> {
    let (ctx, _) = managing().await?;
    let sent = ctx.request().form.clone().filter(|form| form.action == IMPORT);
    drop(ctx);
    let preview = match sent.as_ref().and_then(|form| form.value("text")) {
        Some(text) => preview(text).await?,
        None => None,
    };
    Ok(Page::new(tr!(organisation.import_staff), move || {
        let back = ("/settings/staff".to_owned(), tr!(organisation.staff).to_owned());
        let sure = preview.as_ref().filter(|preview| preview.count(Effect::Refused) == 0).map(ImportedPeople::digest);
        let table = preview.map(preview_view);
        let fields = move || {
            view! {
                <TextArea name="text" label=tr!(accounts.import_file) hint=tr!(accounts.import_hint, most = ROWS) rows=12/>
                {sure.map(|digest| view! { <CheckboxField name="seen" label=tr!(accounts.import_seen) value=digest/> })}
                {confirm_field()}
            }
        };
        view! {
            <PageHeader title=tr!(organisation.import_staff) back detail=tr!(accounts.import_text)/>
            <div class="stack">
                {table}
                <Form action=IMPORT>
                    {fields()}
                    <div class="form__actions">
                        <Button label=tr!(accounts.import_go) tone=ButtonTone::Primary key="Ctrl+Enter"/>
                        <LinkButton href="/settings/staff" label=tr!(organisation.cancel) tone=ButtonTone::Quiet/>
                    </div>
                </Form>
                <section class="panel" aria-labelledby="columns">
                    <div class="panel__head"><h2 id="columns">{tr!(accounts.import_columns)}</h2></div>
                    <div class="panel__body stack">
                        <p>{tr!(accounts.import_columns_text)}</p>
                        <p><code>{COLUMNS.join(",")}</code></p>
                    </div>
                </section>
            </div>
        }
    }))
}

/// Downloads the list of staff as a file.
///
/// # Errors
/// When the user may not manage users.
pub async fn export_file() -> Result<Response> {
    let (mut ctx, _) = managing().await?;
    let text = export(&mut ctx).await?;
    let headers = [(header::CONTENT_TYPE, "text/csv; charset=utf-8"), (header::CONTENT_DISPOSITION, "attachment; filename=\"staff.csv\"")];
    Ok((headers, text).into_response())
}

/// Imports the file in a transaction that ends without a commit; none when it is no such file, which the form says.
async fn preview(text: &str) -> Result<Option<ImportedPeople>> {
    let mut ctx = Ctx::write(Permission::ManageHospital).await?;
    if !manages_users(&ctx.who) {
        return Err(Error::Forbidden);
    }
    match import(&mut ctx, text).await {
        Ok(imported) => Ok(Some(imported)),
        Err(Error::Invalid(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

fn effect_badge(effect: Effect) -> AnyView {
    let (tone, label) = match effect {
        Effect::New => (Tone::Done, tr!(accounts.import_new)),
        Effect::Changed => (Tone::Waiting, tr!(accounts.import_changed)),
        Effect::Unchanged => (Tone::Inactive, tr!(accounts.import_unchanged)),
        Effect::Refused => (Tone::Critical, tr!(accounts.import_wrong)),
    };
    view! { <StatusBadge tone label/> }.into_any()
}

fn preview_view(preview: ImportedPeople) -> impl IntoView {
    let count = |effect| preview.count(effect);
    let summary = tr!(
        accounts.import_summary,
        new = count(Effect::New),
        changed = count(Effect::Changed),
        same = count(Effect::Unchanged),
        refused = count(Effect::Refused)
    );
    let (tone, title) = match count(Effect::Refused) {
        0 => (Tone::Waiting, tr!(accounts.import_look)),
        _ => (Tone::Critical, tr!(accounts.import_nothing_written)),
    };
    let mut rows: Vec<_> = preview.rows.into_iter().filter(|row| row.effect != Effect::Unchanged).collect();
    rows.sort_by_key(|row| (row.effect != Effect::Refused, row.line));
    let more = rows.len().saturating_sub(SHOWN);
    let more = (more > 0).then(|| view! { <p>{tr!(organisation.more_bookings, count = more)}</p> });
    let rows: Vec<Row> = rows
        .into_iter()
        .take(SHOWN)
        .map(|row| Row::new(vec![row.line.into_any(), row.name.into_any(), effect_badge(row.effect), row.words.into_any()]))
        .collect();
    let columns = vec![
        Column::new(tr!(accounts.import_line)).numeric(),
        Column::new(tr!(accounts.name)),
        Column::new(tr!(accounts.state)),
        Column::new(tr!(accounts.import_what)),
    ];
    let table = (!rows.is_empty()).then(|| view! { <DataTable caption=tr!(organisation.import_staff) columns rows/> });
    view! {
        <NoticeBox tone title><p>{summary}</p></NoticeBox>
        {table}
        {more}
    }
}
