//! The second person at a controlled medicine: they sign in on the form of the act, and are not the one who acts.

use leptos::prelude::*;

use super::goods::StockItem;
use crate::{
    accounts,
    core::{Error, Permission, Result, UserId},
    server::{Ctx, Request},
    tr,
    ui::{PasswordField, TextField},
};

/// Signs the second person in, before the transaction: hashing a password takes time. `None` where nobody is named.
///
/// # Errors
/// [`Error::Invalid`] of the field `witness_password`; not allowed for a user without the permission of the act.
pub async fn proven(permission: Permission, login: &str, password: &str) -> Result<Option<UserId>> {
    if login.trim().is_empty() {
        return Ok(None);
    }
    let Some(request) = Request::current() else { return Err(Error::SignedOut) };
    // The permission is checked before the password.
    drop(Ctx::read(permission).await?);
    let proven = accounts::prove_second(&request, login.trim(), password).await;
    Ok(Some(proven.map_err(|error| error.at_field("witness_password"))?))
}

/// Refuses a second person who may not be one.
///
/// # Errors
/// [`Error::Invalid`] of the field `witness_password`.
pub async fn must_witness(ctx: &mut Ctx, witness: Option<UserId>) -> Result<()> {
    let Some(user) = witness else { return Ok(()) };
    let who = accounts::principal(&mut ctx.tx, user).await?;
    let clinic = ctx.clinic.id;
    if user == ctx.user() || !who.is_some_and(|who| who.may_at(Permission::Witness, clinic)) {
        return Err(Error::invalid("witness_password", tr!(pharmacy.witness_needed)));
    }
    Ok(())
}

/// Refuses an act on a controlled medicine that one person does alone.
///
/// # Errors
/// [`Error::Invalid`] of the field `witness`.
pub fn check_witness(ctx: &Ctx, item: &StockItem, witness: Option<UserId>) -> Result<()> {
    if item.is_controlled() && witness.is_none_or(|witness| witness == ctx.user()) {
        return Err(Error::invalid("witness", tr!(pharmacy.witness_needed)));
    }
    Ok(())
}

/// The fields in which the second person signs in.
pub fn witness_fields() -> AnyView {
    view! {
        <p>{tr!(pharmacy.witness_text)}</p>
        <TextField name="witness" label=tr!(pharmacy.witness) required=true maxlength=120 autocomplete="off"/>
        <PasswordField name="witness_password" label=tr!(pharmacy.witness_password) autocomplete="off"/>
    }
    .into_any()
}
