//! Patients sign up with a name and an e-mail address. The next step is in an e-mail, so that the page does not reveal whether
//! an address has an account. The user chooses the password with the link in the e-mail, so that a stranger cannot choose it for
//! another person.

use leptos::prelude::*;

use crate::core::Error;

#[cfg(feature = "ssr")]
use crate::{
    accounts::{door::Caller, forgotten},
    core::error::FieldErrors,
    server::{Request, mail, redirect_to},
};

/// Requests an account. The answer is the same for every address.
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
