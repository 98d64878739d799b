//! `/lab/analysers/{id}/file`: imports a file of an analyser, with a preview of what becomes of each row.

use leptos::prelude::*;

use crate::{
    core::{Error, LabAnalyserId, Permission, Result},
    lab::analysers::{self, MeasuredFile, ValueReason, ValueState},
    server::{Ctx, Page, Path},
    tr,
    ui::{Button, ButtonTone, CheckboxField, Column, DataTable, Form, LinkButton, NoticeBox, PageHeader, Row, StatusBadge, TextArea, Tone},
};

const IMPORT: &str = "/api/lab/import_measured";
/// The number of rows that the preview lists.
const SHOWN: usize = 200;

/// Shows the form; after a file was sent, also its effects.
///
/// # Errors
/// Not allowed, an analyser of another clinic, or when the database refuses.
pub async fn file_page(Path(id): Path<LabAnalyserId>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::WorkLab).await?;
    let analyser = analysers::analyser(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    ctx.at_clinic(Permission::WorkLab, analyser.clinic_id)?;
    let sent = ctx.request().form.clone().filter(|form| form.action == IMPORT);
    drop(ctx);
    let preview = match sent.as_ref().and_then(|form| form.value("text")) {
        Some(text) => preview(id, text).await?,
        None => None,
    };
    Ok(Page::new(tr!(lab.measured_file), move || {
        let back = (format!("/lab/analysers/{id}"), analyser.name.clone());
        let digest = preview.as_ref().map(MeasuredFile::digest);
        let sure = move || digest.map(|digest| view! { <CheckboxField name="seen" label=tr!(lab.measured_seen) value=digest/> });
        let columns = [&analyser.csv_sample, &analyser.csv_code, &analyser.csv_value, &analyser.csv_unit];
        let columns = columns.into_iter().filter(|column| !column.is_empty()).cloned().collect::<Vec<_>>().join(", ");
        let hint = tr!(lab.measured_hint, columns = columns);
        let table = preview.map(preview_view);
        let hidden = vec![("lab_analyser_id", id.to_string())];
        view! {
            <PageHeader title=tr!(lab.measured_file) back detail=tr!(lab.measured_file_text)/>
            <div class="stack">
                {table}
                <Form action=IMPORT hidden>
                    <TextArea name="text" label=tr!(lab.import_file) hint rows=12/>
                    {sure()}
                    <div class="form__actions">
                        <Button label=tr!(lab.measured_go) tone=ButtonTone::Primary key="Ctrl+Enter"/>
                        <LinkButton href=format!("/lab/analysers/{id}") label=tr!(lab.back) tone=ButtonTone::Quiet/>
                    </div>
                </Form>
            </div>
        }
    }))
}

/// Imports the file in a transaction that is not committed; returns `None` when the form reports why it cannot be imported.
async fn preview(id: LabAnalyserId, text: &str) -> Result<Option<MeasuredFile>> {
    let mut ctx = Ctx::write(Permission::WorkLab).await?;
    match analysers::import_file(&mut ctx, id, text).await {
        Ok(imported) => Ok(Some(imported)),
        Err(Error::Invalid(_) | Error::Conflict(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

fn fate(state: ValueState, reason: ValueReason) -> AnyView {
    let (tone, label) = match state {
        ValueState::Filed | ValueState::Assigned => (Tone::Done, tr!(lab.value_filed)),
        ValueState::Control => (Tone::Done, tr!(lab.value_control)),
        ValueState::Duplicate => (Tone::Inactive, tr!(lab.value_duplicate)),
        ValueState::Unmatched | ValueState::Discarded => (Tone::Warning, reason.words()),
    };
    view! { <StatusBadge tone label/> }.into_any()
}

fn preview_view(preview: MeasuredFile) -> impl IntoView {
    let unmatched = preview.count(ValueState::Unmatched);
    let summary = tr!(lab.measured_summary, rows = preview.rows.len(), unmatched = unmatched);
    let rows: Vec<Row> = preview
        .rows
        .into_iter()
        .take(SHOWN)
        .map(|(sent, state, reason)| {
            let value = format!("{} {}", sent.value, sent.unit).trim_end().to_owned();
            Row::new(vec![
                sent.position.to_string().into_any(),
                sent.sample.into_any(),
                sent.code.into_any(),
                value.into_any(),
                fate(state, reason),
            ])
        })
        .collect();
    let columns = vec![
        Column::new(tr!(lab.line)).numeric(),
        Column::new(tr!(lab.sample)),
        Column::new(tr!(lab.analyser_code)),
        Column::new(tr!(lab.result)),
        Column::new(tr!(lab.state)),
    ];
    view! {
        <NoticeBox tone=Tone::Waiting title=tr!(lab.import_check)><p>{summary}</p></NoticeBox>
        <DataTable caption=tr!(lab.import_preview) columns rows stacked=true/>
    }
}
