//! Follow-ups: a doctor proposes one in some weeks at a service; the desk, a doctor or the patient books it with one press. It stands until
//! it is booked, declined or its last day is over.

mod acts;
mod store;

use chrono::NaiveDate;

use super::vocabulary::FollowUpState;
use crate::{
    core::{AdmissionId, AppointmentId, ClinicId, FollowUpId, PatientId, ServiceId, StaffId, VisitTypeId, time::Instant},
    organisation,
    patients::PatientName,
};

pub use acts::{FollowUpForm, book, decline, expire, first_free, propose};
pub use store::{count_open, of_patient, open};

/// A follow-up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FollowUp {
    pub id: FollowUpId,
    pub patient_id: PatientId,
    pub patient_name: PatientName,
    pub mrn: String,
    pub clinic_id: ClinicId,
    pub admission_id: Option<AdmissionId>,
    pub service_id: ServiceId,
    pub service: String,
    pub doctor_id: Option<StaffId>,
    pub doctor: Option<String>,
    pub visit_type_id: Option<VisitTypeId>,
    /// The visit type's name; `None` where any type will do.
    pub visit_type: Option<String>,
    pub weeks: i64,
    pub due_on: NaiveDate,
    /// The last day on which it can be booked.
    pub until_on: NaiveDate,
    pub reason: String,
    pub state: FollowUpState,
    pub proposed_at: Instant,
    pub proposer: String,
    pub appointment_id: Option<AppointmentId>,
}

impl FollowUp {
    /// Returns the service with the visit type and the doctor.
    pub fn place(&self) -> String {
        let names = [Some(&self.service), self.visit_type.as_ref()].into_iter().flatten().map(|name| organisation::shown_name(name));
        names.chain(self.doctor.clone()).collect::<Vec<_>>().join(", ")
    }
}
