//! Links with which somebody chooses a password, once. Asking for another leaves the old ones as they are: anybody can ask in
//! somebody's name. Once a password was chosen, all of them are worthless.

mod store;

use chrono::Duration;
use sha2::{Digest as _, Sha256};

use crate::{
    core::{Error, Result, UserId, time::Instant},
    db::Tx,
};

crate::text_enum! {
    /// What a link is for.
    pub enum LinkKind("link") {
        Invitation = "invitation",
        Reset = "reset",
        /// A patient's own wish for an account.
        SignUp = "sign_up",
    }
}

impl LinkKind {
    fn lasts(self) -> Duration {
        match self {
            Self::Invitation => Duration::days(7),
            Self::Reset => Duration::minutes(30),
            Self::SignUp => Duration::days(1),
        }
    }
}

/// Whom a link is for.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct LinkedUser {
    pub user_id: UserId,
    pub login: String,
    pub display_name: String,
}

/// Makes a link's secret part; nothing but its hash is kept.
///
/// # Errors
/// What the database refused.
pub async fn make(tx: &mut Tx, user: UserId, kind: LinkKind, by: UserId, now: Instant) -> Result<String> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).map_err(|_| Error::Busy)?;
    let token: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    store::insert(tx, (hash(&token), user, kind), by, now, now + kind.lasts()).await?;
    Ok(token)
}

/// None of the user's links works any longer.
///
/// # Errors
/// What the database refused.
pub async fn end_all(tx: &mut Tx, user: UserId, now: Instant) -> Result<()> {
    store::end_all(tx, user, now).await
}

/// Whom the link is for, while it can be used.
///
/// # Errors
/// [`Error::Conflict`] when it was used, is too old, or never was.
pub async fn look(tx: &mut Tx, token: &str, now: Instant) -> Result<LinkedUser> {
    store::find(tx, hash(token), now).await?.ok_or_else(dead)
}

/// Uses it up.
///
/// # Errors
/// [`Error::Conflict`] when somebody was first.
pub async fn spend(tx: &mut Tx, token: &str, now: Instant) -> Result<()> {
    if store::spend(tx, hash(token), now).await? { Ok(()) } else { Err(dead()) }
}

fn hash(token: &str) -> Vec<u8> {
    Sha256::digest(token).to_vec()
}

fn dead() -> Error {
    Error::conflict(crate::tr!(accounts.link_dead))
}
