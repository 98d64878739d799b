//! The data that the consultation page and its islands exchange: texts ready to be shown, and the ids for the actions.

use serde::{Deserialize, Serialize};

use crate::core::FieldError;

use super::NoteText;

/// The note as it is stored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoteView {
    pub version: i64,
    pub text: NoteText,
    /// The time of the last save: `09:31`; empty before the first one.
    pub saved: String,
    /// The note is signed and no longer a draft.
    pub signed: bool,
}

/// The answer to a save.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoteSaved {
    pub version: i64,
    /// `09:31`.
    pub at: String,
}

/// A refused form: the entered values, and the errors.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    pub values: Vec<(String, String)>,
    pub errors: Vec<FieldError>,
    pub message: String,
}

impl Refused {
    /// Returns the value entered into the field.
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
    /// The medicine is not on the hospital's list.
    #[serde(default)]
    pub outside: bool,
    /// The dose is words that no program can compare with a range.
    #[serde(default)]
    pub dose_unchecked: bool,
    pub sentence: String,
    pub instructions: String,
    /// The reason for which no other medicine may be handed out.
    #[serde(default)]
    pub no_substitution: String,
    /// The reason for prescribing it in spite of a warning.
    pub override_reason: String,
}

/// The diagnoses and prescriptions of a consultation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Worksheet {
    pub diagnoses: Vec<DiagnosisLine>,
    pub prescriptions: Vec<PrescriptionLine>,
    /// Medicines that the patient takes or took recently, and that can be prescribed again unchanged.
    pub repeatable: Vec<PrescriptionLine>,
    /// Parts of the surrounding page that may have changed: the id of each element, and its HTML. Filled only for a
    /// refresh.
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

/// The usual dosage of a medicine, and the warnings about it for this patient.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DrugFacts {
    pub dose: String,
    pub route: String,
    pub frequency: String,
    /// The warnings; empty when there are none.
    pub warning: String,
    /// The digest of the warnings, which the form sends with the reason.
    pub seen: String,
    /// The patient's allergies were never asked about.
    pub not_asked: bool,
    /// A sentence when the name cannot be checked for allergies.
    pub unchecked: String,
    /// Facts to be read, which need no answer.
    #[serde(default)]
    pub info: String,
}
