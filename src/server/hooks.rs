//! The types of what a department does for others: the kidney function that it knows, and its part of an admission.

use super::{Ctx, department::Reading};
use crate::core::{AdmissionId, PatientId};

/// A patient's creatinine clearance in mL/min, and the figures behind it in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KidneyFigure {
    pub clearance: i64,
    pub words: String,
}

/// Reads the kidney function of a patient.
pub type KidneyRead = for<'c> fn(&'c mut Ctx, PatientId) -> Reading<'c, Option<KidneyFigure>>;

/// Follows an admission, whose turn is taken.
pub type Admitted = for<'c> fn(&'c mut Ctx, AdmissionId) -> Reading<'c, ()>;
