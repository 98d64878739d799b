//! A row of the queue, as staff see it.

use crate::{
    core::{AppointmentId, ClinicId, PatientId, QueueEntryId, ServiceId, ServicePointId, StaffId, VisitId, time::Instant},
    opd::{Closure, Priority, QueueState, Step},
    patients::{Birth, Sex},
};

/// The part of a clinic's queue to select.
#[derive(Clone, Copy, Debug, Default)]
pub struct QueueFilter {
    /// One service, or all.
    pub service: Option<ServiceId>,
    /// One step, or all.
    pub step: Option<Step>,
    /// Patients who wait for this doctor or for any, or all patients.
    pub doctor: Option<StaffId>,
}

/// An open entry with the data that a desk needs about it.
#[derive(Clone, Debug)]
pub struct QueueRow {
    pub entry: QueueEntryId,
    pub visit: VisitId,
    pub clinic: ClinicId,
    pub service: ServiceId,
    pub service_name: String,
    pub patient: PatientId,
    /// `Adams, Theresa`.
    pub patient_name: String,
    pub mrn: String,
    pub birth: Birth,
    pub sex: Sex,
    pub appointment: Option<AppointmentId>,
    pub token: String,
    pub reason: String,
    pub step: Step,
    pub state: QueueState,
    pub priority: Priority,
    pub priority_reason: String,
    pub point: Option<ServicePointId>,
    pub point_name: Option<String>,
    pub doctor: Option<StaffId>,
    pub doctor_name: Option<String>,
    pub arrived_at: Instant,
    pub waiting_since: Instant,
    pub opened_at: Instant,
    pub came_from: Option<CameFrom>,
}

/// The stay before this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CameFrom {
    pub step: Step,
    pub because: Closure,
}
