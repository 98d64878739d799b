//! The SQL of transfers.

use chrono::NaiveDate;

use super::{GoodsTransferState, Leg, StockTransfer, TransferLine};
use crate::{
    core::{
        ClinicId, Result, Stamp, StockBatchId, StockItemId, StockTransferId, StoreroomId, TransferLineId, WantedLineId, WardRequisitionId,
    },
    db::{DbError, Lockable, Locked, Tx, sql},
    inventory::StockUnit,
};

impl Lockable for StockTransferId {
    const TABLE: &'static str = "stock_transfers";
}

/// The transfers that a page shows at most.
const SHOWN: i64 = 100;

const TRANSFERS: &str = "SELECT t.id, t.clinic_id, t.from_id, f.name AS from_name, t.to_id, g.name AS to_name, g.clinic_id AS to_clinic,
        t.requisition_id, t.state, t.created_at, p.display_name AS picked_by, t.sent_at, t.sent_by, s.display_name AS sender, t.received_at,
        r.display_name AS receiver, t.explanation, t.version
    FROM stock_transfers t JOIN storerooms f ON f.id = t.from_id JOIN storerooms g ON g.id = t.to_id JOIN users p ON p.id = t.created_by
    LEFT JOIN users s ON s.id = t.sent_by LEFT JOIN users r ON r.id = t.received_by WHERE ";

pub(super) async fn find(tx: &mut Tx, id: StockTransferId) -> Result<Option<StockTransfer>> {
    Ok(tx.optional(sql(TRANSFERS).push("t.id = ").push_bind(id)).await?)
}

/// Reads the open transfers of a clinic's storerooms, the oldest first.
///
/// # Errors
/// When the database refuses.
pub async fn open_transfers(tx: &mut Tx, clinic: ClinicId) -> Result<Vec<StockTransfer>> {
    let query = sql(TRANSFERS)
        .push("(t.state = 'picked' OR t.state = 'in_transit' OR t.state = 'difference') AND t.clinic_id = ")
        .push_bind(clinic)
        .push(" ORDER BY t.created_at, t.id LIMIT ")
        .push_bind(SHOWN);
    Ok(tx.all(query).await?)
}

/// Reads the transfers for a requisition, the first one first.
///
/// # Errors
/// When the database refuses.
pub async fn of_requisition(tx: &mut Tx, requisition: WardRequisitionId) -> Result<Vec<StockTransfer>> {
    Ok(tx.all(sql(TRANSFERS).push("t.requisition_id = ").push_bind(requisition).push(" ORDER BY t.created_at, t.id")).await?)
}

/// Reads the lines of a transfer, by item and expiry date.
///
/// # Errors
/// When the database refuses.
pub async fn lines_of(tx: &mut Tx, id: StockTransferId) -> Result<Vec<TransferLine>> {
    let query = sql("SELECT l.id, l.item_id, i.name, i.name_es, i.unit, l.batch_id, b.batch_no, b.expires_on, b.status AS shelf_status, l.quantity,
            l.in_transit, l.received, l.lost, l.returned
        FROM stock_transfer_lines l JOIN stock_items i ON i.id = l.item_id JOIN stock_batches b ON b.id = l.batch_id WHERE l.transfer_id = ")
    .push_bind(id)
    .push(" ORDER BY i.name, coalesce(b.expires_on, '9999-12-31'), l.id");
    Ok(tx.all(query).await?)
}

/// A batch that a storeroom holds.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct HeldBatch {
    pub batch_id: StockBatchId,
    pub batch_no: String,
    pub expires_on: Option<NaiveDate>,
    pub name: String,
    pub name_es: String,
    pub unit: StockUnit,
    pub on_hand: i64,
}

/// Reads the batches that a storeroom holds, by item and expiry date.
///
/// # Errors
/// When the database refuses.
pub async fn held_in(tx: &mut Tx, store: StoreroomId) -> Result<Vec<HeldBatch>> {
    let query = sql("SELECT l.batch_id, b.batch_no, b.expires_on, i.name, i.name_es, i.unit, l.on_hand
        FROM stock_lines l JOIN stock_batches b ON b.id = l.batch_id JOIN stock_items i ON i.id = l.item_id WHERE l.on_hand > 0 AND l.store_id = ")
    .push_bind(store)
    .push(" ORDER BY i.name, coalesce(b.expires_on, '9999-12-31'), l.id LIMIT 500");
    Ok(tx.all(query).await?)
}

pub(super) async fn insert(
    tx: &mut Tx,
    (id, requisition): (StockTransferId, Option<WardRequisitionId>),
    (clinic, from, to): (ClinicId, StoreroomId, StoreroomId),
    stamp: Stamp,
) -> Result<()> {
    let query = sql("INSERT INTO stock_transfers (id, clinic_id, from_id, to_id, requisition_id, state, created_at, created_by)
        VALUES ($1, $2, $3, $4, $5, 'picked', $6, $7)")
    .bind(id)
    .bind(clinic)
    .bind(from)
    .bind(to)
    .bind(requisition)
    .bind(stamp.at)
    .bind(stamp.by);
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn insert_line(
    tx: &mut Tx,
    (id, transfer, wanted): (TransferLineId, StockTransferId, Option<WantedLineId>),
    (item, batch): (StockItemId, StockBatchId),
    quantity: i64,
) -> Result<()> {
    let query = sql("INSERT INTO stock_transfer_lines (id, transfer_id, requisition_line_id, item_id, batch_id, quantity)
        VALUES ($1, $2, $3, $4, $5, $6)")
    .bind(id)
    .bind(transfer)
    .bind(wanted)
    .bind(item)
    .bind(batch)
    .bind(quantity);
    tx.execute(query).await?;
    Ok(())
}

/// Counts units of a line into transit, or out of it.
pub(super) async fn count(tx: &mut Tx, line: TransferLineId, leg: Leg, quantity: i64) -> Result<()> {
    let query = match leg {
        Leg::Sent => sql("UPDATE stock_transfer_lines SET in_transit = in_transit + $2 WHERE id = $1"),
        Leg::Received => sql("UPDATE stock_transfer_lines SET in_transit = in_transit - $2, received = received + $2 WHERE id = $1"),
        Leg::Lost => sql("UPDATE stock_transfer_lines SET in_transit = in_transit - $2, lost = lost + $2 WHERE id = $1"),
        Leg::Returned => sql("UPDATE stock_transfer_lines SET in_transit = in_transit - $2, returned = returned + $2 WHERE id = $1"),
    };
    tx.execute(query.bind(line).bind(quantity)).await?;
    Ok(())
}

pub(super) async fn reach(
    tx: &mut Tx,
    id: Locked<StockTransferId>,
    state: GoodsTransferState,
    explanation: &str,
    stamp: Stamp,
) -> Result<(), DbError> {
    let sends = state == GoodsTransferState::InTransit;
    let ends = matches!(state, GoodsTransferState::Received | GoodsTransferState::CalledBack);
    let receives = matches!(state, GoodsTransferState::Received | GoodsTransferState::Difference);
    let query = sql("UPDATE stock_transfers SET state = $2, version = version + 1,
            explanation = CASE WHEN $3 = '' THEN explanation ELSE $3 END,
            sent_at = CASE WHEN $6 THEN $4 ELSE sent_at END, sent_by = CASE WHEN $6 THEN $5 ELSE sent_by END,
            received_at = CASE WHEN $7 THEN coalesce(received_at, $4) ELSE received_at END,
            received_by = CASE WHEN $7 THEN coalesce(received_by, $5) ELSE received_by END,
            ended_at = CASE WHEN $8 THEN $4 ELSE ended_at END, ended_by = CASE WHEN $8 THEN $5 ELSE ended_by END WHERE id = $1")
    .bind(id.id())
    .bind(state)
    .bind(explanation)
    .bind(stamp.at)
    .bind(stamp.by)
    .bind(sends)
    .bind(receives)
    .bind(ends);
    tx.execute(query).await?;
    Ok(())
}
