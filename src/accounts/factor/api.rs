//! The server functions that turn the second factor on and off, handle its codes, and let the administrator require it.

use leptos::prelude::*;

use crate::core::{Error, UserId};

#[cfg(feature = "ssr")]
use super::{acts, take_factor_away, use_code};
#[cfg(feature = "ssr")]
use crate::{
    accounts::{
        api::note,
        confirm::confirm_unless_lately,
        door::Caller,
        sessions, store,
        user::lock_signed_in,
        users::{lock_to_manage, lock_who_manages, managing, staff_user},
    },
    audit::Action,
    core::{Permission, Result, Role},
    db::Locked,
    server::{ACCESS, Ctx, Event, Request, redirect_to},
};

/// Begins the set-up: the next page shows a secret to put into an app.
#[server(endpoint = "accounts/begin_factor")]
pub async fn begin_factor(#[server(default)] password: String) -> Result<(), Error> {
    let (mut ctx, user) = own(&password).await?;
    acts::begin_own(&mut ctx, user).await?;
    ctx.commit().await?;
    redirect_to("/account/second-factor");
    Ok(())
}

/// Turns the second factor on with the app's first code. All other sessions of the user end, because they did not enter
/// a code.
#[server(endpoint = "accounts/finish_factor")]
pub async fn finish_factor(#[server(default)] code: String, #[server(default)] password: String) -> Result<(), Error> {
    let (mut ctx, user) = own(&password).await?;
    let codes = acts::finish_own(&mut ctx, user, &code).await?;
    let request = commit_and_stay(ctx, user).await?;
    show_once(&request, &codes.join("\n")).await
}

/// Turns the second factor off.
#[server(endpoint = "accounts/end_factor")]
pub async fn end_factor(#[server(default)] password: String) -> Result<(), Error> {
    let (mut ctx, user) = own(&password).await?;
    acts::end_own(&mut ctx, user).await?;
    commit_and_stay(ctx, user).await?;
    redirect_to("/account/security?done=factor-off");
    Ok(())
}

/// Creates ten new recovery codes; the earlier ones no longer work.
#[server(endpoint = "accounts/new_recovery_codes")]
pub async fn new_recovery_codes(#[server(default)] password: String) -> Result<(), Error> {
    let (mut ctx, user) = own(&password).await?;
    let codes = acts::new_own_codes(&mut ctx, user).await?;
    let request = ctx.request().clone();
    ctx.commit().await?;
    show_once(&request, &codes.join("\n")).await
}

/// Completes the second step of signing in: a code of the app, or a recovery code.
#[server(endpoint = "accounts/sign_in_code")]
pub async fn sign_in_code(#[server(default)] code: String) -> Result<(), Error> {
    let request = Request::current().ok_or(Error::SignedOut)?;
    let Some(half) = request.half_signed_in().await? else {
        redirect_to("/sign-in");
        return Ok(());
    };
    let (db, now) = (&request.state.db, request.state.clock.now());
    let caller = Caller::signed_in(&format!("code {}", half.user));
    caller.knock(db, now).await.map_err(|error| error.at_field("code"))?;
    let mut tx = db.write().await?;
    let user = tx.lock(half.user).await?;
    if store::version(&mut tx, user).await? != half.version {
        drop(tx);
        request.sign_out().await?;
        redirect_to("/sign-in");
        return Ok(());
    }
    if !use_code(&mut tx, user, &code, now).await? {
        note(&mut tx, &request, half.user, Action::Refused, "second_factor").await?;
        tx.commit().await?;
        return Err(Error::invalid("code", crate::tr!(accounts.wrong_code)));
    }
    caller.enter(&mut tx).await?;
    store::signed_in(&mut tx, half.user, now).await?;
    note(&mut tx, &request, half.user, Action::SignIn, "session").await?;
    tx.commit().await?;
    request.sign_in(half.user, half.version).await?;
    redirect_to(&half.next);
    Ok(())
}

/// Removes the second factor of a user who lost it. The user's earlier sessions end.
#[server(endpoint = "accounts/reset_factor")]
pub async fn reset_factor(user_id: UserId, #[server(default)] password: String) -> Result<(), Error> {
    let mut ctx = managing(&password).await?;
    let user = lock_to_manage(&mut ctx, user_id).await?;
    staff_user(&mut ctx.tx, user_id).await?;
    take_factor_away(&mut ctx, user, None).await?;
    if ctx.user() == user_id {
        drop(commit_and_stay(ctx, user).await?);
    } else {
        ctx.commit().await?;
    }
    redirect_to(&format!("/users/{user_id}"));
    Ok(())
}

/// Sets whether all users with a role need a second factor.
#[server(endpoint = "accounts/require_factor")]
pub async fn require_factor(
    #[server(default)] role: String,
    #[server(default)] required: bool,
    #[server(default)] password: String,
) -> Result<(), Error> {
    let mut ctx = managing(&password).await?;
    lock_who_manages(&mut ctx).await?;
    let role: Role = role.parse().map_err(|_| Error::invalid("role", crate::tr!(errors.choose)))?;
    acts::require_of(&mut ctx, role, required).await?;
    ctx.commit().await?;
    redirect_to("/users/second-factor");
    Ok(())
}

/// Locks the user's own account, after the user was verified again.
#[cfg(feature = "ssr")]
pub(in crate::accounts) async fn own(password: &str) -> Result<(Ctx, Locked<UserId>)> {
    let request = Request::current().ok_or(Error::SignedOut)?;
    confirm_unless_lately(&request, password).await?;
    let mut ctx = Ctx::write(Permission::OwnAccount).await?;
    let who = ctx.who.clone();
    let user = lock_signed_in(&mut ctx.tx, &who).await?;
    Ok((ctx, user))
}

/// Commits a change of the user's own second factor or passkeys: all other sessions end, this one continues.
#[cfg(feature = "ssr")]
pub(in crate::accounts) async fn commit_and_stay(mut ctx: Ctx, user: Locked<UserId>) -> Result<Request> {
    let request = ctx.request().clone();
    sessions::end_others(&mut ctx.tx, user, request.session.id()).await?;
    let version = store::version(&mut ctx.tx, user).await?;
    ctx.tell(Event::new(&ACCESS).to(user.id()));
    ctx.commit().await?;
    request.outlives(version).await?;
    Ok(request)
}

/// Stores the codes in the session until the next page shows them; then they are deleted.
#[cfg(feature = "ssr")]
async fn show_once(request: &Request, codes: &str) -> Result<()> {
    request.leave_note(codes).await?;
    redirect_to("/account/recovery-codes");
    Ok(())
}
