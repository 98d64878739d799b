//! `/admissions/{id}/tasks`: the tasks of a patient in this shift, late ones first, and the plans that make them.

use chrono::Duration;
use leptos::prelude::*;
use serde::Deserialize;

use super::parts::{self, Opened, hidden, toast, when};
use crate::{
    core::{
        AdmissionId, Permission, Result,
        time::{Instant, Zone, show_minutes, show_moment},
    },
    nursing::{
        tasks::{self, NursingTask, NursingTaskPlan, task_words},
        vocabulary::{NursingTaskKind, NursingTaskState, TaskRepeat},
    },
    server::{
        Ctx, Page, Path, Query,
        hooks::{AskedOf, BedQuestion},
    },
    tr,
    ui::{
        Button, ButtonTone, Choice, EmptyState, Form, Glyph, PageHeader, PatientBanner, PostButton, SelectField, StatusBadge, TextField,
        TimeField, Tone, refused_for,
    },
    wards,
};

const NOT_DONE: &str = "/api/nursing/task_not_done";

/// The act that was just done.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct TasksQuery {
    done: String,
}

struct Shown {
    opened: Opened,
    tasks: Vec<NursingTask>,
    plans: Vec<NursingTaskPlan>,
    /// The questions that other departments ask at the bed: the effect of a dose.
    questions: Vec<BedQuestion>,
}

/// Shows the tasks.
///
/// # Errors
/// Not allowed, another clinic's patient, or when the database refuses.
pub async fn tasks_page(Path(id): Path<AdmissionId>, Query(TasksQuery { done }): Query<TasksQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::RecordCare).await?;
    let opened = parts::open(&mut ctx, id).await?;
    let shifts = wards::shifts_of(&mut ctx.tx, opened.admission.ward(), opened.zone).await?;
    let (from, to) = shifts.bounds(shifts.at(opened.now));
    let tasks = tasks::of_admission(&mut ctx.tx, id, from - Duration::hours(12), to).await?;
    let plans = tasks::open_plans(&mut ctx.tx, id).await?;
    let departments = ctx.state().departments;
    let questions = departments.bed_questions(&mut ctx.tx, AskedOf::Stay(id), opened.now).await?;
    let banner = opened.banner.clone();
    let shown = Shown { opened, tasks, plans, questions };
    let page = Page::new(tr!(nursing.tasks), move || content(id, &shown, &done));
    Ok(page.banner(move || view! { <PatientBanner info=banner/> }))
}

fn content(id: AdmissionId, shown: &Shown, done: &str) -> AnyView {
    let back = (format!("/admissions/{id}/nursing"), tr!(nursing.sheet).to_owned());
    let (zone, now) = (shown.opened.zone, shown.opened.now);
    let due = shown.tasks.iter().filter(|task| task.state == NursingTaskState::Due).map(|task| due_row(task, zone, now)).collect_view();
    let settled = shown.tasks.iter().rev().filter(|task| task.state != NursingTaskState::Due).map(|task| settled_row(task, zone, now));
    let settled = settled.collect_view();
    let questions = shown.questions.iter().map(|question| question_row(question, zone, now)).collect_view();
    let nothing = (shown.questions.is_empty() && shown.tasks.iter().all(|task| task.state != NursingTaskState::Due)).then(|| {
        view! { <EmptyState glyph=Glyph::Done title=tr!(nursing.no_tasks) text=tr!(nursing.no_tasks_text)/> }
    });
    let form = shown.opened.is_open().then(|| plan_form(id));
    let plans = shown.plans.iter().map(|plan| plan_row(plan, zone)).collect_view();
    view! {
        {toast(done)}
        <PageHeader title=tr!(nursing.tasks) detail=tr!(nursing.tasks_text) back/>
        {parts::tabs(id, "tasks")}
        <div class="stack">
            <section class="panel" aria-labelledby="due">
                <div class="panel__head"><h2 id="due">{tr!(nursing.task_due)}</h2></div>
                {nothing}
                <ul class="rows">{questions}{due}</ul>
            </section>
            {form}
            <section class="panel" aria-labelledby="plans">
                <div class="panel__head"><h2 id="plans">{tr!(nursing.task_plans)}</h2></div>
                <ul class="rows">{plans}</ul>
            </section>
            <section class="panel" aria-labelledby="settled">
                <div class="panel__head"><h2 id="settled">{tr!(nursing.settled)}</h2></div>
                <ul class="rows">{settled}</ul>
            </section>
        </div>
    }
    .into_any()
}

/// A question that another department asks some time after an act: the effect of a dose. It is answered on that department's page.
fn question_row(question: &BedQuestion, zone: Zone, now: Instant) -> AnyView {
    let at = |at: Instant| show_moment(zone.local(at), zone.day(now));
    let (tone, label) = match question.at <= now {
        true => (Tone::Critical, NursingTaskState::Due.words()),
        false => (Tone::Waiting, tr!(nursing.question_later)),
    };
    let given = tr!(nursing.question_since, at = at(question.since), detail = question.detail.clone());
    view! {
        <li class="rows__row" data-key=question.href.clone()>
            <div class="rows__main">
                <strong>{at(question.at)}</strong>" "
                <a class="row-link" href=question.href.clone()>{question.words.clone()}</a>" "<StatusBadge tone label/>
                <br/><span class="muted small">{given}</span>
            </div>
        </li>
    }
    .into_any()
}

fn due_row(task: &NursingTask, zone: Zone, now: Instant) -> AnyView {
    let words = task_words(task.kind, &task.detail);
    let id = task.id.to_string();
    let (tone, label) = match task.due_at < now {
        true => (Tone::Critical, tr!(nursing.task_late, minutes = show_minutes((now - task.due_at).num_minutes()))),
        false => (Tone::Waiting, task.state.words().to_owned()),
    };
    // The page has a form for each task: only the refused one shows its errors.
    let form_id = if refused_for(NOT_DONE, "nursing_task_id", &id) { "not-done-refused".to_owned() } else { format!("not-done-{id}") };
    let hidden = vec![("nursing_task_id", id.clone())];
    view! {
        <li class="rows__row" data-key=id>
            <div class="rows__main">
                <strong>{show_moment(zone.local(task.due_at), zone.day(now))}</strong>" "{words.clone()}" "<StatusBadge tone label/>
                <details>
                    <summary>{tr!(nursing.task_not_done)}</summary>
                    <Form action=NOT_DONE id=form_id hidden=hidden.clone()>
                        <TextField name="reason" label=tr!(nursing.reason) required=true maxlength=500 autocomplete="off"/>
                        <div class="form__actions"><Button label=tr!(nursing.task_not_done)/></div>
                    </Form>
                </details>
            </div>
            <PostButton action="/api/nursing/task_done" label=tr!(nursing.task_done) hidden about=words tone=ButtonTone::Primary glyph=Glyph::Check/>
        </li>
    }
    .into_any()
}

fn settled_row(task: &NursingTask, zone: Zone, now: Instant) -> AnyView {
    let at = |at: Instant| show_moment(zone.local(at), zone.day(now));
    let mut facts = vec![at(task.due_at), task_words(task.kind, &task.detail)];
    let settled = task.settled_at.map(|settled| format!("{} · {}", at(settled), task.settler.clone().unwrap_or_default()));
    facts.extend(Some(task.reason.clone()).filter(|reason| !reason.is_empty()));
    view! {
        <li class="rows__row">
            <div class="rows__main">
                {facts.join(" · ")}" "<StatusBadge tone=task.state.tone() label=task.state.words()/>
                <br/><span class="muted small">{settled}</span>
            </div>
        </li>
    }
    .into_any()
}

fn plan_form(id: AdmissionId) -> AnyView {
    let kinds = NursingTaskKind::PLANNED.iter().map(|kind| Choice::new(kind.as_str(), kind.words())).collect::<Vec<_>>();
    let repeats = TaskRepeat::ALL.iter().map(|one| Choice::new(one.as_str(), one.words())).collect::<Vec<_>>();
    view! {
        <section class="panel" aria-labelledby="plan-task">
            <div class="panel__head"><h2 id="plan-task">{tr!(nursing.plan_task)}</h2></div>
            <div class="panel__body">
                <Form action="/api/nursing/plan_task" hidden=hidden(id)>
                    <SelectField name="kind" label=tr!(nursing.task_kind) choices=kinds/>
                    <TextField name="detail" label=tr!(nursing.task_detail) maxlength=200 autocomplete="off"/>
                    <SelectField name="repeats" label=tr!(nursing.repeats) choices=repeats/>
                    <TimeField name="time" label=tr!(nursing.first_at) hint=tr!(nursing.first_hint)/>
                    <div class="form__actions"><Button label=tr!(nursing.plan_task) tone=ButtonTone::Primary/></div>
                </Form>
            </div>
        </section>
    }
    .into_any()
}

fn plan_row(plan: &NursingTaskPlan, zone: Zone) -> AnyView {
    let words = task_words(plan.kind, &plan.detail);
    let since = format!("{} · {}", plan.repeats.words(), when(plan.starts_at, zone));
    let hidden = vec![("task_plan_id", plan.id.to_string())];
    view! {
        <li class="rows__row" data-key=plan.id.to_string()>
            <div class="rows__main">{words.clone()}<br/><span class="muted small">{since}</span></div>
            <PostButton action="/api/nursing/end_plan" label=tr!(nursing.end_plan) hidden about=words tone=ButtonTone::Quiet/>
        </li>
    }
    .into_any()
}
