//! The people who act for the patient, on the record's page.

use leptos::prelude::*;

use super::Guardian;
use crate::{
    accounts::confirm_field,
    core::{PatientId, time::show_date},
    patients::Birth,
    tr,
    ui::{Button, ButtonTone, Dialog, Form, Glyph, Icon, LinkButton, StatusBadge, Tone, refused_for},
};

const END: &str = "/api/patients/end_guardian";

/// Shows a text for a patient without guardians: a warning for a child, who always needs one, and a note for an adult.
fn nobody_named(birth: Birth, is_child: bool) -> AnyView {
    if is_child {
        return view! { <StatusBadge tone=Tone::Warning label=tr!(patients.no_guardian_of_child)/> }.into_any();
    }
    let words = if birth.date.is_none() { tr!(patients.no_guardian_age_unknown) } else { tr!(patients.no_guardians) };
    view! { <p class="muted">{words}</p> }.into_any()
}

/// Shows the list, with a link to add to it for users who may correct the record.
pub fn guardian_panel(patient: PatientId, (birth, is_child): (Birth, bool), guardians: Vec<Guardian>, may_correct: bool) -> AnyView {
    let none = guardians.is_empty();
    let rows = guardians.into_iter().map(|guardian| row(patient, guardian, may_correct)).collect_view();
    let add = may_correct.then(|| {
        let href = format!("/patients/{patient}/guardian");
        view! { <LinkButton href label=tr!(patients.add) glyph=Glyph::Plus tone=ButtonTone::Quiet/> }
    });
    view! {
        <section class="panel" id="guardians">
            <div class="panel__head"><h2>{tr!(patients.guardians)}</h2>{add}</div>
            {if none {
                view! { <div class="panel__body">{nobody_named(birth, is_child)}</div> }.into_any()
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
    let end = may_correct.then(|| end(patient, &guardian.id.to_string(), &name));
    view! {
        <li class="rows__row">
            <Icon glyph=Glyph::Family/>
            <div class="rows__main"><strong>{name.clone()}</strong><br/><span class="muted small">{facts.join(" · ")}</span></div>
            <div class="rows__side">{waits}{end}</div>
        </li>
    }
    .into_any()
}

/// Shows the dialog that ends it, with a password.
fn end(patient: PatientId, guardian: &str, name: &str) -> AnyView {
    let hidden = vec![("patient_id", patient.to_string()), ("guardian", guardian.to_owned())];
    // The row with the refused form opens again.
    let action = if refused_for(END, "guardian", guardian) { END } else { "" };
    let (dialog, form, name) = (format!("end-{guardian}"), format!("end-form-{guardian}"), name.to_owned());
    view! {
        <Dialog id=dialog opens=tr!(patients.guardian_end) title=name action tone=ButtonTone::Quiet>
            <Form action=END id=form hidden>
                <p>{tr!(patients.guardian_end_proof)}</p>
                {confirm_field()}
                <div class="form__actions"><Button label=tr!(patients.guardian_end) tone=ButtonTone::Danger/></div>
            </Form>
        </Dialog>
    }
    .into_any()
}
