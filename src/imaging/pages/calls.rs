//! `/imaging/calls`: critical findings that nobody has read back yet, with the time until they are due.

use leptos::prelude::*;
use serde::Deserialize;

use super::parts::{lines, toast};
use crate::{
    core::{
        Permission, Result,
        time::{Instant, Zone, show_date_time, show_minutes, show_time},
    },
    imaging::findings::{self, CriticalFinding, FindingAttempt},
    lab::{CallHow, CallOutcome},
    server::{Ctx, Page, Part, Query},
    tr,
    ui::{
        Button, ButtonTone, Choice, EmptyState, Form, Glyph, Live, PageHeader, RadioField, SelectField, StatusBadge, Tab, Tabs, TextField,
        Tone, refused_for,
    },
};

const ATTEMPT: &str = "/api/imaging/attempt";

/// `?closed=yes` shows the findings of the last days.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct CallsQuery {
    closed: String,
    done: String,
}

/// The facts of the page.
struct Calls {
    listed: Vec<CriticalFinding>,
    attempts: Vec<FindingAttempt>,
    now: Instant,
    zone: Zone,
}

impl Calls {
    async fn read(ctx: &mut Ctx, query: &CallsQuery) -> Result<Self> {
        let (clinic, now, zone) = (ctx.clinic.id, ctx.now, ctx.zone());
        let listed = findings::list(ctx, clinic, !query.closed.is_empty()).await?;
        ctx.saw_live(listed.iter().map(|finding| finding.patient_id), "imaging_lists").await?;
        let ids: Vec<_> = listed.iter().map(|finding| finding.id).collect();
        Ok(Self { attempts: findings::attempts_of(&mut ctx.tx, &ids).await?, listed, now, zone })
    }
}

/// Shows the findings.
///
/// # Errors
/// Not allowed, or when the database refuses.
pub async fn calls_page(Query(query): Query<CallsQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::WorkImaging).await?;
    let calls = Calls::read(&mut ctx, &query).await?;
    Ok(Page::new(tr!(imaging.calls), move || {
        let tabs = vec![
            Tab::new("/imaging/calls", tr!(imaging.open_calls), query.closed.is_empty()),
            Tab::new("/imaging/calls?closed=yes", tr!(imaging.closed_calls), !query.closed.is_empty()),
        ];
        let from = if query.closed.is_empty() { "/imaging/calls/live" } else { "/imaging/calls/live?closed=yes" };
        view! {
            {toast(&query.done)}
            <PageHeader title=tr!(imaging.calls) detail=tr!(imaging.calls_text)/>
            <Tabs label=tr!(imaging.calls) tabs/>
            <Live topics="imaging" from>{list(&calls)}</Live>
        }
    }))
}

/// Serves the findings alone.
///
/// # Errors
/// Not allowed, or when the database refuses.
pub async fn calls_part(Query(query): Query<CallsQuery>) -> Result<Part> {
    let mut ctx = Ctx::read(Permission::WorkImaging).await?;
    let calls = Calls::read(&mut ctx, &query).await?;
    Ok(Part::new(move || list(&calls)))
}

fn list(calls: &Calls) -> AnyView {
    if calls.listed.is_empty() {
        return view! { <EmptyState glyph=Glyph::Done title=tr!(imaging.no_calls)/> }.into_any();
    }
    let items = calls.listed.iter().map(|finding| one(calls, finding)).collect_view();
    view! { <div class="stack">{items}</div> }.into_any()
}

fn one(calls: &Calls, finding: &CriticalFinding) -> AnyView {
    let left = (finding.due_at - calls.now).num_minutes();
    let (tone, due) = match left < 0 {
        true => (Tone::Critical, tr!(imaging.late_by, time = show_minutes(-left))),
        false => (Tone::Warning, tr!(imaging.due_in, time = show_minutes(left))),
    };
    let due = finding.closed_at.is_none().then(|| view! { <StatusBadge tone label=due/> });
    let attempts = calls
        .attempts
        .iter()
        .filter(|attempt| attempt.finding_id == finding.id)
        .map(|attempt| {
            let at = show_time(calls.zone.local(attempt.at).time());
            let words = format!("{at} · {} · {} · {} · {}", attempt.whom, attempt.how.words(), attempt.outcome.words(), attempt.by_name);
            view! { <li>{words}</li> }
        })
        .collect_view();
    let closed = finding
        .closed_at
        .map(|at| tr!(imaging.read_back_by, name = finding.read_back_name.clone(), when = show_date_time(calls.zone.local(at))));
    let form = finding.closed_at.is_none().then(|| form(finding));
    let text = lines(&finding.text);
    view! {
        <section class="panel is-critical" data-key=finding.id.to_string()>
            <div class="panel__head"><h2>{finding.patient_name.listed()}</h2><div class="cluster">{due}</div></div>
            <div class="panel__body stack stack--tight">
                <p><strong>{text}</strong></p>
                <p class="muted small">{format!("{} {} · {}", tr!(ui.mrn), finding.mrn, finding.within.words())}</p>
                <p class="muted small">{tr!(imaging.ordered_by, name = finding.orderer.clone(), number = finding.requisition.clone())}</p>
                <ul class="small">{attempts}</ul>
                {closed.map(|closed| view! { <p>{closed}</p> })}
                {form}
            </div>
        </section>
    }
    .into_any()
}

fn form(finding: &CriticalFinding) -> AnyView {
    let id = finding.id.to_string();
    // The page has a form for each finding: only the refused one shows its errors.
    let form_id = if refused_for(ATTEMPT, "radiology_finding_id", &id) { "attempt-refused".to_owned() } else { format!("attempt-{id}") };
    let hidden = vec![("radiology_finding_id", id)];
    let ways: Vec<Choice> = CallHow::ALL.iter().map(|one| Choice::new(one.as_str(), one.words())).collect();
    let outcomes: Vec<Choice> = CallOutcome::ALL.iter().map(|one| Choice::new(one.as_str(), one.words())).collect();
    view! {
        <Form action=ATTEMPT id=form_id hidden>
            <p class="muted">{tr!(imaging.read_back_text)}</p>
            <TextField name="whom" label=tr!(imaging.whom) required=true maxlength=120 autocomplete="off"/>
            <SelectField name="how" label=tr!(imaging.how) choices=ways prompt=tr!(errors.choose) required=true/>
            <RadioField name="outcome" label=tr!(imaging.outcome) choices=outcomes/>
            <div class="form__actions"><Button label=tr!(imaging.record_call) tone=ButtonTone::Primary/></div>
        </Form>
    }
    .into_any()
}
