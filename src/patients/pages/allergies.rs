//! The allergies on a patient's record.

use leptos::prelude::*;

use crate::{
    core::{
        AllergyId, PatientId,
        form::FormState,
        time::{Zone, show_date},
    },
    patients::{Allergy, AllergyCategory, AllergyStatus, AllergyVerdict, Criticality, Severity},
    tr,
    ui::{
        Button, ButtonTone, CheckboxField, Choice, Dialog, Form, Glyph, PostButton, RadioField, SelectField, StatusBadge, TextField, Tone,
    },
};

const ADD: &str = "/api/patients/add_allergy";
const ASSESS: &str = "/api/patients/assess_allergy";
const IN_ERROR: &str = "/api/patients/allergy_in_error";

/// The acts that the reader of the list may do: record and correct, and assess as a doctor.
#[derive(Clone, Copy, Debug)]
pub struct MayDo {
    pub record: bool,
    pub assess: bool,
}

/// Shows the list, the form to add to it, and the button to record that there are none.
pub fn allergy_panel(patient: PatientId, status: AllergyStatus, list: Vec<Allergy>, zone: Zone, may: MayDo) -> AnyView {
    let may_record = may.record;
    let none_active = !list.iter().any(Allergy::counts);
    let statement = match status {
        AllergyStatus::NoneKnown if none_active => Some((Tone::Done, tr!(ui.no_known_allergies))),
        _ if none_active => Some((Tone::Warning, tr!(ui.allergies_not_recorded))),
        _ => None,
    };
    let none_known = (may_record && none_active && status != AllergyStatus::NoneKnown).then(|| {
        let hidden = vec![("patient_id", patient.to_string())];
        view! { <PostButton action="/api/patients/no_allergies" label=tr!(patients.none_known) hidden glyph=Glyph::Check tone=ButtonTone::Quiet/> }
    });
    let rows = list.into_iter().map(|allergy| row(patient, allergy, zone, may)).collect_view();
    view! {
        <section class="panel" id="allergies">
            <div class="panel__head">
                <h2>{tr!(patients.allergies)}</h2>
                <div class="cluster">{none_known}{may_record.then(|| add(patient))}</div>
            </div>
            {statement.map(|(tone, label)| view! { <div class="panel__body"><StatusBadge tone label/></div> })}
            <ul class="rows">{rows}</ul>
        </section>
    }
    .into_any()
}

fn row(patient: PatientId, allergy: Allergy, zone: Zone, may: MayDo) -> AnyView {
    let wrong = allergy.entered_in_error_at;
    let (tone, label) = match () {
        () if wrong.is_some() => (Tone::Inactive, tr!(patients.in_error).to_owned()),
        () if allergy.verification == "refuted" => (Tone::Inactive, tr!(patients.verdict_refuted).to_owned()),
        () if !allergy.counts() => (Tone::Inactive, tr!(patients.not_active).to_owned()),
        () if allergy.is_severe() => (Tone::Critical, tr!(ui.severe_allergy).to_owned()),
        () => (Tone::Warning, tr!(ui.allergy).to_owned()),
    };
    let mut facts = vec![allergy.category.words().to_owned()];
    if !allergy.reaction.is_empty() {
        facts.push(allergy.reaction.clone());
    }
    if allergy.severity != Severity::NotTold {
        facts.push(allergy.severity.words().to_owned());
    }
    facts.push(tr!(patients.recorded_by, name = allergy.recorded_by_name.clone(), when = show_date(zone.day(allergy.recorded_at))));
    match (wrong, allergy.assessed_at, &allergy.assessed_by_name) {
        (Some(_), ..) => facts.push(allergy.error_reason.clone()),
        (None, Some(at), Some(name)) => {
            let verified = if allergy.verification == "confirmed" { tr!(patients.verdict_confirmed) } else { "" };
            facts.extend((!verified.is_empty()).then(|| verified.to_owned()));
            facts.push(tr!(patients.assessed_by, name = name.clone(), when = show_date(zone.day(at))));
            facts.extend((!allergy.assessed_why.is_empty()).then(|| allergy.assessed_why.clone()));
        }
        _ if allergy.verification == "unconfirmed" => facts.push(tr!(patients.unconfirmed).to_owned()),
        _ => {}
    }
    let judge = (may.assess && wrong.is_none()).then(|| assess(patient, &allergy));
    let correct = (may.record && wrong.is_none()).then(|| mark_wrong(patient, allergy.id, &allergy.substance));
    let class = if wrong.is_some() { "rows__row is-wrong" } else { "rows__row" };
    view! {
        <li class=class>
            <div class="rows__main">
                <div class="cluster"><strong>{allergy.substance}</strong><StatusBadge tone label/></div>
                <span class="muted small">{facts.join(" · ")}</span>
            </div>
            <div class="rows__side cluster">{judge}{correct}</div>
        </li>
    }
    .into_any()
}

/// The verdict of a doctor.
fn assess(patient: PatientId, allergy: &Allergy) -> AnyView {
    let id = allergy.id.to_string();
    let refused = use_context::<FormState>().is_some_and(|form| form.action == ASSESS && form.value("allergy_id") == Some(&id));
    let hidden = vec![("patient_id", patient.to_string()), ("allergy_id", id.clone())];
    let choices = AllergyVerdict::of(allergy).map(|verdict| Choice::new(verdict.as_str(), verdict.words())).collect::<Vec<_>>();
    let title = tr!(patients.assess_title, substance = allergy.substance.clone());
    let (dialog, form) = (format!("assess-{id}"), format!("assess-form-{id}"));
    view! {
        <Dialog id=dialog opens=tr!(patients.assess) title action=if refused { ASSESS } else { "" } tone=ButtonTone::Quiet>
            <Form action=ASSESS id=form hidden>
                <RadioField name="verdict" label=tr!(patients.verdict) choices/>
                <TextField name="reason" label=tr!(patients.reason) hint=tr!(patients.assess_hint) maxlength=500 optional=true/>
                <div class="form__actions"><Button label=tr!(ui.save) tone=ButtonTone::Primary/></div>
            </Form>
        </Dialog>
    }
    .into_any()
}

fn mark_wrong(patient: PatientId, allergy: AllergyId, substance: &str) -> AnyView {
    // The page has several such dialogs: only the refused one opens again.
    let refused =
        use_context::<FormState>().is_some_and(|form| form.action == IN_ERROR && form.value("allergy_id") == Some(&allergy.to_string()));
    let id = format!("wrong-{allergy}");
    let form_id = format!("wrong-form-{allergy}");
    let hidden = vec![("patient_id", patient.to_string()), ("allergy_id", allergy.to_string())];
    let title = tr!(patients.mark_wrong_title, substance = substance.to_owned());
    view! {
        <Dialog id opens=tr!(patients.mark_wrong) title action=if refused { IN_ERROR } else { "" } tone=ButtonTone::Quiet>
            <Form action=IN_ERROR id=form_id hidden>
                <p>{tr!(patients.mark_wrong_text)}</p>
                <TextField name="reason" label=tr!(patients.reason) maxlength=500/>
                <div class="form__actions"><Button label=tr!(patients.mark_wrong) tone=ButtonTone::Danger/></div>
            </Form>
        </Dialog>
    }
    .into_any()
}

/// Shows the checkbox that confirms a severe reaction together with a low criticality, after the server asked about it.
fn surely() -> Option<AnyView> {
    let refused = use_context::<FormState>().filter(|state| state.action == ADD)?;
    refused
        .errors
        .iter()
        .any(|error| error.field == "sure")
        .then(|| view! { <CheckboxField name="sure" label=tr!(patients.severe_and_low_sure) value=Severity::Severe.as_str()/> }.into_any())
}

fn add(patient: PatientId) -> AnyView {
    let categories = AllergyCategory::ALL.iter().map(|category| Choice::new(category.as_str(), category.words())).collect::<Vec<_>>();
    let criticalities =
        Criticality::ALL.iter().map(|criticality| Choice::new(criticality.as_str(), criticality.words())).collect::<Vec<_>>();
    let severities = Severity::ALL.iter().skip(1).map(|severity| Choice::new(severity.as_str(), severity.words())).collect::<Vec<_>>();
    let hidden = vec![("patient_id", patient.to_string()), ("key", AllergyId::new().to_string())];
    view! {
        <Dialog id="add-allergy" opens=tr!(patients.add) title=tr!(patients.add_allergy) action=ADD glyph=Glyph::Plus tone=ButtonTone::Quiet>
            <Form action=ADD hidden>
                <TextField name="substance" label=tr!(patients.substance) hint=tr!(patients.substance_hint) maxlength=200 autocomplete="off"/>
                <SelectField name="category" label=tr!(patients.category) choices=categories prompt=tr!(patients.choose)/>
                <TextField name="reaction" label=tr!(patients.reaction) hint=tr!(patients.reaction_hint) maxlength=500 optional=true/>
                <SelectField name="severity" label=tr!(patients.severity) choices=severities prompt=tr!(patients.severity_unknown) optional=true/>
                <RadioField name="criticality" label=tr!(patients.criticality) choices=criticalities/>
                {surely()}
                <div class="form__actions"><Button label=tr!(ui.save) tone=ButtonTone::Primary/></div>
            </Form>
        </Dialog>
    }
    .into_any()
}
