//! The SQL of the fluid balance.

use super::{FluidEntry, FluidForm};
use crate::{
    core::{AdmissionId, FluidEntryId, Result, Stamp, time::Instant},
    db::{DbError, Tx, sql},
    nursing::bedside::Whose,
};

const ENTRIES: &str = "SELECT f.id, f.entry_id, f.version, f.admission_id, f.patient_id, f.clinic_id, f.direction, f.kind, f.ml, f.taken_at, \
                       f.recorded_at, u.display_name AS recorder, f.void, f.reason, f.superseded_at \
                       FROM fluid_entries f JOIN users u ON u.id = f.recorded_by WHERE ";

/// Reads a version of an entry.
///
/// # Errors
/// When the database refuses.
pub async fn find(tx: &mut Tx, id: FluidEntryId) -> Result<Option<FluidEntry>> {
    Ok(tx.optional(sql(ENTRIES).push("f.id = ").push_bind(id)).await?)
}

/// Reads the versions of an entry, the first one first.
///
/// # Errors
/// When the database refuses.
pub async fn versions(tx: &mut Tx, entry: FluidEntryId) -> Result<Vec<FluidEntry>> {
    Ok(tx.all(sql(ENTRIES).push("f.entry_id = ").push_bind(entry).push(" ORDER BY f.version")).await?)
}

/// Reads the entries of an admission that count, from one time until before another, the latest first.
///
/// # Errors
/// When the database refuses.
pub async fn between(tx: &mut Tx, admission: AdmissionId, from: Instant, to: Instant) -> Result<Vec<FluidEntry>> {
    let query = sql(ENTRIES).push("f.superseded_at IS NULL AND NOT f.void AND f.admission_id = ").push_bind(admission);
    let query = query.push(" AND f.taken_at >= ").push_bind(from).push(" AND f.taken_at < ").push_bind(to);
    Ok(tx.all(query.push(" ORDER BY f.taken_at DESC, f.id DESC LIMIT 1000")).await?)
}

/// A version to be added.
#[derive(Clone, Copy, Debug)]
pub(super) struct NewEntry<'a> {
    pub id: FluidEntryId,
    pub entry: FluidEntryId,
    pub version: i64,
    pub form: FluidForm,
    pub taken_at: Instant,
    pub void: bool,
    pub reason: &'a str,
}

pub(super) async fn insert(tx: &mut Tx, whose: Whose, new: &NewEntry<'_>, stamp: Stamp) -> Result<(), DbError> {
    let query = sql("INSERT INTO fluid_entries (id, admission_id, patient_id, clinic_id, entry_id, version, direction, kind, ml, taken_at,
            recorded_at, recorded_by, void, reason) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)")
    .bind(new.id)
    .bind(whose.admission)
    .bind(whose.patient)
    .bind(whose.clinic)
    .bind(new.entry)
    .bind(new.version)
    .bind(new.form.kind.direction())
    .bind(new.form.kind)
    .bind(new.form.ml)
    .bind(new.taken_at)
    .bind(stamp.at)
    .bind(stamp.by)
    .bind(new.void)
    .bind(new.reason);
    tx.execute(query).await?;
    Ok(())
}

/// Supersedes a version; `false` when it was superseded before.
pub(super) async fn supersede(tx: &mut Tx, id: FluidEntryId, now: Instant) -> Result<bool> {
    let query = sql("UPDATE fluid_entries SET superseded_at = $2 WHERE id = $1 AND superseded_at IS NULL").bind(id).bind(now);
    Ok(tx.execute(query).await? == 1)
}
