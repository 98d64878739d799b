//! The form on the admission's page that changes facts of the stay.

use leptos::prelude::*;

use super::{admission::hidden, on_ward::folded, request::equipment_ticks};
use crate::{
    core::{Permission, Result, StaffId},
    organisation::{self, Isolation},
    server::Ctx,
    tr,
    ui::{Button, CheckboxField, Choice, DateField, Form, SelectField, TextField},
    wards::{AdmissionState, admission::Admission},
};

/// The data of the form.
pub(super) struct FactsChoices {
    admission: Admission,
    doctors: Vec<(StaffId, String)>,
}

/// Reads the form; `None` for readers who may not change facts, and when the stay is over.
pub(super) async fn read(ctx: &mut Ctx, admission: &Admission) -> Result<Option<FactsChoices>> {
    let open = admission.state.is_waiting() || admission.state == AdmissionState::Admitted;
    if !open || !ctx.who.may_at(Permission::RecordCare, admission.clinic_id) {
        return Ok(None);
    }
    let doctors = organisation::doctors(&mut ctx.tx, admission.clinic_id).await?;
    let mut doctors: Vec<_> = doctors.into_iter().map(|doctor| (doctor.id, doctor.name)).collect();
    // A doctor who has left the clinic stays until another one is chosen.
    if let Some((id, name)) = admission.doctor_id.zip(admission.doctor.clone())
        && !doctors.iter().any(|(known, _)| *known == id)
    {
        doctors.push((id, name));
    }
    Ok(Some(FactsChoices { admission: admission.clone(), doctors }))
}

/// Shows the form.
pub(super) fn view(choices: &FactsChoices) -> AnyView {
    let FactsChoices { admission, doctors } = choices;
    let isolations = Isolation::ALL.iter().map(|one| Choice::new(one.as_str(), one.words())).collect::<Vec<_>>();
    let doctors = doctors.iter().map(|(id, name)| Choice::new(id.to_string(), name.clone())).collect::<Vec<_>>();
    let doctor = admission.doctor_id.map(|id| id.to_string()).unwrap_or_default();
    let expected = admission.expected_on.map(|day| day.to_string()).unwrap_or_default();
    let (isolation, organism) = (admission.isolation.as_str(), admission.organism.clone());
    let (equipment, private) = (admission.equipment, admission.private);
    let mut hidden = hidden(admission.id);
    hidden.push(("seen", admission.version.to_string()));
    let form = view! {
        <Form action="/api/wards/change_facts" hidden>
            <SelectField name="isolation" label=tr!(wards.isolation) choices=isolations value=isolation/>
            <TextField name="organism" label=tr!(wards.organism) value=organism optional=true maxlength=100 autocomplete="off"/>
            <SelectField name="doctor_id" label=tr!(wards.doctor) choices=doctors value=doctor prompt=tr!(wards.not_known_yet) optional=true/>
            <DateField name="expected_on" label=tr!(wards.expected_on) value=expected optional=true/>
            {equipment_ticks(equipment)}
            <CheckboxField name="private" label=tr!(wards.private) hint=tr!(wards.private_hint) checked=private/>
            <TextField name="reason" label=tr!(wards.because) required=true maxlength=150 autocomplete="off"/>
            <div class="form__actions"><Button label=tr!(wards.change_facts)/></div>
        </Form>
    }
    .into_any();
    folded("change-facts", tr!(wards.change_facts), &["/api/wards/change_facts"], form).into_any()
}
