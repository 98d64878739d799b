//! Diagnoses: coded by ICD-10-CM, provisional or confirmed, one of them the primary one.

use crate::{
    core::{DiagnosisId, EncounterId, PatientId, time::Instant},
    tr,
};

crate::text_enum! {
    /// How sure the doctor is.
    pub enum Certainty("certainty") {
        Provisional = "provisional",
        Confirmed = "confirmed",
    }
}

crate::text_enum! {
    /// What the visit was mainly about, and what else was found.
    pub enum Rank("rank") {
        Primary = "primary",
        Secondary = "secondary",
    }
}

impl Certainty {
    /// The word for people.
    pub fn word(self) -> &'static str {
        match self {
            Self::Provisional => tr!(clinical.provisional),
            Self::Confirmed => tr!(clinical.confirmed),
        }
    }
}

impl Rank {
    /// The word for people.
    pub fn word(self) -> &'static str {
        match self {
            Self::Primary => tr!(clinical.primary),
            Self::Secondary => tr!(clinical.secondary),
        }
    }
}

/// A diagnosis made in an encounter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnosis {
    pub id: DiagnosisId,
    pub encounter: EncounterId,
    pub patient: PatientId,
    pub code: String,
    /// The list's wording at the time.
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
    /// Still a concern; the others are history.
    pub active: bool,
    pub onset: Option<chrono::NaiveDate>,
}
