//! The encounters of one doctor's day.

mod store;

use crate::{
    clinical::EncounterState,
    core::{AppointmentId, EncounterId, PatientId, VisitId, time::Instant},
};

pub use store::begun_by_doctor;

/// An encounter of a doctor's day.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Met {
    pub id: EncounterId,
    pub visit_id: VisitId,
    pub patient_id: PatientId,
    pub given_names: String,
    pub family_name: String,
    pub token: String,
    /// `None` for a patient who came without an appointment.
    pub appointment_id: Option<AppointmentId>,
    pub state: EncounterState,
    pub reason: String,
    pub started_at: Instant,
    /// Whether a medicine prescribed in it is in force.
    pub prescribed: bool,
}
