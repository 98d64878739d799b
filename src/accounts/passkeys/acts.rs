//! The acts on a user's own passkeys, each recorded.

use uuid::Uuid;

use super::{add, challenge_to_add, remove};
use crate::{
    accounts::told::{OwnChange, tell_oneself},
    audit::Action,
    core::{Error, PasskeyId, Result, UserId},
    db::Locked,
    server::Ctx,
};

/// Stores a challenge for a new passkey, and returns its id.
pub(super) async fn begin_own(ctx: &mut Ctx, user: Locked<UserId>) -> Result<Uuid> {
    let (state, who, now) = (ctx.state().clone(), ctx.who.clone(), ctx.now);
    let challenge = challenge_to_add(&mut ctx.tx, &state, &who, now).await?;
    ctx.did(Action::Update, "passkey", user.id(), None);
    Ok(challenge)
}

/// Adds the passkey by which a browser answered the challenge, and writes to the user about it.
pub(super) async fn add_own(ctx: &mut Ctx, (user, challenge): (Locked<UserId>, Uuid), (name, answer): (&str, &str)) -> Result<()> {
    let (state, now) = (ctx.state().clone(), ctx.now);
    let id = add(&mut ctx.tx, &state, (user, challenge), (name, answer), now).await?;
    tell_oneself(&mut ctx.tx, &state, user.id(), &OwnChange::PasskeyAdded { name: name.to_owned() }, now).await?;
    ctx.did(Action::Create, "passkey", id, None);
    Ok(())
}

/// Removes a passkey, and writes to the user about it.
pub(super) async fn remove_own(ctx: &mut Ctx, user: Locked<UserId>, id: PasskeyId) -> Result<()> {
    let Some(name) = remove(&mut ctx.tx, user, id).await? else { return Err(Error::NotFound) };
    let (state, now) = (ctx.state().clone(), ctx.now);
    tell_oneself(&mut ctx.tx, &state, user.id(), &OwnChange::PasskeyRemoved { name }, now).await?;
    ctx.did(Action::Update, "passkey", id, None);
    Ok(())
}
