//! What the consultation page and its islands pass between them: ready-made words and the ids to act on.

use serde::{Deserialize, Serialize};

use crate::core::FieldError;

use super::NoteText;

/// The note as it is on record.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoteView {
    pub version: i64,
    pub text: NoteText,
    /// When it was saved: `09:31`; empty before the first time.
    pub saved: String,
    /// No longer a draft.
    pub signed: bool,
}

/// The answer to a save.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoteSaved {
    pub version: i64,
    /// `09:31`.
    pub at: String,
}

/// A form that came back: what was typed, and what is wrong with it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    pub values: Vec<(String, String)>,
    pub errors: Vec<FieldError>,
    pub message: String,
}

impl Refused {
    /// What was typed into the field.
    pub fn value(&self, name: &str) -> String {
        self.values.iter().find(|(field, _)| field == name).map(|(_, value)| value.clone()).unwrap_or_default()
    }
}

/// A diagnosis, ready to be shown.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct DiagnosisLine {
    pub id: String,
    pub code: String,
    pub description: String,
    /// "Provisional", "Confirmed".
    pub certainty: String,
    pub primary: bool,
}

/// A prescription, ready to be shown.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PrescriptionLine {
    pub id: String,
    pub drug: String,
    /// Not of the hospital's list.
    #[serde(default)]
    pub outside: bool,
    pub sentence: String,
    pub instructions: String,
    /// Why it was prescribed in spite of a warning.
    pub override_reason: String,
}

/// What is coded and prescribed in a consultation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Worksheet {
    pub diagnoses: Vec<DiagnosisLine>,
    pub prescriptions: Vec<PrescriptionLine>,
    /// What the patient takes or took lately, and can be prescribed again as it was.
    pub repeatable: Vec<PrescriptionLine>,
    /// Parts of the page around it that may be others by now: where they stand, and their HTML. Only for who looks again.
    #[serde(default)]
    pub fresh: Vec<(String, String)>,
}

/// A found code or medicine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    pub id: String,
    pub name: String,
    pub detail: String,
}

/// How a medicine is usually taken, and what speaks against it for this patient.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DrugFacts {
    pub dose: String,
    pub route: String,
    pub frequency: String,
    /// The warnings; empty when there are none.
    pub warning: String,
    /// The digest of the warnings, which goes along with the reason.
    pub seen: String,
    /// The patient was never asked about allergies.
    pub not_asked: bool,
    /// A sentence when the name cannot be checked for allergies.
    pub unchecked: String,
}
