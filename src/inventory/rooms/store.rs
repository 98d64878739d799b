//! The SQL of storerooms.

use super::{RoomDraft, RoomKind, Storeroom};
use crate::{
    core::{ClinicId, Result, Stamp, StoreroomId, time::Instant},
    db::{DbError, Lockable, Locked, Tx, sql},
};

impl Lockable for StoreroomId {
    const TABLE: &'static str = "storerooms";
}

const ROOMS: &str = "SELECT id, clinic_id, code, name, kind, retired_at, version FROM storerooms WHERE ";

/// Reads a storeroom.
///
/// # Errors
/// When the database refuses.
pub async fn room(tx: &mut Tx, id: StoreroomId) -> Result<Option<Storeroom>> {
    Ok(tx.optional(sql(ROOMS).push("id = ").push_bind(id)).await?)
}

/// Reads the storerooms of a clinic that are in use, by name, without the one of goods on the way.
///
/// # Errors
/// When the database refuses.
pub async fn rooms(tx: &mut Tx, clinic: ClinicId) -> Result<Vec<Storeroom>> {
    Ok(tx
        .all(sql(ROOMS).push("retired_at IS NULL AND kind <> 'transit' AND clinic_id = ").push_bind(clinic).push(" ORDER BY name, id"))
        .await?)
}

/// Reads the quarantine of a clinic.
///
/// # Errors
/// When the database refuses.
pub async fn quarantine_of(tx: &mut Tx, clinic: ClinicId) -> Result<Option<Storeroom>> {
    Ok(tx.optional(sql(ROOMS).push("retired_at IS NULL AND kind = 'quarantine' AND clinic_id = ").push_bind(clinic)).await?)
}

/// Returns the storeroom of goods that are on the way from the clinic's storerooms; makes it when there is none.
///
/// # Errors
/// When the database refuses.
pub async fn transit_of(tx: &mut Tx, clinic: ClinicId, now: Instant) -> Result<StoreroomId> {
    let query = || sql("SELECT id FROM storerooms WHERE kind = 'transit' AND clinic_id = ").push_bind(clinic);
    if let Some((id,)) = tx.optional::<(StoreroomId,)>(query()).await? {
        return Ok(id);
    }
    tx.take_turn("storerooms", "").await?;
    if let Some((id,)) = tx.optional::<(StoreroomId,)>(query()).await? {
        return Ok(id);
    }
    let id = StoreroomId::new();
    // No person chooses a code with a sign in front.
    let draft = RoomDraft { code: "~TRANSIT".to_owned(), name: "In transit".to_owned(), kind: RoomKind::Transit };
    insert(tx, id, clinic, &draft, Stamp::system(now)).await?;
    Ok(id)
}

pub(super) async fn insert(tx: &mut Tx, id: StoreroomId, clinic: ClinicId, draft: &RoomDraft, stamp: Stamp) -> Result<(), DbError> {
    let query = sql("INSERT INTO storerooms (id, clinic_id, code, name, kind, created_at, created_by, updated_at, updated_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $6, $7)")
    .bind(id)
    .bind(clinic)
    .bind(&draft.code)
    .bind(&draft.name)
    .bind(draft.kind)
    .bind(stamp.at)
    .bind(stamp.by);
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn rename(tx: &mut Tx, room: Locked<StoreroomId>, version: i64, draft: &RoomDraft, stamp: Stamp) -> Result<bool, DbError> {
    let query = sql("UPDATE storerooms SET code = $3, name = $4, updated_at = $5, updated_by = $6, version = version + 1 WHERE id = $1 AND version = $2")
        .bind(room.id())
        .bind(version)
        .bind(&draft.code)
        .bind(&draft.name)
        .bind(stamp.at)
        .bind(stamp.by);
    Ok(tx.execute(query).await? == 1)
}
