//! The SQL of requisitions of storerooms.

use chrono::NaiveDate;

use super::{ParRow, RequisitionState, WantedLine, WardRequisition};
use crate::{
    core::{ClinicId, Result, Stamp, StockItemId, StoreroomId, WantedLineId, WardRequisitionId},
    db::{Lockable, Locked, Tx, sql},
    inventory::ledger,
};

impl Lockable for WardRequisitionId {
    const TABLE: &'static str = "ward_requisitions";
}

const REQUISITIONS: &str = "SELECT r.id, r.clinic_id, r.store_id, s.name AS store_name, r.state, r.note, r.reason, r.created_at,
        u.display_name AS asked_by, (SELECT count(*) FROM ward_requisition_lines l WHERE l.requisition_id = r.id) AS items, r.version
    FROM ward_requisitions r JOIN storerooms s ON s.id = r.store_id JOIN users u ON u.id = r.created_by WHERE ";

/// Reads a requisition.
pub async fn find(tx: &mut Tx, id: WardRequisitionId) -> Result<Option<WardRequisition>> {
    Ok(tx.optional(sql(REQUISITIONS).push("r.id = ").push_bind(id)).await?)
}

pub(super) async fn page(tx: &mut Tx, clinic: ClinicId, is_open: bool, limit: i64, offset: i64) -> Result<Vec<WardRequisition>> {
    let query = sql(REQUISITIONS)
        .push(if is_open {
            "(r.state = 'draft' OR r.state = 'submitted' OR r.state = 'part_issued') AND "
        } else {
            "r.ended_at IS NOT NULL AND "
        })
        .push("r.clinic_id = ")
        .push_bind(clinic)
        .push(if is_open { " ORDER BY r.created_at, r.id" } else { " ORDER BY r.created_at DESC, r.id DESC" })
        .push(" LIMIT ")
        .push_bind(limit)
        .push(" OFFSET ")
        .push_bind(offset);
    Ok(tx.all(query).await?)
}

/// Reads the items of a requisition, by name.
///
/// # Errors
/// When the database refuses.
pub async fn lines_of(tx: &mut Tx, id: WardRequisitionId) -> Result<Vec<WantedLine>> {
    let query = sql("SELECT l.id, l.item_id, i.name, i.name_es, i.unit, l.wanted, l.issued FROM ward_requisition_lines l
        JOIN stock_items i ON i.id = l.item_id WHERE l.requisition_id = ")
    .push_bind(id)
    .push(" ORDER BY i.name, l.id");
    Ok(tx.all(query).await?)
}

/// Reads the items of a storeroom that have a level, by name. Expired and recalled units are not there.
///
/// # Errors
/// When the database refuses.
pub async fn wanted_of_room(tx: &mut Tx, room: StoreroomId, day: NaiveDate) -> Result<Vec<ParRow>> {
    let query = ledger::push_usable(sql("SELECT s.item_id, i.name, i.name_es, i.unit, i.pack_size, s.low_at, s.par_level, "), day);
    let query = query.push(" AS quantity,
            coalesce((SELECT CAST(sum(t.in_transit) AS BIGINT) FROM stock_transfer_lines t JOIN stock_transfers x ON x.id = t.transfer_id
                WHERE t.in_transit > 0 AND t.item_id = s.item_id AND x.to_id = s.store_id), 0)
            + coalesce((SELECT CAST(sum(t.quantity) AS BIGINT) FROM stock_transfers x JOIN stock_transfer_lines t ON t.transfer_id = x.id
                WHERE x.state = 'picked' AND x.to_id = s.store_id AND t.item_id = s.item_id), 0)
            + coalesce((SELECT CAST(sum(w.wanted - w.issued) AS BIGINT) FROM ward_requisitions r JOIN ward_requisition_lines w ON w.requisition_id = r.id
                WHERE (r.state = 'submitted' OR r.state = 'part_issued') AND r.store_id = s.store_id AND w.item_id = s.item_id), 0) AS coming
        FROM store_items s JOIN stock_items i ON i.id = s.item_id WHERE s.par_level > 0 AND i.retired_at IS NULL AND s.store_id = ")
    .push_bind(room)
    .push(" ORDER BY i.name, i.id");
    Ok(tx.all(query).await?)
}

pub(super) async fn insert(
    tx: &mut Tx,
    id: WardRequisitionId,
    (clinic, room): (ClinicId, StoreroomId),
    note: &str,
    stamp: Stamp,
) -> Result<()> {
    let query = sql("INSERT INTO ward_requisitions (id, clinic_id, store_id, state, note, created_at, created_by) VALUES ($1, $2, $3, 'draft', $4, $5, $6)")
        .bind(id)
        .bind(clinic)
        .bind(room)
        .bind(note)
        .bind(stamp.at)
        .bind(stamp.by);
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn insert_line(tx: &mut Tx, id: WardRequisitionId, item: StockItemId, wanted: i64) -> Result<()> {
    let query = sql("INSERT INTO ward_requisition_lines (id, requisition_id, item_id, wanted) VALUES ($1, $2, $3, $4)")
        .bind(WantedLineId::new())
        .bind(id)
        .bind(item)
        .bind(wanted);
    tx.execute(query).await?;
    Ok(())
}

/// Writes the state of a requisition.
pub async fn reach(tx: &mut Tx, id: Locked<WardRequisitionId>, state: RequisitionState, reason: &str, stamp: Stamp) -> Result<()> {
    let query = sql("UPDATE ward_requisitions SET state = $2, reason = $3, version = version + 1,
            submitted_at = CASE WHEN $6 THEN $4 ELSE submitted_at END, submitted_by = CASE WHEN $6 THEN $5 ELSE submitted_by END,
            ended_at = CASE WHEN $7 THEN $4 ELSE ended_at END, ended_by = CASE WHEN $7 THEN $5 ELSE ended_by END WHERE id = $1");
    let ends = !matches!(state, RequisitionState::Draft | RequisitionState::Submitted | RequisitionState::PartIssued);
    tx.execute(
        query.bind(id.id()).bind(state).bind(reason).bind(stamp.at).bind(stamp.by).bind(state == RequisitionState::Submitted).bind(ends),
    )
    .await?;
    Ok(())
}

/// Adds units that were picked for a line. Returns its item; `None` where it is another requisition's, or more than it wants.
pub async fn add_issued(tx: &mut Tx, id: WardRequisitionId, line: WantedLineId, quantity: i64) -> Result<Option<StockItemId>> {
    let query =
        sql("UPDATE ward_requisition_lines SET issued = issued + $3 WHERE id = $1 AND requisition_id = $2 AND issued + $3 <= wanted")
            .bind(line)
            .bind(id)
            .bind(quantity);
    if tx.execute(query).await? == 0 {
        return Ok(None);
    }
    let item: (StockItemId,) = tx.one(sql("SELECT item_id FROM ward_requisition_lines WHERE id = ").push_bind(line)).await?;
    Ok(Some(item.0))
}

/// Writes the level of an item in a storeroom.
pub async fn set_par(tx: &mut Tx, room: StoreroomId, item: StockItemId, level: i64) -> Result<()> {
    let insert = sql("INSERT INTO store_items (store_id, item_id) VALUES ($1, $2) ON CONFLICT DO NOTHING").bind(room).bind(item);
    tx.execute(insert).await?;
    let query = sql("UPDATE store_items SET par_level = $3 WHERE store_id = $1 AND item_id = $2").bind(room).bind(item).bind(level);
    tx.execute(query).await?;
    Ok(())
}
