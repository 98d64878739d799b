//! `/lab/results/{id}`: one result with all its versions, and the form that corrects a released one.

use leptos::prelude::*;

use super::parts::{DoneQuery, flag_badge, range_words, toast};
use crate::{
    core::{
        Error, LabResultId, Permission, Result,
        form::FormState,
        time::{Zone, show_date_time},
    },
    lab::{
        catalogue::{Catalogue, LabTest},
        results::{self, LabResult, shown_unit},
        vocabulary::{AbsentReason, ResultType},
    },
    patients,
    server::{Ctx, Page, Path, Query},
    tr,
    ui::{Button, ButtonTone, Choice, Column, DataTable, Dialog, Form, PageHeader, Row, SelectField, StatusBadge, TextField, Tone},
};

const CORRECT: &str = "/api/lab/correct";

/// Shows a result.
///
/// # Errors
/// Not allowed, another clinic's result, or when the database refuses.
pub async fn result_page(Path(id): Path<LabResultId>, Query(DoneQuery { done }): Query<DoneQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::WorkLab).await?;
    let result = results::result(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    ctx.at_clinic(Permission::WorkLab, result.clinic_id)?;
    ctx.saw(result.patient_id, "lab_record").await?;
    let versions = results::versions_of(&mut ctx.tx, result.analysis_id).await?;
    let all = Catalogue::read(&mut ctx.tx).await?;
    let patient = patients::line(&mut ctx.tx, result.patient_id).await?;
    all.test(result.test_id)?;
    let zone = ctx.zone();
    Ok(Page::new(tr!(lab.result), move || {
        let Ok(test) = all.test(result.test_id) else { return ().into_any() };
        let back = ("/lab/bench".to_owned(), tr!(lab.bench).to_owned());
        let current = versions.iter().find(|version| version.is_reported()).filter(|_| test.formula().is_none());
        let actions = current.map(|current| correct_form(&all, test, current)).into_any();
        let detail = format!("{} · {} {}", patient.name.listed(), tr!(ui.mrn), patient.mrn);
        view! {
            {toast(&done)}
            <PageHeader title=test.name().to_owned() back detail actions=Some(actions)/>
            {table(&all, &versions, zone)}
        }
        .into_any()
    }))
}

fn table(all: &Catalogue, versions: &[LabResult], zone: Zone) -> AnyView {
    let said = |at: Option<crate::core::time::Instant>, by: Option<&String>| {
        at.map(|at| format!("{}, {}", show_date_time(zone.local(at)), by.cloned().unwrap_or_default())).unwrap_or_default()
    };
    let rows = versions
        .iter()
        .map(|version| {
            let (tone, state) = match (version.superseded_at, version.released_at, version.checked_at) {
                (Some(_), ..) => (Tone::Inactive, tr!(lab.superseded)),
                (None, Some(_), _) => (Tone::Done, tr!(lab.analysis_released)),
                (None, None, Some(_)) => (Tone::Progress, tr!(lab.analysis_checked)),
                (None, None, None) => (Tone::Progress, tr!(lab.analysis_entered)),
            };
            let value = match version.superseded_at {
                Some(_) => view! { <del>{version.with_unit(all)}</del> }.into_any(),
                None => view! { <strong>{version.with_unit(all)}</strong> }.into_any(),
            };
            let entered = said(Some(version.entered_at), Some(&version.enterer));
            let released = match version.autoreleased {
                true => tr!(lab.autoreleased).to_owned(),
                false => said(version.released_at, version.releaser.as_ref()),
            };
            let reason = [version.correction.clone(), version.comment.clone()]
                .into_iter()
                .filter(|text| !text.is_empty())
                .collect::<Vec<_>>()
                .join(" · ");
            Row::new(vec![
                version.version.to_string().into_any(),
                view! { {value}" "{flag_badge(version.flag)} }.into_any(),
                range_words(version).into_any(),
                view! { <StatusBadge tone label=state/> }.into_any(),
                entered.into_any(),
                said(version.checked_at, version.checker.as_ref()).into_any(),
                released.into_any(),
                reason.into_any(),
            ])
        })
        .collect();
    let columns = vec![
        Column::new(tr!(lab.version)).numeric(),
        Column::new(tr!(lab.result)),
        Column::new(tr!(lab.range)),
        Column::new(tr!(lab.state)),
        Column::new(tr!(lab.analysis_entered)),
        Column::new(tr!(lab.analysis_checked)).secondary(),
        Column::new(tr!(lab.analysis_released)).secondary(),
        Column::new(tr!(lab.reason)),
    ];
    view! { <DataTable caption=tr!(lab.versions) columns rows stacked=true/> }.into_any()
}

fn correct_form(all: &Catalogue, test: &LabTest, current: &LabResult) -> AnyView {
    let hidden = vec![("lab_result_id", current.id.to_string())];
    let unit = shown_unit(&test.unit);
    let label = if unit.is_empty() { tr!(lab.value).to_owned() } else { format!("{} ({unit})", tr!(lab.value)) };
    let answers: Vec<Choice> =
        all.choices_of(test.id).iter().map(|choice| Choice::new(choice.code.clone(), choice.name().to_owned())).collect();
    let reasons: Vec<Choice> = AbsentReason::ALL.iter().map(|reason| Choice::new(reason.as_str(), reason.words())).collect();
    let is_choice = test.result_type == ResultType::Choice;
    let asks_again = use_context::<FormState>().is_some_and(|state| state.action == CORRECT && state.error("again").is_some());
    view! {
        <Dialog id="correct" opens=tr!(lab.correct) title=tr!(lab.correct_title) action=CORRECT tone=ButtonTone::Quiet>
            <Form action=CORRECT hidden>
                <p>{tr!(lab.correct_text)}</p>
                {match is_choice {
                    true => view! { <SelectField name="value" label choices=answers prompt=tr!(lab.choose)/> }.into_any(),
                    false => view! { <TextField name="value" label autocomplete="off" class="input--medium"/> }.into_any(),
                }}
                {asks_again.then(|| view! { <TextField name="again" label=tr!(lab.type_again) autocomplete="off" class="input--medium"/> })}
                <SelectField name="absent" label=tr!(lab.absent) choices=reasons prompt=tr!(lab.has_value)/>
                <TextField name="reason" label=tr!(lab.why) required=true maxlength=500/>
                <TextField name="comment" label=tr!(lab.comment) maxlength=4_000 optional=true/>
                <div class="form__actions"><Button label=tr!(lab.correct) tone=ButtonTone::Danger/></div>
            </Form>
        </Dialog>
    }
    .into_any()
}
