//! The server functions for signing in and out, and for choosing the language.

use leptos::prelude::*;

use crate::core::{Error, Result};

#[cfg(feature = "ssr")]
use crate::{
    accounts::{
        confirm::{confirm, confirm_unless_lately},
        door::Caller,
        own,
        password::{self, Waiting},
        store,
        told::tell_new_place,
    },
    audit::{self, Action, AuditRow},
    core::{
        Permission,
        locale::{self, Locale},
    },
    db::Tx,
    server::{Ctx, Request, choices::remember, redirect_to, request::LANGUAGE_COOKIE},
};

/// Signs in. The answer and its time are the same for a wrong name and a wrong password, even when attempts are held back.
#[server(endpoint = "accounts/sign_in")]
pub async fn sign_in(
    #[server(default)] login: String,
    #[server(default)] password: String,
    #[server(default)] next: String,
) -> Result<(), Error> {
    let request = Request::current().ok_or(Error::SignedOut)?;
    let login = login.trim().to_lowercase();
    if login.is_empty() || login.len() > 254 || password.is_empty() || password::is_too_long(&password) {
        return Err(Error::invalid("login", crate::tr!(accounts.wrong_sign_in)));
    }
    let caller = Caller::new(&login, &request.address, request.state.config.attempts_per_address);
    let attempt = caller.attempt(&request.state.db, request.state.clock.now()).await?;
    let (known, is_known_here) = {
        let mut tx = request.state.db.read().await?;
        let is_known_here = caller.is_known(&mut tx, request.state.clock.now()).await?;
        (store::credentials(&mut tx, &login).await?, is_known_here)
    };
    let waiting = if is_known_here { Waiting::Known } else { Waiting::Stranger };
    let hash = known.as_ref().and_then(|known| known.password_hash.clone());
    let right = match password::verify(password, hash, waiting).await {
        Ok(right) => right,
        Err(error) => return Err(attempt.refused(error).await),
    };
    let Some(known) = known.filter(|known| right && known.active) else {
        tracing::info!(address = request.address, "a sign-in was refused");
        return Err(attempt.refused(Error::invalid("login", crate::tr!(accounts.wrong_sign_in))).await);
    };
    let next = if is_local(&next) { &next } else { "/" };
    let mut tx = request.state.db.write().await?;
    // Hashing took time: password, state and second factor are read again here, and cannot change until this transaction
    // commits.
    tx.lock(known.user).await?;
    let Some(known) = store::credentials(&mut tx, &login).await?.filter(|now| now.still_let_in(&known)) else {
        drop(tx);
        tracing::info!(address = request.address, "a sign-in was refused: the password was changed meanwhile");
        return Err(attempt.refused(Error::invalid("login", crate::tr!(accounts.wrong_sign_in))).await);
    };
    attempt.enter(&mut tx, request.state.clock.now()).await?;
    if !is_known_here {
        tell_new_place(&mut tx, &request, known.user).await?;
    }
    if known.second_factor {
        tx.commit().await?;
        request.sign_in_halfway(known.user, known.version, next).await?;
        redirect_to("/sign-in/code");
        return Ok(());
    }
    store::signed_in(&mut tx, known.user, request.state.clock.now()).await?;
    note(&mut tx, &request, known.user, Action::SignIn, "session").await?;
    tx.commit().await?;
    request.sign_in(known.user, known.version).await?;
    redirect_to(next);
    Ok(())
}

/// Signs out: deletes the session from the database.
#[server(endpoint = "accounts/sign_out")]
pub async fn sign_out() -> Result<(), Error> {
    let request = Request::current().ok_or(Error::SignedOut)?;
    if let Some(who) = &request.principal {
        let mut tx = request.state.db.write().await?;
        note(&mut tx, &request, who.user, Action::SignOut, "session").await?;
        tx.commit().await?;
    }
    request.sign_out().await?;
    redirect_to("/sign-in");
    Ok(())
}

/// Checks a new password and returns its hash. The check takes computing time, so `chooser` counts it: the server checks a few for an
/// account, then the next one must wait, as after wrong passwords.
///
/// # Errors
/// [`Error::Invalid`] of the field `new_password` or `new_password_again`.
#[cfg(feature = "ssr")]
pub async fn chosen(request: &Request, chooser: &Caller, (login, name): (&str, &str), (new, again): (String, &str)) -> Result<String> {
    password::check_quickly(&new)?;
    if new != again {
        return Err(Error::invalid("new_password_again", crate::tr!(accounts.password_differs)));
    }
    chooser.knock(&request.state.db, request.state.clock.now()).await.map_err(|error| error.at_field("new_password"))?;
    let stolen = request.state.config.stolen_passwords.as_deref();
    password::check(&new, vec![login.to_owned(), name.to_owned()], stolen).await?;
    password::hash(new).await
}

/// Changes the user's own password. All other sessions of the user end, on every node.
#[server(endpoint = "accounts/change_password")]
pub async fn change_password(
    #[server(default)] password: String,
    #[server(default)] new_password: String,
    #[server(default)] new_password_again: String,
) -> Result<(), Error> {
    let request = Request::current().ok_or(Error::SignedOut)?;
    let who = request.principal.clone().ok_or(Error::SignedOut)?;
    let hash = store::password_hash(&mut request.state.db.read().await?, who.user).await?;
    confirm(&request, &password).await?;
    if new_password == password {
        return Err(Error::invalid("new_password", crate::tr!(accounts.password_same)));
    }
    let chooser = Caller::signed_in(&format!("choose {}", who.login));
    let new_hash = chosen(&request, &chooser, (&who.login, &who.name), (new_password, &new_password_again)).await?;
    let mut ctx = Ctx::write(Permission::OwnAccount).await?;
    let user = ctx.tx.lock(who.user).await?;
    if store::password_hash(&mut ctx.tx, who.user).await? != hash {
        return Err(Error::conflict(crate::tr!(accounts.password_meanwhile)));
    }
    if store::version(&mut ctx.tx, user).await? != who.version {
        return Err(Error::SignedOut);
    }
    own::change_password(&mut ctx, user, new_hash).await?;
    chooser.enter(&mut ctx.tx).await?;
    let version = store::version(&mut ctx.tx, user).await?;
    ctx.commit().await?;
    request.sign_in_with(who.user, version, who.by_passkey).await?;
    redirect_to("/account/security?done=password");
    Ok(())
}

/// Verifies the signed-in user again, and redirects to the page that required it.
#[server(endpoint = "accounts/confirm")]
pub async fn confirm_oneself(#[server(default)] password: String, #[server(default)] next: String) -> Result<(), Error> {
    let request = Request::current().ok_or(Error::SignedOut)?;
    confirm(&request, &password).await?;
    if is_local(&next) {
        redirect_to(&next);
    }
    Ok(())
}

/// Signs out one of the user's own devices.
#[server(endpoint = "accounts/end_session")]
pub async fn end_session(#[server(default)] session: String, #[server(default)] password: String) -> Result<(), Error> {
    confirm_unless_lately(&Request::current().ok_or(Error::SignedOut)?, &password).await?;
    let mut ctx = Ctx::write(Permission::OwnAccount).await?;
    own::end_session(&mut ctx, &session).await?;
    ctx.commit().await?;
    redirect_to("/account/security?done=devices");
    Ok(())
}

/// Signs out all of the user's devices except this one.
#[server(endpoint = "accounts/end_other_sessions")]
pub async fn end_other_sessions(#[server(default)] password: String) -> Result<(), Error> {
    confirm_unless_lately(&Request::current().ok_or(Error::SignedOut)?, &password).await?;
    let mut ctx = Ctx::write(Permission::OwnAccount).await?;
    own::end_other_sessions(&mut ctx).await?;
    ctx.commit().await?;
    redirect_to("/account/security?done=devices");
    Ok(())
}

/// Extends the session, because the user is still at the desk.
#[server(endpoint = "accounts/stay")]
pub async fn stay(#[server(default)] next: String) -> Result<(), Error> {
    let request = Request::current().ok_or(Error::SignedOut)?;
    let mut signed_in = request.signed_in.clone().ok_or(Error::SignedOut)?;
    signed_in.seen = request.state.clock.now();
    request.store(&signed_in).await?;
    if is_local(&next) {
        redirect_to(&next);
    }
    Ok(())
}

/// Chooses the language: it is stored with the account of a signed-in user, and in a cookie before signing in.
#[server(endpoint = "accounts/language")]
pub async fn choose_language(#[server(default)] language: String, #[server(default)] next: String) -> Result<(), Error> {
    let locale: Locale = language.parse().map_err(|()| Error::invalid("language", crate::tr!(errors.choose)))?;
    let request = Request::current().ok_or(Error::SignedOut)?;
    if request.principal.is_some() {
        let mut ctx = Ctx::write(Permission::OwnAccount).await?;
        own::choose_language(&mut ctx, locale).await?;
        ctx.commit().await?;
    }
    remember(LANGUAGE_COOKIE, locale::code(locale), 31_536_000);
    if is_local(&next) {
        redirect_to(&next);
    }
    Ok(())
}

/// Chooses the clinic at which the user works.
#[server(endpoint = "accounts/clinic")]
pub async fn choose_clinic(clinic_id: crate::core::ClinicId) -> Result<(), Error> {
    let request = Request::current().ok_or(Error::SignedOut)?;
    let (Some(who), Some(signed_in)) = (&request.principal, &request.signed_in) else { return Err(Error::SignedOut) };
    if !who.may_at(Permission::OwnAccount, clinic_id) {
        return Err(Error::NotFound);
    }
    let mut signed_in = signed_in.clone();
    signed_in.clinic = Some(clinic_id);
    signed_in.point = None;
    request.store(&signed_in).await?;
    redirect_to("/");
    Ok(())
}

/// Whether the path is an address of this site, not `//elsewhere` or `https://elsewhere`.
#[cfg(feature = "ssr")]
pub fn is_local(path: &str) -> bool {
    crate::server::is_own_page(path)
}

#[cfg(feature = "ssr")]
pub(super) async fn note(tx: &mut Tx, request: &Request, user: crate::core::UserId, action: Action, what: &'static str) -> Result<()> {
    let row = AuditRow {
        at: request.state.clock.now(),
        user,
        roles: String::new(),
        action,
        what,
        subject: None,
        patient: None,
        clinic: None,
        address: request.address.clone(),
        request: request.id.clone(),
        why: String::new(),
    };
    audit::write(tx, &[row]).await
}
