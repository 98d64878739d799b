//! The SQL of sessions.

use std::collections::HashMap;

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

/// Returns the end of the session by the program's clock; tower-sessions uses the system's clock.
fn expiry(record: &Record, now: Instant) -> Instant {
    let left = record.expiry_date - OffsetDateTime::now_utc();
    now + Duration::microseconds(i64::try_from(left.whole_microseconds()).unwrap_or(0))
}

/// Returns the user in the session's data: signed in, or halfway through signing in.
fn user_of(record: &Record) -> Option<UserId> {
    record.data.get(SIGNED_IN).or_else(|| record.data.get(HALF_SIGNED_IN))?.get("user")?.as_str()?.parse().ok()
}

/// Returns the user's credentials version in the session's data.
fn version_of(record: &Record) -> i64 {
    let named = record.data.get(SIGNED_IN).or_else(|| record.data.get(HALF_SIGNED_IN)).and_then(|who| who.get("version"));
    named.and_then(serde_json::Value::as_i64).unwrap_or(0)
}

/// Returns the name of the session in a form, in hexadecimal.
fn handle(id_hash: &[u8]) -> String {
    id_hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Returns the sessions of a user, fifty at most: a user does not read through more.
pub(super) async fn of_user(tx: &mut Tx, user: UserId, current: Option<Id>, now: Instant) -> Result<Vec<OwnSession>> {
    let query = sql("SELECT s.id_hash, s.data FROM sessions s JOIN users u ON u.id = s.user_id
        WHERE s.user_id = $1 AND s.expires_at > $2 AND s.credentials_version = u.credentials_version
        ORDER BY s.last_seen_at DESC LIMIT 50")
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

/// Ends all sessions of the user except `current`, which gets the user's present credentials version.
pub(super) async fn end_others(tx: &mut Tx, user: UserId, current: Option<Id>) -> Result<()> {
    let kept = current.map(|id| id_hash(&id)).unwrap_or_default();
    tx.execute(sql("DELETE FROM sessions WHERE user_id = $1 AND id_hash <> $2").bind(user).bind(kept.clone())).await?;
    let query = sql("UPDATE sessions SET credentials_version = (SELECT u.credentials_version FROM users u WHERE u.id = sessions.user_id)
        WHERE user_id = $1 AND id_hash = $2");
    tx.execute(query.bind(user).bind(kept)).await?;
    Ok(())
}

pub(super) async fn insert(tx: &mut Tx, record: &Record, now: Instant) -> Result<bool> {
    let query = sql("INSERT INTO sessions (id_hash, user_id, data, created_at, last_seen_at, expires_at, credentials_version)
        VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id_hash) DO NOTHING")
    .bind(id_hash(&record.id))
    .bind(user_of(record))
    .bind(serde_json::to_string(&record.data).map_err(unreadable)?)
    .bind(now)
    .bind(now)
    .bind(expiry(record, now))
    .bind(version_of(record));
    Ok(tx.execute(query).await? == 1)
}

/// Saves a session. A request that began before the session got a newer credentials version changes nothing.
pub(super) async fn update(tx: &mut Tx, record: &Record, now: Instant) -> Result<()> {
    let version = version_of(record);
    let query = sql("UPDATE sessions SET user_id = $2, data = $3, last_seen_at = $4, expires_at = $5, credentials_version = $6
        WHERE id_hash = $1 AND credentials_version <= $7")
    .bind(id_hash(&record.id))
    .bind(user_of(record))
    .bind(serde_json::to_string(&record.data).map_err(unreadable)?)
    .bind(now)
    .bind(expiry(record, now))
    .bind(version)
    .bind(version);
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn find(tx: &mut Tx, id: &Id, now: Instant) -> Result<Option<Record>> {
    let query = sql("SELECT data, expires_at, credentials_version FROM sessions WHERE id_hash = $1 AND expires_at > $2");
    let row: Option<(String, Instant, i64)> = tx.optional(query.bind(id_hash(id)).bind(now)).await?;
    let Some((data, expires_at, version)) = row else { return Ok(None) };
    let mut data: HashMap<String, serde_json::Value> = serde_json::from_str(&data).map_err(unreadable)?;
    // The column counts: a change by the user writes the session's new version there, within its own transaction.
    if let Some(who) = data.get_mut(SIGNED_IN).and_then(serde_json::Value::as_object_mut) {
        who.insert("version".to_owned(), version.into());
    }
    Ok(Some(Record { id: *id, data, expiry_date: OffsetDateTime::now_utc() + time::Duration::seconds((expires_at - now).num_seconds()) }))
}

/// Whether there is a session whose user has not changed since sign-in.
pub(super) async fn lives(tx: &mut Tx, id: &Id, now: Instant) -> Result<bool> {
    let query = sql("SELECT count(*) FROM sessions s JOIN users u ON u.id = s.user_id
        WHERE s.id_hash = $1 AND s.expires_at > $2 AND s.credentials_version = u.credentials_version");
    Ok(tx.count(query.bind(id_hash(id)).bind(now)).await? > 0)
}

pub(super) async fn delete(tx: &mut Tx, id: &Id) -> Result<()> {
    tx.execute(sql("DELETE FROM sessions WHERE id_hash = $1").bind(id_hash(id))).await?;
    Ok(())
}

/// Deletes expired sessions, and those with an older credentials version than their user's.
pub(super) async fn delete_dead(tx: &mut Tx, now: Instant) -> Result<u64> {
    let query = sql("DELETE FROM sessions WHERE expires_at <= $1
        OR credentials_version < (SELECT u.credentials_version FROM users u WHERE u.id = sessions.user_id)");
    Ok(tx.execute(query.bind(now)).await?)
}
