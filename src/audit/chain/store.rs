//! The SQL of seals.

use super::{LogRow, Seal};
use crate::{
    core::{Result, time::Instant},
    db::{DbError, Engine, Tx, sql},
};

const SEALS: &str = "SELECT number, sealed_at, first_position, last_position, entries, previous, hash FROM audit_seals";
/// The program cannot have written a time outside these limits; the query returns NULL instead, which makes the row
/// unreadable.
const ROWS: &str =
    "SELECT id, CASE WHEN at >= '1900-01-01' AND at < '9999-01-01' THEN at END AS at, user_id, roles, action, what, subject_id,
    patient_id, clinic_id, address, request_id, why FROM audit_log";

pub(super) async fn last_seal(tx: &mut Tx) -> Result<Option<Seal>> {
    Ok(tx.optional(sql(SEALS).push(" ORDER BY number DESC LIMIT 1")).await?)
}

pub(super) async fn seals_after(tx: &mut Tx, number: i64, limit: i64) -> Result<Vec<Seal>> {
    let query = sql(SEALS).push(" WHERE number > ").push_bind(number).push(" ORDER BY number LIMIT ").push_bind(limit);
    Ok(tx.all(query).await?)
}

/// Adds a seal; `false` when a seal with this number already exists.
pub(super) async fn insert(tx: &mut Tx, seal: &Seal) -> Result<bool> {
    let query = sql("INSERT INTO audit_seals (number, sealed_at, first_position, last_position, entries, previous, hash)
        VALUES ($1, $2, $3, $4, $5, $6, $7)")
    .bind(seal.number)
    .bind(seal.sealed_at)
    .bind(seal.first_position)
    .bind(seal.last_position)
    .bind(seal.entries.clone())
    .bind(seal.previous.clone())
    .bind(seal.hash.clone());
    match tx.execute(query).await {
        Ok(_) => Ok(true),
        Err(error) if error.is_unique() || error.violates("audit_seals_append_only") => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Returns the number of the newest committed row.
pub(super) async fn newest_row(tx: &mut Tx) -> Result<Option<i64>> {
    Ok(tx.one::<(Option<i64>,)>(sql("SELECT max(id) FROM audit_log")).await?.0)
}

/// Returns the open transactions that have added rows or are about to. SQLite writers take turns: rows are committed in
/// the order of their numbers.
pub(super) async fn writers(tx: &mut Tx) -> Result<Vec<String>> {
    if tx.engine() == Engine::Sqlite {
        return Ok(Vec::new());
    }
    let query = sql("SELECT DISTINCT virtualtransaction FROM pg_locks WHERE relation = 'audit_log'::regclass AND mode = 'RowExclusiveLock'
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())");
    Ok(tx.all::<(String,)>(query).await?.into_iter().map(|(writer,)| writer).collect())
}

/// Returns the rows after one number and up to another, in order.
pub(super) async fn rows(tx: &mut Tx, after: i64, upto: i64, limit: i64) -> Result<Vec<LogRow>, DbError> {
    let query =
        sql(ROWS).push(" WHERE id > ").push_bind(after).push(" AND id <= ").push_bind(upto).push(" ORDER BY id LIMIT ").push_bind(limit);
    tx.all(query).await
}

/// Like [`rows`], but returns only their numbers.
pub(super) async fn row_numbers(tx: &mut Tx, after: i64, upto: i64) -> Result<Vec<i64>> {
    let query = sql("SELECT id FROM audit_log WHERE id > $1 AND id <= $2 ORDER BY id").bind(after).bind(upto);
    Ok(tx.all::<(i64,)>(query).await?.into_iter().map(|(id,)| id).collect())
}

/// Returns the number of rows after that number, and the earliest time among them.
pub(super) async fn waiting_after(tx: &mut Tx, number: i64) -> Result<(i64, Option<Instant>)> {
    Ok(tx
        .one(
            sql("SELECT count(*), min(CASE WHEN at >= '1900-01-01' AND at < '9999-01-01' THEN at END) FROM audit_log WHERE id > $1")
                .bind(number),
        )
        .await?)
}

/// Returns the hash of the seal with this number.
pub(super) async fn hash_of(tx: &mut Tx, number: i64) -> Result<Option<Vec<u8>>> {
    let query = sql("SELECT hash FROM audit_seals WHERE number = $1").bind(number);
    Ok(tx.optional::<(Vec<u8>,)>(query).await?.map(|(hash,)| hash))
}
