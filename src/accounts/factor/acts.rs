//! The acts on a second factor, each recorded: a user's own, and the rule of the hospital.

use super::{begin, finish, new_codes, remove_factor, require};
use crate::{
    accounts::told::{OwnChange, tell_oneself},
    audit::Action,
    core::{Error, Result, Role, UserId},
    db::Locked,
    server::Ctx,
};

/// Writes to the user about the change.
async fn tell(ctx: &mut Ctx, user: Locked<UserId>, change: OwnChange) -> Result<()> {
    let (state, now) = (ctx.state().clone(), ctx.now);
    tell_oneself(&mut ctx.tx, &state, user.id(), &change, now).await
}

/// Begins the set-up of the user's own factor.
pub(super) async fn begin_own(ctx: &mut Ctx, user: Locked<UserId>) -> Result<()> {
    let now = ctx.now;
    begin(&mut ctx.tx, user, now).await?;
    ctx.did(Action::Update, "second_factor", user.id(), None);
    Ok(())
}

/// Turns the user's own factor on with the app's first code. Returns the recovery codes.
pub(super) async fn finish_own(ctx: &mut Ctx, user: Locked<UserId>, code: &str) -> Result<Vec<String>> {
    let now = ctx.now;
    let codes = finish(&mut ctx.tx, user, code, now).await?;
    tell(ctx, user, OwnChange::FactorOn).await?;
    ctx.did(Action::Create, "second_factor", user.id(), None);
    Ok(codes)
}

/// Turns the user's own factor off.
pub(super) async fn end_own(ctx: &mut Ctx, user: Locked<UserId>) -> Result<()> {
    if !remove_factor(&mut ctx.tx, user).await? {
        return Err(Error::NotFound);
    }
    tell(ctx, user, OwnChange::FactorOff).await?;
    ctx.did(Action::Update, "second_factor", user.id(), None);
    Ok(())
}

/// Creates new recovery codes for a user with a second factor.
pub(super) async fn new_own_codes(ctx: &mut Ctx, user: Locked<UserId>) -> Result<Vec<String>> {
    if !ctx.who.second_factor {
        return Err(Error::NotFound);
    }
    let now = ctx.now;
    let codes = new_codes(&mut ctx.tx, user, now).await?;
    ctx.did(Action::Create, "recovery_codes", user.id(), None);
    Ok(codes)
}

/// Sets whether all users with a role need a second factor.
pub(super) async fn require_of(ctx: &mut Ctx, role: Role, required: bool) -> Result<()> {
    let stamp = ctx.stamp();
    if require(&mut ctx.tx, role, required, stamp).await? {
        ctx.did(Action::Update, "second_factor_role", stamp.by, None);
    }
    Ok(())
}
