//! The parts that several pages of the round share.

use leptos::prelude::*;
use serde::Deserialize;

use crate::{
    accounts,
    core::{
        AdmissionId, FollowUpId, PatientId, ServiceId, StaffId, StayNoteId, VisitTypeId,
        time::{Instant, Zone, show_date_time},
    },
    rounds::{
        notes::{SECTIONS, StayNote, StayNoteText},
        vocabulary::{StayNoteKind, StayNoteStyle},
    },
    tr,
    ui::{
        Button, ButtonTone, Choice, Form, NumberField, RadioField, SelectField, StatusBadge, Tab, Tabs, TextArea, TextField, Toast, Tone,
    },
};

/// The act that was just done.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct StayDoneQuery {
    pub done: String,
}

/// Shows the message for the act that was just done.
pub(super) fn toast(done: &str) -> Option<AnyView> {
    let text = match done {
        "saved" => tr!(rounds.done_saved),
        "prescribed" => tr!(rounds.done_prescribed),
        "signed" => tr!(rounds.done_signed),
        "discarded" => tr!(rounds.done_discarded),
        "addendum" => tr!(rounds.done_addendum),
        "ordered" => tr!(rounds.done_ordered),
        "proposed" => tr!(rounds.done_proposed),
        "declined" => tr!(rounds.done_declined),
        _ => return None,
    };
    Some(view! { <Toast text/> }.into_any())
}

/// The tabs over the doctor's pages of a stay; `current` is the last part of the page's address.
pub(super) fn tabs(id: AdmissionId, current: &str) -> AnyView {
    let tab = |path: &'static str, label: &'static str| Tab::new(format!("/admissions/{id}/{path}"), label, path == current);
    let tabs = vec![
        tab("round", tr!(rounds.round)),
        tab("notes", tr!(rounds.notes)),
        tab("requests", tr!(rounds.requests)),
        tab("take-home", tr!(rounds.take_home)),
        tab("stay-summary", tr!(rounds.summary)),
    ];
    view! { <Tabs label=tr!(rounds.stay) tabs/> }.into_any()
}

/// A text with its lines.
pub(super) fn lines(text: &str) -> AnyView {
    text.lines().map(|line| view! { {line.to_owned()}<br/> }).collect_view().into_any()
}

/// A time with its date.
pub(super) fn when(at: Instant, zone: Zone) -> String {
    show_date_time(zone.local(at))
}

/// The form of a note: a new one of a stay, or the draft `draft`.
pub(super) fn note_form(stay: AdmissionId, kinds: &[StayNoteKind], draft: Option<&StayNote>) -> AnyView {
    let text = draft.map_or_else(StayNoteText::default, |draft| draft.text.clone());
    let style = draft.map_or(StayNoteStyle::Soap, |draft| draft.headings);
    let (save, sign) = match draft {
        Some(_) => ("/api/rounds/save_note", "/api/rounds/sign_note"),
        None => ("/api/rounds/begin_note", "/api/rounds/sign_new_note"),
    };
    let mut hidden = match draft {
        Some(draft) => vec![("stay_note_id", draft.id.to_string()), ("saved", draft.saved.to_string())],
        None => vec![("admission_id", stay.to_string()), ("key", StayNoteId::new().to_string())],
    };
    let fixed = draft.map(|draft| draft.kind).or_else(|| (kinds.len() == 1).then(|| kinds[0]));
    if let Some(kind) = fixed {
        hidden.push(("kind", kind.as_str().to_owned()));
    }
    let kinds: Vec<Choice> = kinds.iter().map(|kind| Choice::new(kind.as_str(), kind.words())).collect();
    let chosen = kinds.first().map(|kind| kind.value.clone()).unwrap_or_default();
    let styles: Vec<Choice> = StayNoteStyle::ALL.iter().map(|one| Choice::new(one.as_str(), one.words())).collect();
    let headings = style.headings();
    let amends = draft.is_some_and(|draft| draft.version > 1);
    view! {
        <Form action=sign id="note-form" hidden>
            {fixed.is_none().then(|| view! { <SelectField name="kind" label=tr!(rounds.note_kind) choices=kinds value=chosen/> })}
            <RadioField name="style" label=tr!(rounds.note_style) choices=styles value=style.as_str() inline=true/>
            {amends.then(|| view! { <TextField name="amendment" label=tr!(rounds.why_amended) value=text.amendment.clone() maxlength=500 required=true/> })}
            {SECTIONS
                .iter()
                .zip(headings)
                .zip(text.sections.iter())
                .enumerate()
                .map(|(place, ((name, label), value))| {
                    let value = value.clone();
                    match place {
                        0 => view! { <TextArea name=*name label value rows=3 maxlength=20_000 optional=true key="r"/> }.into_any(),
                        _ => view! { <TextArea name=*name label value rows=3 maxlength=20_000 optional=true/> }.into_any(),
                    }
                })
                .collect_view()}
            {accounts::proof_field()}
            <div class="form__actions">
                <Button label=tr!(rounds.sign_note) tone=ButtonTone::Primary key="Ctrl+Enter"/>
                <button class="button" type="submit" formaction=save formnovalidate=true>{tr!(rounds.save_draft)}</button>
            </div>
        </Form>
    }
    .into_any()
}

/// The sections of a note that are not empty, with their headings.
pub(super) fn note_text(note: &StayNote) -> AnyView {
    let sections = note
        .headings
        .headings()
        .into_iter()
        .zip(note.text.sections.iter())
        .filter(|(_, text)| !text.trim().is_empty())
        .map(|(heading, text)| {
            let text = lines(text);
            view! { <p><strong>{heading}</strong><br/>{text}</p> }
        })
        .collect_view();
    let amendment = (!note.text.amendment.is_empty())
        .then(|| view! { <p class="muted small">{tr!(rounds.amended_because, reason = note.text.amendment.clone())}</p> });
    view! { {amendment}{sections} }.into_any()
}

/// The state of a note with its author and time.
pub(super) fn note_facts(note: &StayNote, zone: Zone) -> AnyView {
    let by = match note.signed_at {
        Some(at) => tr!(rounds.signed_by, name = note.signer_name.clone(), at = when(at, zone)),
        None => tr!(rounds.written_by, name = note.author.clone(), at = when(note.created_at, zone)),
    };
    let replaced = note.superseded_at.map(|_| view! { " "<StatusBadge tone=Tone::Inactive label=tr!(rounds.superseded)/> });
    view! { <StatusBadge tone=note.state.tone() label=note.state.words()/>{replaced}" "<span class="muted small">{by}</span> }.into_any()
}

/// The choices of the form of a follow-up.
#[derive(Clone, Debug, Default)]
pub(super) struct FollowUpChoices {
    pub services: Vec<(ServiceId, String)>,
    pub doctors: Vec<(StaffId, String)>,
    pub visit_types: Vec<(VisitTypeId, String)>,
    /// The service and the doctor that the form begins with: those of the visit.
    pub begins: (Option<ServiceId>, Option<StaffId>),
}

impl FollowUpChoices {
    /// Reads the services of the clinic, their doctors, and the visit types.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn read(ctx: &mut crate::server::Ctx) -> crate::core::Result<Self> {
        let clinic = ctx.clinic.id;
        let services = crate::organisation::services(&mut ctx.tx, clinic).await?;
        let (zone, today, now) = (ctx.zone(), ctx.today(), ctx.now);
        let query = crate::appointments::SlotQuery {
            clinic,
            zone,
            service: None,
            specialty: None,
            doctor: None,
            from: today,
            to: today + chrono::Duration::days(30),
            open: false,
            visit_type: crate::appointments::VisitTypeFilter::Any,
            now,
        };
        let doctors = crate::appointments::bookable_doctors(&mut ctx.tx, query).await?;
        let visit_types = crate::organisation::visit_types(&mut ctx.tx).await?;
        let visit_types = visit_types.into_iter().map(|known| (known.id, known.name)).collect();
        let services = services.into_iter().map(|service| (service.id, service.name)).collect();
        Ok(Self { services, doctors, visit_types, begins: (None, None) })
    }
}

/// The form in which a doctor proposes a follow-up.
pub(super) fn follow_up_form(patient: PatientId, stay: Option<AdmissionId>, choices: &FollowUpChoices, back: String) -> AnyView {
    let is_open = choices.begins.0.is_some();
    let services: Vec<Choice> = choices.services.iter().map(|(id, name)| Choice::new(id.to_string(), name.clone())).collect();
    let doctors: Vec<Choice> = choices.doctors.iter().map(|(id, name)| Choice::new(id.to_string(), name.clone())).collect();
    let types: Vec<Choice> = choices.visit_types.iter().map(|(id, name)| Choice::new(id.to_string(), name.clone())).collect();
    // Made inside the form, where the field finds what a refused post typed.
    let types = move || {
        (!types.is_empty())
        .then(|| view! { <SelectField name="visit_type" label=tr!(appointments.visit_type) choices=types prompt=tr!(appointments.no_visit_type)/> })
    };
    let (service, doctor) = choices.begins;
    let (service, doctor) = (service.map(|id| id.to_string()).unwrap_or_default(), doctor.map(|id| id.to_string()).unwrap_or_default());
    let mut hidden = vec![("patient_id", patient.to_string()), ("key", FollowUpId::new().to_string()), ("back", back)];
    hidden.extend(stay.map(|stay| ("admission_id", stay.to_string())));
    view! {
        <details class="fieldset" open=is_open>
            <summary>{tr!(rounds.propose)}</summary>
            <Form action="/api/rounds/propose_follow_up" id="follow-up-form" hidden>
                <NumberField name="weeks" label=tr!(rounds.in_weeks) hint=tr!(rounds.weeks_hint) required=true/>
                <SelectField name="service" label=tr!(rounds.service) choices=services prompt=tr!(errors.choose) value=service required=true/>
                <SelectField name="doctor" label=tr!(rounds.doctor) choices=doctors prompt=tr!(rounds.any_doctor) value=doctor/>
                {types()}
                <TextField name="follow_up_reason" label=tr!(rounds.follow_up_reason) maxlength=500 autocomplete="off"/>
                <div class="form__actions"><Button label=tr!(rounds.propose)/></div>
            </Form>
        </details>
    }
    .into_any()
}
