//! The parts of a note that are held back, as staff sees them, and the form that holds one back.

use leptos::prelude::*;

use super::{HiddenFrom, NoteHold, NotePart, acts::PRESCRIPTION};
use crate::{
    clinical::{Prescription, Summary},
    core::{
        NoteHoldId,
        time::{Zone, show_date_time},
    },
    tr,
    ui::{Button, ButtonTone, Choice, Dialog, Form, Glyph, Icon, PostButton, SelectField, TextArea},
};

/// Shows the holds of an encounter; with `may_write` they can be released and new ones made. `back` is `chart`, or empty for the
/// consultation.
pub(in crate::clinical) fn holds_panel(summary: &Summary, zone: Zone, may_write: bool, back: &'static str) -> AnyView {
    let about = |hold: &NoteHold| {
        let one = summary.prescriptions.iter().find(|one| Some(one.id) == hold.prescription);
        one.map(|one| one.drug.clone()).unwrap_or_default()
    };
    let held = summary.holds.iter().map(|hold| line(hold, &about(hold), zone, may_write, back)).collect_view();
    let list = (!summary.holds.is_empty()).then(|| {
        view! { <div class="stack stack--tight"><h4>{tr!(clinical.held_back)}</h4><ul class="stack stack--tight">{held}</ul></div> }
    });
    let more = (may_write && summary.note.is_some()).then(|| form(summary, back));
    view! { {list}{more} }.into_any()
}

/// Shows one hold; `about` is the medicine or the ordered service, empty for a part of a note.
pub(super) fn line(hold: &NoteHold, about: &str, zone: Zone, may_write: bool, back: &'static str) -> AnyView {
    let by = tr!(clinical.held_by, name = hold.held_by.clone(), when = show_date_time(zone.local(hold.held_at)));
    let hidden = vec![("hold_id", hold.id.to_string()), ("back", back.to_owned())];
    let title = match about {
        "" => hold.part.words().to_owned(),
        about => format!("{}: {about}", hold.part.words()),
    };
    let about = title.clone();
    let release = may_write.then(|| {
        view! { <PostButton action="/api/clinical/release_note_part" label=tr!(clinical.release) hidden about tone=ButtonTone::Quiet/> }
    });
    view! {
        <li>
            <Icon glyph=Glyph::Lock/>
            <strong>{title}</strong>": "{hold.hidden_from.words()}". "{hold.reason.clone()}" "
            <span class="muted small">{by}</span>" "{release}
        </li>
    }
    .into_any()
}

/// The readers from whom something can be kept.
pub(super) fn readers() -> Vec<Choice> {
    HiddenFrom::ALL.iter().map(|from| Choice::new(from.as_str(), from.words())).collect()
}

fn form(summary: &Summary, back: &'static str) -> impl IntoView + use<> {
    let id = summary.encounter.id.to_string();
    let held: Vec<NotePart> = summary.holds.iter().map(|hold| hold.part).collect();
    let of_note = NotePart::ALL.iter().filter(|part| part.is_of_note() && !held.contains(part));
    let mut parts = of_note.map(|part| Choice::new(part.as_str(), part.words())).collect::<Vec<_>>();
    let free = |one: &&Prescription| summary.holds.iter().all(|hold| hold.prescription != Some(one.id));
    parts.extend(
        summary
            .prescriptions
            .iter()
            .filter(free)
            .map(|one| Choice::new(format!("{PRESCRIPTION}{}", one.id), format!("{}: {}", NotePart::Prescription.words(), one.drug))),
    );
    let from = readers();
    view! {
        <Dialog
            id=format!("hold-{id}")
            opens=tr!(clinical.hold_back)
            title=tr!(clinical.hold_back)
            action="/api/clinical/hold_note_part"
            tone=ButtonTone::Quiet
            glyph=Glyph::Lock
        >
            <Form
                action="/api/clinical/hold_note_part"
                id=format!("hold-form-{id}")
                hidden=vec![("encounter_id", id), ("key", NoteHoldId::new().to_string()), ("back", back.to_owned())]
            >
                <p>{tr!(clinical.hold_text)}</p>
                <SelectField name="part" label=tr!(clinical.hold_part) choices=parts prompt=tr!(errors.choose) required=true/>
                <SelectField name="hidden_from" label=tr!(clinical.hold_from) choices=from prompt=tr!(errors.choose) required=true/>
                <TextArea name="reason" label=tr!(clinical.hold_reason) hint=tr!(clinical.hold_reason_hint) rows=2 maxlength=500 required=true/>
                <div class="form__actions"><Button label=tr!(clinical.hold_back) tone=ButtonTone::Primary/></div>
            </Form>
        </Dialog>
    }
}
