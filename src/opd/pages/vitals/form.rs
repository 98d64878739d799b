//! The form of vital signs: a new set, or the correction of one on record.

use leptos::prelude::*;

use super::Shown;
use crate::{
    core::{
        form::FormState,
        time::{self, Instant},
    },
    opd::{
        Consciousness, Measure, Visit, VitalSigns, Vitals,
        islands::VitalsTyped,
        vitals::{AgeGroup, Ages, Question, VitalsForm, questions, sure_of},
    },
    tr,
    ui::{Button, ButtonTone, CheckboxField, Choice, Form, Glyph, LinkButton, NumberField, SelectField, TextField},
};

/// The measures of every patient, in the order of measuring.
const USUAL: [Measure; 11] = [
    Measure::Temperature,
    Measure::Pulse,
    Measure::Systolic,
    Measure::Diastolic,
    Measure::Respiration,
    Measure::Spo2,
    Measure::Oxygen,
    Measure::Pain,
    Measure::Weight,
    Measure::Height,
    Measure::Glucose,
];

const RECORD: &str = "/api/opd/record_vitals";
const CORRECT: &str = "/api/opd/correct_vitals";

/// The facts that the form is built from.
pub(super) struct Facts<'p> {
    pub visit: &'p Visit,
    pub ages: Ages,
    /// The patient's sets, oldest first.
    pub trend: &'p [Shown],
    /// The set that is being corrected; `None` for a new one.
    pub correcting: Option<&'p Vitals>,
    pub now: Instant,
}

impl Facts<'_> {
    fn action(&self) -> &'static str {
        if self.correcting.is_some() { CORRECT } else { RECORD }
    }

    fn taken_at(&self) -> Instant {
        self.correcting.map_or(self.now, |set| set.taken_at)
    }

    /// Returns the age group to begin with: from the set that is being corrected, or from the last one.
    fn stated(&self) -> Option<AgeGroup> {
        match self.correcting {
            Some(set) => set.age_group,
            None => self.trend.iter().rev().find_map(|shown| shown.set.age_group),
        }
    }

    /// Returns the other sets, latest first.
    fn others(&self) -> impl Iterator<Item = &Vitals> + Clone {
        let corrected = self.correcting.map(|set| set.id);
        self.trend.iter().rev().map(|shown| &shown.set).filter(move |set| Some(set.id) != corrected)
    }

    /// Returns the questions about the refused values.
    fn questions(&self) -> Vec<Question> {
        let Some(refused) = use_context::<FormState>().filter(|state| state.action == self.action()) else { return Vec::new() };
        let form = form_of(&refused);
        let signs = VitalSigns::parse(|measure| form.typed(measure), "").unwrap_or_default();
        let stated = form.age_group().ok().flatten();
        questions(&form, &signs, self.others(), self.ages.at(self.taken_at(), stated), self.taken_at())
    }

    /// Returns the help text of a field: the usual range at this age, how to enter "none", and the last value.
    fn hint(&self, measure: Measure) -> String {
        let months = self.ages.at(self.taken_at(), self.stated());
        let first = match measure {
            Measure::Pain => Some(tr!(opd.hint_pain).to_owned()),
            Measure::Oxygen => Some(tr!(opd.hint_oxygen).to_owned()),
            _ => measure.usual(months).map(|(low, high)| match self.ages.are_known() || self.stated().is_some() {
                true => tr!(opd.hint_usual, low = measure.show(low), high = measure.show(high)),
                false => tr!(opd.hint_usual_adult, low = measure.show(low), high = measure.show(high)),
            }),
        };
        let corrected = self.correcting.map(|set| set.id);
        let others = self.trend.iter().rev().filter(|shown| Some(shown.set.id) != corrected);
        let last = others
            .filter_map(|shown| Some((shown.set.signs.get(measure)?, &shown.when)))
            .map(|(value, when)| tr!(opd.hint_last, value = measure.show(value), when = when.clone()))
            .next();
        match (first, last) {
            (Some(first), Some(last)) => format!("{first} · {last}"),
            (Some(one), None) | (None, Some(one)) => one,
            (None, None) => tr!(opd.hint_first).to_owned(),
        }
    }
}

/// Returns the values entered into a refused form.
fn form_of(state: &FormState) -> VitalsForm {
    let value = |name: &str| state.value(name).unwrap_or_default().to_owned();
    VitalsForm {
        temperature: value("temperature"),
        pulse: value("pulse"),
        respiration: value("respiration"),
        systolic: value("systolic"),
        diastolic: value("diastolic"),
        spo2: value("spo2"),
        oxygen: value("oxygen"),
        consciousness: value("consciousness"),
        weight: value("weight"),
        height: value("height"),
        pain: value("pain"),
        glucose: value("glucose"),
        head: value("head"),
        note: value("note"),
        age_group: value("age_group"),
    }
}

/// Shows the checkbox that confirms these very values.
fn surely(questions: &[Question]) -> Option<AnyView> {
    let what: Vec<String> = questions.iter().map(Question::named).collect();
    let label = tr!(opd.far_from_last_sure, what = what.join(", "));
    (!questions.is_empty())
        .then(|| view! { <div class="field--wide"><CheckboxField name="sure" label value=sure_of(questions)/></div> }.into_any())
}

/// Shows the form.
pub(super) fn form(facts: &Facts<'_>) -> AnyView {
    let small_child = facts.ages.at(facts.taken_at(), facts.stated()) < 36;
    let asks_age = !facts.ages.are_known();
    let has_head = facts.correcting.is_some_and(|set| set.signs.head.is_some());
    let measures = USUAL.into_iter().chain((small_child || asks_age || has_head).then_some(Measure::Head));
    let fields: Vec<(Measure, String, String)> = measures
        .map(|measure| {
            let value = facts.correcting.and_then(|set| set.signs.get(measure)).map(|value| measure.exact(value)).unwrap_or_default();
            (measure, facts.hint(measure), value)
        })
        .collect();
    let asked = facts.questions();
    let choices = Consciousness::ALL.iter().map(|one| Choice::new(one.as_str(), one.words())).collect::<Vec<_>>();
    let awake = facts.correcting.and_then(|set| set.signs.consciousness).map(Consciousness::as_str).unwrap_or_default();
    let note = facts.correcting.map(|set| set.note.clone()).unwrap_or_default();
    let stated = facts.stated().map(AgeGroup::as_str).unwrap_or_default();
    let hidden = match facts.correcting {
        Some(set) => vec![("vitals", set.id.to_string())],
        None => vec![("visit", facts.visit.id.to_string())],
    };
    let correcting = facts.correcting.is_some();
    // The id that `Form` gives itself.
    let form_id = facts.action().trim_start_matches("/api/").replace('/', "-");
    let months = facts.ages.at(facts.taken_at(), facts.stated());
    let back = if correcting { format!("/visits/{}/vitals", facts.visit.id) } else { "/triage".to_owned() };
    let away = if correcting { tr!(opd.keep_as_it_is) } else { tr!(opd.triage) };
    let when = facts
        .correcting
        .map(|set| facts.trend.iter().find(|shown| shown.set.id == set.id).map_or_else(String::new, |shown| shown.when.clone()));
    view! {
        {when.map(|when| view! { <h2>{tr!(opd.correct_title, when = when)}</h2> })}
        <Form action=facts.action() hidden=hidden class="vitals-form">
            {asks_age.then(|| age_field(stated))}
            {number_fields(fields, move || {
                view! {
                    <SelectField name="consciousness" label=tr!(opd.consciousness) hint=tr!(opd.hint_consciousness) choices=choices value=awake prompt=tr!(opd.not_assessed)/>
                }
                .into_any()
            })}
            <div class="field--wide"><VitalsTyped form=form_id months/></div>
            <div class="field--wide"><TextField name="note" label=tr!(opd.remark) value=note optional=true maxlength=500/></div>
            {correcting.then(|| view! {
                <div class="field--wide"><TextField name="reason" label=tr!(opd.correct_reason) maxlength=500 required=true/></div>
            })}
            {surely(&asked)}
            <div class="form__actions">
                <Button label=tr!(opd.save_vitals) tone=ButtonTone::Primary glyph=Glyph::Check key="Ctrl+Enter"/>
                <LinkButton href=back label=away/>
            </div>
        </Form>
    }
    .into_any()
}

/// Shows the field for the age group by which the values of a patient without a birth date are judged.
fn age_field(stated: &'static str) -> AnyView {
    let choices = AgeGroup::ALL.iter().map(|one| Choice::new(one.as_str(), one.words())).collect::<Vec<_>>();
    view! {
        <div class="field--wide">
            <SelectField name="age_group" label=tr!(opd.age_group) hint=tr!(opd.hint_age_group) choices=choices value=stated prompt=tr!(opd.age_not_stated)/>
        </div>
    }
    .into_any()
}

/// Shows the fields. Call it within the form, so that each field finds its own refused value. The two pressures stand side by
/// side, and `consciousness` comes after the last field that belongs to the score.
fn number_fields(fields: Vec<(Measure, String, String)>, consciousness: impl FnOnce() -> AnyView) -> AnyView {
    let field = |(index, (measure, hint, value)): (usize, (Measure, String, String))| {
        view! {
            <NumberField
                name=measure.as_str()
                label=measure.words()
                unit=measure.unit()
                value=value
                decimal=measure.is_decimal()
                hint=hint
                autofocus={index == 0}
            />
        }
        .into_any()
    };
    let mut fields = fields.into_iter().enumerate();
    let mut views = Vec::new();
    let mut consciousness = Some(consciousness);
    while let Some(one) = fields.next() {
        let (systolic, last_scored) = (one.1.0 == Measure::Systolic, one.1.0 == Measure::Oxygen);
        let with = if systolic { fields.next() } else { None };
        views.push(match with {
            Some(other) => view! { <div class="vitals-form__pair">{field(one)}{field(other)}</div> }.into_any(),
            None => field(one),
        });
        if last_scored {
            views.extend(consciousness.take().map(|view| view()));
        }
    }
    views.into_any()
}

/// Returns the time of a set if it was taken today, otherwise the date.
pub(super) fn when(local: chrono::NaiveDateTime, today: chrono::NaiveDate) -> String {
    if local.date() == today { time::show_time(local.time()) } else { time::show_date(local.date()) }
}
