//! `/visits/{id}/vitals`: vital signs taken at a visit.

mod form;

use leptos::prelude::*;
use serde::Deserialize;

use super::{
    DoneQuery,
    done::{said, toast},
};
use crate::{
    core::{Permission, Result, VisitId, VitalsId},
    opd::{
        self, Entry, Flag, Measure, News2, Priority, QueueState, Vitals,
        vitals::{Ages, UrgentAnswer, show_bmi, unanswered},
    },
    organisation, patients,
    server::{Ctx, Page, Path, Query},
    tr,
    ui::{
        Button, ButtonTone, Choice, DescriptionList, Detail, Dialog, EmptyState, Form, Glyph, KeyHint, LinkButton, NoticeBox, PageHeader,
        PatientBanner, Reading, SelectField, Sparkline, StatusBadge, TextField, Tone,
    },
};

/// A set as the page shows it.
struct Shown {
    set: Vitals,
    when: String,
}

/// The query: the action just done, and the set that is being corrected.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct VitalsQuery {
    pub done: String,
    pub entry: String,
    pub correct: String,
}

/// Serves the page.
pub async fn vitals_page(Path(id): Path<VisitId>, Query(query): Query<VitalsQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::RecordVitals).await?;
    let visit = opd::visit(&mut ctx.tx, id).await?;
    ctx.at_clinic(Permission::RecordVitals, visit.clinic_id)?;
    ctx.saw(visit.patient_id, "vitals").await?;
    let (today, zone, now) = (ctx.today(), ctx.zone(), ctx.now);
    let mut banner = patients::banner(&mut ctx.tx, visit.patient_id, today).await?;
    opd::vitals::mark_vitals(&mut ctx.tx, id, &mut banner).await?;
    let ages = opd::vitals::ages_at(&mut ctx.tx, id).await?;
    let service = organisation::service(&mut ctx.tx, visit.service_id).await?;
    let here = opd::vitals_of_visit(&mut ctx.tx, id).await?;
    let correct = query.correct.parse::<VitalsId>().ok();
    let correcting = here.iter().find(|set| Some(set.id) == correct && set.entered_in_error.is_none()).cloned();
    let asked = unanswered(&here, ages).filter(|_| visit.outcome.is_none()).map(|(_, answer)| answer);
    let urgent = match asked {
        Some(answer) => Some((answer, opd::open_entry(&mut ctx.tx, id).await?)),
        None => None,
    };
    let all_wrong = !here.is_empty() && here.iter().all(|set| set.entered_in_error.is_some());
    // A priority that was given because of the wrong values stays until a user changes it.
    let still_first = match all_wrong && visit.outcome.is_none() {
        true => Some(opd::open_entry(&mut ctx.tx, id).await?).filter(|entry| entry.priority != Priority::Normal),
        false => None,
    };
    let shown = |set: Vitals| Shown { when: form::when(zone.local(set.taken_at), today), set };
    let here: Vec<Shown> = here.into_iter().map(shown).collect();
    let mut trend: Vec<Shown> = opd::vitals_of(&mut ctx.tx, visit.patient_id, None, 12).await?.into_iter().map(shown).collect();
    trend.reverse();
    let done = DoneQuery { done: query.done, entry: query.entry };
    let said = said(&mut ctx, &done, &format!("/visits/{id}/vitals")).await?;
    Ok(Page::new(tr!(opd.vitals), move || {
        let facts = [visit.token.clone(), service.name, visit.reason.clone()];
        let detail = facts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ");
        let facts = form::Facts { visit: &visit, ages, trend: &trend, correcting: correcting.as_ref(), now };
        view! {
            <PageHeader
                title=tr!(opd.vitals)
                back=("/triage".to_owned(), tr!(opd.triage).to_owned())
                detail=detail
            />
            <div class="stack">
            {urgent.map(|(answer, entry)| answer_at_once(answer, &entry))}
            {all_wrong.then(|| all_marked_wrong(still_first))}
            <div class="split">
                <section class="panel"><div class="panel__body">{form::form(&facts)}</div></section>
                <div class="stack">
                    <section class="panel">
                        <div class="panel__head"><h2>{tr!(opd.this_visit)}</h2></div>
                        {sets(here, ages)}
                    </section>
                    <section class="panel">
                        <div class="panel__head"><h2>{tr!(opd.trends)}</h2></div>
                        <div class="panel__body">{trends(&trend, ages)}</div>
                    </section>
                </div>
            </div>
            </div>
            {toast(said)}
        }
    })
    .banner(move || view! { <PatientBanner info=banner/> })
    .keys(vec![KeyHint::new("Ctrl+Enter", tr!(ui.key_save))]))
}

/// Returns a set's score: the total as it was stored, and from the values whether a single one scores 3.
fn score_of(set: &Vitals, ages: Ages) -> Option<News2> {
    set.news2.map(|total| set.signs.news2(ages.of(set)).unwrap_or(News2::from_total(total)))
}

/// Says that there are no valid vital signs, and if so, that the patient still goes before others.
fn all_marked_wrong(still_first: Option<Entry>) -> AnyView {
    let first = still_first.map(|entry| {
        let words = tr!(opd.still_goes_first, priority = entry.priority.words(), reason = entry.priority_reason);
        view! { <p>{words}</p> }
    });
    view! { <NoticeBox tone=Tone::Warning><div role="alert"><p>{tr!(opd.all_wrong)}</p>{first}</div></NoticeBox> }.into_any()
}

/// Shows the immediate answer that the last set needs, and the form to give a patient who waits behind others a higher
/// priority.
fn answer_at_once(answer: UrgentAnswer, entry: &Entry) -> AnyView {
    let tone = answer.tone();
    let UrgentAnswer { title, values, asks, priority: proposed, reason, .. } = answer;
    let goes_first = entry.priority.rank() <= proposed.rank();
    let already = goes_first
        .then(|| view! { <p>{tr!(opd.goes_first, priority = entry.priority.words(), reason = entry.priority_reason.clone())}</p> });
    let form = (!goes_first && entry.state == QueueState::Waiting).then(|| {
        let choices = [Priority::Emergency, Priority::Priority].map(|one| Choice::new(one.as_str(), one.words())).to_vec();
        let hidden = vec![("visit", entry.visit_id.to_string()), ("seen", entry.priority.as_str().to_owned())];
        view! {
            <section class="panel"><div class="panel__body">
                <Form action="/api/opd/prioritise" hidden=hidden class="vitals-form">
                    <SelectField name="priority" label=tr!(opd.priority) choices=choices value=proposed.as_str() autofocus=true/>
                    <TextField name="priority_reason" label=tr!(opd.reason) value=reason maxlength=200 required=true/>
                    <div class="form__actions"><Button label=tr!(opd.go_first) tone=ButtonTone::Primary glyph=Glyph::ArrowUp/></div>
                </Form>
            </div></section>
        }
    });
    let values = values.into_iter().map(|words| view! { <StatusBadge tone=Tone::Critical label=words/> }).collect_view();
    view! {
        <NoticeBox tone=tone>
            <div role="alert">
                <strong class="notice__title">{title}</strong>
                <div class="vitals-form__flags">{values}</div>
                <p>{asks}</p>
                {already}
            </div>
        </NoticeBox>
        {form}
    }
    .into_any()
}

fn sets(sets: Vec<Shown>, ages: Ages) -> AnyView {
    if sets.is_empty() {
        return view! { <EmptyState glyph=Glyph::Vitals title=tr!(opd.no_vitals) text=tr!(opd.no_vitals_text)/> }.into_any();
    }
    let rows = sets.into_iter().map(|shown| set(shown, ages)).collect_view();
    view! { <ul class="rows">{rows}</ul> }.into_any()
}

fn set(shown: Shown, ages: Ages) -> AnyView {
    let Shown { set, when } = shown;
    let months = ages.of(&set);
    let flags = set.signs.flags(months);
    let wrong = set.entered_in_error.as_ref().map(|(_, reason)| {
        view! { <p><StatusBadge tone=Tone::Inactive label=tr!(opd.entered_in_error)/>" "{reason.clone()}</p> }
    });
    let live = wrong.is_none();
    let details = details(&set, if live { &flags } else { &[] });
    let flags = live.then(|| {
        let flags = flags.iter().map(|flag| view! { <StatusBadge tone=flag.tone() label=flag.words()/> }).collect_view();
        view! { <div class="vitals-form__flags">{flags}</div> }
    });
    let score = score_of(&set, ages).filter(|_| live).map(score);
    let unscored = (live && set.news2.is_none() && set.signs.is_unscored(months))
        .then(|| view! { <p><StatusBadge tone=Tone::Warning label=opd::vitals::no_score(&set.signs)/></p> });
    let judged = (live && !ages.are_known()).then(|| {
        let words = set.age_group.map_or_else(|| tr!(opd.judged_as_adult).to_owned(), |group| tr!(opd.judged_as, group = group.words()));
        view! { <p class="muted">{words}</p> }
    });
    let corrected = set.corrects.map(|_| view! { <p class="muted">{tr!(opd.corrected_set)}</p> });
    let mark = live.then(|| acts(&set));
    let class = if live { "rows__row" } else { "rows__row is-wrong" };
    view! {
        <li class=class>
            <div class="rows__main vitals-set">
                <p><strong>{when}</strong>" "<span class="muted">{set.taken_by.clone()}</span></p>
                {wrong}
                {score}
                {unscored}
                {judged}
                {corrected}
                <DescriptionList details=details class="details--figures"/>
                {flags}
                {(!set.note.is_empty()).then(|| view! { <p>{set.note.clone()}</p> })}
                {mark}
            </div>
        </li>
    }
    .into_any()
}

/// Returns the values of a set with their names, the critical ones in red; the two pressures are one value.
fn details(set: &Vitals, flags: &[Flag]) -> Vec<Detail> {
    let critical = |measure: Measure| flags.iter().any(|flag| flag.is_critical() && flag.measure() == Some(measure));
    let shown = |name: &'static str, text: String, critical: bool| match critical {
        true => Detail::view(name, view! { <StatusBadge tone=Tone::Critical label=text/> }),
        false => Detail::new(name, text),
    };
    let values = Measure::ALL.iter().filter(|measure| **measure != Measure::Diastolic).filter_map(|measure| {
        let value = set.signs.get(*measure)?;
        let diastolic = set.signs.diastolic.filter(|_| *measure == Measure::Systolic);
        let (name, text) = match diastolic {
            Some(diastolic) => (tr!(opd.blood_pressure), format!("{value}/{}", Measure::Diastolic.written(diastolic))),
            None => (measure.words(), measure.written(value)),
        };
        Some(shown(name, text, critical(*measure)))
    });
    let bmi = set.signs.bmi().map(|bmi| Detail::new(tr!(opd.bmi), show_bmi(bmi)));
    let deep = flags.iter().any(|flag| flag.measure().is_none());
    let awake = set.signs.consciousness.map(|one| shown(tr!(opd.consciousness), one.words().to_owned(), deep));
    values.chain(bmi).chain(awake).collect()
}

/// Shows the links to correct a value, or to mark the whole set as wrong, for example when it is another patient's.
fn acts(set: &Vitals) -> AnyView {
    let id = set.id.to_string();
    let correct = set.visit_id.map(|visit| {
        view! { <LinkButton href=format!("/visits/{visit}/vitals?correct={id}") label=tr!(opd.correct_value)/> }
    });
    view! {
        <div class="cluster">
            {correct}
            <Dialog id=format!("wrong-{id}") opens=tr!(opd.mark_wrong) title=tr!(opd.mark_wrong_title) action="/api/opd/vitals_in_error" tone=ButtonTone::Quiet>
                <Form action="/api/opd/vitals_in_error" hidden=vec![("vitals", id.clone())] id=format!("form-wrong-{id}")>
                    <p>{tr!(opd.mark_wrong_text)}</p>
                    <TextField name="reason" label=tr!(opd.reason) maxlength=500 required=true/>
                    <div class="form__actions"><Button label=tr!(opd.mark_wrong) tone=ButtonTone::Danger/></div>
                </Form>
            </Dialog>
        </div>
    }
    .into_any()
}

/// Shows the early-warning score with its band.
fn score(score: News2) -> AnyView {
    let risk = score.risk();
    view! {
        <p class=format!("cluster {}", risk.tone().class())>
            <span class="score">{format!("NEWS2 {}", score.total)}</span>
            <span>{risk.words()}</span>
        </p>
    }
    .into_any()
}

fn trends(sets: &[Shown], ages: Ages) -> AnyView {
    let lines = [Measure::Temperature, Measure::Pulse, Measure::Systolic, Measure::Spo2, Measure::Weight]
        .into_iter()
        .filter_map(|measure| {
            let readings: Vec<Reading> = sets
                .iter()
                .filter_map(|shown| {
                    let value = shown.set.signs.get(measure)?;
                    Some(Reading { when: shown.when.clone(), text: measure.show(value), value: measure.number(value) })
                })
                .collect();
            let shown = sets.iter().rev().find(|shown| shown.set.signs.get(measure).is_some())?;
            let months = ages.of(&shown.set);
            let usual = measure.usual(months);
            let flags = shown.set.signs.flags(months);
            let tone = flags.iter().find(|flag| flag.measure() == Some(measure)).map(Flag::tone);
            let band = usual.map(|(low, high)| (measure.number(low), measure.number(high)));
            Some(view! {
                <Sparkline label=measure.words() unit=measure.unit() readings=readings band=band tone=tone/>
            })
        })
        .collect::<Vec<_>>();
    if lines.is_empty() {
        return view! { <p class="muted">{tr!(opd.no_vitals)}</p> }.into_any();
    }
    view! { <div class="trends">{lines.into_iter().collect_view()}</div> }.into_any()
}
