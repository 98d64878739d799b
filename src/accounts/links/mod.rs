//! Links with which somebody chooses a password, once. Asking for another leaves the old ones as they are: anybody can ask in
//! somebody's name. Once a password was chosen, all of them are worthless.

mod store;

use chrono::Duration;
use sha2::{Digest as _, Sha256};

use crate::{
    core::{Error, Result, UserId, locale::Locale, time::Instant},
    db::{Locked, Tx},
};

crate::text_enum! {
    /// What a link is for.
    pub enum LinkKind("link") {
        Invitation = "invitation",
        Reset = "reset",
    }
}

/// So long lasts the link with which a patient's own wish for an account is confirmed.
const SIGN_UP: Duration = Duration::days(1);

impl LinkKind {
    fn lasts(self) -> Duration {
        match self {
            Self::Invitation => Duration::days(7),
            Self::Reset => Duration::minutes(30),
        }
    }
}

/// Whom a link is for.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Linked {
    /// `None`: somebody who wants an account, and has none before the link is used.
    pub user_id: Option<UserId>,
    pub login: String,
    pub display_name: String,
    pub language: Option<String>,
}

/// Makes a link's secret part; nothing but its hash is kept.
///
/// # Errors
/// What the database refused.
pub async fn make(tx: &mut Tx, user: Locked<UserId>, kind: LinkKind, by: UserId, now: Instant) -> Result<String> {
    let token = token()?;
    store::insert(tx, (hash(&token), user, kind), by, now, now + kind.lasts()).await?;
    Ok(token)
}

/// As [`make`], for somebody who signs up.
///
/// # Errors
/// What the database refused.
pub async fn make_sign_up(tx: &mut Tx, login: &str, name: &str, language: Locale, now: Instant) -> Result<String> {
    let token = token()?;
    store::insert_sign_up(tx, hash(&token), (login, name, language), now, now + SIGN_UP).await?;
    Ok(token)
}

fn token() -> Result<String> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).map_err(|_| Error::Busy)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// None of the user's links works any longer.
///
/// # Errors
/// What the database refused.
pub async fn end_all(tx: &mut Tx, user: Locked<UserId>, now: Instant) -> Result<()> {
    store::end_all(tx, user, now).await
}

/// Whom the link is for, while it can be used.
///
/// # Errors
/// [`Error::Conflict`] when it was used, is too old, or never was.
pub async fn look(tx: &mut Tx, token: &str, now: Instant) -> Result<Linked> {
    if let Some(linked) = store::find(tx, hash(token), now).await? {
        return Ok(linked);
    }
    match store::find_sign_up(tx, hash(token), now).await? {
        Some(linked) => Ok(linked),
        None => Err(dead(tx, token).await?),
    }
}

/// Uses a link of the user up, and with it every other one.
///
/// # Errors
/// [`Error::Conflict`] when another request was first.
pub async fn spend(tx: &mut Tx, token: &str, user: Locked<UserId>, now: Instant) -> Result<()> {
    let first = store::spend(tx, hash(token), now).await?;
    end_all(tx, user, now).await?;
    if first { Ok(()) } else { Err(dead(tx, token).await?) }
}

/// Uses the link of a sign-up up, and with it every other one of that sign-in name. Those of one name take turns.
///
/// # Errors
/// [`Error::Conflict`] when another request was first.
pub async fn spend_sign_up(tx: &mut Tx, token: &str, login: &str, now: Instant) -> Result<()> {
    tx.take_turn("sign-up", login).await?;
    let first = store::spend_sign_up(tx, hash(token), now).await?;
    store::end_sign_ups(tx, login).await?;
    if first { Ok(()) } else { Err(dead(tx, token).await?) }
}

/// Removes what patients wished for and never confirmed, once its link has ended.
///
/// # Errors
/// What the database refused.
pub async fn tidy(tx: &mut Tx, now: Instant) -> Result<()> {
    store::tidy_sign_ups(tx, now).await
}

fn hash(token: &str) -> Vec<u8> {
    Sha256::digest(token).to_vec()
}

/// Anybody asks for another link on the sign-in form; who is invited asks the administrator.
async fn dead(tx: &mut Tx, token: &str) -> Result<Error> {
    Ok(Error::conflict(match store::kind(tx, hash(token)).await? {
        Some(LinkKind::Invitation) => crate::tr!(accounts.invitation_dead),
        Some(LinkKind::Reset) | None => crate::tr!(accounts.link_dead),
    }))
}
