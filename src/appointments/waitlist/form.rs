//! The fields of a wish for an earlier time: what the desk and the portal ask alike.

use chrono::NaiveDate;
use leptos::prelude::*;

use super::{DAY_FIELDS, WEEKDAYS};
use crate::{
    core::{ServiceId, StaffId, VisitTypeId},
    organisation::{self, VisitType},
    tr,
    ui::{CheckboxField, Choice, DateField, SelectField, TextArea, TimeField},
};

/// The choices of the form, and those made already.
#[derive(Clone, Debug, Default)]
pub struct WaitForm {
    pub services: Vec<(ServiceId, String)>,
    pub service: Option<ServiceId>,
    pub doctors: Vec<(StaffId, String)>,
    pub doctor: Option<StaffId>,
    pub visit_types: Vec<VisitType>,
    pub visit_type: Option<VisitTypeId>,
    /// The first and the last day until which somebody can wait, and the one proposed.
    pub days: [NaiveDate; 3],
}

impl WaitForm {
    /// The fields, to be made inside the form.
    pub fn fields(self) -> impl IntoView {
        let text = |id: Option<String>| id.unwrap_or_default();
        let services =
            self.services.iter().map(|(id, name)| Choice::new(id.to_string(), organisation::shown_name(name))).collect::<Vec<_>>();
        let doctors = self.doctors.iter().map(|(id, name)| Choice::new(id.to_string(), name.clone())).collect::<Vec<_>>();
        let types = self
            .visit_types
            .iter()
            .map(|known| Choice::new(known.id.to_string(), organisation::shown_name(&known.name)))
            .collect::<Vec<_>>();
        let (service, doctor) = (text(self.service.map(|id| id.to_string())), text(self.doctor.map(|id| id.to_string())));
        let visit_type = text(self.visit_type.map(|id| id.to_string()));
        let days = DAY_FIELDS
            .iter()
            .zip(WEEKDAYS)
            .map(|(name, day)| view! { <CheckboxField name=*name label=day() checked=true/> })
            .collect_view();
        let [first, last, proposed] = self.days.map(|day| day.to_string());
        view! {
            <SelectField name="service_id" label=tr!(appointments.service) choices=services prompt=tr!(errors.choose) value=service required=true/>
            <SelectField name="doctor" label=tr!(appointments.doctor) choices=doctors prompt=tr!(booking.any_doctor) value=doctor optional=true/>
            {(!types.is_empty()).then(|| view! {
                <SelectField name="visit_type" label=tr!(appointments.visit_type) choices=types prompt=tr!(appointments.no_visit_type) value=visit_type optional=true/>
            })}
            <fieldset class="field">
                <legend class="field__label">{tr!(appointments.wait_days)}</legend>
                <div class="cluster">{days}</div>
            </fieldset>
            <div class="cluster">
                <TimeField name="from_time" label=tr!(appointments.wait_from) optional=true/>
                <TimeField name="to_time" label=tr!(appointments.wait_to) optional=true/>
            </div>
            <DateField name="until" label=tr!(appointments.wait_until) value=proposed min=first max=last required=true/>
            <TextArea name="note" label=tr!(booking.reason) rows=2 maxlength=500 optional=true/>
        }
    }
}
