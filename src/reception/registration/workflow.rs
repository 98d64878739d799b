//! What belongs to a new patient, in one transaction.

use crate::{
    accounts::scope,
    billing,
    core::{ClinicId, PatientId, Result, UserId, time::Instant},
    db::Tx,
    patients::{self, NewContact, NewCoverage, NewPatient},
};

/// A patient with everything told at the desk.
#[derive(Clone, Debug)]
pub struct Registration {
    pub patient: NewPatient,
    pub coverage: Option<NewCoverage>,
    pub contact: Option<NewContact>,
}

/// Registers the patient, in the clinic's care, with coverage, contact and billing account. The same id again changes nothing.
///
/// # Errors
/// [`crate::core::Error::Invalid`] when the insurer is not known.
pub async fn register(tx: &mut Tx, registration: &Registration, clinic: ClinicId, now: Instant, by: UserId) -> Result<PatientId> {
    let id = registration.patient.id;
    if !patients::insert(tx, &registration.patient, now, by).await? {
        return Ok(id);
    }
    scope::take_in(tx, id, clinic, now).await?;
    if let Some(coverage) = &registration.coverage {
        patients::add_coverage(tx, id, coverage, now, by).await?;
    }
    if let Some(contact) = &registration.contact {
        patients::add_contact(tx, id, contact).await?;
    }
    billing::open_account(tx, id, now, by).await?;
    Ok(id)
}
