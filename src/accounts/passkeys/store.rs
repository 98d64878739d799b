//! The SQL of passkeys and of their challenges.

use uuid::Uuid;
use webauthn_rs::prelude::Passkey;

use crate::{
    core::{Error, PasskeyId, Result, UserId, time::Instant},
    db::{DbError, Locked, Tx, sql},
    keys::{PASSKEYS, Sealed},
};

/// The number of passkeys that a user may have (`passkeys_at_most_ten`).
pub(super) const MOST: usize = 10;

#[derive(sqlx::FromRow)]
pub(super) struct PasskeyRow {
    pub id: PasskeyId,
    user_id: UserId,
    sealed: Sealed,
    pub created_at: Instant,
    pub last_used_at: Option<Instant>,
}

impl PasskeyRow {
    /// Returns the name and the credential.
    pub fn open(&self, tx: &Tx) -> Result<(String, Passkey)> {
        let [name, credential] = PASSKEYS.open(tx.keys(), self.id, self.user_id, &self.sealed)?;
        let credential = serde_json::from_str(&credential).map_err(|error| Error::internal("a stored passkey is unreadable", &error))?;
        Ok((name, credential))
    }
}

pub(super) async fn of_user(tx: &mut Tx, user: UserId) -> Result<Vec<PasskeyRow>> {
    let query = sql("SELECT id, user_id, sealed, created_at, last_used_at FROM passkeys WHERE user_id = $1 ORDER BY created_at, id");
    Ok(tx.all(query.bind(user)).await?)
}

/// Returns the passkey of the credential, if it is the user's and the user may sign in.
pub(super) async fn of_credential(tx: &mut Tx, user: UserId, hash: &[u8]) -> Result<Option<PasskeyRow>> {
    let query = sql("SELECT p.id, p.user_id, p.sealed, p.created_at, p.last_used_at FROM passkeys p JOIN users u ON u.id = p.user_id
        WHERE p.credential_hash = $1 AND p.user_id = $2 AND u.status = 'active'");
    Ok(tx.optional(query.bind(hash.to_vec()).bind(user)).await?)
}

/// Returns the sign-in name of a user who has a passkey.
pub(super) async fn login_of(tx: &mut Tx, user: UserId) -> Result<Option<String>> {
    let query = sql("SELECT u.login FROM users u WHERE u.id = $1 AND u.status = 'active'
        AND EXISTS (SELECT 1 FROM passkeys p WHERE p.user_id = u.id)");
    Ok(tx.optional::<(String,)>(query.bind(user)).await?.map(|(login,)| login))
}

pub(super) async fn insert(
    tx: &mut Tx,
    (id, user): (PasskeyId, Locked<UserId>),
    (name, credential): (&str, &str),
    hash: &[u8],
    now: Instant,
) -> Result<(), DbError> {
    let query = sql("INSERT INTO passkeys (id, user_id, credential_hash, sealed, created_at) VALUES ($1, $2, $3, $4, $5)")
        .bind(id)
        .bind(user.id())
        .bind(hash.to_vec())
        .bind(PASSKEYS.seal(id, user.id(), [name, credential]))
        .bind(now);
    tx.execute(query).await?;
    Ok(())
}

/// Records the use of a passkey; `changed` has its name and the credential with its new counter.
pub(super) async fn used(tx: &mut Tx, (id, user): (PasskeyId, Locked<UserId>), changed: Option<(&str, &str)>, now: Instant) -> Result<()> {
    tx.execute(sql("UPDATE passkeys SET last_used_at = $2 WHERE id = $1").bind(id).bind(now)).await?;
    if let Some((name, credential)) = changed {
        let sealed = PASSKEYS.seal(id, user.id(), [name, credential]);
        tx.execute(sql("UPDATE passkeys SET sealed = $2 WHERE id = $1").bind(id).bind(sealed)).await?;
        tx.changed(&PASSKEYS, id);
    }
    Ok(())
}

pub(super) async fn remove(tx: &mut Tx, user: Locked<UserId>, id: PasskeyId) -> Result<bool, DbError> {
    let removed = tx.execute(sql("DELETE FROM passkeys WHERE id = $1 AND user_id = $2").bind(id).bind(user.id())).await? == 1;
    if removed {
        tx.changed(&PASSKEYS, id);
    }
    Ok(removed)
}

pub(super) async fn insert_challenge(
    tx: &mut Tx,
    (id, user): (Uuid, Option<UserId>),
    (options, state): (String, String),
    until: Instant,
) -> Result<()> {
    let query = sql("INSERT INTO passkey_challenges (id, user_id, options, state, expires_at) VALUES ($1, $2, $3, $4, $5)")
        .bind(id)
        .bind(user)
        .bind(options)
        .bind(state)
        .bind(until);
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn options(tx: &mut Tx, id: Uuid, user: Option<UserId>, now: Instant) -> Result<Option<String>> {
    let query = sql("SELECT options, user_id FROM passkey_challenges WHERE id = $1 AND expires_at > $2");
    let row: Option<(String, Option<UserId>)> = tx.optional(query.bind(id).bind(now)).await?;
    Ok(row.filter(|(_, of)| *of == user).map(|(options, _)| options))
}

/// Takes the challenge away. When several requests answer the same one, only the first gets it.
pub(super) async fn take_challenge(tx: &mut Tx, id: Uuid, user: Option<UserId>, now: Instant) -> Result<Option<String>> {
    let query = sql("SELECT state, user_id FROM passkey_challenges WHERE id = $1 AND expires_at > $2");
    let row: Option<(String, Option<UserId>)> = tx.optional(query.bind(id).bind(now)).await?;
    let Some((state, _)) = row.filter(|(_, of)| *of == user) else { return Ok(None) };
    let taken = tx.execute(sql("DELETE FROM passkey_challenges WHERE id = $1").bind(id)).await? == 1;
    Ok(taken.then_some(state))
}

pub(super) async fn tidy(tx: &mut Tx, now: Instant) -> Result<()> {
    tx.execute(sql("DELETE FROM passkey_challenges WHERE expires_at <= $1").bind(now)).await?;
    Ok(())
}
