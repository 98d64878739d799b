//! The acts on persons who act for a patient, each recorded.

use super::store::{self, NewGuardian};
use crate::{
    audit::Action,
    core::{Error, PatientId, Result},
    db::Locked,
    patients::grants::{AccessGrant, GrantKind, Told, tell},
    server::Ctx,
    tr,
};

/// Registers a person of this name, who acts for the patient. `document` is what the desk saw; `asks`: the right begins when the patient agrees.
pub(super) async fn add(
    ctx: &mut Ctx,
    patient: Locked<PatientId>,
    new: &NewGuardian,
    (name, document, asks): (String, &str, bool),
) -> Result<()> {
    let stamp = ctx.stamp();
    // This comes before the insert, so that the people who already have access are notified, but not the new person.
    tell(ctx, patient.id(), &Told::Guardian { name, until: new.until, asked: asks }).await?;
    let id = store::insert(&mut ctx.tx, patient, new, stamp).await?;
    AccessGrant::note(ctx, patient, GrantKind::Guardian, Some(new.guardian), document).await?;
    ctx.did(Action::Create, "guardian", id, Some(patient.id()));
    Ok(())
}

/// Records that the patient agrees to a person who asks to act for her.
pub(super) async fn agree(ctx: &mut Ctx, patient: PatientId, guardian: uuid::Uuid) -> Result<()> {
    let (stamp, locked) = (ctx.stamp(), ctx.tx.lock(patient).await?);
    if !store::agree(&mut ctx.tx, locked, guardian, stamp).await? {
        return Err(Error::conflict(tr!(patients.guardian_gone)));
    }
    ctx.did(Action::Update, "guardian", guardian, Some(patient));
    Ok(())
}

/// Ends a person's right to act for the patient.
pub(super) async fn end(ctx: &mut Ctx, patient: PatientId, guardian: uuid::Uuid) -> Result<()> {
    let (stamp, locked) = (ctx.stamp(), ctx.tx.lock(patient).await?);
    if !store::end(&mut ctx.tx, locked, guardian, stamp).await? {
        return Err(Error::NotFound);
    }
    ctx.did(Action::Update, "guardian", guardian, Some(patient));
    Ok(())
}
