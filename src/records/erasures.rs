//! Requests to erase a record: asked for in the portal or at the desk, decided by a second person.

use super::{
    ErasureState,
    store::{self, Erasure, NewErasure},
};
use crate::{
    accounts,
    audit::Action,
    core::{ClinicId, ErasureId, Error, PatientId, Result, Stamp},
    db::{Locked, Tx},
    messages, patients,
    server::{ACCESS, Ctx, Event},
    tr,
};

/// The longest words of a request and of its answer.
pub(super) const LONGEST_WORDS: usize = 500;

/// Records a request.
///
/// # Errors
/// [`Error::Conflict`] when one waits already.
pub(super) async fn ask(ctx: &mut Ctx, patient: PatientId, by_patient: bool, words: &str) -> Result<ErasureId> {
    ctx.reach([patient]).await?;
    ctx.tx.lock(patient).await?;
    let id = ErasureId::new();
    let (stamp, clinic) = (ctx.stamp(), ctx.clinic.id);
    if !store::insert_erasure(&mut ctx.tx, &NewErasure { id, patient, clinic, by_patient, words }, stamp).await? {
        return Err(Error::conflict(tr!(records.erasure_waits)));
    }
    ctx.did(Action::Create, "erasure", id, Some(patient));
    Ok(id)
}

/// Records a request in a transaction of the program's own: the demo.
///
/// # Errors
/// When the database refuses.
pub async fn stock_erasure(tx: &mut Tx, patient: PatientId, clinic: ClinicId, words: &str, stamp: Stamp) -> Result<()> {
    let new = NewErasure { id: ErasureId::new(), patient, clinic, by_patient: true, words };
    store::insert_erasure(tx, &new, stamp).await?;
    Ok(())
}

/// Takes a request back. Only the patient who asked does this.
///
/// # Errors
/// [`Error::NotFound`] for a request of another patient, [`Error::Conflict`] when it is decided.
pub(super) async fn withdraw(ctx: &mut Ctx, id: ErasureId, patient: PatientId) -> Result<()> {
    let found = store::erasure(&mut ctx.tx, id).await?.filter(|found| found.patient_id == patient).ok_or(Error::NotFound)?;
    ctx.tx.lock(patient).await?;
    decide(ctx, &found, ErasureState::Withdrawn, "").await
}

/// Refuses a request with an answer.
///
/// # Errors
/// [`Error::Conflict`] when it is decided, or the user recorded it.
pub(super) async fn refuse(ctx: &mut Ctx, id: ErasureId, answer: &str) -> Result<PatientId> {
    let found = opened(ctx, id).await?;
    decide(ctx, &found, ErasureState::Refused, answer).await?;
    Ok(found.patient_id)
}

/// Erases what can go: portal access, codes, addresses for messages, contact data and contact persons.
///
/// # Errors
/// [`Error::Conflict`] when it is decided, or the user recorded it.
pub(super) async fn erase(ctx: &mut Ctx, id: ErasureId, answer: &str) -> Result<PatientId> {
    let found = opened(ctx, id).await?;
    let patient = found.patient_id;
    let locked = ctx.tx.lock(patient).await?;
    let stamp = ctx.stamp();
    forget_person(&mut ctx.tx, locked, stamp).await?;
    decide(ctx, &found, ErasureState::Done, answer).await?;
    ctx.tell(Event::new(&ACCESS).of(patient));
    Ok(patient)
}

/// Forgets what goes when a record is erased as far as the law allows. Operations do so again after a restore.
///
/// # Errors
/// When the database refuses.
pub async fn forget_person(tx: &mut Tx, locked: Locked<PatientId>, stamp: Stamp) -> Result<()> {
    let patient = locked.id();
    // The account is locked before the patient elsewhere; here it is only closed, by one statement.
    let account = patients::user_of(tx, patient).await?;
    patients::forget_reach(tx, locked, stamp).await?;
    messages::forget_addresses(tx, patient, stamp).await?;
    if let Some(user) = account
        && !accounts::works_here(tx, user).await?
    {
        accounts::close_portal_account(tx, user, stamp.at).await?;
    }
    Ok(())
}

/// Reads a request that the user may decide on.
async fn opened(ctx: &mut Ctx, id: ErasureId) -> Result<Erasure> {
    let found = store::erasure(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    ctx.reach([found.patient_id]).await?;
    if found.asked_by == ctx.user() {
        return Err(Error::conflict(tr!(records.not_ones_own)));
    }
    Ok(found)
}

async fn decide(ctx: &mut Ctx, found: &Erasure, state: ErasureState, answer: &str) -> Result<()> {
    let stamp = ctx.stamp();
    if !store::decide_erasure(&mut ctx.tx, found, state, answer, stamp).await? {
        return Err(Error::conflict(tr!(records.decided_already)));
    }
    ctx.did(Action::Update, "erasure", found.id, Some(found.patient_id));
    Ok(())
}
