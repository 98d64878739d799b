//! Shows the entries of an encounter for later reading: the signed note with its addenda, diagnoses, prescriptions.

use leptos::prelude::*;

use crate::{
    clinical::{
        Addendum, Diagnosis, Meaning, Note, NoteState, Prescription, PrescriptionState, Rank, Signature, Summary, Verdict, section_heading,
    },
    core::{
        AddendumId,
        time::{self, Zone},
    },
    tr,
    ui::{Button, ButtonTone, Dialog, Form, Glyph, Icon, NoticeBox, PasswordField, StatusBadge, TextArea, TextField, Tone},
};

/// The note's sections with its signature; empty sections are left out.
pub fn note(note: &Note, zone: Zone) -> AnyView {
    let sections = note
        .text
        .sections()
        .into_iter()
        .filter(|(_, text)| !text.trim().is_empty())
        .map(|(name, text)| view! { <div class="note__section"><h4>{section_heading(name)}</h4><p class="prose">{text.to_owned()}</p></div> })
        .collect_view();
    let signature = note.signature.as_ref().map(|signature| {
        view! { <p class="signed__by"><Icon glyph=Glyph::Sign/>{signature_words(signature, zone)}</p> }
    });
    let changed = note.is_broken().then(|| {
        view! { <NoticeBox tone=Tone::Critical title=tr!(clinical.not_genuine)><p>{tr!(clinical.not_genuine_text)}</p></NoticeBox> }
    });
    let draft = (note.state == NoteState::Draft).then(|| view! { <p><StatusBadge tone=Tone::Waiting label=tr!(clinical.draft)/></p> });
    view! { <div class="note signed">{changed}{draft}{sections}{signature}</div> }.into_any()
}

/// Returns the signer, the time, and whether the signature is valid.
pub fn signature_words(signature: &Signature, zone: Zone) -> String {
    let (name, at) = (signature.name.clone(), time::show_date_time(zone.local(signature.at)));
    match (signature.verdict, signature.meaning) {
        (Verdict::Verified, Meaning::Imported) => tr!(clinical.signed_elsewhere, name = name, at = at),
        (Verdict::Verified, _) => tr!(clinical.signed_verified, name = name, at = at),
        (Verdict::Broken, _) => tr!(clinical.signed_broken, name = name, at = at),
        (Verdict::Unchecked, _) => tr!(clinical.signed_by, name = name, at = at),
    }
}

/// Returns the author of an addendum, the time, and whether its signature is valid.
pub fn added_words(addendum: &Addendum, zone: Zone) -> String {
    let (name, at) = (addendum.by.clone(), time::show_date_time(zone.local(addendum.at)));
    if addendum.verdict == Verdict::Broken {
        tr!(clinical.added_broken, name = name, at = at)
    } else {
        tr!(clinical.added_by, name = name, at = at)
    }
}

/// Shows the addenda.
pub fn addenda(addenda: &[Addendum], zone: Zone) -> Option<AnyView> {
    (!addenda.is_empty()).then(|| {
        let lines = addenda
            .iter()
            .map(|addendum| {
                let by = added_words(addendum, zone);
                view! { <li class="signed"><p class="prose">{addendum.body.clone()}</p><p class="signed__by"><Icon glyph=Glyph::Plus/>{by}</p></li> }
            })
            .collect_view();
        view! { <div class="stack stack--tight"><h4>{tr!(clinical.addenda)}</h4><ul class="stack stack--tight">{lines}</ul></div> }.into_any()
    })
}

/// The diagnoses, the primary one first.
pub fn diagnoses(diagnoses: &[Diagnosis]) -> Option<AnyView> {
    (!diagnoses.is_empty()).then(|| {
        let lines = diagnoses
            .iter()
            .map(|diagnosis| {
                let rank = (diagnosis.rank == Rank::Primary && diagnoses.len() > 1).then(|| format!(", {}", diagnosis.rank.words().to_lowercase()));
                let certainty = diagnosis.certainty.words().to_lowercase();
                view! {
                    <li><span class="code">{diagnosis.code.clone()}</span>" "{diagnosis.description.clone()}<span class="muted small">" "{certainty}{rank}</span></li>
                }
            })
            .collect_view();
        view! { <ul class="stack stack--tight">{lines}</ul> }.into_any()
    })
}

/// The prescriptions; when `stoppable`, each active one has a link to stop it.
pub fn prescriptions(prescriptions: &[Prescription], stoppable: bool) -> Option<AnyView> {
    (!prescriptions.is_empty()).then(|| {
        let lines = prescriptions.iter().map(|prescription| prescription_line(prescription, stoppable)).collect_view();
        view! { <ul class="stack stack--tight">{lines}</ul> }.into_any()
    })
}

fn prescription_line(prescription: &Prescription, stoppable: bool) -> AnyView {
    let tone = match prescription.state {
        PrescriptionState::Active => Tone::Done,
        PrescriptionState::Draft => Tone::Waiting,
        PrescriptionState::Stopped | PrescriptionState::Completed | PrescriptionState::EnteredInError => Tone::Inactive,
    };
    let reason = (!prescription.stop_reason.is_empty()).then(|| format!(": {}", prescription.stop_reason));
    let warned = (!prescription.override_reason.is_empty()).then(|| {
        view! { <p class="small">{tr!(clinical.despite_warning, reason = prescription.override_reason.clone())}</p> }
    });
    let fixed = (!prescription.dosage.no_substitution.is_empty()).then(|| {
        let words = tr!(clinical.not_substituted, reason = prescription.dosage.no_substitution.clone());
        view! { <p class="small">{words}</p> }
    });
    let instructions = (!prescription.dosage.instructions.is_empty())
        .then(|| view! { <p class="small muted">{prescription.dosage.instructions.clone()}</p> });
    let stop = (stoppable && prescription.state == PrescriptionState::Active).then(|| {
        let id = prescription.id.to_string();
        view! {
            <Dialog id=format!("stop-{id}") opens=tr!(clinical.stop) title=tr!(clinical.stop_drug, drug = prescription.drug.clone()) tone=ButtonTone::Quiet>
                <Form
                    action="/api/clinical/stop_prescription"
                    id=format!("stop-form-{id}")
                    hidden=vec![("prescription_id", id), ("back", "chart".to_owned())]
                >
                    <TextField name="reason" label=tr!(clinical.stop_reason) required=true maxlength=500/>
                    <div class="form__actions"><Button label=tr!(clinical.stop_it) tone=ButtonTone::Danger/></div>
                </Form>
            </Dialog>
        }
    });
    let replace = (stoppable && prescription.state == PrescriptionState::Active).then(|| {
        let href = format!("/prescriptions/{}/replace", prescription.id);
        view! { <a class="button button--quiet" href=href><Icon glyph=Glyph::Repeat/>{tr!(clinical.replace)}<span class="visually-hidden">" "{prescription.drug.clone()}</span></a> }
    });
    view! {
        <li class="drug">
            <Icon glyph=Glyph::Pill/>
            <div>
                <strong>{prescription.drug.clone()}</strong>" "{prescription.dosage.sentence()}" "
                <StatusBadge tone label=prescription.state.words()/>{reason}{stop}{replace}
                {instructions}{fixed}{warned}
            </div>
        </li>
    }
    .into_any()
}

/// The form that adds to a signed note.
pub fn addendum_form(summary: &Summary, back: &'static str) -> Option<AnyView> {
    let signed = summary.note.as_ref().is_some_and(|note| note.state == NoteState::Signed);
    signed.then(|| {
        let id = summary.encounter.id.to_string();
        view! {
            <Dialog
                id=format!("addendum-{id}")
                opens=tr!(clinical.add_addendum)
                title=tr!(clinical.addendum)
                action="/api/clinical/add_addendum"
                glyph=Glyph::Plus
            >
                <Form
                    action="/api/clinical/add_addendum"
                    id=format!("addendum-form-{id}")
                    hidden=vec![("encounter_id", id), ("key", AddendumId::new().to_string()), ("back", back.to_owned())]
                >
                    <TextArea name="body" label=tr!(clinical.addendum_text) rows=5 required=true/>
                    <PasswordField name="password" label=tr!(clinical.password_to_sign)/>
                    <div class="form__actions"><Button label=tr!(clinical.sign_addendum) tone=ButtonTone::Primary glyph=Glyph::Sign/></div>
                </Form>
            </Dialog>
        }
        .into_any()
    })
}

/// Links to the printed pages of the encounter.
pub fn papers(summary: &Summary) -> AnyView {
    let sheet = summary.encounter.visit.map(|visit| {
        view! { <a class="button button--quiet" href=format!("/visits/{visit}/summary")><Icon glyph=Glyph::Print/>{tr!(clinical.visit_summary)}</a> }
    });
    let prescription = summary
        .prescriptions
        .iter()
        .any(|prescription| matches!(prescription.state, PrescriptionState::Active | PrescriptionState::Stopped))
        .then(|| {
            let href = format!("/prescriptions/print/{}", summary.encounter.id);
            view! { <a class="button button--quiet" href=href><Icon glyph=Glyph::Print/>{tr!(clinical.prescription)}</a> }
        });
    view! { {sheet}{prescription} }.into_any()
}
