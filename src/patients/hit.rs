//! What a search for patients finds, ready to be shown.

use serde::{Deserialize, Serialize};

use crate::core::PatientId;

/// A patient found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PatientHit {
    pub id: PatientId,
    pub mrn: String,
    /// As in lists: `Adams, Theresa`.
    pub name: String,
    /// `18 Apr 1980`, `1980`, or that it is not known.
    pub birth_date: String,
    /// In the reader's language.
    pub sex: String,
    pub phone: String,
}
