//! The acts on the access to a patient's portal, each recorded.

use super::server::{give, note_maker, spend, take_away};
use crate::{
    audit::Action,
    core::{Error, PatientId, Result, Stamp, UserId},
    patients::{
        self,
        grants::{AccessGrant, GrantKind, Told, tell},
    },
    server::{ACCESS, Ctx, Event},
    tr,
};

/// Stores a code for the record; `document` is the identity card that the desk looked at.
pub(super) async fn give_code(ctx: &mut Ctx, patient: PatientId, code: (&str, String), document: &str) -> Result<()> {
    let (stamp, locked) = (ctx.stamp(), ctx.tx.lock(patient).await?);
    give(&mut ctx.tx, locked, code, stamp).await?;
    AccessGrant::note(ctx, locked, GrantKind::Code, None, document).await?;
    tell(ctx, patient, &Told::Code).await?;
    ctx.did(Action::Create, "portal_code", patient, Some(patient));
    Ok(())
}

/// Removes the access of the account that is linked to the record, and any unused code.
pub(super) async fn take_access(ctx: &mut Ctx, patient: PatientId) -> Result<()> {
    let locked = ctx.tx.lock(patient).await?;
    // This comes first, so that the account that loses the access is notified too.
    tell(ctx, patient, &Told::Taken).await?;
    if !take_away(&mut ctx.tx, locked).await? {
        return Err(Error::conflict(tr!(patients.access_nobody)));
    }
    ctx.did(Action::Update, "portal_access", patient, Some(patient));
    // The account's open event streams check again who may listen.
    ctx.tell(Event::new(&ACCESS).of(patient));
    Ok(())
}

/// Links the user's account to the record, with the code from the desk; `false` when the code is used up meanwhile.
pub(super) async fn link(ctx: &mut Ctx, patient: PatientId, user: UserId) -> Result<bool> {
    let (now, locked) = (ctx.now, ctx.tx.lock(patient).await?);
    let Some(maker) = spend(&mut ctx.tx, locked, user, now).await? else { return Ok(false) };
    patients::open_to(&mut ctx.tx, patient, user, Stamp { by: user, at: now }).await?;
    note_maker(&mut ctx.tx, locked, maker).await?;
    if ctx.who.works_here() {
        AccessGrant::note(ctx, locked, GrantKind::StaffLink, None, "").await?;
    }
    tell(ctx, patient, &Told::Linked).await?;
    ctx.did(Action::Create, "portal_access", patient, Some(patient));
    Ok(true)
}
