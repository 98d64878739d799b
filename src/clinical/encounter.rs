//! Encounters: one meeting of a patient and a clinician, and the entries about it.

use crate::core::{ClinicId, DepartmentId, EncounterId, PatientId, StaffId, VisitId, time::Instant};

use super::{Addendum, Diagnosis, Note, NoteHold, NoteState, Prescription};

crate::text_enum! {
    /// Where an encounter takes place.
    pub enum EncounterKind("kind") {
        Outpatient = "outpatient",
        Emergency = "emergency",
        Inpatient = "inpatient",
    }
}

crate::text_enum! {
    /// The state of an encounter.
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
    /// The outpatient visit that the encounter belongs to; `None` for an imported encounter.
    pub visit: Option<VisitId>,
    pub clinic: ClinicId,
    pub department: Option<DepartmentId>,
    pub doctor: Option<StaffId>,
    /// Empty when no doctor is named.
    pub doctor_name: String,
    pub kind: EncounterKind,
    pub state: EncounterState,
    pub reason: String,
    pub started_at: Instant,
    pub ended_at: Option<Instant>,
}

/// An encounter with all its entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    pub encounter: Encounter,
    pub note: Option<Note>,
    /// The addenda written after signing, oldest first.
    pub addenda: Vec<Addendum>,
    /// The primary diagnosis first; diagnoses entered in error are left out.
    pub diagnoses: Vec<Diagnosis>,
    /// In the order of prescribing; those entered in error are left out.
    pub prescriptions: Vec<Prescription>,
    /// The parts that are held back from the portal, for staff.
    pub holds: Vec<NoteHold>,
    /// Whether a part was removed for the patient who reads it.
    pub is_shortened: bool,
}

impl Summary {
    /// Whether the note is signed, or the encounter was imported as finished.
    pub fn is_final(&self) -> bool {
        self.encounter.state == EncounterState::Finished && self.note.as_ref().is_none_or(|note| note.state == NoteState::Signed)
    }
}
