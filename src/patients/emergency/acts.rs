//! The acts that open a record beyond the clinic's care, each recorded.

use super::store;
use crate::{
    accounts::scope,
    audit::Action,
    core::{PatientId, Result},
    patients,
    server::Ctx,
};

/// Opens a record for an hour to the user, for a reason.
pub(super) async fn open(ctx: &mut Ctx, patient: PatientId, reason: &str) -> Result<()> {
    patients::identity(&mut ctx.tx, patient).await?;
    let (stamp, clinic) = (ctx.stamp(), ctx.clinic.id);
    if let Some(id) = store::open(&mut ctx.tx, patient, clinic, reason, stamp).await? {
        ctx.did(Action::Create, "emergency", id, Some(patient));
    }
    Ok(())
}

/// Takes a patient into the clinic's care.
pub(super) async fn take_in(ctx: &mut Ctx, patient: PatientId) -> Result<()> {
    patients::identity(&mut ctx.tx, patient).await?;
    let (now, clinic) = (ctx.now, ctx.clinic.id);
    scope::take_in(&mut ctx.tx, patient, clinic, now).await?;
    ctx.did(Action::Create, "care", patient, Some(patient));
    Ok(())
}
