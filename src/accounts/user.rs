//! Users: who they are at sign-in and at each request.

use crate::{
    core::{ClinicId, Error, Result, Role, UserId, locale::Locale, time::Instant},
    db::{Locked, Tx},
    server::Principal,
};

use super::store;

/// A user to be made.
#[derive(Clone, Debug)]
pub struct NewUser {
    pub id: UserId,
    /// What is typed to sign in: an e-mail address or a short name. Kept in lower case.
    pub login: String,
    pub name: String,
    /// From [`super::password::hash`].
    pub password_hash: Option<String>,
    pub language: Option<Locale>,
    /// Its password is public: a demo's.
    pub demo: bool,
    /// Each at one clinic or (`None`) at all.
    pub roles: Vec<(Role, Option<ClinicId>)>,
}

/// Makes a user with roles.
///
/// # Errors
/// [`crate::core::Error::Conflict`] when somebody has that login.
pub async fn create_user(tx: &mut Tx, user: &NewUser, by: UserId, now: Instant) -> Result<()> {
    store::insert_user(tx, user, by, now).await
}

/// Locks the user who is signed in. What is decided after this cannot cross a change of the password, the second factor, the roles
/// or the state.
///
/// # Errors
/// [`Error::SignedOut`] when such a change came first: the session is over.
pub(super) async fn lock_signed_in(tx: &mut Tx, who: &Principal) -> Result<Locked<UserId>> {
    let user = tx.lock(who.user).await?;
    if store::version(tx, user).await? == who.version { Ok(user) } else { Err(Error::SignedOut) }
}

/// The user who signs in with this name.
///
/// # Errors
/// What the database refused.
pub async fn user_of_login(tx: &mut Tx, login: &str) -> Result<Option<UserId>> {
    Ok(store::credentials(tx, login).await?.map(|known| known.user))
}

/// Who a session's user is now; `None` when no longer active.
///
/// # Errors
/// What the database refused.
pub async fn principal(tx: &mut Tx, user: UserId) -> Result<Option<Principal>> {
    store::principal(tx, user).await
}

/// Everybody who may sign in and holds the role, wherever.
///
/// # Errors
/// What the database refused.
pub async fn users_with_role(tx: &mut Tx, role: Role) -> Result<Vec<UserId>> {
    store::users_with_role(tx, role).await
}

/// Whether the user is more than a patient: then an administrator helps with the sign-in, nobody else.
///
/// # Errors
/// What the database refused.
pub async fn works_here(tx: &mut Tx, user: UserId) -> Result<bool> {
    store::works_here(tx, user).await
}
