//! Verifies a signed-in user again before a sensitive step. Wrong passwords and codes are limited per account, in a count that
//! only that user's sessions can increase; they also count for signing in.

use leptos::prelude::*;

use super::{
    api::note,
    door::{self, Caller},
    factor, password, store,
    user::lock_signed_in,
};
use crate::{
    audit::Action,
    core::{Error, Result, UserId},
    server::Request,
    tr,
    ui::{Button, ButtonTone, Form, PasswordField},
};

/// Checks whether `typed` is the password of the signed-in user, or a code of the user's second factor. Call it before
/// [`Ctx::write`](crate::server::Ctx::write): it writes in its own transaction, and hashing takes time.
///
/// # Errors
/// [`Error::Invalid`] of the field `password`: missing, wrong, or too early for another attempt. [`Error::SignedOut`]
/// when no user is signed in, or when the session has ended meanwhile.
pub async fn prove(request: &Request, typed: &str) -> Result<()> {
    let Some(who) = &request.principal else { return Err(Error::SignedOut) };
    let refused = |why: &str| Err(Error::invalid("password", why));
    if typed.is_empty() {
        return refused(tr!(accounts.password_missing));
    }
    if password::is_too_long(typed) {
        return refused(tr!(accounts.wrong_password));
    }
    let (db, now) = (&request.state.db, request.state.clock.now());
    let caller = Caller::signed_in(&who.login);
    caller.knock(db, now).await.map_err(|error| error.at_field("password"))?;
    let is_code = who.second_factor && factor::looks_like_a_code(typed);
    let right = !is_code && {
        let hash = store::password_hash(&mut db.read().await?, who.user).await?;
        password::verify(typed.to_owned(), hash, password::Waiting::Known).await?
    };
    let mut tx = db.write().await?;
    // Hashing took time: the password may no longer be the user's, and then it is no proof.
    let user = lock_signed_in(&mut tx, who).await?;
    let right = right || (is_code && factor::use_code(&mut tx, user, typed, now).await?);
    if !right {
        door::count_wrong(&mut tx, &who.login, now).await?;
        note(&mut tx, request, who.user, Action::Refused, "confirmation").await?;
        tx.commit().await?;
        return refused(tr!(accounts.wrong_password));
    }
    caller.enter(&mut tx).await?;
    tx.commit().await?;
    Ok(())
}

/// Checks the sign-in of a second person who stands beside the signed-in user: their name and password. No session begins. Attempts
/// count as attempts to sign in. Call it before [`Ctx::write`](crate::server::Ctx::write).
///
/// # Errors
/// [`Error::Invalid`] of the field `second_login`: wrong, not active, or too early for another attempt.
pub async fn prove_second(request: &Request, login: &str, typed: &str) -> Result<UserId> {
    if request.principal.is_none() {
        return Err(Error::SignedOut);
    }
    let wrong = || Error::invalid("second_login", tr!(accounts.wrong_sign_in));
    let login = login.trim().to_lowercase();
    if login.is_empty() || login.len() > 254 || typed.is_empty() || password::is_too_long(typed) {
        return Err(wrong());
    }
    let (db, now) = (&request.state.db, request.state.clock.now());
    let caller = Caller::new(&login, &request.address, request.state.config.attempts_per_address);
    let attempt = caller.attempt(db, now).await.map_err(|error| error.at_field("second_login"))?;
    let known = store::credentials(&mut db.read().await?, &login).await?;
    let hash = known.as_ref().and_then(|known| known.password_hash.clone());
    let right = match password::verify(typed.to_owned(), hash, password::Waiting::Known).await {
        Ok(right) => right,
        Err(error) => return Err(attempt.refused(error).await.at_field("second_login")),
    };
    let Some(known) = known.filter(|known| right && known.active) else {
        return Err(attempt.refused(wrong()).await.at_field("second_login"));
    };
    let mut tx = db.write().await?;
    // Hashing took time: the password and the state are read again.
    tx.lock(known.user).await?;
    let Some(known) = store::credentials(&mut tx, &login).await?.filter(|present| present.still_let_in(&known)) else {
        drop(tx);
        return Err(attempt.refused(wrong()).await.at_field("second_login"));
    };
    attempt.enter(&mut tx, now).await?;
    tx.commit().await?;
    Ok(known.user)
}

/// Checks the user as [`prove`] does; the session records the time, and gets a new id once the step is done.
///
/// # Errors
/// The errors of [`prove`].
pub async fn confirm(request: &Request, typed: &str) -> Result<()> {
    prove(request, typed).await?;
    let Some(mut signed_in) = request.signed_in.clone() else { return Err(Error::SignedOut) };
    let now = request.state.clock.now();
    signed_in.confirmed = Some(now);
    request.store(&signed_in).await?;
    request.keep().await?;
    let _ = request.confirmed.set(());
    Ok(())
}

/// Checks the user as [`confirm`] does, unless the user did so recently.
///
/// # Errors
/// The errors of [`confirm`].
pub async fn confirm_unless_lately(request: &Request, typed: &str) -> Result<()> {
    if request.confirmed_lately() { Ok(()) } else { confirm(request, typed).await }
}

/// Returns the field for a form whose function calls [`confirm_unless_lately`]; `None` when it will not ask.
pub fn confirm_field() -> Option<AnyView> {
    let needed = Request::current().is_none_or(|request| !request.confirmed_lately());
    needed.then(proof_field)
}

/// Returns the field for a form whose function calls [`confirm`].
pub fn proof_field() -> AnyView {
    let code = Request::current().and_then(|request| request.principal.clone()).is_some_and(|who| who.second_factor);
    let hint = if code { tr!(accounts.own_password_or_code) } else { tr!(accounts.own_password_hint) };
    view! { <PasswordField name="password" label=tr!(accounts.own_password) hint/> }.into_any()
}

/// Returns a form for a page with many small forms: the user must confirm before those forms are shown. `next` is the
/// address that it leads to, a page or a file.
pub fn confirm_panel(next: String) -> AnyView {
    view! {
        <section class="panel">
            <div class="panel__head"><h2>{tr!(accounts.confirm_title)}</h2></div>
            <div class="panel__body">
                <p class="muted">{tr!(accounts.confirm_text)}</p>
                <Form action="/api/accounts/confirm" hidden=vec![("next", next)] class="form--inline">
                    {proof_field()}
                    <Button label=tr!(accounts.confirm_button) tone=ButtonTone::Primary/>
                </Form>
            </div>
        </section>
    }
    .into_any()
}
