//! `/patients/{id}/problems`: the problem list with its history; doctors keep it.

use leptos::prelude::*;

use crate::{
    clinical::problems::{self, ProblemEntry, ProblemStatus},
    core::{
        PatientId, Permission, ProblemId, Result,
        time::{Zone, show_date, show_date_time},
    },
    patients,
    server::{Ctx, Page, Path},
    tr,
    ui::{
        Button, ButtonTone, Choice, DateField, Dialog, EmptyState, Form, Glyph, PageHeader, PatientBanner, RadioField, StatusBadge,
        TextField, refused_for,
    },
};

const ADD: &str = "/api/clinical/add_problem";
const CHANGE: &str = "/api/clinical/change_problem";
const WRONG: &str = "/api/clinical/problem_in_error";

/// Shows the list.
///
/// # Errors
/// Not allowed, a patient not in care, or when the database refuses.
pub async fn problems_page(Path(id): Path<PatientId>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ReadChart).await?;
    ctx.reach([id]).await?;
    let (today, zone) = (ctx.today(), ctx.zone());
    let mut banner = patients::banner(&mut ctx.tx, id, today).await?;
    ctx.saw(id, "problems").await?;
    patients::mark_emergency(&ctx, id, &mut banner);
    let mut all = Vec::new();
    for record in patients::merges::family(&mut ctx.tx, id).await? {
        all.extend(problems::of_patient(&mut ctx.tx, record).await?);
    }
    let writes = ctx.who.may_at(Permission::WriteNotes, ctx.clinic.id);
    Ok(Page::new(tr!(clinical.problems), move || view(id, &all, writes, zone)).banner(move || view! { <PatientBanner info=banner/> }))
}

fn view(id: PatientId, all: &[ProblemEntry], writes: bool, zone: Zone) -> AnyView {
    let back = (format!("/patients/{id}/chart"), tr!(patients.chart).to_owned());
    let mut current: Vec<&ProblemEntry> = all.iter().filter(|entry| entry.is_current()).collect();
    current.sort_by_key(|entry| (entry.clinical_status, entry.description.to_lowercase()));
    let empty = current.is_empty().then(|| view! { <EmptyState glyph=Glyph::Note title=tr!(clinical.no_problems)/> });
    let rows = current.iter().map(|entry| row(all, entry, writes, zone)).collect::<Vec<_>>();
    let list = (!rows.is_empty()).then(|| view! { <section class="panel"><ul class="rows">{rows}</ul></section> });
    let add = writes.then(|| new(id)).into_any();
    let wrong = all.iter().filter(|entry| entry.entered_in_error_at.is_some()).map(|entry| old(entry, zone)).collect::<Vec<_>>();
    let wrong =
        (!wrong.is_empty()).then(|| view! { <details><summary>{tr!(clinical.problems_in_error)}</summary><ul>{wrong}</ul></details> });
    view! {
        <PageHeader title=tr!(clinical.problems) back actions=Some(add)/>
        <div class="stack">{empty}{list}{wrong}</div>
    }
    .into_any()
}

fn title(entry: &ProblemEntry) -> String {
    if entry.code.is_empty() { entry.description.clone() } else { format!("{} {}", entry.code, entry.description) }
}

/// One version of an entry: its words, its state, who recorded it and when.
fn old(entry: &ProblemEntry, zone: Zone) -> AnyView {
    let parts = [
        title(entry),
        entry.clinical_status.words().to_owned(),
        show_date_time(zone.local(entry.recorded_at)),
        entry.recorder.clone(),
        entry.error_reason.clone(),
    ];
    let words = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ");
    view! { <li class="small">{words}</li> }.into_any()
}

fn row(all: &[ProblemEntry], entry: &ProblemEntry, writes: bool, zone: Zone) -> AnyView {
    let mut before = Vec::new();
    let mut at = entry.replaces;
    while let Some(earlier) = at.and_then(|id| all.iter().find(|other| other.id == id)) {
        before.push(old(earlier, zone));
        at = earlier.replaces;
    }
    let history = (!before.is_empty())
        .then(|| view! { <details class="small"><summary>{tr!(clinical.problem_history)}</summary><ul>{before}</ul></details> });
    let onset = entry.onset_on.map(|day| tr!(clinical.problem_since, when = show_date(day))).unwrap_or_default();
    let by = format!("{}, {}", show_date_time(zone.local(entry.recorded_at)), entry.recorder);
    let facts = [onset, by].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ");
    view! {
        <li class="rows__row">
            <div class="rows__main"><strong>{title(entry)}</strong><br/><span class="muted small">{facts}</span>{history}</div>
            <div class="rows__side cluster">
                <StatusBadge tone=entry.clinical_status.tone() label=entry.clinical_status.words()/>
                {writes.then(|| acts(entry))}
            </div>
        </li>
    }
    .into_any()
}

fn statuses() -> Vec<Choice> {
    ProblemStatus::ALL.iter().map(|status| Choice::new(status.as_str(), status.words())).collect()
}

fn new(id: PatientId) -> AnyView {
    let hidden = vec![("patient_id", id.to_string()), ("key", ProblemId::new().to_string())];
    let choices = statuses();
    view! {
        <Dialog id="add-problem" opens=tr!(clinical.add_problem) title=tr!(clinical.add_problem) action=ADD glyph=Glyph::Plus>
            <Form action=ADD id="add-problem-form" hidden>
                <TextField name="problem" label=tr!(clinical.problem) hint=tr!(clinical.problem_hint) required=true maxlength=500/>
                <RadioField name="status" label=tr!(clinical.problem_status) choices value=ProblemStatus::Active.as_str() inline=true/>
                <DateField name="onset" label=tr!(clinical.problem_onset) optional=true/>
                <div class="form__actions"><Button label=tr!(ui.save) tone=ButtonTone::Primary/></div>
            </Form>
        </Dialog>
    }
    .into_any()
}

fn acts(entry: &ProblemEntry) -> AnyView {
    let id = entry.id.to_string();
    let (to_change, to_mark) = (vec![("problem_id", id.clone())], vec![("problem_id", id.clone())]);
    let change_open = if refused_for(CHANGE, "problem_id", &id) { CHANGE } else { "" };
    let wrong_open = if refused_for(WRONG, "problem_id", &id) { WRONG } else { "" };
    let (heading, other) = (title(entry), title(entry));
    let typed = if entry.code.is_empty() { entry.description.clone() } else { entry.code.clone() };
    let onset = entry.onset_on.map(|day| day.to_string()).unwrap_or_default();
    let (choices, status) = (statuses(), entry.clinical_status.as_str());
    let (change_id, change_form) = (format!("change-{id}"), format!("change-{id}-form"));
    let (wrong_id, wrong_form) = (format!("wrong-{id}"), format!("wrong-{id}-form"));
    view! {
        <Dialog id=change_id opens=tr!(clinical.change_problem) title=heading action=change_open tone=ButtonTone::Quiet>
            <Form action=CHANGE id=change_form hidden=to_change>
                <TextField name="problem" label=tr!(clinical.problem) value=typed hint=tr!(clinical.problem_hint) required=true maxlength=500/>
                <RadioField name="status" label=tr!(clinical.problem_status) choices value=status inline=true/>
                <DateField name="onset" label=tr!(clinical.problem_onset) value=onset optional=true/>
                <div class="form__actions"><Button label=tr!(ui.save) tone=ButtonTone::Primary/></div>
            </Form>
        </Dialog>
        <Dialog id=wrong_id opens=tr!(clinical.problem_wrong) title=other action=wrong_open tone=ButtonTone::Quiet>
            <Form action=WRONG id=wrong_form hidden=to_mark>
                <TextField name="reason" label=tr!(clinical.problem_why) required=true maxlength=500/>
                <div class="form__actions"><Button label=tr!(clinical.problem_wrong) tone=ButtonTone::Danger/></div>
            </Form>
        </Dialog>
    }
    .into_any()
}
