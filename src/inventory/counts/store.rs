//! The SQL of stock counts.

use chrono::NaiveDate;

use super::{CountState, CountedLine, LINES, StockCount, StockUnit};
use crate::{
    core::{ClinicId, Result, Stamp, StockBatchId, StockCountId, StockDocumentId, StockItemId, StockLineId, StoreroomId, list::PAGE_SIZE},
    db::{DbError, Lockable, Locked, Tx, sql},
};

impl Lockable for StockCountId {
    const TABLE: &'static str = "stock_counts";
}

/// A line of a counting sheet: what is counted, without the quantity.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct CountSheetLine {
    pub line_id: StockLineId,
    pub item_id: StockItemId,
    pub batch_id: StockBatchId,
    pub seq: i64,
    pub name: String,
    pub name_es: String,
    pub unit: StockUnit,
    pub batch_no: String,
    pub expires_on: Option<NaiveDate>,
}

/// Reads a page of the lines of a storeroom that has stock, by name and expiry date, with one row more than the page has; of one item if one is given.
///
/// # Errors
/// When the database refuses.
pub async fn sheet(
    tx: &mut Tx,
    room: StoreroomId,
    clinic: ClinicId,
    item: Option<StockItemId>,
    offset: i64,
) -> Result<Vec<CountSheetLine>> {
    let mut query = sql("SELECT l.id AS line_id, l.item_id, l.batch_id, l.seq, i.name, i.name_es, i.unit, b.batch_no, b.expires_on
        FROM store_items s JOIN stock_lines l ON l.item_id = s.item_id AND l.store_id = s.store_id JOIN stock_items i ON i.id = s.item_id
        JOIN stock_batches b ON b.id = l.batch_id JOIN storerooms r ON r.id = s.store_id
        WHERE s.quantity > 0 AND l.on_hand > 0 AND s.store_id = ")
    .push_bind(room)
    .push(" AND r.clinic_id = ")
    .push_bind(clinic);
    if let Some(item) = item {
        query = query.push(" AND s.item_id = ").push_bind(item);
    }
    let query = query.push(" ORDER BY i.name, coalesce(b.expires_on, '9999-12-31'), l.id LIMIT ").push_bind(LINES + 1);
    Ok(tx.all(query.push(" OFFSET ").push_bind(offset)).await?)
}

const COUNTS: &str =
    "SELECT c.id, c.line_id, l.store_id, r.name AS store_name, l.item_id, i.name, i.name_es, i.unit, l.batch_id, b.batch_no, b.expires_on,
        c.expected, c.counted, c.state, c.counted_at, c.counted_by, u.display_name AS counter
    FROM stock_counts c JOIN stock_lines l ON l.id = c.line_id JOIN storerooms r ON r.id = l.store_id JOIN stock_items i ON i.id = l.item_id
    JOIN stock_batches b ON b.id = l.batch_id JOIN users u ON u.id = c.counted_by WHERE ";

pub(super) async fn find(tx: &mut Tx, id: StockCountId) -> Result<Option<StockCount>> {
    Ok(tx.optional(sql(COUNTS).push("c.id = ").push_bind(id)).await?)
}

/// Reads a page of the differences of a clinic that wait, the oldest first, with one row more than the page has.
///
/// # Errors
/// When the database refuses.
pub async fn open_counts(tx: &mut Tx, clinic: ClinicId, offset: i64) -> Result<Vec<StockCount>> {
    let query = sql(COUNTS).push("c.state = 'asked' AND r.clinic_id = ").push_bind(clinic).push(" ORDER BY c.counted_at, c.id LIMIT ");
    Ok(tx.all(query.push_bind(PAGE_SIZE + 1).push(" OFFSET ").push_bind(offset)).await?)
}

/// Reads the stock of a line of a storeroom at a position of the ledger.
pub(super) async fn stock_at(tx: &mut Tx, line: StockLineId, room: StoreroomId, seq: i64) -> Result<Option<i64>> {
    let query = sql("SELECT m.on_hand_after FROM stock_movements m JOIN stock_lines l ON l.id = m.line_id WHERE m.line_id = ")
        .push_bind(line)
        .push(" AND m.seq = ")
        .push_bind(seq)
        .push(" AND l.store_id = ")
        .push_bind(room);
    Ok(tx.optional::<(i64,)>(query).await?.map(|(stock,)| stock))
}

/// Writes a count. Returns `false` when another count of the line waits.
pub(super) async fn insert(
    tx: &mut Tx,
    id: StockCountId,
    line: &CountedLine,
    (expected, state): (i64, CountState),
    stamp: Stamp,
) -> Result<bool, DbError> {
    let query = sql("INSERT INTO stock_counts (id, line_id, seq, expected, counted, state, counted_at, counted_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING")
    .bind(id)
    .bind(line.line)
    .bind(line.seq)
    .bind(expected)
    .bind(line.counted)
    .bind(state)
    .bind(stamp.at)
    .bind(stamp.by);
    Ok(tx.execute(query).await? == 1)
}

pub(super) async fn decide(
    tx: &mut Tx,
    count: Locked<StockCountId>,
    state: CountState,
    document: Option<StockDocumentId>,
    stamp: Stamp,
) -> Result<()> {
    let query = sql("UPDATE stock_counts SET state = $2, document_id = $3, decided_at = $4, decided_by = $5 WHERE id = $1")
        .bind(count.id())
        .bind(state)
        .bind(document)
        .bind(stamp.at)
        .bind(stamp.by);
    tx.execute(query).await?;
    Ok(())
}
