//! `/admissions/{id}/care-plans`: the care plans of a stay with their actions and evaluations, and the form of a new one.

use leptos::prelude::*;
use serde::Deserialize;

use super::parts::{self, Opened, hidden, toast, when};
use crate::{
    core::{AdmissionId, Permission, Result, time::show_date},
    nursing::{
        care_plans::{self, ACTION_ROWS, CareAction, CareEvaluation, CarePlan},
        vocabulary::{CareOutcome, CarePlanState, TaskRepeat},
    },
    server::{Ctx, Page, Path, Query},
    tr,
    ui::{
        Button, ButtonTone, Choice, DateField, EmptyState, Form, Glyph, PageHeader, PatientBanner, SelectField, StatusBadge, TextArea,
        TextField, refused_for,
    },
};

const EVALUATE: &str = "/api/nursing/evaluate_care_plan";

/// The act that was just done.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct CarePlansQuery {
    done: String,
}

struct CareSheet {
    opened: Opened,
    plans: Vec<CarePlan>,
    actions: Vec<CareAction>,
    evaluations: Vec<CareEvaluation>,
}

/// Shows the plans.
///
/// # Errors
/// Not allowed, another clinic's patient, or when the database refuses.
pub async fn care_plans_page(Path(id): Path<AdmissionId>, Query(CarePlansQuery { done }): Query<CarePlansQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::RecordCare).await?;
    let opened = parts::open(&mut ctx, id).await?;
    let sheet = CareSheet {
        plans: care_plans::of_admission(&mut ctx.tx, id).await?,
        actions: care_plans::actions_of(&mut ctx.tx, id).await?,
        evaluations: care_plans::evaluations_of(&mut ctx.tx, id).await?,
        opened,
    };
    let banner = sheet.opened.banner.clone();
    let page = Page::new(tr!(nursing.care_plans), move || content(id, &sheet, &done));
    Ok(page.banner(move || view! { <PatientBanner info=banner/> }))
}

fn content(id: AdmissionId, sheet: &CareSheet, done: &str) -> AnyView {
    let back = (format!("/admissions/{id}/nursing"), tr!(nursing.sheet).to_owned());
    let none = sheet
        .plans
        .is_empty()
        .then(|| view! { <EmptyState glyph=Glyph::Check title=tr!(nursing.no_care_plans) text=tr!(nursing.no_care_plans_text)/> });
    let plans = sheet.plans.iter().map(|plan| panel(plan, sheet)).collect_view();
    let form = sheet.opened.is_open().then(|| new_form(id));
    view! {
        {toast(done)}
        <PageHeader title=tr!(nursing.care_plans) detail=tr!(nursing.care_plans_text) back/>
        {parts::tabs(id, "care-plans")}
        <div class="stack">{none}{plans}{form}</div>
    }
    .into_any()
}

fn panel(plan: &CarePlan, sheet: &CareSheet) -> AnyView {
    let zone = sheet.opened.zone;
    let id = plan.id.to_string();
    let actions = sheet
        .actions
        .iter()
        .filter(|action| action.care_plan_id == plan.id)
        .map(|action| view! { <li>{action.detail.clone()}" · "{action.repeats.words()}</li> })
        .collect_view();
    let evaluations = sheet
        .evaluations
        .iter()
        .filter(|one| one.care_plan_id == plan.id)
        .map(|one| {
            let text = [when(one.at, zone), one.outcome.words().to_owned(), one.remark.clone(), one.by.clone()];
            view! { <li>{text.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")}</li> }
        })
        .collect_view();
    let target = plan.target_on.map(|day| tr!(nursing.target_until, day = show_date(day)));
    let form_id = if refused_for(EVALUATE, "care_plan_id", &id) { "evaluate-refused".to_owned() } else { format!("evaluate-{id}") };
    let outcomes: Vec<Choice> = CareOutcome::ALL.iter().map(|one| Choice::new(one.as_str(), one.words())).collect();
    let hidden = vec![("care_plan_id", id.clone())];
    let evaluate = (plan.state == CarePlanState::Open).then(|| {
        view! {
            <details>
                <summary>{tr!(nursing.evaluate)}</summary>
                <Form action=EVALUATE id=form_id hidden>
                    <SelectField name="outcome" label=tr!(nursing.outcome) choices=outcomes prompt=tr!(errors.choose) required=true/>
                    <TextArea name="remark" label=tr!(nursing.remark) rows=2 maxlength=1_000 optional=true/>
                    <div class="form__actions"><Button label=tr!(nursing.evaluate)/></div>
                </Form>
            </details>
        }
    });
    view! {
        <section class="panel" data-key=id>
            <div class="panel__head"><h2>{plan.problem.clone()}</h2><StatusBadge tone=plan.state.tone() label=plan.state.words()/></div>
            <div class="panel__body stack stack--tight">
                <p><strong>{tr!(nursing.goal)}</strong>": "{plan.goal.clone()}" "<span class="muted small">{target}</span></p>
                <ul>{actions}</ul>
                <ul>{evaluations}</ul>
                <p class="muted small">{plan.opener.clone()}" · "{when(plan.opened_at, zone)}</p>
                {evaluate}
            </div>
        </section>
    }
    .into_any()
}

fn new_form(id: AdmissionId) -> AnyView {
    let repeats: Vec<Choice> = TaskRepeat::ALL.iter().map(|one| Choice::new(one.as_str(), one.words())).collect();
    let rows: Vec<(String, String, String, Vec<Choice>)> = (1..=ACTION_ROWS)
        .map(|row| (format!("action-{row}"), format!("repeats-{row}"), tr!(nursing.action_n, number = row), repeats.clone()))
        .collect();
    view! {
        <section class="panel" aria-labelledby="new-care-plan">
            <div class="panel__head"><h2 id="new-care-plan">{tr!(nursing.new_care_plan)}</h2></div>
            <div class="panel__body">
                <Form action="/api/nursing/open_care_plan" hidden=hidden(id)>
                    <TextField name="problem" label=tr!(nursing.problem) required=true maxlength=500 autocomplete="off"/>
                    <TextField name="goal" label=tr!(nursing.goal) required=true maxlength=500 autocomplete="off"/>
                    <DateField name="target" label=tr!(nursing.target) optional=true/>
                    {rows
                        .into_iter()
                        .map(|(name, every, label, choices)| view! {
                            <TextField name label maxlength=200 autocomplete="off"/>
                            <SelectField name=every label=tr!(nursing.repeats) choices value="shift"/>
                        })
                        .collect_view()}
                    <div class="form__actions"><Button label=tr!(nursing.new_care_plan) tone=ButtonTone::Primary/></div>
                </Form>
            </div>
        </section>
    }
    .into_any()
}
