//! Creates a new patient with all that belongs to the record, in one transaction.

use crate::{
    accounts::scope,
    audit::Action,
    billing,
    core::{Error, PatientId, Result, UserId},
    db::Tx,
    patients::{self, NewContact, NewCoverage, Turn},
    server::Ctx,
};

/// A patient with all data given at the desk.
#[derive(Debug)]
pub struct Registration<'f> {
    /// An id created when the form was shown, so that sending it twice registers once.
    pub id: PatientId,
    pub turn: Turn<'f>,
    pub coverage: Option<NewCoverage>,
    pub contact: Option<NewContact>,
}

/// Registers the patient, in the clinic's care, with coverage, contact and billing account; returns `false` when the same
/// form did so before.
///
/// # Errors
/// [`Error::Invalid`] when the insurer is not known; [`Error::Conflict`] when the id belongs to another person, or to this one with
/// other facts.
pub async fn register(ctx: &mut Ctx, registration: &Registration<'_>) -> Result<bool> {
    let Registration { id, turn, coverage, contact } = registration;
    let (stamp, clinic, tx) = (ctx.stamp(), ctx.clinic.id, &mut ctx.tx);
    if !turn.insert(tx, *id, stamp).await? {
        return if is_on_record(tx, registration, stamp.by).await? { Ok(false) } else { Err(Error::key_used()) };
    }
    scope::take_in(tx, *id, clinic, stamp.at).await?;
    // The patient is now in the clinic's care, so row-level security lets the desk lock the row.
    let patient = tx.lock(*id).await?;
    if let Some(coverage) = coverage {
        patients::add_coverage(tx, patient, coverage, stamp).await?;
    }
    if let Some(contact) = contact {
        patients::add_contact(tx, patient, contact).await?;
    }
    billing::open_account(tx, *id, stamp).await?;
    ctx.did(Action::Create, "patient", *id, Some(*id));
    Ok(true)
}

/// Whether the record contains all the form's values, registered by the same user.
async fn is_on_record(tx: &mut Tx, registration: &Registration<'_>, by: UserId) -> Result<bool> {
    let Registration { id, turn, coverage, contact } = registration;
    if !patients::registered_so(tx, *id, turn.facts(), by).await? {
        return Ok(false);
    }
    let covered = match coverage {
        Some(form) => patients::coverages(tx, *id).await?.iter().any(|known| known.says(form)),
        None => true,
    };
    let called = match contact {
        Some(form) => patients::contacts(tx, *id).await?.iter().any(|known| known.name == form.name && known.phone == form.phone),
        None => true,
    };
    Ok(covered && called)
}
