//! Links with which a user chooses a password, once. Asking for another link leaves the old ones valid, because a stranger
//! can ask in the user's name. After a password was chosen, all of them are invalid.

mod store;

use chrono::Duration;
use sha2::{Digest as _, Sha256};

use crate::{
    core::{Error, Result, Stamp, UserId, locale::Locale, time::Instant},
    db::{Locked, Tx},
};

crate::text_enum! {
    /// The purpose of a link.
    pub enum LinkKind("link") {
        Invitation = "invitation",
        Reset = "reset",
    }
}

/// The lifetime of the link with which a patient confirms a request for an account.
const SIGN_UP: Duration = Duration::days(1);

impl LinkKind {
    fn lasts(self) -> Duration {
        match self {
            Self::Invitation => Duration::days(7),
            Self::Reset => Duration::minutes(30),
        }
    }
}

/// The account that a link is for.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Linked {
    /// `None` for a person who asks for an account, which does not exist before the link is used.
    pub user_id: Option<UserId>,
    pub login: String,
    pub display_name: String,
    pub language: Option<String>,
}

/// Creates the secret part of a link; only its hash is stored.
///
/// # Errors
/// When the database refuses.
pub async fn make(tx: &mut Tx, user: Locked<UserId>, kind: LinkKind, stamp: Stamp) -> Result<String> {
    let token = token()?;
    store::insert(tx, (hash(&token), user, kind), stamp, stamp.at + kind.lasts()).await?;
    Ok(token)
}

/// Creates a link as [`make`] does, for a person who signs up.
///
/// # Errors
/// When the database refuses.
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

/// Ends all links of the user.
///
/// # Errors
/// When the database refuses.
pub async fn end_all(tx: &mut Tx, user: Locked<UserId>, now: Instant) -> Result<()> {
    store::end_all(tx, user, now).await
}

/// Returns the account that the link is for, while it can be used.
///
/// # Errors
/// [`Error::Conflict`] when it was used, is too old, or never existed.
pub async fn look(tx: &mut Tx, token: &str, now: Instant) -> Result<Linked> {
    if let Some(linked) = store::find(tx, hash(token), now).await? {
        return Ok(linked);
    }
    match store::find_sign_up(tx, hash(token), now).await? {
        Some(linked) => Ok(linked),
        None => Err(dead(tx, token).await?),
    }
}

/// Uses up a link of the user, and ends all others.
///
/// # Errors
/// [`Error::Conflict`] when another request was first.
pub async fn spend(tx: &mut Tx, token: &str, user: Locked<UserId>, now: Instant) -> Result<()> {
    let first = store::spend(tx, hash(token), now).await?;
    end_all(tx, user, now).await?;
    if first { Ok(()) } else { Err(dead(tx, token).await?) }
}

/// Uses up the link of a sign-up, and ends all others with that sign-in name. Requests with one name run one after the
/// other.
///
/// # Errors
/// [`Error::Conflict`] when another request was first.
pub async fn spend_sign_up(tx: &mut Tx, token: &str, login: &str, now: Instant) -> Result<()> {
    tx.take_turn("sign-up", login).await?;
    let first = store::spend_sign_up(tx, hash(token), now).await?;
    store::end_sign_ups(tx, login).await?;
    if first { Ok(()) } else { Err(dead(tx, token).await?) }
}

/// Deletes sign-ups that patients never confirmed, once their link has expired.
///
/// # Errors
/// When the database refuses.
pub async fn tidy(tx: &mut Tx, now: Instant) -> Result<()> {
    store::tidy_sign_ups(tx, now).await
}

fn hash(token: &str) -> Vec<u8> {
    Sha256::digest(token).to_vec()
}

/// Returns the error for an invalid link: a user can ask for another link on the sign-in form, an invited one must ask
/// the administrator.
async fn dead(tx: &mut Tx, token: &str) -> Result<Error> {
    Ok(Error::conflict(match store::kind(tx, hash(token)).await? {
        Some(LinkKind::Invitation) => crate::tr!(accounts.invitation_dead),
        Some(LinkKind::Reset) | None => crate::tr!(accounts.link_dead),
    }))
}
