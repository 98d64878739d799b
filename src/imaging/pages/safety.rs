//! The panel of a study with the questions of safety, their answers, and the form to answer them.

use leptos::prelude::*;

use super::study::{Shown, hidden};
use crate::{
    core::time::show_date_time,
    imaging::{
        step::ImagingAct,
        studies::{EGFR_DAYS, PREGNANT_DAYS, SafetyCheck},
        vocabulary::{ContrastRoute, SafetyAnswer, SafetyQuestion},
    },
    tr,
    ui::{
        Button, ButtonTone, Choice, DescriptionList, Detail, Dialog, Form, NoticeBox, RadioField, StatusBadge, TextField, Tone, refused_for,
    },
};

const OVERRIDE: &str = "/api/imaging/override_safety";

/// Shows the panel; a study without questions has none.
pub(super) fn panel(shown: &Shown) -> AnyView {
    if shown.checks.is_empty() {
        return ().into_any();
    }
    let open = shown.study.started_at.is_none() && ImagingAct::Cancel.fits(shown.study.step);
    let rows = shown.checks.iter().map(|check| row(shown, check, open)).collect_view();
    view! {
        <section class="panel" aria-labelledby="safety-heading">
            <div class="panel__head"><h2 id="safety-heading">{tr!(imaging.safety)}</h2></div>
            <ul class="rows">{rows}</ul>
            <div class="panel__body stack">{record(shown)}{open.then(|| form(shown))}</div>
        </section>
    }
    .into_any()
}

fn row(shown: &Shown, check: &SafetyCheck, open: bool) -> AnyView {
    let answer = match check.answer {
        None => view! { <StatusBadge tone=Tone::Waiting label=tr!(imaging.unanswered)/> }.into_any(),
        Some(answer) => view! { <StatusBadge tone=answer.tone() label=answer.words()/> }.into_any(),
    };
    let by = check.answered_at.zip(check.answerer.as_ref()).map(|(at, name)| {
        let words = format!("{}, {name}", show_date_time(shown.zone.local(at)));
        view! { <br/><span class="muted small">{words}</span> }
    });
    let overridden = check.overrider.as_ref().map(|name| {
        let words = tr!(imaging.overridden_by, name = name.clone(), reason = check.override_reason.clone());
        view! { <br/><strong>{words}</strong> }
    });
    let may = open && shown.reports_images && check.answer.is_some() && check.blocks();
    let to_override = may.then(|| {
        let (id, question) = (format!("override-{}", check.question), check.question.as_str());
        let mut fields = hidden(&shown.study);
        fields.push(("question", question.to_owned()));
        let opened = if refused_for(OVERRIDE, "question", question) { OVERRIDE } else { "" };
        view! {
            <Dialog id=id.clone() opens=tr!(imaging.override_answer) title=check.question.words() action=opened tone=ButtonTone::Quiet>
                <Form action=OVERRIDE id=format!("{id}-form") hidden=fields>
                    <p>{tr!(imaging.override_text)}</p>
                    <TextField name="reason" label=tr!(imaging.why) required=true maxlength=500/>
                    <div class="form__actions"><Button label=tr!(imaging.override_answer) tone=ButtonTone::Danger/></div>
                </Form>
            </Dialog>
        }
    });
    view! {
        <li class="rows__row">
            <div class="rows__main">{check.question.words()}{by}{overridden}</div>
            <div class="rows__side cluster">{answer}{to_override}</div>
        </li>
    }
    .into_any()
}

/// The facts of the record that the answers rest on.
fn record(shown: &Shown) -> AnyView {
    let pregnant_at = shown.values.pregnant_at.filter(|at| (shown.now - *at).num_days() <= PREGNANT_DAYS);
    let pregnant = pregnant_at
        .map(|at| Detail::new(tr!(imaging.pregnancy_test), tr!(imaging.positive_on, when = show_date_time(shown.zone.local(at)))));
    if shown.procedure.contrast == ContrastRoute::None {
        return pregnant.map(|detail| view! { <DescriptionList details=vec![detail]/> }).into_any();
    }
    let egfr = match &shown.values.egfr {
        None => tr!(imaging.no_egfr).to_owned(),
        Some(last) => {
            let days = (shown.now - last.measured_at).num_days();
            let old = if days > EGFR_DAYS { format!(" ({})", tr!(imaging.too_old, days = EGFR_DAYS)) } else { String::new() };
            format!("{}, {}{old}", last.shown, show_date_time(shown.zone.local(last.measured_at)))
        }
    };
    let allergies = if shown.allergies.is_empty() { tr!(imaging.none_recorded).to_owned() } else { shown.allergies.join(", ") };
    let mut details = vec![Detail::new(tr!(imaging.last_egfr), egfr)];
    if let Some(creatinine) = &shown.values.creatinine {
        details.push(Detail::new(tr!(imaging.last_creatinine), creatinine.clone()));
    }
    details.extend(pregnant);
    details.push(Detail::new(tr!(imaging.allergies), allergies));
    if !shown.reactions.is_empty() {
        details.push(Detail::new(tr!(imaging.recorded_reaction), shown.reactions.join(", ")));
    }
    let metformin = shown.stops_metformin.then(|| {
        view! { <NoticeBox tone=Tone::Critical title=tr!(imaging.metformin)><p>{tr!(imaging.metformin_text)}</p></NoticeBox> }
    });
    view! { {metformin}<DescriptionList details/><p class="muted small">{tr!(imaging.safety_source)}</p> }.into_any()
}

/// The form with all questions.
fn form(shown: &Shown) -> AnyView {
    let fields = shown
        .checks
        .iter()
        .map(|check| {
            let answers: &[SafetyAnswer] = match check.question {
                SafetyQuestion::Pregnancy => SafetyAnswer::ALL,
                SafetyQuestion::ContrastReaction | SafetyQuestion::Kidney | SafetyQuestion::Implants => {
                    &[SafetyAnswer::No, SafetyAnswer::Yes, SafetyAnswer::Unknown]
                }
            };
            let choices: Vec<Choice> = answers.iter().map(|answer| Choice::new(answer.as_str(), answer.words())).collect();
            let hint = match check.question {
                SafetyQuestion::Pregnancy => tr!(imaging.hint_pregnancy),
                SafetyQuestion::ContrastReaction => tr!(imaging.hint_contrast_reaction),
                SafetyQuestion::Kidney => tr!(imaging.hint_kidney),
                SafetyQuestion::Implants => tr!(imaging.hint_implants),
            };
            let value = check.answer.map_or("", SafetyAnswer::as_str);
            let (name, label) = (format!("answer-{}", check.question), check.question.words());
            (name, label, choices, value, hint)
        })
        .collect::<Vec<_>>();
    let fields = move || {
        fields
            .into_iter()
            .map(|(name, label, choices, value, hint)| view! { <RadioField name label choices value hint inline=true/> })
            .collect_view()
    };
    view! {
        <Form action="/api/imaging/answer_safety" id="safety" hidden=hidden(&shown.study)>
            {fields()}
            <div class="form__actions"><Button label=tr!(imaging.record_answers) tone=ButtonTone::Primary/></div>
        </Form>
    }
    .into_any()
}
