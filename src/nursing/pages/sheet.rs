//! `/admissions/{id}/nursing`: the patient at a glance, the form of the next set, and how the patient is observed.

use leptos::prelude::*;
use serde::Deserialize;

use super::parts::{self, Opened, due_badge, hidden, judged_badge, no_score, number_pad, pews_badge, toast, weight_field, when};
use crate::{
    core::{
        AdmissionId, Permission, Result,
        time::{Instant, show_minutes},
    },
    nursing::{
        assessments,
        escalations::{self, Escalation},
        observations::{self, ObservationPlan, ObservationSet, Observed},
        response::{self, NextDue, Pews},
        vocabulary::Unscored,
    },
    opd::{
        Flag, Measure, News2,
        vitals::{ADULT_MONTHS, ages_of, newest_weight},
    },
    server::{Ctx, Page, Path, Query},
    tr,
    ui::{
        Button, ButtonTone, CheckboxField, Choice, DescriptionList, Detail, Dialog, Form, Glyph, KeyHint, LinkButton, NoticeBox,
        NumberField, PageHeader, PatientBanner, RadioField, StatusBadge, TextArea, TimeField,
    },
};

/// The act that was just done.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct SheetQuery {
    done: String,
}

struct Shown {
    opened: Opened,
    last: Option<ObservationSet>,
    /// The last set that has a score.
    scored: Option<ObservationSet>,
    pews: Option<Pews>,
    /// The newest weight in grams, and when the patient was weighed.
    weight: Option<(i64, Instant)>,
    plan: ObservationPlan,
    plans: Vec<ObservationPlan>,
    next: NextDue,
    open: Option<Escalation>,
    months: i64,
    may_plan: bool,
}

/// Shows the page.
///
/// # Errors
/// Not allowed, another clinic's patient, or when the database refuses.
pub async fn sheet_page(Path(id): Path<AdmissionId>, Query(SheetQuery { done }): Query<SheetQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::RecordCare).await?;
    let opened = parts::open(&mut ctx, id).await?;
    let last = observations::latest(&mut ctx.tx, id).await?;
    let scored = observations::latest_scored(&mut ctx.tx, id).await?;
    let pews = assessments::pews_of(&mut ctx.tx, id).await?;
    let weight = newest_weight(&mut ctx.tx, opened.admission.patient_id).await?;
    let plans = observations::plans_of(&mut ctx.tx, id).await?;
    let plan = observations::plan_of(&mut ctx.tx, id).await?;
    let open = escalations::open_of(&mut ctx.tx, id).await?;
    let months = ages_of(&mut ctx.tx, opened.admission.patient_id, opened.zone).await?.at(opened.now, None);
    let before = scored.as_ref().and_then(|set| set.news2().ok());
    let since = opened.admission.admitted_at.unwrap_or(opened.now);
    let next = response::next_due(last.as_ref().map(|set| set.last(before, pews)), plan.times(), since);
    let may_plan = ctx.who.may_at(Permission::PlanObservations, opened.admission.clinic_id);
    let banner = opened.banner.clone();
    let shown = Shown { opened, last, scored, pews, weight, plan, plans, next, open, months, may_plan };
    let page = Page::new(tr!(nursing.sheet), move || content(id, &shown, &done));
    let keys = vec![KeyHint::new("Enter", tr!(nursing.key_next_field)), KeyHint::new("Ctrl + Enter", tr!(nursing.record_set))];
    Ok(page.keys(keys).banner(move || view! { <PatientBanner info=banner/> }))
}

/// Returns why the patient gets no score at all.
const fn exempt(shown: &Shown) -> Option<Unscored> {
    if shown.months < ADULT_MONTHS {
        Some(Unscored::Child)
    } else if shown.plan.pregnant {
        Some(Unscored::Pregnant)
    } else {
        None
    }
}

fn content(id: AdmissionId, shown: &Shown, done: &str) -> AnyView {
    let back = (format!("/nursing?ward={}", shown.opened.admission.ward()), tr!(nursing.title).to_owned());
    let actions = view! {
        <LinkButton href=format!("/admissions/{id}/handover") label=tr!(nursing.handover) glyph=Glyph::Transfer key="h"/>
        <LinkButton href=format!("/admissions/{id}") label=tr!(nursing.admission) glyph=Glyph::Bed/>
    }
    .into_any();
    let forms = shown.opened.is_open().then(|| view! { {set_form(id, shown)}{plan_panel(id, shown)} });
    view! {
        {toast(done)}
        <PageHeader title=tr!(nursing.sheet) back actions=Some(actions)/>
        {parts::tabs(id, "nursing")}
        <div class="stack">
            {exempt(shown).map(no_score)}
            {escalation(shown)}
            {at_a_glance(shown)}
            {forms}
        </div>
    }
    .into_any()
}

fn escalation(shown: &Shown) -> Option<AnyView> {
    let open = shown.open.as_ref()?;
    let zone = shown.opened.zone;
    let answer = match open.is_late(shown.opened.now) {
        true => tr!(nursing.unanswered, minutes = show_minutes((shown.opened.now - open.answer_by).num_minutes())),
        false => tr!(nursing.answer_by, at = when(open.answer_by, zone)),
    };
    let (tone, because) = (open.state.tone(), open.because.words());
    let title = format!("{}: {}", tr!(nursing.escalation_level, level = open.level), open.state.words());
    Some(
        view! {
            <NoticeBox tone title>
                <p>{because}" · "{answer}</p>
                <p><a href="/nursing/escalations">{tr!(nursing.escalations)}</a></p>
            </NoticeBox>
        }
        .into_any(),
    )
}

fn at_a_glance(shown: &Shown) -> AnyView {
    let (zone, now) = (shown.opened.zone, shown.opened.now);
    let mut details = Vec::new();
    if let Some(set) = &shown.last {
        let by = format!("{} · {}", when(set.taken_at, zone), set.recorder);
        details.push(Detail::view(
            tr!(nursing.last_set),
            view! { {judged_badge(set.news2())}" "<a href=format!("/observations/{}", set.set_id)>{by}</a> },
        ));
        let names = observations::scored_names();
        let points = set.values.points(crate::opd::vitals::news2::Scale::numbered(set.spo2_scale));
        let scored = set.score.is_some();
        for ((name, value), points) in names.into_iter().zip(set.values.written()).zip(points) {
            let value = value.unwrap_or_else(|| tr!(nursing.not_taken).to_owned());
            let points = points.filter(|_| scored).map(|points| tr!(nursing.points, count = points));
            details.push(Detail::new(name, points.map_or_else(|| value.clone(), |points| format!("{value} ({points})"))));
        }
        let flags = set.values.signs().flags(shown.months);
        if set.score.is_none() && !flags.is_empty() {
            let badges = flags.iter().map(|flag: &Flag| view! { <StatusBadge tone=flag.tone() label=flag.words()/> }).collect_view();
            details.push(Detail::view(tr!(nursing.unusual), view! { <span class="cluster">{badges}</span> }));
        }
        if set.worried {
            details.push(Detail::new(tr!(nursing.worry), tr!(nursing.worried)));
        }
    }
    if let Some(set) = shown.scored.as_ref().filter(|set| Some(set.id) != shown.last.as_ref().map(|last| last.id)) {
        let at = when(set.taken_at, zone);
        details.push(Detail::view(tr!(nursing.last_score), view! { {judged_badge(set.news2())}" "{at} }));
    }
    if let Some(score) = shown.pews.filter(|_| exempt(shown) == Some(Unscored::Child)) {
        let badge =
            view! { <a href=format!("/admissions/{}/assessments", shown.opened.admission.id)>{pews_badge(score, shown.months)}</a> };
        details.push(Detail::view(tr!(nursing.last_score), badge));
    }
    let risk = shown.scored.as_ref().and_then(|set| set.news2().ok()).filter(|_| exempt(shown).is_none());
    if let Some(score) = risk {
        details.push(Detail::new(tr!(nursing.risk), score.risk().words()));
        details.extend(asked(score));
    }
    if let Some((grams, at)) = shown.weight {
        details.push(Detail::new(tr!(opd.weight), format!("{} · {}", Measure::Weight.written(grams), when(at, zone))));
    }
    details.push(Detail::view(tr!(nursing.next_set), due_badge(shown.next, &shown.plan, (now, zone))));
    if shown.plan.spo2_scale == 2 {
        details.push(Detail::new(tr!(nursing.spo2_scale), tr!(nursing.scale_2)));
    }
    view! {
        <section class="panel" aria-labelledby="glance">
            <div class="panel__head"><h2 id="glance">{tr!(nursing.at_a_glance)}</h2></div>
            <div class="panel__body"><DescriptionList details/></div>
        </section>
    }
    .into_any()
}

fn asked(score: News2) -> Option<Detail> {
    score.risk().asks().map(|words| Detail::new(tr!(nursing.response), words))
}

fn set_form(id: AdmissionId, shown: &Shown) -> AnyView {
    let detail = (shown.plan.spo2_scale == 2).then(|| view! { <p class="muted small">{tr!(nursing.scored_on_scale_2)}</p> });
    view! {
        <section class="panel" aria-labelledby="record">
            <div class="panel__head"><h2 id="record">{tr!(nursing.record_set)}</h2>
                <Dialog id="refused-window" opens=tr!(nursing.refused) title=tr!(nursing.refused_title) action="/api/nursing/refused" tone=ButtonTone::Quiet>
                    <Form action="/api/nursing/refused" hidden=hidden(id)>
                        <TextArea name="reason" label=tr!(nursing.reason) rows=2 maxlength=500 required=true/>
                        <div class="form__actions"><Button label=tr!(nursing.refused) tone=ButtonTone::Primary/></div>
                    </Form>
                </Dialog>
            </div>
            <div class="panel__body" data-enter-next="">
                {detail}
                <Form action="/api/nursing/observe" hidden=hidden(id)>
                    {number_pad(&Observed::default(), true)}
                    <CheckboxField name="worried" label=tr!(nursing.worried) hint=tr!(nursing.worried_hint)/>
                    <TimeField name="time" label=tr!(nursing.taken_at) hint=tr!(nursing.taken_hint)/>
                    {weight_field(&Observed::default())}
                    <div class="form__actions"><Button label=tr!(nursing.record_set) tone=ButtonTone::Primary key="Ctrl+Enter"/></div>
                </Form>
            </div>
        </section>
    }
    .into_any()
}

fn interval_field(plan: &ObservationPlan, hint: &'static str) -> AnyView {
    let value = plan.interval_min.map(|minutes| minutes.to_string()).unwrap_or_default();
    view! { <NumberField name="interval" label=tr!(nursing.interval) hint unit=tr!(nursing.minutes) value optional=true/> }.into_any()
}

fn plan_panel(id: AdmissionId, shown: &Shown) -> AnyView {
    let plan = shown.plan.clone();
    let (scale, pregnant) = (plan.spo2_scale.to_string(), plan.pregnant);
    let form = match shown.may_plan {
        true => {
            let scales =
                vec![Choice::new("1", tr!(nursing.scale_1)), Choice::new("2", tr!(nursing.scale_2)).hint(tr!(nursing.scale_2_hint))];
            view! {
                <Form action="/api/nursing/plan" hidden=hidden(id)>
                    <RadioField name="scale" label=tr!(nursing.spo2_scale) choices=scales value=scale/>
                    {interval_field(&plan, tr!(nursing.interval_hint))}
                    <NumberField name="stop_hours" label=tr!(nursing.stop_hours) hint=tr!(nursing.stop_hint) optional=true/>
                    <CheckboxField name="pregnant" label=tr!(nursing.pregnant) checked=pregnant hint=tr!(nursing.pregnant_hint)/>
                    <TextArea name="reason" label=tr!(nursing.reason) rows=2 maxlength=500 required=true/>
                    <div class="form__actions"><Button label=tr!(nursing.save_plan)/></div>
                </Form>
            }
            .into_any()
        }
        false => view! {
            <p class="muted">{tr!(nursing.plan_of_nurse)}</p>
            <Form action="/api/nursing/more_often" hidden=hidden(id)>
                {interval_field(&plan, tr!(nursing.interval_shorter))}
                <CheckboxField name="pregnant" label=tr!(nursing.pregnant) checked=pregnant hint=tr!(nursing.pregnant_hint)/>
                <TextArea name="reason" label=tr!(nursing.reason) rows=2 maxlength=500 required=true/>
                <div class="form__actions"><Button label=tr!(nursing.save_plan)/></div>
            </Form>
        }
        .into_any(),
    };
    let zone = shown.opened.zone;
    let history = shown.plans.iter().map(|plan| plan_row(plan, zone)).collect_view();
    view! {
        <section class="panel" aria-labelledby="plan">
            <div class="panel__head"><h2 id="plan">{tr!(nursing.plan_title)}</h2></div>
            <div class="panel__body">{form}</div>
            <ul class="rows">{history}</ul>
        </section>
    }
    .into_any()
}

fn plan_row(plan: &ObservationPlan, zone: crate::core::time::Zone) -> impl IntoView + use<> {
    let mut facts = vec![if plan.spo2_scale == 2 { tr!(nursing.scale_2).to_owned() } else { tr!(nursing.scale_1).to_owned() }];
    facts.extend(plan.interval_min.map(|minutes| tr!(nursing.every_minutes, minutes = minutes)));
    facts.extend(plan.stopped_until.map(|until| tr!(nursing.stopped_until, at = when(until, zone))));
    facts.extend(plan.pregnant.then(|| tr!(nursing.pregnant).to_owned()));
    view! {
        <li class="rows__row">
            <div class="rows__main">
                {facts.join(" · ")}
                <br/><span class="muted small">{format!("{} · {} · {}", when(plan.set_at, zone), plan.setter, plan.reason)}</span>
            </div>
        </li>
    }
}
