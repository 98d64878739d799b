//! The acts of users on their own account, each recorded: the password, the devices, the language.

use super::{
    links, sessions, store,
    told::{OwnChange, tell_oneself},
};
use crate::{
    audit::Action,
    core::{Error, Result, UserId, locale::Locale},
    db::Locked,
    server::{ACCESS, Ctx, Event},
};

/// Changes the user's own password, and writes to the user about it: all sessions end, also this one, and the links for a password.
pub(super) async fn change_password(ctx: &mut Ctx, user: Locked<UserId>, hash: String) -> Result<()> {
    let (state, now) = (ctx.state().clone(), ctx.now);
    store::set_password(&mut ctx.tx, user, hash, now).await?;
    sessions::end_others(&mut ctx.tx, user, None).await?;
    links::end_all(&mut ctx.tx, user, now).await?;
    tell_oneself(&mut ctx.tx, &state, user.id(), &OwnChange::Password, now).await?;
    ctx.did(Action::Update, "password", user.id(), None);
    ctx.tell(Event::new(&ACCESS).to(user.id()));
    Ok(())
}

/// Signs out one of the user's devices.
pub(super) async fn end_session(ctx: &mut Ctx, session: &str) -> Result<()> {
    let user = ctx.user();
    if !sessions::end(&mut ctx.tx, user, session).await? {
        return Err(Error::NotFound);
    }
    ctx.did(Action::SignOut, "session", user, None);
    ctx.tell(Event::new(&ACCESS).to(user));
    Ok(())
}

/// Signs out all of the user's devices except this one.
pub(super) async fn end_other_sessions(ctx: &mut Ctx) -> Result<()> {
    let (who, current) = (ctx.who.clone(), ctx.request().session.id());
    let user = super::user::lock_signed_in(&mut ctx.tx, &who).await?;
    sessions::end_others(&mut ctx.tx, user, current).await?;
    ctx.did(Action::SignOut, "session", user.id(), None);
    ctx.tell(Event::new(&ACCESS).to(user.id()));
    Ok(())
}

/// Stores the language with the user's account.
pub(super) async fn choose_language(ctx: &mut Ctx, locale: Locale) -> Result<()> {
    let (user, now) = (ctx.user(), ctx.now);
    store::set_language(&mut ctx.tx, user, locale, now).await?;
    ctx.did(Action::Update, "language", user, None);
    Ok(())
}
