//! Whose records somebody may open. Patients: their own, and of those for whom they act (`guardians`). Who works here: of those in the care of the clinics where their role
//! gives them the permission; a clinician opens others in an emergency, for an hour and with a reason. A clinic cares for
//! whoever has, or had, an appointment, a visit or an encounter there (triggers of the database see to it), and for whom it
//! registered. A department draws no line of its own: roles are given at clinics, and in one clinic nurses and doctors of several
//! departments look after the same people.

mod store;

use crate::{
    core::{ClinicId, PatientId, Permission, Result, UserId, time::Instant},
    db::Tx,
};

pub use store::{dependants, emergencies, in_care, is_known, take_in};

/// Somebody for whom a user of the portal acts today.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dependant {
    pub patient: PatientId,
    pub name: String,
}

/// The patients that a piece of work may be about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The user's own.
    Own,
    /// Of these clinics.
    Clinics(Vec<ClinicId>),
    /// Everybody: the auditor looks at who looked at whom.
    Hospital,
}

impl Scope {
    /// What a permission opens that is held at these clinics.
    pub fn of(permission: Permission, clinics: impl FnOnce() -> Vec<ClinicId>) -> Self {
        match permission {
            Permission::OwnRecord | Permission::OwnAccount => Self::Own,
            Permission::ReadAudit => Self::Hospital,
            _ => Self::Clinics(clinics()),
        }
    }
}

/// Of these patients those whom nobody at the clinics cares for, and who are not open to the user in an emergency; and the
/// reasons given for those that are.
///
/// # Errors
/// What the database refused.
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
