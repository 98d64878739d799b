//! The SQL of opened packs.

use chrono::NaiveDate;

use super::{OpenableBatch, OpenedPack, PackOutcome};
use crate::{
    core::{OpenedPackId, Result, Stamp, StockBatchId, StoreroomId},
    db::{Locked, Tx, sql},
};

/// Reads the batches of a storeroom of which a pack can be opened: of medicines for which the formulary says how long they may be used.
///
/// # Errors
/// When the database refuses.
pub async fn openable(tx: &mut Tx, room: StoreroomId, day: NaiveDate) -> Result<Vec<OpenableBatch>> {
    let query = sql("SELECT l.batch_id, l.item_id, i.name, i.name_es, b.batch_no, b.expires_on, d.diluent, d.in_use_days,
            d.confirmed_at IS NOT NULL AS confirmed
        FROM stock_lines l JOIN stock_items i ON i.id = l.item_id JOIN drugs d ON d.id = i.drug_id JOIN stock_batches b ON b.id = l.batch_id
        WHERE d.in_use_days IS NOT NULL AND b.status = 'released' AND l.on_hand > 0 AND l.store_id = ")
    .push_bind(room)
    .push(" AND (b.expires_on IS NULL OR b.expires_on >= ")
    .push_bind(day)
    .push(") ORDER BY i.name, coalesce(b.expires_on, '9999-12-31'), l.id");
    Ok(tx.all(query).await?)
}

/// Reads the opened packs of a storeroom, the first that may not be used any more first.
///
/// # Errors
/// When the database refuses.
pub async fn of_room(tx: &mut Tx, room: StoreroomId) -> Result<Vec<OpenedPack>> {
    let query = sql("SELECT p.id, p.store_id, i.name, i.name_es, b.batch_no, p.opened_at, u.display_name AS by_name, p.use_until
        FROM opened_packs p JOIN stock_batches b ON b.id = p.batch_id JOIN stock_items i ON i.id = b.item_id JOIN users u ON u.id = p.opened_by
        WHERE p.outcome IS NULL AND p.store_id = ")
    .push_bind(room)
    .push(" ORDER BY p.use_until, p.id LIMIT 500");
    Ok(tx.all(query).await?)
}

pub(super) async fn find(tx: &mut Tx, id: OpenedPackId) -> Result<Option<(OpenedPackId, StoreroomId)>> {
    Ok(tx.optional(sql("SELECT id, store_id FROM opened_packs WHERE id = ").push_bind(id)).await?)
}

pub(super) async fn insert(
    tx: &mut Tx,
    id: OpenedPackId,
    (room, batch): (StoreroomId, StockBatchId),
    until: NaiveDate,
    stamp: Stamp,
) -> Result<()> {
    let query = sql("INSERT INTO opened_packs (id, store_id, batch_id, opened_at, opened_by, use_until) VALUES ($1, $2, $3, $4, $5, $6)");
    tx.execute(query.bind(id).bind(room).bind(batch).bind(stamp.at).bind(stamp.by).bind(until)).await?;
    Ok(())
}

/// Closes a pack; returns `false` when it is closed.
pub(super) async fn close(tx: &mut Tx, room: Locked<StoreroomId>, id: OpenedPackId, outcome: PackOutcome, stamp: Stamp) -> Result<bool> {
    let query =
        sql("UPDATE opened_packs SET outcome = $3, closed_at = $4, closed_by = $5 WHERE id = $1 AND store_id = $2 AND outcome IS NULL");
    Ok(tx.execute(query.bind(id).bind(room.id()).bind(outcome).bind(stamp.at).bind(stamp.by)).await? > 0)
}
