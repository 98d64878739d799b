//! `/lab/calls`: critical results that nobody has read back yet, with the time since they were checked.

use leptos::prelude::*;
use serde::Deserialize;

use super::parts::toast;
use crate::{
    core::{
        Permission, Result,
        time::{Instant, Zone, show_date_time, show_minutes, show_time},
    },
    lab::{
        calls::{self, CallAttempt, CriticalCall},
        catalogue::Catalogue,
        vocabulary::{CallHow, CallOutcome},
    },
    server::{Ctx, Page, Part, Query},
    tr,
    ui::{
        Button, ButtonTone, Choice, EmptyState, Form, Glyph, Live, PageHeader, RadioField, SelectField, StatusBadge, Tab, Tabs, TextField,
        Tone, refused_for,
    },
};

const ATTEMPT: &str = "/api/lab/attempt";

/// `?closed=yes` shows the calls of the last days.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct CallsQuery {
    closed: String,
    done: String,
}

struct Calls {
    listed: Vec<CriticalCall>,
    attempts: Vec<CallAttempt>,
    all: Catalogue,
    now: Instant,
    zone: Zone,
}

impl Calls {
    async fn read(ctx: &mut Ctx, query: &CallsQuery) -> Result<Self> {
        let (clinic, now, zone) = (ctx.clinic.id, ctx.now, ctx.zone());
        let found = calls::list(ctx, clinic, !query.closed.is_empty()).await?;
        ctx.saw_live(found.iter().map(|call| call.patient_id), "lab_lists").await?;
        let ids: Vec<_> = found.iter().map(|call| call.id).collect();
        let attempts = calls::attempts_of(&mut ctx.tx, &ids).await?;
        Ok(Self { listed: found, attempts, all: Catalogue::read(&mut ctx.tx).await?, now, zone })
    }
}

/// Shows the list.
///
/// # Errors
/// Not allowed, or when the database refuses.
pub async fn calls_page(Query(query): Query<CallsQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::WorkLab).await?;
    let calls = Calls::read(&mut ctx, &query).await?;
    Ok(Page::new(tr!(lab.calls), move || {
        let tabs = vec![
            Tab::new("/lab/calls", tr!(lab.open_calls), query.closed.is_empty()),
            Tab::new("/lab/calls?closed=yes", tr!(lab.closed_calls), !query.closed.is_empty()),
        ];
        let from = if query.closed.is_empty() { "/lab/calls/live" } else { "/lab/calls/live?closed=yes" };
        view! {
            {toast(&query.done)}
            <PageHeader title=tr!(lab.calls) detail=tr!(lab.calls_text)/>
            <Tabs label=tr!(lab.calls) tabs/>
            <Live topics="lab" from>{list(&calls)}</Live>
        }
    }))
}

/// Serves the list alone.
///
/// # Errors
/// Not allowed, or when the database refuses.
pub async fn calls_part(Query(query): Query<CallsQuery>) -> Result<Part> {
    let mut ctx = Ctx::read(Permission::WorkLab).await?;
    let calls = Calls::read(&mut ctx, &query).await?;
    Ok(Part::new(move || list(&calls)))
}

fn list(calls: &Calls) -> AnyView {
    if calls.listed.is_empty() {
        return view! { <EmptyState glyph=Glyph::Done title=tr!(lab.no_calls) text=tr!(lab.no_calls_text)/> }.into_any();
    }
    let items = calls.listed.iter().map(|call| one(calls, call)).collect_view();
    view! { <div class="stack">{items}</div> }.into_any()
}

fn one(calls: &Calls, call: &CriticalCall) -> AnyView {
    let name = calls.all.test(call.test_id).map(|test| test.name().to_owned()).unwrap_or_default();
    let since = show_minutes((call.closed_at.unwrap_or(calls.now) - call.opened_at).num_minutes());
    let level = (call.level > 0).then(|| view! { <StatusBadge tone=Tone::Warning label=tr!(lab.escalated, level = call.level)/> });
    let attempts = calls
        .attempts
        .iter()
        .filter(|attempt| attempt.call_id == call.id)
        .map(|attempt| {
            let at = show_time(calls.zone.local(attempt.at).time());
            let words = format!("{at} · {} · {} · {} · {}", attempt.whom, attempt.how.words(), attempt.outcome.words(), attempt.by_name);
            view! { <li>{words}</li> }
        })
        .collect_view();
    let closed = call.closed_at.map(|at| {
        let at = show_date_time(calls.zone.local(at));
        match call.corrected {
            true => tr!(lab.call_withdrawn, when = at),
            false => tr!(lab.call_read_back, name = call.read_back_name.clone(), when = at),
        }
    });
    let form = call.closed_at.is_none().then(|| form(call));
    view! {
        <section class="panel is-critical" data-key=call.id.to_string()>
            <div class="panel__head">
                <h2>{format!("{name}: {}", call.value)}</h2>
                <div class="cluster"><StatusBadge tone=Tone::Critical label=since/>{level}</div>
            </div>
            <div class="panel__body stack stack--tight">
                <p><strong>{call.patient_name.listed()}</strong>" "<span class="muted">{format!("{} {}", tr!(ui.mrn), call.mrn)}</span></p>
                <p class="muted small">{tr!(lab.ordered_by, name = call.orderer.clone(), number = call.requisition.clone())}</p>
                <ul class="small">{attempts}</ul>
                {closed.map(|closed| view! { <p>{closed}</p> })}
                {form}
            </div>
        </section>
    }
    .into_any()
}

fn form(call: &CriticalCall) -> AnyView {
    let id = call.id.to_string();
    // The page has a form for each call: only the refused one shows its errors.
    let form_id = if refused_for(ATTEMPT, "lab_call_id", &id) { "attempt-refused".to_owned() } else { format!("attempt-{id}") };
    let hidden = vec![("lab_call_id", id)];
    let ways: Vec<Choice> = CallHow::ALL.iter().map(|one| Choice::new(one.as_str(), one.words())).collect();
    let outcomes: Vec<Choice> = CallOutcome::ALL.iter().map(|one| Choice::new(one.as_str(), one.words())).collect();
    view! {
        <Form action=ATTEMPT id=form_id hidden>
            <p class="muted">{tr!(lab.read_back_text)}</p>
            <TextField name="whom" label=tr!(lab.whom) required=true maxlength=120 autocomplete="off"/>
            <SelectField name="how" label=tr!(lab.how) choices=ways/>
            <RadioField name="outcome" label=tr!(lab.outcome) choices=outcomes/>
            <div class="form__actions"><Button label=tr!(lab.record_call) tone=ButtonTone::Primary/></div>
        </Form>
    }
    .into_any()
}
