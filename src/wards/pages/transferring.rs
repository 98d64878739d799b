//! The transfer of a patient to another ward, on the admission's page: the request with its needs, and the acts on it.

use leptos::prelude::*;

use super::{
    admission::{because, hidden},
    request::equipment_ticks,
};
use crate::{
    core::{
        AdmissionId, IdempotencyKey, WardId,
        time::{Zone, show_date_time},
    },
    organisation::Isolation,
    tr,
    ui::{
        Button, ButtonTone, Choice, DescriptionList, Detail, Fieldset, Form, Glyph, LinkButton, SelectField, StatusBadge, TextArea,
        TextField, Tone,
    },
    wards::{
        equipment::Equipment,
        moves::{Escort, Transfer, TransferKind, TransferState},
        plan::Ward,
    },
};

/// Shows the open transfer with the form of the next act, or the form that asks for one.
pub(super) fn view(id: AdmissionId, open: Option<&Transfer>, (came, zone): (bool, Zone), form: AnyView) -> AnyView {
    let sheet = view! { <p><LinkButton href=format!("/admissions/{id}/transfer") label=tr!(wards.transfer_sheet) glyph=Glyph::Print/></p> };
    let Some(open) = open else {
        return view! { {came.then_some(sheet)}{form} }.into_any();
    };
    let facts = format!("{} → {}, {}", open.from_ward, open.to_ward, open.kind.words());
    let asked = show_date_time(zone.local(open.asked_at));
    let refuse = vec![("admission_id", id.to_string()), ("key", IdempotencyKey::new().to_string()), ("refused", "true".to_owned())];
    let accepted = open.state == TransferState::Accepted;
    let state = if accepted { tr!(wards.state_accepted) } else { tr!(wards.state_requested) };
    view! {
        <p><strong>{facts}</strong>" "<StatusBadge tone=Tone::Waiting label=state/><br/><span class="muted small">{asked}</span></p>
        <DescriptionList details=needs(open)/>
        <p class="prose">{open.handover.clone()}</p>
        {sheet}
        {form}
        <Form action="/api/wards/end_transfer" id="refuse-transfer" hidden=refuse>
            <TextField name="reason" label=tr!(wards.because) required=true maxlength=500 autocomplete="off"/>
            <div class="form__actions"><Button label=tr!(wards.refuse) tone=ButtonTone::Quiet/></div>
        </Form>
        {because(id, "/api/wards/end_transfer", tr!(wards.cancel_transfer), tr!(wards.cancel_transfer_title))}
    }
    .into_any()
}

/// The needs and the escort of a transfer, for the receiving ward.
pub(super) fn needs(transfer: &Transfer) -> Vec<Detail> {
    let needs = transfer.needs();
    let needs = if needs.is_empty() { tr!(wards.no_needs).to_owned() } else { needs };
    vec![Detail::new(tr!(wards.needs), needs), Detail::new(tr!(wards.escort), transfer.escort_words())]
}

/// A form that asks another ward to take the patient; `to` is the ward that is chosen. The needs begin with those of the stay.
pub(super) fn ask_form(id: AdmissionId, (wards, own): (&[Ward], WardId), needs: (Equipment, Isolation), to: String) -> AnyView {
    let wards = wards.iter().filter(|ward| ward.id != own).map(|ward| Choice::new(ward.id.to_string(), ward.name.clone()));
    let wards = wards.collect::<Vec<_>>();
    let kinds = TransferKind::ALL.iter().map(|kind| Choice::new(kind.as_str(), kind.words())).collect::<Vec<_>>();
    let escorts = Escort::ALL.iter().map(|one| Choice::new(one.as_str(), one.words())).collect::<Vec<_>>();
    let isolations = Isolation::ALL.iter().map(|one| Choice::new(one.as_str(), one.words())).collect::<Vec<_>>();
    let (equipment, isolation) = needs;
    let hidden = hidden(id);
    view! {
        <Form action="/api/wards/ask_transfer" hidden>
            <SelectField name="ward" label=tr!(wards.to_ward) choices=wards value=to prompt=tr!(errors.choose) required=true/>
            <SelectField name="kind" label=tr!(wards.because) choices=kinds prompt=tr!(errors.choose) required=true/>
            <Fieldset legend=tr!(wards.needs)>
                <SelectField name="isolation" label=tr!(wards.isolation) choices=isolations value=isolation.as_str()/>
                {equipment_ticks(equipment)}
                <TextField name="needs_note" label=tr!(wards.needs_note) optional=true maxlength=200 autocomplete="off"/>
            </Fieldset>
            <SelectField name="escort" label=tr!(wards.escort) choices=escorts prompt=tr!(errors.choose) required=true/>
            <TextArea name="handover" label=tr!(wards.sbar) rows=4 maxlength=2000 required=true/>
            <div class="form__actions"><Button label=tr!(wards.ask_for_transfer)/></div>
        </Form>
    }
    .into_any()
}
