//! Encounters: one meeting of patient and clinician, and what is written down about it.

use crate::core::{ClinicId, DepartmentId, EncounterId, PatientId, StaffId, VisitId, time::Instant};

use super::{Addendum, Diagnosis, Note, NoteState, Prescription};

crate::text_enum! {
    /// Where an encounter takes place.
    pub enum EncounterKind("kind") {
        Outpatient = "outpatient",
        Emergency = "emergency",
        Inpatient = "inpatient",
    }
}

crate::text_enum! {
    /// How far an encounter is.
    pub enum EncounterState("state") {
        InProgress = "in_progress",
        Finished = "finished",
        EnteredInError = "entered_in_error",
    }
}

/// One meeting of patient and clinician.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encounter {
    pub id: EncounterId,
    pub patient: PatientId,
    /// The outpatient visit it belongs to; imported ones have none.
    pub visit: Option<VisitId>,
    pub clinic: ClinicId,
    pub department: Option<DepartmentId>,
    pub doctor: Option<StaffId>,
    /// Empty when nobody is named.
    pub doctor_name: String,
    pub kind: EncounterKind,
    pub state: EncounterState,
    pub reason: String,
    pub started_at: Instant,
    pub ended_at: Option<Instant>,
}

/// An encounter with everything written down in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    pub encounter: Encounter,
    pub note: Option<Note>,
    /// What was added after signing, oldest first.
    pub addenda: Vec<Addendum>,
    /// The primary one first; wrong entries are left out.
    pub diagnoses: Vec<Diagnosis>,
    /// In the order of prescribing; those entered in error are left out.
    pub prescriptions: Vec<Prescription>,
}

impl Summary {
    /// Whether the note is signed, or the encounter came finished from elsewhere.
    pub fn is_final(&self) -> bool {
        self.encounter.state == EncounterState::Finished && self.note.as_ref().is_none_or(|note| note.state == NoteState::Signed)
    }
}
