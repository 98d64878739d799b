//! Decides whose records a user may open. A patient may open their own record and those of patients for whom they act (`guardians`). A
//! member of staff may open records of patients in the care of the clinics where their role gives the permission; a clinician may open
//! others in an emergency, for an hour and with a reason. A clinic cares for each patient who has, or had, an appointment, a visit or an
//! encounter there (database triggers record this), and for each patient whom it registered. Access does not depend on departments: roles
//! are given at clinics, and in one clinic nurses and doctors of several departments care for the same people.

mod store;

use crate::{
    core::{ClinicId, PatientId, Permission, Result, UserId, time::Instant},
    db::Tx,
};

pub use store::{dependants, emergencies, in_care, is_known, joined, take_in};

/// A patient for whom a user of the portal acts today.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dependant {
    pub patient: PatientId,
    pub name: String,
}

/// The patients that an operation may be about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The user's own record.
    Own,
    /// The patients of these clinics.
    Clinics(Vec<ClinicId>),
    /// All patients, for the auditor, who reviews which user opened which record.
    Hospital,
}

impl Scope {
    /// Returns the scope of a permission that is held at these clinics.
    pub fn of(permission: Permission, clinics: impl FnOnce() -> Vec<ClinicId>) -> Self {
        match permission {
            Permission::OwnRecord | Permission::OwnAccount => Self::Own,
            Permission::ReadAudit => Self::Hospital,
            _ => Self::Clinics(clinics()),
        }
    }
}

/// Removes from `patients` everyone in the clinics' care or opened by the user in an emergency; returns the patients
/// opened in an emergency, with the reasons given.
///
/// # Errors
/// When the database refuses.
pub async fn beyond(
    tx: &mut Tx,
    patients: &mut Vec<PatientId>,
    clinics: &[ClinicId],
    user: UserId,
    now: Instant,
) -> Result<Vec<(PatientId, String)>> {
    let cared_for = in_care(tx, patients, clinics).await?;
    patients.retain(|patient| !cared_for.contains(patient));
    if patients.is_empty() {
        return Ok(Vec::new());
    }
    let open = emergencies(tx, patients, user, now).await?;
    patients.retain(|patient| !open.iter().any(|(opened, _)| opened == patient));
    Ok(open)
}
