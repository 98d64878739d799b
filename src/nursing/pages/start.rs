//! `/wards/{id}/start-tasks`: the tasks that each admission to a ward begins with.

use leptos::prelude::*;
use serde::Deserialize;

use super::parts::toast;
use crate::{
    core::{Permission, Result, WardId},
    nursing::{
        assessments,
        start::{self, StartProof, StartTask},
    },
    server::{Ctx, Page, Path, Query},
    tr,
    ui::{Button, ButtonTone, Choice, Fieldset, Form, NoticeBox, NumberField, PageHeader, SelectField, TextField, Tone},
    wards,
};

/// Empty rows below the list.
const EMPTY_ROWS: usize = 3;

/// The act that was just done.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct StartTasksQuery {
    done: String,
}

/// Shows the list of a ward, or the standard one where it has none.
///
/// # Errors
/// Not allowed, another clinic's ward, or when the database refuses.
pub async fn start_tasks_page(Path(id): Path<WardId>, Query(StartTasksQuery { done }): Query<StartTasksQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ManageWards).await?;
    let ward = wards::find_ward(&mut ctx.tx, id).await?;
    ctx.at_clinic(Permission::ManageWards, ward.clinic_id)?;
    let version = start::version_of(&mut ctx.tx, id).await?;
    let list = if version == 0 { start::standard() } else { start::list_of(&mut ctx.tx, id).await? };
    let mut choices: Vec<Choice> =
        [StartProof::Hand, StartProof::Observations].iter().map(|proof| Choice::new(proof.as_str(), proof.words())).collect();
    for tool in assessments::tools(&mut ctx.tx).await? {
        if choices.iter().all(|choice| choice.value != tool.code) {
            choices.push(Choice::new(tool.code.clone(), tr!(nursing.proof_tool, tool = tool.name.clone())));
        }
    }
    let page = Page::new(tr!(nursing.start_tasks), move || {
        let back = (format!("/wards/{id}"), ward.name.clone());
        let unconfirmed = (version == 0).then(|| {
            view! { <NoticeBox tone=Tone::Warning title=tr!(nursing.start_unconfirmed)><p>{tr!(nursing.start_unconfirmed_text)}</p></NoticeBox> }
        });
        let hidden = vec![("ward_id", id.to_string()), ("version", version.to_string())];
        let rows = (list.len() + EMPTY_ROWS).min(start::MOST);
        view! {
            {toast(&done)}
            <PageHeader title=tr!(nursing.start_tasks) back/>
            <div class="stack">
                <p>{tr!(nursing.start_text)}</p>
                {unconfirmed}
                <Form action="/api/nursing/set_start_tasks" id="start-tasks" hidden>
                    {(1..=rows).map(|nth| fields(nth, list.get(nth - 1), &choices)).collect_view()}
                    <div class="form__actions"><Button label=tr!(ui.save) tone=ButtonTone::Primary key="Ctrl+Enter"/></div>
                </Form>
            </div>
        }
    });
    Ok(page.class("main--narrow"))
}

fn fields(nth: usize, task: Option<&StartTask>, choices: &[Choice]) -> AnyView {
    let of = |field: &str| format!("{field}-{nth}");
    let legend = tr!(nursing.start_nth, nth = nth);
    let (name, minutes) = (task.map(|task| task.name.clone()), task.map(|task| task.due_minutes.to_string()));
    let (name, minutes) = (name.unwrap_or_default(), minutes.unwrap_or_default());
    let done = task.map(|task| match task.done_by {
        StartProof::Assessment => task.tool_code.clone(),
        proof => proof.as_str().to_owned(),
    });
    let (done, choices) = (done.unwrap_or_default(), choices.to_vec());
    let (name_field, minutes_field, done_field) = (of("name"), of("minutes"), of("done"));
    view! {
        <Fieldset legend>
            <TextField name=name_field label=tr!(nursing.start_name) value=name maxlength=200 optional=true/>
            <NumberField name=minutes_field label=tr!(nursing.start_minutes) unit="min" value=minutes optional=true/>
            <SelectField name=done_field label=tr!(nursing.start_done) choices value=done prompt=tr!(errors.choose)/>
        </Fieldset>
    }
    .into_any()
}
