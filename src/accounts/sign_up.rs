//! Patients sign up by themselves: a name and an e-mail address. What follows stands in a letter, so that nobody learns from the
//! page whether an address has an account; the password is chosen with the letter's link, so that nobody chooses it for others.

use leptos::prelude::*;

use crate::core::Error;

#[cfg(feature = "ssr")]
use crate::{
    accounts::{door::Caller, forgotten},
    core::error::FieldErrors,
    server::{Request, mail, redirect_to},
};

/// Asks for an account. The answer is the same whoever asks.
#[server(endpoint = "accounts/sign_up")]
pub async fn sign_up(#[server(default)] name: String, #[server(default)] login: String) -> Result<(), Error> {
    let request = Request::current().ok_or(Error::SignedOut)?;
    let login = login.trim().to_lowercase();
    let mut errors = FieldErrors::new();
    let name = errors.required_name("name", &name, crate::tr!(accounts.name_missing));
    if !mail::is_address(&login) {
        errors.add("login", crate::tr!(accounts.no_address));
    }
    errors.finish()?;
    let (db, now) = (&request.state.db, request.state.clock.now());
    let caller = Caller::asking("sign-up", &login, &request.address, request.state.config.attempts_per_address);
    caller.knock(db, now).await?;
    let mut tx = db.write().await?;
    forgotten::ask(&mut tx, &login, Some(&name), request.locale, now).await?;
    tx.commit().await?;
    redirect_to("/sign-up?asked=1");
    Ok(())
}
