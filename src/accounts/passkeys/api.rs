//! The server functions that add and remove passkeys, and sign in with one.

use leptos::prelude::*;

use crate::core::{Error, PasskeyId};

#[cfg(feature = "ssr")]
use uuid::Uuid;

#[cfg(feature = "ssr")]
use super::{LONGEST_NAME, PasskeyAnswer, acts, challenge_to_sign_in, login_of, refused, take_sign_in};
#[cfg(feature = "ssr")]
use crate::{
    accounts::{
        api::{is_local, note},
        door::Caller,
        factor::api::{commit_and_stay, own},
        store,
        told::tell_new_place,
    },
    audit::Action,
    core::{Result, error::FieldErrors},
    server::{Request, redirect_to, request::BegunPasskey},
};

/// Begins to add a passkey: the next page asks the browser for one.
#[server(endpoint = "accounts/begin_passkey")]
pub async fn begin_passkey(#[server(default)] password: String) -> Result<(), Error> {
    let (mut ctx, user) = own(&password).await?;
    let challenge = acts::begin_own(&mut ctx, user).await?;
    let request = ctx.request().clone();
    ctx.commit().await?;
    request.begin_passkey(&BegunPasskey { challenge, next: String::new() }).await?;
    redirect_to("/account/passkey");
    Ok(())
}

/// Adds the passkey that the browser made. All other sessions of the user end, as after a new password.
#[server(endpoint = "accounts/add_passkey")]
pub async fn add_passkey(
    #[server(default)] name: String,
    #[server(default)] key: String,
    #[server(default)] password: String,
) -> Result<(), Error> {
    let (mut ctx, user) = own(&password).await?;
    let mut errors = FieldErrors::new();
    let name = errors.required_line("name", &name, LONGEST_NAME);
    errors.finish()?;
    let Some(begun) = ctx.request().begun_passkey().await? else { return Err(refused()) };
    acts::add_own(&mut ctx, (user, begun.challenge), (&name, &key)).await?;
    commit_and_stay(ctx, user).await?;
    redirect_to("/account/security?done=passkey-added");
    Ok(())
}

/// Removes one of the user's own passkeys. All other sessions of the user end.
#[server(endpoint = "accounts/remove_passkey")]
pub async fn remove_passkey(id: PasskeyId, #[server(default)] password: String) -> Result<(), Error> {
    let (mut ctx, user) = own(&password).await?;
    acts::remove_own(&mut ctx, user, id).await?;
    commit_and_stay(ctx, user).await?;
    redirect_to("/account/security?done=passkey-removed");
    Ok(())
}

/// Begins to sign in with a passkey: the next page asks the browser for one. Each address has a budget of such beginnings an hour; a
/// sign-in that succeeds gives its part back.
#[server(endpoint = "accounts/begin_passkey_sign_in")]
pub async fn begin_passkey_sign_in(#[server(default)] next: String) -> Result<(), Error> {
    let request = Request::current().ok_or(Error::SignedOut)?;
    let (db, now) = (&request.state.db, request.state.clock.now());
    let challenge = Uuid::now_v7();
    beginning(&request, challenge).knock(db, now).await.map_err(|error| error.at_field("key"))?;
    let mut tx = db.write().await?;
    challenge_to_sign_in(&mut tx, &request.state, challenge, now).await?;
    tx.commit().await?;
    let next = if is_local(&next) { next } else { "/".to_owned() };
    request.begin_passkey(&BegunPasskey { challenge, next }).await?;
    redirect_to("/sign-in/passkey");
    Ok(())
}

/// Signs in with the passkey's answer. It proves both factors, because the device has verified its owner.
#[server(endpoint = "accounts/sign_in_passkey")]
pub async fn sign_in_passkey(#[server(default)] key: String) -> Result<(), Error> {
    let request = Request::current().ok_or(Error::SignedOut)?;
    let (db, now) = (&request.state.db, request.state.clock.now());
    let Some(begun) = request.begun_passkey().await? else { return Err(refused()) };
    let mut tx = db.write().await?;
    // The challenge is used up, whether or not the answer is right.
    let stored = take_sign_in(&mut tx, begun.challenge, now).await?;
    tx.commit().await?;
    let (Some(stored), Some(answer)) = (stored, PasskeyAnswer::read(&key)) else { return Err(refused()) };
    let Some(login) = login_of(&mut db.read().await?, answer.user).await? else {
        tracing::info!(address = request.address, "a sign-in was refused: no such passkey");
        return Err(refused());
    };
    let caller = Caller::new(&login, &request.address, request.state.config.attempts_per_address);
    let attempt = caller.attempt(db, now).await.map_err(|error| error.at_field("key"))?;
    let is_known_here = caller.is_known(&mut db.read().await?, now).await?;
    let mut tx = db.write().await?;
    let user = tx.lock(answer.user).await?;
    if !answer.check(&mut tx, &request.state, user, &stored, now).await? {
        note(&mut tx, &request, user.id(), Action::Refused, "passkey").await?;
        tx.commit().await?;
        return Err(attempt.refused(refused()).await.at_field("key"));
    }
    attempt.enter(&mut tx, now).await?;
    beginning(&request, begun.challenge).enter(&mut tx).await?;
    if !is_known_here {
        tell_new_place(&mut tx, &request, user.id()).await?;
    }
    store::signed_in(&mut tx, user.id(), now).await?;
    let version = store::version(&mut tx, user).await?;
    note(&mut tx, &request, user.id(), Action::SignIn, "session").await?;
    tx.commit().await?;
    request.sign_in_with(user.id(), version, true).await?;
    redirect_to(&begun.next);
    Ok(())
}

/// Returns the caller whose budget the beginning of a sign-in uses: each challenge counts as a name of its own.
#[cfg(feature = "ssr")]
fn beginning(request: &Request, challenge: Uuid) -> Caller {
    Caller::asking("passkey", &challenge.to_string(), &request.address, request.state.config.attempts_per_address)
}
