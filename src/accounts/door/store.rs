//! The SQL of attempts to sign in.

use crate::{
    core::{Result, time::Instant},
    db::{Tx, sql},
};

/// The row of a name at an address.
#[derive(Clone, Copy, Debug, Default, sqlx::FromRow)]
pub(super) struct Pair {
    /// The time before which a known owner's password is not checked again.
    pub closed_until: Option<Instant>,
    /// When the address was last charged for this name.
    pub counted_at: Option<Instant>,
    /// The time until which the account's owner is known to sign in from this address.
    pub known_until: Option<Instant>,
}

/// Counts an attempt and returns the number of attempts; `None` when it is too early for one. Attempts from before `forgotten`
/// no longer count.
pub(super) async fn count(tx: &mut Tx, key: &[u8], now: Instant, forgotten: Instant) -> Result<Option<i64>> {
    let query = sql("INSERT INTO sign_in_attempts (key, attempts, last_at) VALUES ($1, 1, $2)
        ON CONFLICT (key) DO UPDATE SET last_at = excluded.last_at, closed_until = NULL,
            attempts = CASE WHEN sign_in_attempts.last_at < $3 THEN 1 ELSE sign_in_attempts.attempts + 1 END
        WHERE sign_in_attempts.closed_until IS NULL OR sign_in_attempts.closed_until <= excluded.last_at
        RETURNING attempts")
    .bind(key.to_vec())
    .bind(now)
    .bind(forgotten);
    Ok(tx.optional::<(i64,)>(query).await?.map(|(attempts,)| attempts))
}

pub(super) async fn close(tx: &mut Tx, key: &[u8], until: Instant) -> Result<()> {
    tx.execute(sql("UPDATE sign_in_attempts SET closed_until = $2 WHERE key = $1").bind(key.to_vec()).bind(until)).await?;
    Ok(())
}

/// Returns the number of counted attempts, the time of the last one, and the time until which the next must wait.
pub(super) async fn counted(tx: &mut Tx, key: &[u8]) -> Result<Option<(i64, Instant, Option<Instant>)>> {
    Ok(tx.optional(sql("SELECT attempts, last_at, closed_until FROM sign_in_attempts WHERE key = $1").bind(key.to_vec())).await?)
}

pub(super) async fn forget(tx: &mut Tx, key: &[u8]) -> Result<()> {
    tx.execute(sql("DELETE FROM sign_in_attempts WHERE key = $1").bind(key.to_vec())).await?;
    Ok(())
}

/// Resets the count and keeps the row.
pub(super) async fn calm(tx: &mut Tx, key: &[u8]) -> Result<()> {
    tx.execute(sql("UPDATE sign_in_attempts SET attempts = 0, closed_until = NULL WHERE key = $1").bind(key.to_vec())).await?;
    Ok(())
}

pub(super) async fn pair(tx: &mut Tx, key: &[u8]) -> Result<Pair> {
    let query = sql("SELECT closed_until, counted_at, known_until FROM sign_in_attempts WHERE key = $1").bind(key.to_vec());
    Ok(tx.optional(query).await?.unwrap_or_default())
}

/// Returns the same as [`pair`]; creates the row if it does not exist, and locks it until the transaction ends.
pub(super) async fn pair_locked(tx: &mut Tx, key: &[u8], now: Instant) -> Result<Pair> {
    let query = sql("INSERT INTO sign_in_attempts (key, attempts, last_at) VALUES ($1, 0, $2)
        ON CONFLICT (key) DO UPDATE SET attempts = sign_in_attempts.attempts
        RETURNING closed_until, counted_at, known_until");
    Ok(tx.optional(query.bind(key.to_vec()).bind(now)).await?.unwrap_or_default())
}

/// Records that the address was charged for the name.
pub(super) async fn charged(tx: &mut Tx, pair: &[u8], now: Instant) -> Result<()> {
    let query = sql("UPDATE sign_in_attempts SET counted_at = $2, last_at = $3 WHERE key = $1").bind(pair.to_vec()).bind(now).bind(now);
    tx.execute(query).await?;
    Ok(())
}

/// Removes the record that the address was charged for the name; returns `false` when there was none.
pub(super) async fn discharged(tx: &mut Tx, pair: &[u8]) -> Result<bool> {
    let query = sql("UPDATE sign_in_attempts SET counted_at = NULL WHERE key = $1 AND counted_at IS NOT NULL");
    Ok(tx.execute(query.bind(pair.to_vec())).await? == 1)
}

/// Returns the time until which the address is charged; its row is locked until the transaction ends.
pub(super) async fn charged_until(tx: &mut Tx, address: &[u8], now: Instant) -> Result<Instant> {
    let query = sql("INSERT INTO sign_in_attempts (key, attempts, last_at) VALUES ($1, 0, $2)
        ON CONFLICT (key) DO UPDATE SET attempts = 0, closed_until = NULL RETURNING last_at");
    Ok(tx.optional::<(Instant,)>(query.bind(address.to_vec()).bind(now)).await?.map_or(now, |(until,)| until))
}

/// Returns the same as [`charged_until`] for an address that was charged before; creates no row.
pub(super) async fn charged_before(tx: &mut Tx, address: &[u8]) -> Result<Option<Instant>> {
    let query = sql("UPDATE sign_in_attempts SET attempts = 0 WHERE key = $1 RETURNING last_at");
    Ok(tx.optional::<(Instant,)>(query.bind(address.to_vec())).await?.map(|(until,)| until))
}

pub(super) async fn charge(tx: &mut Tx, address: &[u8], until: Instant) -> Result<()> {
    tx.execute(sql("UPDATE sign_in_attempts SET last_at = $2 WHERE key = $1").bind(address.to_vec()).bind(until)).await?;
    Ok(())
}

/// Records until when the account's owner is known to sign in from the address, and resets the count there.
pub(super) async fn know(tx: &mut Tx, key: &[u8], now: Instant, until: Instant) -> Result<()> {
    let query = sql("INSERT INTO sign_in_attempts (key, attempts, last_at, known_until) VALUES ($1, 0, $2, $3)
        ON CONFLICT (key) DO UPDATE SET attempts = 0, last_at = excluded.last_at, closed_until = NULL, known_until = excluded.known_until");
    tx.execute(query.bind(key.to_vec()).bind(now).bind(until)).await?;
    Ok(())
}

pub(super) async fn tidy(tx: &mut Tx, before: Instant, now: Instant) -> Result<()> {
    let query = sql("DELETE FROM sign_in_attempts WHERE last_at < $1 AND (known_until IS NULL OR known_until < $2)");
    tx.execute(query.bind(before).bind(now)).await?;
    Ok(())
}
