//! `/admissions/{id}/assessments`: the assessments of a stay, the latest of each tool first; `/admissions/{id}/assess?tool=`: the form.

use leptos::prelude::*;
use serde::Deserialize;

use super::parts::{self, Opened, hidden, toast, when};
use crate::{
    core::{AdmissionId, AssessmentToolId, Error, Permission, Result, time::Zone},
    nursing::{
        assessments::{self, Assessment, AssessmentTool, ToolSheet},
        vocabulary::{AssessmentCause, AssessmentState},
    },
    server::{Ctx, Page, Path, Query},
    tr,
    ui::{
        Button, ButtonTone, Choice, EmptyState, Form, Glyph, LinkButton, PageHeader, PatientBanner, RadioField, SelectField, StatusBadge,
        TextField, Tone, refused_for,
    },
};

const WRONG: &str = "/api/nursing/assessment_wrong";

/// The act that was just done.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct AssessmentsQuery {
    done: String,
}

/// Shows the assessments.
///
/// # Errors
/// Not allowed, another clinic's patient, or when the database refuses.
pub async fn assessments_page(Path(id): Path<AdmissionId>, Query(AssessmentsQuery { done }): Query<AssessmentsQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::RecordCare).await?;
    let opened = parts::open(&mut ctx, id).await?;
    let tools = assessments::tools(&mut ctx.tx).await?;
    let found = assessments::of_admission(&mut ctx.tx, id).await?;
    let banner = opened.banner.clone();
    let page = Page::new(tr!(nursing.assessments), move || content(id, &opened, (&tools, &found), &done));
    Ok(page.banner(move || view! { <PatientBanner info=banner/> }))
}

fn content(id: AdmissionId, opened: &Opened, (tools, found): (&[AssessmentTool], &[Assessment]), done: &str) -> AnyView {
    let back = (format!("/admissions/{id}/nursing"), tr!(nursing.sheet).to_owned());
    let links = opened.is_open().then(|| {
        tools
            .iter()
            .filter(|tool| tool.is_usable())
            .map(|tool| view! { <LinkButton href=format!("/admissions/{id}/assess?tool={}", tool.id) label=tool.name.clone()/> })
            .collect_view()
    });
    let locked = tools.iter().filter(|tool| !tool.is_usable()).map(|tool| tool.name.clone()).collect::<Vec<_>>();
    let locked = (!locked.is_empty()).then(|| view! { <p class="muted">{tr!(nursing.tools_locked, tools = locked.join(", "))}</p> });
    let none = found
        .is_empty()
        .then(|| view! { <EmptyState glyph=Glyph::Check title=tr!(nursing.no_assessments) text=tr!(nursing.no_assessments_text)/> });
    let rows = found.iter().map(|one| row(one, opened.zone)).collect_view();
    view! {
        {toast(done)}
        <PageHeader title=tr!(nursing.assessments) detail=tr!(nursing.assessments_text) back/>
        {parts::tabs(id, "assessments")}
        <div class="stack">
            <div class="cluster">{links}</div>
            {locked}
            {none}
            <ul class="rows panel">{rows}</ul>
        </div>
    }
    .into_any()
}

fn row(one: &Assessment, zone: Zone) -> AnyView {
    let id = one.id.to_string();
    let facts = format!("{} · {} · {}", when(one.assessed_at, zone), one.because.words(), one.assessor);
    let is_wrong = one.state == AssessmentState::Error;
    let reason = is_wrong.then(|| view! { <br/><span class="small">{tr!(nursing.mark_wrong)}": "{one.error_reason.clone()}</span> });
    let form_id = if refused_for(WRONG, "assessment_id", &id) { "wrong-refused".to_owned() } else { format!("wrong-{id}") };
    let hidden = vec![("assessment_id", id.clone())];
    let mark = (!is_wrong).then(|| {
        view! {
            <details>
                <summary>{tr!(nursing.mark_wrong)}</summary>
                <Form action=WRONG id=form_id hidden>
                    <TextField name="reason" label=tr!(nursing.reason) required=true maxlength=500 autocomplete="off"/>
                    <div class="form__actions"><Button label=tr!(nursing.mark_wrong)/></div>
                </Form>
            </details>
        }
    });
    let class = if is_wrong { "rows__main is-wrong" } else { "rows__main" };
    let tone = if is_wrong { Tone::Inactive } else { one.risk.tone() };
    view! {
        <li class="rows__row" data-key=id>
            <div class=class>
                <strong>{one.tool.clone()}</strong>" "{one.total}" "<StatusBadge tone label=one.risk.words()/>
                <br/><span class="muted small">{facts}</span>{reason}
                {mark}
            </div>
        </li>
    }
    .into_any()
}

/// `?tool=ID`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct AssessQuery {
    tool: String,
}

/// Shows the form of a tool.
///
/// # Errors
/// Not allowed, another clinic's patient, an unknown tool, or when the database refuses.
pub async fn assess_page(Path(id): Path<AdmissionId>, Query(AssessQuery { tool }): Query<AssessQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::RecordCare).await?;
    let opened = parts::open(&mut ctx, id).await?;
    let tool = tool.parse::<AssessmentToolId>().map_err(|_| Error::NotFound)?;
    let sheet = assessments::tool(&mut ctx.tx, tool).await?;
    let banner = opened.banner;
    let page = Page::new(sheet.tool.name.clone(), move || form(id, &sheet));
    Ok(page.class("main--narrow").banner(move || view! { <PatientBanner info=banner/> }))
}

fn form(id: AdmissionId, sheet: &ToolSheet) -> AnyView {
    let back = (format!("/admissions/{id}/assessments"), tr!(nursing.assessments).to_owned());
    let mut hidden = hidden(id);
    hidden.push(("assessment_tool_id", sheet.tool.id.to_string()));
    let causes: Vec<Choice> = AssessmentCause::ALL.iter().map(|one| Choice::new(one.as_str(), one.words())).collect();
    let items: Vec<(String, String, Vec<Choice>)> = sheet
        .items
        .iter()
        .map(|item| {
            let choices = sheet.choices_of(item.id).map(|choice| Choice::new(choice.id.to_string(), choice.label())).collect();
            (format!("item-{}", item.nth), item.name(), choices)
        })
        .collect();
    let bands = sheet.bands.iter().map(|band| view! { <li>{band.low}"–"{band.high}": "{band.risk.words()}</li> }).collect_view();
    view! {
        <PageHeader title=sheet.tool.name.clone() back/>
        <Form action="/api/nursing/assess" id="assess-form" hidden>
            <SelectField name="because" label=tr!(nursing.because) choices=causes prompt=tr!(errors.choose) required=true/>
            {items
                .into_iter()
                .map(|(name, label, choices)| view! { <RadioField name label choices/> })
                .collect_view()}
            <div class="form__actions"><Button label=tr!(nursing.record_assessment) tone=ButtonTone::Primary key="Ctrl+Enter"/></div>
        </Form>
        <details class="fieldset">
            <summary>{tr!(nursing.bands)}</summary>
            <ul>{bands}</ul>
            <p class="muted small">{tr!(nursing.source)}": "{sheet.tool.source.clone()}</p>
        </details>
    }
    .into_any()
}
