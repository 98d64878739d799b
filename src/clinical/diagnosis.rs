//! Diagnoses: coded by ICD-10-CM, provisional or confirmed, and one of them is the primary one.

use crate::{
    core::{DiagnosisId, EncounterId, PatientId, time::Instant},
    tr,
};

crate::text_enum! {
    /// How certain the doctor is of a diagnosis.
    pub enum Certainty("certainty") {
        Provisional = "provisional" => tr!(clinical.provisional),
        Confirmed = "confirmed" => tr!(clinical.confirmed),
    }
}

crate::text_enum! {
    /// Whether a diagnosis was the main subject of the visit, or an additional finding.
    pub enum Rank("rank") {
        Primary = "primary" => tr!(clinical.primary),
        Secondary = "secondary" => tr!(clinical.secondary),
    }
}

/// A diagnosis made in an encounter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnosis {
    pub id: DiagnosisId,
    pub encounter: EncounterId,
    pub patient: PatientId,
    pub code: String,
    /// The wording of the ICD-10-CM list at that time.
    pub description: String,
    pub certainty: Certainty,
    pub rank: Rank,
    pub recorded_at: Instant,
}

/// An entry of the problem list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub description: String,
    pub code: String,
    /// Whether the problem still matters; the others are history.
    pub active: bool,
    pub onset: Option<chrono::NaiveDate>,
}
