//! Users: their data at sign-in and at each request.

use crate::{
    core::{ClinicId, Error, Result, Role, Stamp, UserId, locale::Locale, time::Instant},
    db::{Locked, Tx},
    server::Principal,
};

use super::store;

/// A user to be created.
#[derive(Clone, Debug)]
pub struct NewUser {
    pub id: UserId,
    /// The name for signing in: an e-mail address or a short name, in lower case.
    pub login: String,
    pub name: String,
    /// The result of [`super::password::hash`].
    pub password_hash: Option<String>,
    pub language: Option<Locale>,
    /// Whether its password is public, as in a demo.
    pub demo: bool,
    /// The roles, each at one clinic or (`None`) at all clinics.
    pub roles: Vec<(Role, Option<ClinicId>)>,
}

/// Creates a user with roles.
///
/// # Errors
/// [`crate::core::Error::Conflict`] when another user has that sign-in name.
pub async fn create_user(tx: &mut Tx, user: &NewUser, stamp: Stamp) -> Result<()> {
    store::insert_user(tx, user, stamp).await
}

/// Locks the signed-in user. After this, the password, the second factor, the roles and the state cannot change until the
/// transaction ends.
///
/// # Errors
/// [`Error::SignedOut`] when such a change came first: then the session has ended.
pub(super) async fn lock_signed_in(tx: &mut Tx, who: &Principal) -> Result<Locked<UserId>> {
    let user = tx.lock(who.user).await?;
    if store::version(tx, user).await? == who.version { Ok(user) } else { Err(Error::SignedOut) }
}

/// Returns the user who signs in with this name.
///
/// # Errors
/// When the database refuses.
pub async fn user_of_login(tx: &mut Tx, login: &str) -> Result<Option<UserId>> {
    Ok(store::credentials(tx, login).await?.map(|known| known.user))
}

/// Returns the current data of a session's user; `None` when the user is no longer active.
///
/// # Errors
/// When the database refuses.
pub async fn principal(tx: &mut Tx, user: UserId) -> Result<Option<Principal>> {
    store::principal(tx, user).await
}

/// Returns all users who may sign in and hold the role at any clinic.
///
/// # Errors
/// When the database refuses.
pub async fn users_with_role(tx: &mut Tx, role: Role) -> Result<Vec<UserId>> {
    store::users_with_role(tx, role).await
}

/// Returns the active users who have the role at this clinic, or at all clinics.
///
/// # Errors
/// When the database refuses.
pub async fn users_with_role_at(tx: &mut Tx, role: Role, clinic: ClinicId) -> Result<Vec<UserId>> {
    store::users_with_role_at(tx, role, clinic).await
}

/// Whether the user is more than a patient: then only an administrator may help with the sign-in.
///
/// # Errors
/// When the database refuses.
pub async fn works_here(tx: &mut Tx, user: UserId) -> Result<bool> {
    store::works_here(tx, user).await
}

/// Closes the account of a person whose record was erased as far as possible: nobody signs in, and its address is gone.
///
/// # Errors
/// When the database refuses.
pub async fn close_portal_account(tx: &mut Tx, user: UserId, now: Instant) -> Result<()> {
    let locked = tx.lock(user).await?;
    store::close_portal_account(tx, user, now).await?;
    super::passkeys::remove_all(tx, locked).await?;
    Ok(())
}
