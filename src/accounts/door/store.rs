//! The SQL of attempts to sign in.

use crate::{
    core::{Result, time::Instant},
    db::{Tx, sql},
};

/// Counts an attempt and tells how many that makes; `None` when it is too early for one. Those of before `forgotten` are gone.
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

pub(super) async fn closed_until(tx: &mut Tx, key: &[u8]) -> Result<Option<Instant>> {
    let query = sql("SELECT closed_until FROM sign_in_attempts WHERE key = $1").bind(key.to_vec());
    Ok(tx.optional::<(Option<Instant>,)>(query).await?.and_then(|(until,)| until))
}

pub(super) async fn forget(tx: &mut Tx, key: &[u8]) -> Result<()> {
    tx.execute(sql("DELETE FROM sign_in_attempts WHERE key = $1").bind(key.to_vec())).await?;
    Ok(())
}

/// Nothing is counted any more, and the row stays.
pub(super) async fn calm(tx: &mut Tx, key: &[u8]) -> Result<()> {
    tx.execute(sql("UPDATE sign_in_attempts SET attempts = 0, closed_until = NULL WHERE key = $1").bind(key.to_vec())).await?;
    Ok(())
}

/// Keeps a row in which nothing is counted yet, as if the last attempt were to come then.
pub(super) async fn know(tx: &mut Tx, key: &[u8], until: Instant) -> Result<()> {
    let query = sql("INSERT INTO sign_in_attempts (key, attempts, last_at) VALUES ($1, 0, $2)
        ON CONFLICT (key) DO UPDATE SET attempts = 0, last_at = excluded.last_at, closed_until = NULL");
    tx.execute(query.bind(key.to_vec()).bind(until)).await?;
    Ok(())
}

pub(super) async fn is_known(tx: &mut Tx, key: &[u8]) -> Result<bool> {
    Ok(tx.count(sql("SELECT count(*) FROM sign_in_attempts WHERE key = $1").bind(key.to_vec())).await? > 0)
}

pub(super) async fn take_back(tx: &mut Tx, key: &[u8]) -> Result<()> {
    let query = sql("UPDATE sign_in_attempts SET attempts = attempts - 1, closed_until = NULL WHERE key = $1 AND attempts > 0");
    tx.execute(query.bind(key.to_vec())).await?;
    Ok(())
}

pub(super) async fn tidy(tx: &mut Tx, before: Instant) -> Result<()> {
    tx.execute(sql("DELETE FROM sign_in_attempts WHERE last_at < $1").bind(before)).await?;
    Ok(())
}
