//! Who acts for the patient, on the record's page.

use leptos::prelude::*;

use super::{Dependence, Guardian};
use crate::{
    accounts::confirm_field,
    core::{PatientId, time::show_date},
    tr,
    ui::{
        Button, ButtonTone, Choice, Confirm, DateField, Dialog, Form, Glyph, Icon, PostButton, SelectField, StatusBadge, TextField, Tone,
    },
};

const ADD: &str = "/api/patients/add_guardian";

/// The list, and for the desk how to add to it.
pub fn guardian_panel(patient: PatientId, guardians: Vec<Guardian>, may_correct: bool) -> AnyView {
    let none = guardians.is_empty();
    let rows = guardians.into_iter().map(|guardian| row(patient, guardian, may_correct)).collect_view();
    let add = may_correct.then(|| add(patient));
    view! {
        <section class="panel" id="guardians">
            <div class="panel__head"><h2>{tr!(patients.guardians)}</h2>{add}</div>
            {if none {
                view! { <div class="panel__body"><p class="muted">{tr!(patients.no_guardians)}</p></div> }.into_any()
            } else {
                view! { <ul class="rows">{rows}</ul> }.into_any()
            }}
        </section>
    }
    .into_any()
}

fn row(patient: PatientId, guardian: Guardian, may_correct: bool) -> AnyView {
    let name = guardian.name.listed();
    let since = tr!(patients.guardian_since, date = show_date(guardian.from_day));
    let until = tr!(patients.guardian_until, date = show_date(guardian.until_day));
    let mut facts = vec![guardian.kind.guardian_words().to_owned(), guardian.mrn, since, until];
    if !guardian.document.is_empty() {
        facts.push(tr!(patients.guardian_saw, document = guardian.document));
    }
    let waits = guardian.agreed_at.is_none().then(|| view! { <StatusBadge tone=Tone::Waiting label=tr!(patients.guardian_waits)/> });
    let end = may_correct.then(|| {
        let hidden = vec![("patient_id", patient.to_string()), ("guardian", guardian.id.to_string())];
        let about = name.clone();
        view! {
            <Confirm label=tr!(patients.guardian_end) tone=ButtonTone::Quiet text=tr!(patients.guardian_end_text)>
                <PostButton action="/api/patients/end_guardian" label=tr!(patients.guardian_end) hidden about tone=ButtonTone::Danger/>
            </Confirm>
        }
    });
    view! {
        <li class="rows__row">
            <Icon glyph=Glyph::Family/>
            <div class="rows__main"><strong>{name.clone()}</strong><br/><span class="muted small">{facts.join(" · ")}</span></div>
            <div class="rows__side">{waits}{end}</div>
        </li>
    }
    .into_any()
}

fn add(patient: PatientId) -> AnyView {
    let choices = Dependence::ALL.iter().map(|kind| Choice::new(kind.as_str(), kind.words())).collect::<Vec<_>>();
    view! {
        <Dialog id="add-guardian" opens=tr!(patients.add) title=tr!(patients.add_guardian) action=ADD glyph=Glyph::Plus tone=ButtonTone::Quiet>
            <Form action=ADD hidden=vec![("patient_id", patient.to_string())]>
                <p>{tr!(patients.guardian_text)}</p>
                <TextField name="guardian_mrn" label=tr!(patients.guardian_mrn) hint=tr!(patients.guardian_mrn_hint) maxlength=20/>
                <SelectField name="kind" label=tr!(patients.guardian_kind) choices prompt=tr!(errors.choose)/>
                <DateField name="until" label=tr!(patients.guardian_last_day) hint=tr!(patients.guardian_last_day_hint)/>
                <TextField name="document" label=tr!(patients.guardian_document) hint=tr!(patients.guardian_document_hint) maxlength=200/>
                {confirm_field()}
                <div class="form__actions"><Button label=tr!(ui.save) tone=ButtonTone::Primary/></div>
            </Form>
        </Dialog>
    }
    .into_any()
}
