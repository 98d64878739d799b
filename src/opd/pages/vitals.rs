//! `/visits/{id}/vitals`: vital signs taken at a visit.

use chrono::NaiveDate;
use leptos::prelude::*;

use super::{
    DoneQuery,
    done::{said, toast},
};
use crate::{
    core::{
        Permission, Result, VisitId,
        form::FormState,
        time::{self, Instant},
    },
    opd::{
        self, Consciousness, Entry, Measure, News2, Priority, QueueState, Risk, Visit, VitalSigns, Vitals,
        vitals::{Jump, jumps, sure_of},
    },
    organisation, patients,
    server::{Ctx, Page, Path, Query},
    tr,
    ui::{
        Button, ButtonTone, CheckboxField, Choice, DescriptionList, Detail, Dialog, EmptyState, Form, Glyph, KeyHint, LinkButton,
        NoticeBox, NumberField, PageHeader, PatientBanner, Reading, SelectField, Sparkline, StatusBadge, TextField, Tone,
    },
};

/// What is measured of everybody, in the order of the hand.
const USUAL: [Measure; 11] = [
    Measure::Temperature,
    Measure::Pulse,
    Measure::Respiration,
    Measure::Systolic,
    Measure::Diastolic,
    Measure::Spo2,
    Measure::Oxygen,
    Measure::Pain,
    Measure::Weight,
    Measure::Height,
    Measure::Glucose,
];

/// A set as the page shows it.
struct Shown {
    set: Vitals,
    when: String,
}

/// The page.
pub async fn vitals_page(Path(id): Path<VisitId>, Query(query): Query<DoneQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::RecordVitals).await?;
    let visit = opd::visit(&mut ctx.tx, id).await?;
    ctx.at_clinic(Permission::RecordVitals, visit.clinic_id)?;
    ctx.saw(visit.patient_id, "vitals").await?;
    let (today, zone, now) = (ctx.today(), ctx.zone(), ctx.now);
    let patient = patients::find(&mut ctx.tx, visit.patient_id).await?;
    let banner = patients::banner(&mut ctx.tx, visit.patient_id, today).await?;
    let service = organisation::service(&mut ctx.tx, visit.service_id).await?;
    let when = |set: &Vitals| {
        let local = zone.local(set.taken_at);
        if local.date() == today { time::show_time(local.time()) } else { time::show_date(local.date()) }
    };
    let mut here: Vec<Shown> = Vec::new();
    for set in opd::vitals_of_visit(&mut ctx.tx, id).await? {
        here.push(Shown { when: when(&set), set });
    }
    let mut trend: Vec<Shown> = Vec::new();
    for set in opd::vitals_of(&mut ctx.tx, visit.patient_id, None, 12).await? {
        trend.push(Shown { when: when(&set), set });
    }
    trend.reverse();
    let months = patient.facts.birth.date.map(|birth: NaiveDate| time::months_between(birth, today));
    let urgent = here.iter().filter(|shown| shown.set.entered_in_error.is_none()).find_map(|shown| score_of(&shown.set, months));
    let urgent = match urgent.filter(|score| visit.outcome.is_none() && score.risk().asks().is_some()) {
        Some(score) => Some((score, opd::open_entry(&mut ctx.tx, id).await?)),
        None => None,
    };
    let said = said(&mut ctx, &query, &format!("/visits/{id}/vitals")).await?;
    Ok(Page::new(tr!(opd.vitals), move || {
        let facts = [visit.token.clone(), service.name, visit.reason.clone()];
        let detail = facts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ");
        view! {
            <PageHeader
                title=tr!(opd.vitals)
                back=("/triage".to_owned(), tr!(opd.triage).to_owned())
                detail=detail
            />
            <div class="stack">
            {urgent.map(|(score, entry)| answer_at_once(score, &entry))}
            <div class="split">
                <section class="panel"><div class="panel__body">{form(&visit, months, &trend, now)}</div></section>
                <div class="stack">
                    <section class="panel">
                        <div class="panel__head"><h2>{tr!(opd.this_visit)}</h2></div>
                        {sets(here, months)}
                    </section>
                    <section class="panel">
                        <div class="panel__head"><h2>{tr!(opd.trends)}</h2></div>
                        <div class="panel__body">{trends(&trend, months)}</div>
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

/// A set's score: as it was stored; whether a single value is critical, as the values tell.
fn score_of(set: &Vitals, months: Option<i64>) -> Option<News2> {
    set.news2.map(|total| set.signs.news2(months).unwrap_or(News2::from_total(total)))
}

/// What the last score asks for, and the way to be seen first for whoever waits behind others.
fn answer_at_once(score: News2, entry: &Entry) -> AnyView {
    let (risk, total) = (score.risk(), format!("NEWS2 {}", score.total));
    let proposed = if risk == Risk::High { Priority::Emergency } else { Priority::Priority };
    let goes_first = entry.priority.rank() <= proposed.rank();
    let already = goes_first
        .then(|| view! { <p>{tr!(opd.goes_first, priority = entry.priority.words(), reason = entry.priority_reason.clone())}</p> });
    let reason = total.clone();
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
    view! {
        <NoticeBox tone=risk.tone()>
            <div role="alert">
                <strong class="notice__title">{total}" · "{risk.words()}</strong>
                {risk.asks().map(|asks| view! { <p>{asks}</p> })}
                {already}
            </div>
        </NoticeBox>
        {form}
    }
    .into_any()
}

/// What helps at the field: what is usual at this age, how to say "nothing", or the last value.
fn hint(measure: Measure, months: Option<i64>, trend: &[Shown]) -> String {
    match measure {
        Measure::Pain => tr!(opd.hint_pain).to_owned(),
        Measure::Oxygen => tr!(opd.hint_oxygen).to_owned(),
        Measure::Weight | Measure::Height | Measure::Head => {
            match trend.iter().rev().find_map(|shown| Some((shown.set.signs.get(measure)?, &shown.when))) {
                Some((value, when)) => tr!(opd.hint_last, value = measure.show(value), when = when.clone()),
                None => tr!(opd.hint_first).to_owned(),
            }
        }
        _ => match months.and_then(|months| measure.usual(months)) {
            Some((low, high)) => tr!(opd.hint_usual, low = measure.show(low), high = measure.show(high)),
            None => tr!(opd.hint_unknown_age).to_owned(),
        },
    }
}

const RECORD: &str = "/api/opd/record_vitals";

/// What of the values that were refused is far from the last ones.
fn refused_jumps(months: Option<i64>, trend: &[Shown], now: Instant) -> Vec<Jump> {
    let Some(refused) = use_context::<FormState>().filter(|state| state.action == RECORD) else { return Vec::new() };
    let typed = |measure: Measure| refused.value(measure.as_str()).unwrap_or_default();
    let signs = VitalSigns::parse(typed, "").unwrap_or_default();
    jumps(&signs, trend.iter().rev().map(|shown| &shown.set), months, now)
}

/// The tick with which those very values are recorded all the same.
fn surely(jumps: &[Jump]) -> Option<AnyView> {
    let what: Vec<String> = jumps.iter().map(|jump| format!("{} {}", jump.measure.words(), jump.measure.written(jump.value))).collect();
    let label = tr!(opd.far_from_last_sure, what = what.join(", "));
    (!jumps.is_empty()).then(|| view! { <div class="field--wide"><CheckboxField name="sure" label value=sure_of(jumps)/></div> }.into_any())
}

fn form(visit: &Visit, months: Option<i64>, trend: &[Shown], now: Instant) -> AnyView {
    let small_child = months.is_some_and(|months| months < 36);
    let measures = USUAL.into_iter().chain(small_child.then_some(Measure::Head));
    let fields: Vec<(Measure, String)> = measures.map(|measure| (measure, hint(measure, months, trend))).collect();
    let jumps = refused_jumps(months, trend, now);
    let choices = Consciousness::ALL.iter().map(|one| Choice::new(one.as_str(), one.words())).collect::<Vec<_>>();
    view! {
        <Form action=RECORD hidden=vec![("visit", visit.id.to_string())] class="vitals-form">
            {number_fields(fields)}
            <SelectField name="consciousness" label=tr!(opd.consciousness) hint=tr!(opd.hint_consciousness) choices=choices prompt=tr!(opd.not_assessed)/>
            <div class="field--wide"><TextField name="note" label=tr!(opd.remark) optional=true maxlength=500/></div>
            {surely(&jumps)}
            <div class="form__actions">
                <Button label=tr!(opd.save_vitals) tone=ButtonTone::Primary glyph=Glyph::Check key="Ctrl+Enter"/>
                <LinkButton href="/triage" label=tr!(opd.triage)/>
            </div>
        </Form>
    }
    .into_any()
}

/// Made within the form, so that each field finds what was typed into it before.
fn number_fields(fields: Vec<(Measure, String)>) -> AnyView {
    fields
        .into_iter()
        .enumerate()
        .map(|(index, (measure, hint))| {
            view! {
                <NumberField
                    name=measure.as_str()
                    label=measure.words()
                    unit=measure.unit()
                    decimal=measure.is_decimal()
                    hint=hint
                    autofocus={index == 0}
                />
            }
        })
        .collect_view()
        .into_any()
}

fn sets(sets: Vec<Shown>, months: Option<i64>) -> AnyView {
    if sets.is_empty() {
        return view! { <EmptyState glyph=Glyph::Vitals title=tr!(opd.no_vitals) text=tr!(opd.no_vitals_text)/> }.into_any();
    }
    let rows = sets.into_iter().map(|shown| set(shown, months)).collect_view();
    view! { <ul class="rows">{rows}</ul> }.into_any()
}

fn set(shown: Shown, months: Option<i64>) -> AnyView {
    let Shown { set, when } = shown;
    let id = set.id.to_string();
    let flags = set.signs.flags(months.unwrap_or(i64::from(u16::MAX)));
    let values = Measure::ALL
        .iter()
        .filter(|measure| **measure != Measure::Diastolic)
        .filter_map(|measure| {
            let value = set.signs.get(*measure)?;
            let diastolic = set.signs.diastolic.filter(|_| *measure == Measure::Systolic);
            let (name, text) = match diastolic {
                Some(diastolic) => (tr!(opd.blood_pressure), format!("{value}/{}", Measure::Diastolic.written(diastolic))),
                None => (measure.words(), measure.written(value)),
            };
            Some(Detail::new(name, text))
        })
        .chain(set.signs.consciousness.map(|one| Detail::new(tr!(opd.consciousness), one.words())))
        .collect::<Vec<_>>();
    let wrong = set.entered_in_error.as_ref().map(|(_, reason)| {
        view! { <p><StatusBadge tone=Tone::Inactive label=tr!(opd.entered_in_error)/>" "{reason.clone()}</p> }
    });
    let live = wrong.is_none();
    let flags = live.then(|| {
        let flags = flags.iter().map(|flag| view! { <StatusBadge tone=flag.tone() label=flag.words()/> }).collect_view();
        view! { <div class="vitals-form__flags">{flags}</div> }
    });
    let score = score_of(&set, months).filter(|_| live).map(score);
    let unscored = (live && set.news2.is_none() && set.signs.is_unscored(months))
        .then(|| view! { <p><StatusBadge tone=Tone::Warning label=opd::vitals::no_score(&set.signs)/></p> });
    let mark = live.then(|| {
        view! {
            <Dialog id=format!("wrong-{id}") opens=tr!(opd.mark_wrong) title=tr!(opd.mark_wrong_title) action="/api/opd/vitals_in_error" tone=ButtonTone::Quiet>
                <Form action="/api/opd/vitals_in_error" hidden=vec![("vitals", id.clone())] id=format!("form-wrong-{id}")>
                    <TextField name="reason" label=tr!(opd.reason) maxlength=500 required=true/>
                    <div class="form__actions"><Button label=tr!(opd.mark_wrong) tone=ButtonTone::Danger/></div>
                </Form>
            </Dialog>
        }
    });
    let class = if live { "rows__row" } else { "rows__row is-wrong" };
    view! {
        <li class=class>
            <div class="rows__main vitals-set">
                <p><strong>{when}</strong>" "<span class="muted">{set.taken_by.clone()}</span></p>
                {wrong}
                {score}
                {unscored}
                <DescriptionList details=values class="details--figures"/>
                {flags}
                {(!set.note.is_empty()).then(|| view! { <p>{set.note.clone()}</p> })}
                {mark}
            </div>
        </li>
    }
    .into_any()
}

/// The early-warning score with what it asks for.
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

fn trends(sets: &[Shown], months: Option<i64>) -> AnyView {
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
            let usual = months.and_then(|months| measure.usual(months));
            let last = sets.iter().rev().find_map(|shown| shown.set.signs.get(measure))?;
            let unusual = usual.is_some_and(|(low, high)| last < low || last > high);
            let band = usual.map(|(low, high)| (measure.number(low), measure.number(high)));
            Some(view! {
                <Sparkline label=measure.words() unit=measure.unit() readings=readings band=band tone=unusual.then_some(Tone::Warning)/>
            })
        })
        .collect::<Vec<_>>();
    if lines.is_empty() {
        return view! { <p class="muted">{tr!(opd.no_vitals)}</p> }.into_any();
    }
    view! { <div class="trends">{lines.into_iter().collect_view()}</div> }.into_any()
}
