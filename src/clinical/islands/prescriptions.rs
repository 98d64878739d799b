//! The prescriptions of a consultation. Choosing a medicine fills in its usual dosage and shows its warnings for this
//! patient at once; then the form asks for the reason to prescribe it in spite of them.

mod warned;

use leptos::{ev, html, prelude::*, task::spawn_local, web_sys::HtmlInputElement};
use wasm_bindgen::JsCast as _;

use super::{
    fields::{Complaint, Complaints, FieldComplaint, Line, Pick},
    sheet::Sheet,
};
use warned::{bring_into_view, warned};

use crate::{
    clinical::{
        Frequency, Route, api,
        worksheet::{DrugFacts, PrescriptionLine, Refused, Worksheet},
    },
    core::{Error, FieldError, Result, VisitId},
    tr,
    ui::{Button, Choice, Combobox, Glyph, Icon, StatusBadge, Suggestion, Tone},
};

#[derive(Clone, Copy)]
struct Panel {
    sheet: Sheet,
    lines: Memo<Vec<PrescriptionLine>>,
    /// The medicines that can be prescribed again with one click.
    repeatable: Memo<Vec<PrescriptionLine>>,
    drug_id: RwSignal<String>,
    dose: RwSignal<String>,
    route: RwSignal<String>,
    frequency: RwSignal<String>,
    days: RwSignal<String>,
    as_needed: RwSignal<bool>,
    most: RwSignal<String>,
    instructions: RwSignal<String>,
    no_substitution: RwSignal<String>,
    reason: RwSignal<String>,
    /// The warnings about the medicine.
    warning: RwSignal<String>,
    /// Their digest, sent along with the reason.
    seen: RwSignal<String>,
    /// The patient's allergies were never asked about.
    not_asked: RwSignal<bool>,
    /// A sentence about a name that cannot be checked, and the name that the doctor confirmed.
    unchecked: RwSignal<String>,
    confirmed: RwSignal<String>,
    /// Facts about the medicine that need no answer.
    info: RwSignal<String>,
    /// The name of the medicine that the warnings are about.
    about: StoredValue<String>,
    complaints: Complaints,
    form: NodeRef<html::Form>,
}

impl Panel {
    fn new(visit: String, lines: Vec<PrescriptionLine>, repeatable: Vec<PrescriptionLine>, refused: &Refused) -> Self {
        let typed = |name: &str| RwSignal::new(refused.value(name));
        let said =
            |field: &str| refused.errors.iter().find(|error| error.field == field).map(|error| error.message.clone()).unwrap_or_default();
        let sheet = Sheet::of_page(visit);
        Self {
            sheet,
            lines: sheet.lines(lines, |worksheet| &worksheet.prescriptions),
            repeatable: sheet.lines(repeatable, |worksheet| &worksheet.repeatable),
            drug_id: typed("drug_id"),
            dose: typed("dose"),
            route: RwSignal::new(
                Some(refused.value("route")).filter(|route| !route.is_empty()).unwrap_or_else(|| Route::Oral.as_str().to_owned()),
            ),
            frequency: typed("frequency"),
            days: typed("days"),
            as_needed: RwSignal::new(!refused.value("as_needed").is_empty()),
            most: typed("max_per_day"),
            instructions: typed("instructions"),
            no_substitution: typed("no_substitution"),
            reason: typed("override_reason"),
            warning: RwSignal::new(said("override_reason")),
            seen: RwSignal::new(said("seen")),
            not_asked: RwSignal::new(!said("allergies").is_empty()),
            unchecked: RwSignal::new(said("confirmed")),
            confirmed: RwSignal::new(refused.value("confirmed")),
            info: RwSignal::new(String::new()),
            about: StoredValue::new(refused.value("drug")),
            complaints: Complaints::new(refused.errors.clone(), refused.message.clone()),
            form: NodeRef::new(),
        }
    }

    fn visit(self) -> Option<VisitId> {
        self.sheet.visit()
    }

    /// Handles a medicine chosen from the list.
    fn chosen(self, drug: Suggestion) {
        self.drug_id.set(drug.value.clone());
        self.reason.set(String::new());
        self.no_warning();
        let Some(visit) = self.visit() else { return };
        spawn_local(async move {
            let Ok(facts) = api::look_up_drug(visit, drug.value, String::new()).await else { return };
            self.dose.set(facts.dose.clone());
            if facts.route.parse::<Route>().is_ok() {
                self.route.set(facts.route.clone());
            }
            if facts.frequency.parse::<Frequency>().is_ok() {
                self.frequency.set(facts.frequency.clone());
            }
            self.warn(drug.label, facts);
            bring_into_view("rx-careful", "");
        });
    }

    /// Shows the warnings about this medicine.
    fn warn(self, drug: String, facts: DrugFacts) {
        self.about.set_value(drug);
        self.confirmed.set(String::new());
        self.seen.set(facts.seen);
        self.not_asked.set(facts.not_asked);
        self.unchecked.set(facts.unchecked);
        self.info.set(facts.info);
        self.warning.set(facts.warning);
    }

    fn no_warning(self) {
        self.about.set_value(String::new());
        for field in [self.warning, self.seen, self.unchecked, self.confirmed, self.info] {
            field.set(String::new());
        }
        self.not_asked.set(false);
    }

    /// Returns the question that is still unanswered, if the warnings are about this medicine: the id of its field, and an
    /// instruction.
    fn open_question(self, drug: &str) -> Option<(&'static str, &'static str, &'static str)> {
        if self.about.with_value(|about| about.trim() != drug.trim()) {
            return None;
        }
        let needs_reason =
            self.warning.with_untracked(|warning| !warning.is_empty()) && self.reason.with_untracked(|reason| reason.trim().is_empty());
        let needs_tick = self.unchecked.with_untracked(|words| !words.is_empty()) && self.confirmed.with_untracked(String::is_empty);
        match (needs_reason, needs_tick) {
            (true, _) => Some(("reason", "rx-override", tr!(clinical.say_why))),
            (false, true) => Some(("tick", "rx-confirmed", tr!(clinical.tick_to_confirm))),
            (false, false) => None,
        }
    }

    /// Returns an input of the form; the combobox keeps its own text there.
    fn input(self, name: &str) -> Option<HtmlInputElement> {
        let form = self.form.get_untracked()?;
        let found = form.query_selector(&format!("[name={name}]")).ok().flatten()?;
        Some(found.unchecked_into())
    }

    fn submitted(self, event: &ev::SubmitEvent) {
        event.prevent_default();
        let Some(visit) = self.visit() else { return };
        let drug = self.input("drug").map(|input| input.value()).unwrap_or_default();
        let chosen = self.input("drug_id").map(|input| input.value()).unwrap_or_default();
        let as_needed = if self.as_needed.get_untracked() { "on".to_owned() } else { String::new() };
        if let Some((field, id, words)) = self.open_question(&drug) {
            self.complaints.fields.set(vec![FieldError { field: field.to_owned(), message: words.to_owned() }]);
            bring_into_view("rx-careful", id);
            return;
        }
        spawn_local(async move {
            // The server looks up a typed name first, so that its warnings are shown before the prescription is sent.
            if !drug.trim().is_empty() && self.about.with_value(|about| about.trim() != drug.trim()) {
                match api::look_up_drug(visit, chosen.clone(), drug.clone()).await {
                    Ok(facts) => self.warn(drug.clone(), facts),
                    Err(error) => return self.answered(0, Err(error)),
                }
                if let Some((_, id, _)) = self.open_question(&drug) {
                    self.complaints.clear();
                    bring_into_view("rx-careful", id);
                    return;
                }
            }
            let number = self.sheet.begin();
            let answer = api::prescribe(
                visit,
                drug,
                chosen,
                self.dose.get_untracked(),
                self.route.get_untracked(),
                self.frequency.get_untracked(),
                self.days.get_untracked(),
                as_needed,
                self.most.get_untracked(),
                self.instructions.get_untracked(),
                self.no_substitution.get_untracked(),
                self.reason.get_untracked(),
                self.seen.get_untracked(),
                self.confirmed.get_untracked(),
            )
            .await;
            if answer.is_ok() {
                self.start_again();
            }
            self.answered(number, answer);
        });
    }

    fn start_again(self) {
        let texts = [self.drug_id, self.dose, self.frequency, self.days, self.most, self.instructions, self.no_substitution, self.reason];
        for field in texts {
            field.set(String::new());
        }
        self.no_warning();
        self.as_needed.set(false);
        self.route.set(Route::Oral.as_str().to_owned());
        // The combobox keeps its own text.
        if let Some(drug) = self.input("drug") {
            drug.set_value("");
        }
        self.focus();
    }

    /// Moves the focus to the drug field when the button that had the focus was removed.
    fn focus(self) {
        if let Some(drug) = self.input("drug") {
            let _ = drug.focus();
        }
    }

    fn answered(self, number: u64, answer: Result<Worksheet, Error>) {
        match self.sheet.answered(number, answer) {
            Ok(()) => self.complaints.clear(),
            Err(error) => {
                self.complaints.note(&error);
                let said = |field: &str| self.complaints.of_now(field).unwrap_or_default();
                let (warning, unchecked) = (said("override_reason"), said("confirmed"));
                if warning.is_empty() && unchecked.is_empty() {
                    return;
                }
                self.seen.set(said("seen"));
                self.not_asked.set(!said("allergies").is_empty());
                let first = if warning.is_empty() { "rx-confirmed" } else { "rx-override" };
                if !unchecked.is_empty() {
                    self.unchecked.set(unchecked);
                    self.confirmed.set(String::new());
                }
                self.warning.set(warning);
                bring_into_view("rx-careful", first);
            }
        }
    }

    /// Records that the patient was asked and has no allergies.
    fn none_known(self, patient: &str) {
        let Ok(patient) = patient.parse() else { return };
        spawn_local(async move {
            match crate::patients::api::no_allergies(patient, String::new()).await {
                Ok(()) => {
                    self.complaints.clear();
                    self.no_warning();
                    self.focus();
                }
                Err(error) => self.complaints.note(&error),
            }
        });
    }

    fn remove(self, id: &str) {
        let Ok(id) = id.parse() else { return };
        let number = self.sheet.begin();
        spawn_local(async move {
            self.answered(number, api::stop_prescription(id, String::new(), String::new()).await);
            self.focus();
        });
    }

    fn repeat(self, id: &str) {
        let (Some(visit), Ok(id)) = (self.visit(), id.parse()) else { return };
        let number = self.sheet.begin();
        spawn_local(async move {
            self.answered(number, api::repeat_prescription(visit, id).await);
            self.focus();
        });
    }
}

async fn fetch(text: String) -> Result<Vec<Suggestion>> {
    let found = api::find_drugs(text).await?;
    Ok(found.into_iter().map(|drug| Suggestion { value: drug.id, label: drug.name, detail: drug.detail }).collect())
}

/// The prescriptions of a visit's consultation, and the form that adds one.
#[island(lazy)]
pub fn Prescriptions(
    visit: String,
    patient: String,
    lines: Vec<PrescriptionLine>,
    repeatable: Vec<PrescriptionLine>,
    refused: Option<Refused>,
) -> impl IntoView {
    let refused = refused.unwrap_or_default();
    let panel = Panel::new(visit.clone(), lines, repeatable, &refused);
    let typed = Suggestion { label: refused.value("drug"), value: refused.value("drug_id"), ..Suggestion::default() };
    let routes = Route::ALL.iter().map(|route| Choice::new(route.as_str(), route.words())).collect::<Vec<_>>();
    let frequencies = Frequency::ALL.iter().map(|frequency| Choice::new(frequency.as_str(), frequency.words())).collect::<Vec<_>>();
    #[cfg(feature = "hydrate")]
    if let Some(field) = super::fields::field_there("rx-as_needed") {
        panel.as_needed.set(field.checked());
    }
    view! {
        <ul class="rows"><For each=move || panel.lines.get() key=PrescriptionLine::clone children=move |line| row(panel, line)/></ul>
        {repeats(panel)}
        <form
            method="post"
            action="/api/clinical/prescribe"
            class="panel__body prescribe"
            node_ref=panel.form
            on:submit=move |event| panel.submitted(&event)
        >
            <input type="hidden" name="visit_id" value=visit/>
            <div class="prescribe__drug">
                <Combobox
                    name="drug"
                    label=tr!(clinical.medicine)
                    fetch
                    initial=typed
                    key="m"
                    on_select=Callback::new(move |drug| panel.chosen(drug))
                    complaint="drug-complaint"
                />
                <FieldComplaint complaints=panel.complaints name="drug" id="drug-complaint".to_owned()/>
            </div>
            <Line name="dose" label=tr!(clinical.dose) value=panel.dose complaints=panel.complaints/>
            <Pick name="route" label=tr!(clinical.route) value=panel.route choices=routes complaints=panel.complaints/>
            <Pick name="frequency" label=tr!(clinical.frequency) value=panel.frequency choices=frequencies complaints=panel.complaints prompt=tr!(clinical.choose)/>
            <Line name="days" label=tr!(clinical.days) value=panel.days complaints=panel.complaints maxlength=3 numeric=true/>
            <Line name="instructions" label=tr!(clinical.instructions) value=panel.instructions complaints=panel.complaints maxlength=500 class="prescribe__wide"/>
            <Line name="no_substitution" label=tr!(clinical.no_substitution) value=panel.no_substitution complaints=panel.complaints maxlength=200 class="prescribe__wide"/>
            <label class="choice">
                <input
                    type="checkbox"
                    id="rx-as_needed"
                    name="as_needed"
                    checked=panel.as_needed.get_untracked()
                    prop:checked=move || panel.as_needed.get()
                    on:change=move |event| panel.as_needed.set(event_target_checked(&event))
                />
                <span class="choice__text">{tr!(clinical.as_needed)}</span>
            </label>
            <FieldComplaint complaints=panel.complaints name="as_needed" id="rx-as_needed-error".to_owned()/>
            <Line name="max_per_day" label=tr!(clinical.max_per_day) value=panel.most complaints=panel.complaints maxlength=2 numeric=true/>
            <div class="prescribe__all" role="alert">{move || warned(panel, &patient)}</div>
            <p class="prescribe__all small" role="status">{move || panel.info.get()}</p>
            <div class="form__actions prescribe__all"><Button label=tr!(clinical.prescribe) glyph=Glyph::Plus/></div>
            <Complaint complaints=panel.complaints/>
        </form>
    }
}

/// Shows the medicines that the patient takes or took recently, each with a button that prescribes it again.
fn repeats(panel: Panel) -> impl IntoView {
    view! {
        <div class="repeats" hidden=move || panel.repeatable.with(Vec::is_empty)>
            <h3 class="repeats__head">{tr!(clinical.before_now)}</h3>
            <ul class="rows"><For each=move || panel.repeatable.get() key=PrescriptionLine::clone children=move |line| repeat(panel, line)/></ul>
        </div>
    }
}

fn repeat(panel: Panel, line: PrescriptionLine) -> AnyView {
    let PrescriptionLine { id, drug, sentence, .. } = line;
    let repeated = id.clone();
    view! {
        <li class="rows__row">
            <div class="rows__main">{drug.clone()}" "<span class="muted small">{sentence}</span></div>
            <div class="rows__side">
                <form method="post" action="/api/clinical/repeat_prescription" class="post-button" on:submit=move |event| { event.prevent_default(); panel.repeat(&repeated); }>
                    <input type="hidden" name="visit_id" value=panel.sheet.visit_text()/>
                    <input type="hidden" name="prescription_id" value=id/>
                    <button class="button" type="submit">
                        <Icon glyph=Glyph::Repeat/>{tr!(clinical.repeat)}<span class="visually-hidden">" "{drug}</span>
                    </button>
                </form>
            </div>
        </li>
    }
    .into_any()
}

fn row(panel: Panel, line: PrescriptionLine) -> AnyView {
    let PrescriptionLine { id, drug, outside, dose_unchecked, sentence, instructions, no_substitution, override_reason } = line;
    let outside = outside.then(|| view! { " "<StatusBadge tone=Tone::Inactive label=tr!(clinical.outside_list)/> });
    let unchecked = dose_unchecked.then(|| view! { " "<StatusBadge tone=Tone::Warning label=tr!(clinical.dose_unchecked)/> });
    let to_remove = id.clone();
    let note = (!override_reason.is_empty()).then(|| {
        view! { <p class="small is-warning"><Icon glyph=Glyph::Warning/>" "{tr!(clinical.despite_warning, reason = override_reason)}</p> }
    });
    view! {
        <li class="rows__row">
            <Icon glyph=Glyph::Pill/>
            <div class="rows__main">
                <strong>{drug.clone()}</strong>" "{sentence}{outside}{unchecked}
                {(!instructions.is_empty()).then(|| view! { <p class="small muted">{instructions}</p> })}
                {(!no_substitution.is_empty()).then(|| view! { <p class="small">{tr!(clinical.not_substituted, reason = no_substitution)}</p> })}
                {note}
            </div>
            <div class="rows__side">
                <form method="post" action="/api/clinical/stop_prescription" class="post-button" on:submit=move |event| { event.prevent_default(); panel.remove(&to_remove); }>
                    <input type="hidden" name="prescription_id" value=id/>
                    <button class="button button--quiet button--icon" type="submit" title=tr!(clinical.remove)>
                        <Icon glyph=Glyph::Close/>
                        <span class="visually-hidden">{tr!(clinical.remove)}" "{drug}</span>
                    </button>
                </form>
            </div>
        </li>
    }
    .into_any()
}
