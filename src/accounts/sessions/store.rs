//! The SQL of sessions.

use chrono::Duration;
use sha2::{Digest as _, Sha256};
use time::OffsetDateTime;
use tower_sessions_core::session::{Id, Record};

use super::OwnSession;
use crate::{
    core::{Error, Result, UserId, time::Instant},
    db::{Tx, sql},
    server::request::{HALF_SIGNED_IN, SIGNED_IN, SignedIn},
};

fn id_hash(id: &Id) -> Vec<u8> {
    Sha256::digest(id.0.to_be_bytes()).to_vec()
}

fn unreadable(error: impl std::fmt::Display) -> Error {
    Error::internal("unreadable session", &error)
}

/// When the session ends by our clock; tower-sessions reckons by the system's.
fn expiry(record: &Record, now: Instant) -> Instant {
    let left = record.expiry_date - OffsetDateTime::now_utc();
    now + Duration::microseconds(i64::try_from(left.whole_microseconds()).unwrap_or(0))
}

/// The user whom the session's data names: signed in, or about to.
fn user_of(record: &Record) -> Option<UserId> {
    record.data.get(SIGNED_IN).or_else(|| record.data.get(HALF_SIGNED_IN))?.get("user")?.as_str()?.parse().ok()
}

/// What a form calls it: hexadecimal.
fn handle(id_hash: &[u8]) -> String {
    id_hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The sessions of a user; more than fifty nobody looks through.
pub(super) async fn of_user(tx: &mut Tx, user: UserId, current: Option<Id>, now: Instant) -> Result<Vec<OwnSession>> {
    let query = sql("SELECT id_hash, data FROM sessions WHERE user_id = $1 AND expires_at > $2 ORDER BY last_seen_at DESC LIMIT 50")
        .bind(user)
        .bind(now);
    let current = current.map(|id| id_hash(&id));
    let mut found = Vec::new();
    for (id_hash, data) in tx.all::<(Vec<u8>, String)>(query).await? {
        let mut data: serde_json::Value = serde_json::from_str(&data).map_err(unreadable)?;
        let Ok(signed_in) = serde_json::from_value::<SignedIn>(data[SIGNED_IN].take()) else { continue };
        let SignedIn { since, seen, address, agent, .. } = signed_in;
        found.push(OwnSession { handle: handle(&id_hash), since, seen, address, agent, current: current.as_ref() == Some(&id_hash) });
    }
    Ok(found)
}

pub(super) async fn end(tx: &mut Tx, user: UserId, named: &str) -> Result<bool> {
    let rows: Vec<(Vec<u8>,)> = tx.all(sql("SELECT id_hash FROM sessions WHERE user_id = $1").bind(user)).await?;
    let Some((found,)) = rows.into_iter().find(|(id_hash,)| handle(id_hash) == named) else { return Ok(false) };
    Ok(tx.execute(sql("DELETE FROM sessions WHERE id_hash = $1").bind(found)).await? > 0)
}

pub(super) async fn end_others(tx: &mut Tx, user: UserId, current: Option<Id>) -> Result<u64> {
    let kept = current.map(|id| id_hash(&id)).unwrap_or_default();
    Ok(tx.execute(sql("DELETE FROM sessions WHERE user_id = $1 AND id_hash <> $2").bind(user).bind(kept)).await?)
}

pub(super) async fn insert(tx: &mut Tx, record: &Record, now: Instant) -> Result<bool> {
    let query = sql("INSERT INTO sessions (id_hash, user_id, data, created_at, last_seen_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (id_hash) DO NOTHING")
    .bind(id_hash(&record.id))
    .bind(user_of(record))
    .bind(serde_json::to_string(&record.data).map_err(unreadable)?)
    .bind(now)
    .bind(now)
    .bind(expiry(record, now));
    Ok(tx.execute(query).await? == 1)
}

pub(super) async fn update(tx: &mut Tx, record: &Record, now: Instant) -> Result<()> {
    let query = sql("UPDATE sessions SET user_id = $2, data = $3, last_seen_at = $4, expires_at = $5 WHERE id_hash = $1")
        .bind(id_hash(&record.id))
        .bind(user_of(record))
        .bind(serde_json::to_string(&record.data).map_err(unreadable)?)
        .bind(now)
        .bind(expiry(record, now));
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn find(tx: &mut Tx, id: &Id, now: Instant) -> Result<Option<Record>> {
    let query = sql("SELECT data, expires_at FROM sessions WHERE id_hash = $1 AND expires_at > $2").bind(id_hash(id)).bind(now);
    let Some((data, expires_at)) = tx.optional::<(String, Instant)>(query).await? else { return Ok(None) };
    Ok(Some(Record {
        id: *id,
        data: serde_json::from_str(&data).map_err(unreadable)?,
        expiry_date: OffsetDateTime::now_utc() + time::Duration::seconds((expires_at - now).num_seconds()),
    }))
}

pub(super) async fn delete(tx: &mut Tx, id: &Id) -> Result<()> {
    tx.execute(sql("DELETE FROM sessions WHERE id_hash = $1").bind(id_hash(id))).await?;
    Ok(())
}

pub(super) async fn delete_by_user(tx: &mut Tx, user: UserId) -> Result<u64> {
    Ok(tx.execute(sql("DELETE FROM sessions WHERE user_id = $1").bind(user)).await?)
}

pub(super) async fn delete_expired(tx: &mut Tx, now: Instant) -> Result<u64> {
    Ok(tx.execute(sql("DELETE FROM sessions WHERE expires_at <= $1").bind(now)).await?)
}
