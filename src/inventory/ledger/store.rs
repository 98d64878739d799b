//! The SQL of the ledger.

use chrono::NaiveDate;

use super::{BatchStatus, Change, MovementKind, NewDocument, StockDocumentKind, StockReason, UsableLine};
use crate::{
    core::{
        ClinicId, MovementId, Result, Stamp, StockBatchId, StockDocumentId, StockItemId, StockLineId, StoreroomId, list::PAGE_SIZE,
        time::Instant,
    },
    db::{DbError, Lockable, Locked, Sql, Tx, sql},
    inventory::{StockUnit, goods::searched},
};

impl Lockable for StockBatchId {
    const TABLE: &'static str = "stock_batches";
}

/// A batch of an item.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
#[expect(clippy::struct_field_names, reason = "the number is the one on the pack, which is called so")]
pub struct Batch {
    pub id: StockBatchId,
    pub item_id: StockItemId,
    pub batch_no: String,
    pub expires_on: Option<NaiveDate>,
    pub status: BatchStatus,
    pub status_reason: String,
    pub version: i64,
}

/// An item in a storeroom, as the stock list shows it.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct StockRow {
    pub item_id: StockItemId,
    pub code: String,
    pub name: String,
    pub name_es: String,
    pub unit: StockUnit,
    pub store_id: StoreroomId,
    pub store_name: String,
    pub quantity: i64,
    pub value: i64,
    pub low_at: i64,
    /// The units that can be handed out: released, and in date.
    pub usable: i64,
    pub first_expiry: Option<NaiveDate>,
}

/// A batch that expires.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Expiring {
    pub item_id: StockItemId,
    pub name: String,
    pub name_es: String,
    pub unit: StockUnit,
    pub store_name: String,
    pub batch_no: String,
    pub expires_on: NaiveDate,
    pub status: BatchStatus,
    pub on_hand: i64,
}

/// A movement on the bin card of an item.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct BinEntry {
    pub at: Instant,
    pub kind: MovementKind,
    pub quantity: i64,
    pub on_hand_after: i64,
    pub store_name: String,
    pub batch_no: String,
    pub reason: Option<StockReason>,
    pub reference: String,
    pub by_name: String,
}

/// A page of a bin card.
pub type BinCard = Vec<BinEntry>;

const BATCHES: &str = "SELECT b.id, b.item_id, b.batch_no, b.expires_on, b.status, b.status_reason, b.version FROM stock_batches b WHERE ";

/// Reads a batch.
///
/// # Errors
/// When the database refuses.
pub async fn batch(tx: &mut Tx, id: StockBatchId) -> Result<Option<Batch>> {
    Ok(tx.optional(sql(BATCHES).push("b.id = ").push_bind(id)).await?)
}

/// Returns the batch of an item with this number and expiry date; creates it when there is none.
///
/// # Errors
/// When the database refuses.
pub async fn batch_on(
    tx: &mut Tx,
    item: StockItemId,
    number: &str,
    expires_on: Option<NaiveDate>,
    stamp: Stamp,
) -> Result<StockBatchId, DbError> {
    let key: String = number.chars().filter(|letter| !letter.is_whitespace()).flat_map(char::to_uppercase).collect();
    let mut query = sql("SELECT id FROM stock_batches WHERE item_id = ").push_bind(item).push(" AND batch_key = ").push_bind(&key);
    query = match expires_on {
        Some(day) => query.push(" AND expires_on = ").push_bind(day),
        None => query.push(" AND expires_on IS NULL"),
    };
    if let Some((id,)) = tx.optional::<(StockBatchId,)>(query).await? {
        return Ok(id);
    }
    let id = StockBatchId::new();
    let insert = sql("INSERT INTO stock_batches (id, item_id, batch_no, batch_key, expires_on, status_at, status_by) VALUES ($1, $2, $3, $4, $5, $6, $7)")
        .bind(id)
        .bind(item)
        .bind(number)
        .bind(&key)
        .bind(expires_on)
        .bind(stamp.at)
        .bind(stamp.by);
    tx.execute(insert).await?;
    Ok(id)
}

/// Writes the status of a batch. Returns whether it still had the version that was read.
///
/// # Errors
/// When the database refuses.
pub async fn set_status(
    tx: &mut Tx,
    batch: Locked<StockBatchId>,
    version: i64,
    (status, reason): (BatchStatus, &str),
    stamp: Stamp,
) -> Result<bool> {
    let query = sql("UPDATE stock_batches SET status = $3, status_reason = $4, status_at = $5, status_by = $6, version = version + 1
        WHERE id = $1 AND version = $2")
    .bind(batch.id())
    .bind(version)
    .bind(status)
    .bind(reason)
    .bind(stamp.at)
    .bind(stamp.by);
    Ok(tx.execute(query).await? == 1)
}

pub(super) async fn document(tx: &mut Tx, id: StockDocumentId) -> Result<Option<(StockDocumentKind, StoreroomId)>> {
    Ok(tx.optional(sql("SELECT kind, store_id FROM stock_documents WHERE id = ").push_bind(id)).await?)
}

/// Reads the quantity that a document with one movement moved.
///
/// # Errors
/// When the database refuses.
pub async fn moved_by(tx: &mut Tx, document: StockDocumentId) -> Result<Option<i64>> {
    let query = sql("SELECT quantity FROM stock_movements WHERE document_id = ").push_bind(document).push(" ORDER BY seq LIMIT 1");
    Ok(tx.optional::<(i64,)>(query).await?.map(|(quantity,)| quantity))
}

pub(super) async fn insert_document(tx: &mut Tx, new: &NewDocument, stamp: Stamp) -> Result<(), DbError> {
    let query = sql("INSERT INTO stock_documents (id, kind, store_id, to_id, reason, reference, note, at, by_user, witness_id, department_id, cost_centre)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)")
    .bind(new.id)
    .bind(new.kind)
    .bind(new.store)
    .bind(new.to)
    .bind(new.reason.map(StockReason::as_str))
    .bind(&new.reference)
    .bind(&new.note)
    .bind(stamp.at)
    .bind(stamp.by)
    .bind(new.witness)
    .bind(new.charged_to.as_ref().map(|(department, _)| *department))
    .bind(new.charged_to.as_ref().map_or("", |(_, centre)| centre.as_str()));
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn ensure_item(tx: &mut Tx, store: StoreroomId, item: StockItemId) -> Result<()> {
    let query = sql("INSERT INTO store_items (store_id, item_id) VALUES ($1, $2) ON CONFLICT DO NOTHING").bind(store).bind(item);
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn hold(tx: &mut Tx, store: StoreroomId, item: StockItemId) -> Result<Option<(i64, i64)>> {
    let query = sql("SELECT quantity, value FROM store_items WHERE store_id = ")
        .push_bind(store)
        .push(" AND item_id = ")
        .push_bind(item)
        // On SQLite the writing transaction itself is the lock.
        .push_for("", " FOR NO KEY UPDATE");
    Ok(tx.optional(query).await?)
}

pub(super) async fn line(tx: &mut Tx, store: StoreroomId, batch: StockBatchId) -> Result<Option<(StockLineId, i64, i64)>> {
    let query =
        sql("SELECT id, on_hand, seq FROM stock_lines WHERE store_id = ").push_bind(store).push(" AND batch_id = ").push_bind(batch);
    Ok(tx.optional(query).await?)
}

pub(super) async fn insert_line(tx: &mut Tx, store: StoreroomId, item: StockItemId, batch: StockBatchId) -> Result<StockLineId> {
    let id = StockLineId::new();
    let query = sql("INSERT INTO stock_lines (id, store_id, item_id, batch_id) VALUES ($1, $2, $3, $4)")
        .bind(id)
        .bind(store)
        .bind(item)
        .bind(batch);
    tx.execute(query).await?;
    Ok(id)
}

pub(super) async fn set_line(tx: &mut Tx, line: StockLineId, seq: i64, after: i64) -> Result<(), DbError> {
    let query = sql("UPDATE stock_lines SET on_hand = $3, seq = seq + 1 WHERE id = $1 AND seq = $2").bind(line).bind(seq).bind(after);
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn set_item(tx: &mut Tx, store: StoreroomId, item: StockItemId, quantity: i64, value: i64) -> Result<(), DbError> {
    let query = sql("UPDATE store_items SET quantity = $3, value = $4 WHERE store_id = $1 AND item_id = $2")
        .bind(store)
        .bind(item)
        .bind(quantity)
        .bind(value);
    tx.execute(query).await?;
    Ok(())
}

/// The figures of a movement that is written.
#[derive(Clone, Copy, Debug)]
pub(super) struct NewMovement {
    pub id: MovementId,
    pub line: StockLineId,
    pub seq: i64,
    /// With its sign.
    pub quantity: i64,
    pub after: i64,
    /// With its sign.
    pub value: i64,
    pub now: Instant,
    pub day: NaiveDate,
}

pub(super) async fn insert_movement(tx: &mut Tx, change: &Change, row: &NewMovement) -> Result<(), DbError> {
    let query = sql("INSERT INTO stock_movements (id, document_id, line_id, seq, kind, quantity, on_hand_after, value, day, reverses, at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)")
    .bind(row.id)
    .bind(change.document)
    .bind(row.line)
    .bind(row.seq)
    .bind(change.kind)
    .bind(row.quantity)
    .bind(row.after)
    .bind(row.value)
    .bind(row.day)
    .bind(change.reverses)
    .bind(row.now);
    tx.execute(query).await?;
    Ok(())
}

/// Reads item, batch, quantity and value of a dispensed movement.
pub(super) async fn movement(tx: &mut Tx, id: MovementId) -> Result<Option<(StockItemId, StockBatchId, i64, i64)>> {
    let query = sql("SELECT l.item_id, l.batch_id, m.quantity, m.value FROM stock_movements m JOIN stock_lines l ON l.id = m.line_id
        WHERE m.kind = 'dispense' AND m.id = ")
    .push_bind(id);
    Ok(tx.optional(query).await?)
}

/// Reads the quantity and the value that came back of a movement.
pub(super) async fn returned_of(tx: &mut Tx, id: MovementId) -> Result<(i64, i64)> {
    let query = sql(
        "SELECT coalesce(CAST(sum(quantity) AS BIGINT), 0), coalesce(CAST(sum(value) AS BIGINT), 0) FROM stock_movements WHERE reverses = ",
    );
    Ok(tx.one(query.push_bind(id)).await?)
}

/// Reads the batches of an item in a storeroom that can be handed out on a day and are not promised, the first to expire first.
///
/// # Errors
/// When the database refuses.
pub async fn usable(tx: &mut Tx, store: StoreroomId, item: StockItemId, day: NaiveDate) -> Result<Vec<UsableLine>> {
    let query = sql("SELECT l.id, l.batch_id, b.batch_no, b.batch_key, b.expires_on, l.on_hand - l.reserved AS on_hand
        FROM stock_lines l JOIN stock_batches b ON b.id = l.batch_id WHERE l.on_hand > l.reserved AND b.status = 'released' AND l.store_id = ")
    .push_bind(store)
    .push(" AND l.item_id = ")
    .push_bind(item)
    .push(" AND (b.expires_on IS NULL OR b.expires_on >= ")
    .push_bind(day)
    .push(") ORDER BY coalesce(b.expires_on, '9999-12-31'), l.id, b.batch_key");
    Ok(tx.all(query).await?)
}

/// Adds the units of the item in the storeroom `s` that can be handed out on a day. PostgreSQL is led to the batches by index.
pub(in crate::inventory) fn push_usable(query: Sql, day: NaiveDate) -> Sql {
    query
        .push("coalesce((SELECT CAST(sum(l.on_hand) AS BIGINT) FROM stock_lines l")
        .push_for(
            " JOIN stock_batches b ON b.id = l.batch_id",
            " CROSS JOIN LATERAL (SELECT x.status, x.expires_on FROM stock_batches x WHERE x.id = l.batch_id OFFSET 0) b",
        )
        .push(
            " WHERE l.store_id = s.store_id AND l.item_id = s.item_id AND l.on_hand > 0 AND b.status = 'released'
                AND coalesce(b.expires_on, '9999-12-31') >= ",
        )
        .push_bind(day)
        .push("), 0)")
}

/// The stock of a clinic by name, with what can be handed out on a day and the date of the batch that expires first. SQLite is led along the names,
/// except to the few items that are low: it would sort all of it for each page.
fn stock_of(clinic: ClinicId, room: Option<StoreroomId>, sought: &str, low: bool, day: NaiveDate) -> Sql {
    let by_store = " FROM store_items s JOIN stock_items i ON i.id = s.item_id JOIN storerooms r ON r.id = s.store_id WHERE r.clinic_id = ";
    let by_name = " FROM stock_items i INDEXED BY stock_items_by_name CROSS JOIN store_items s ON s.item_id = i.id
        CROSS JOIN storerooms r ON r.id = s.store_id WHERE r.clinic_id = ";
    let mut query = push_usable(sql("SELECT s.*, "), day)
        .push(
            " AS usable, (SELECT min(b.expires_on) FROM stock_lines l JOIN stock_batches b ON b.id = l.batch_id
            WHERE l.store_id = s.store_id AND l.item_id = s.item_id AND l.on_hand > 0) AS first_expiry FROM (
            SELECT i.id AS item_id, i.code, i.name, i.name_es, i.unit, s.store_id, r.name AS store_name, s.quantity, s.value, s.low_at",
        )
        .push_for(if low { by_store } else { by_name }, by_store)
        .push_bind(clinic);
    if let Some(room) = room {
        query = query.push(" AND s.store_id = ").push_bind(room);
    }
    if low {
        query = push_usable(query.push(" AND s.low_at > 0 AND s.low_at >= "), day);
    }
    searched(query, sought)
}

/// Reads a part of the stock: the batches are looked up for its rows alone.
async fn part_of(tx: &mut Tx, stock: Sql, limit: i64, offset: i64) -> Result<Vec<StockRow>> {
    let part = stock.push(" ORDER BY i.name, r.name, i.id, r.id LIMIT ").push_bind(limit).push(" OFFSET ").push_bind(offset);
    Ok(tx.all(part.push(") s ORDER BY s.name, s.store_name, s.item_id, s.store_id")).await?)
}

/// Reads a page of the stock of a clinic by name, with one row more than the page has.
///
/// # Errors
/// When the database refuses.
pub async fn stock_list(
    tx: &mut Tx,
    clinic: ClinicId,
    room: Option<StoreroomId>,
    sought: &str,
    (low, day): (bool, NaiveDate),
    offset: i64,
) -> Result<Vec<StockRow>> {
    part_of(tx, stock_of(clinic, room, sought, low, day), PAGE_SIZE + 1, offset).await
}

/// Counts the items of a clinic that are low: expired and recalled units do not count.
///
/// # Errors
/// When the database refuses.
pub async fn low_count(tx: &mut Tx, clinic: ClinicId, day: NaiveDate) -> Result<i64> {
    let query = sql("SELECT count(*) FROM store_items s JOIN storerooms r ON r.id = s.store_id WHERE s.low_at > 0 AND r.clinic_id = ")
        .push_bind(clinic)
        .push(" AND s.low_at >= ");
    Ok(tx.count(push_usable(query, day)).await?)
}

/// Writes the quantity at which an item is low in a storeroom.
///
/// # Errors
/// When the database refuses.
pub async fn set_low(tx: &mut Tx, store: StoreroomId, item: StockItemId, low_at: i64) -> Result<()> {
    ensure_item(tx, store, item).await?;
    let query = sql("UPDATE store_items SET low_at = $3 WHERE store_id = $1 AND item_id = $2").bind(store).bind(item).bind(low_at);
    tx.execute(query).await?;
    Ok(())
}

/// Reads a page of the batches of a clinic that expire until a day, expired ones included, with one row more than the page has.
///
/// # Errors
/// When the database refuses.
pub async fn expiring(tx: &mut Tx, clinic: ClinicId, until: NaiveDate, offset: i64) -> Result<Vec<Expiring>> {
    let query = expiring_of(EXPIRING, clinic, until)
        .push(" ORDER BY b.expires_on, i.name, l.id LIMIT ")
        .push_bind(PAGE_SIZE + 1)
        .push(" OFFSET ")
        .push_bind(offset);
    Ok(tx.all(query).await?)
}

/// The rows of a part of the expiring batches, and the most parts that are read.
const PART: i64 = 1_000;
const PARTS: i64 = 50;

const EXPIRING: &str = "SELECT l.item_id, i.name, i.name_es, i.unit, r.name AS store_name, b.batch_no, b.expires_on, b.status, l.on_hand";

/// The batches of a clinic that expire until a day. PostgreSQL is led from the dates to the lines by index: without statistics it would read all
/// lines.
fn expiring_of(columns: &'static str, clinic: ClinicId, until: NaiveDate) -> Sql {
    sql(columns)
        .push_for(
            " FROM stock_batches b JOIN stock_lines l ON l.batch_id = b.id JOIN stock_items i ON i.id = l.item_id
            JOIN storerooms r ON r.id = l.store_id WHERE l.on_hand > 0",
            " FROM stock_batches b CROSS JOIN LATERAL (SELECT n.id, n.item_id, n.store_id, n.on_hand FROM stock_lines n
                WHERE n.batch_id = b.id AND n.on_hand > 0 OFFSET 0) l
            CROSS JOIN LATERAL (SELECT k.name, k.name_es, k.unit FROM stock_items k WHERE k.id = l.item_id OFFSET 0) i
            JOIN storerooms r ON r.id = l.store_id WHERE b.expires_on IS NOT NULL",
        )
        .push(" AND r.clinic_id = ")
        .push_bind(clinic)
        .push(" AND b.expires_on <= ")
        .push_bind(until)
}

/// Reads the batches of a clinic that expire until a day: expiry date and units, with the value and the quantity of the item in its storeroom.
///
/// # Errors
/// When the database refuses.
pub async fn expiring_units(tx: &mut Tx, clinic: ClinicId, until: NaiveDate) -> Result<Vec<(NaiveDate, i64, i64, i64)>> {
    let columns = "SELECT b.expires_on, l.on_hand,
        coalesce((SELECT s.value FROM store_items s WHERE s.store_id = l.store_id AND s.item_id = l.item_id), 0),
        coalesce((SELECT s.quantity FROM store_items s WHERE s.store_id = l.store_id AND s.item_id = l.item_id), 0)";
    // In parts: for a part PostgreSQL takes the index of the dates also without statistics.
    let mut all: Vec<(NaiveDate, i64, i64, i64)> = Vec::new();
    for part in 0..PARTS {
        let query = expiring_of(columns, clinic, until).push(" ORDER BY b.expires_on, l.id LIMIT ").push_bind(PART).push(" OFFSET ");
        let found: Vec<(NaiveDate, i64, i64, i64)> = tx.all(query.push_bind(part * PART)).await?;
        let is_last = found.len() < usize::try_from(PART).unwrap_or_default();
        all.extend(found);
        if is_last {
            break;
        }
    }
    Ok(all)
}

/// Reads all batches of a clinic that expire until a day, for a file.
///
/// # Errors
/// When the database refuses.
pub async fn all_expiring(tx: &mut Tx, clinic: ClinicId, until: NaiveDate, most: i64) -> Result<Vec<Expiring>> {
    let query = expiring_of(EXPIRING, clinic, until).push(" ORDER BY b.expires_on, i.name, l.id LIMIT ").push_bind(most);
    Ok(tx.all(query).await?)
}

/// Reads the stock of a clinic by name, for a file.
///
/// # Errors
/// When the database refuses.
pub async fn all_stock(tx: &mut Tx, clinic: ClinicId, day: NaiveDate, most: i64) -> Result<Vec<StockRow>> {
    part_of(tx, stock_of(clinic, None, "", false, day), most, 0).await
}

/// Reads the movements of an item at a clinic, the latest first, for a file.
///
/// # Errors
/// When the database refuses.
pub async fn all_movements(tx: &mut Tx, item: StockItemId, clinic: ClinicId, most: i64) -> Result<BinCard> {
    Ok(tx.all(movements_of(item, clinic, most).push_bind(most)).await?)
}

/// Reads a page of the movements of an item at a clinic, the latest first, with one row more than the page has.
///
/// # Errors
/// When the database refuses.
pub async fn bin_card(tx: &mut Tx, item: StockItemId, clinic: ClinicId, offset: i64) -> Result<BinCard> {
    let query = movements_of(item, clinic, offset + PAGE_SIZE + 1).push_bind(PAGE_SIZE + 1).push(" OFFSET ").push_bind(offset);
    Ok(tx.all(query).await?)
}

/// The movements of an item at a clinic, the latest first, up to a limit that is bound next. Of each batch only the latest `upto` are read.
fn movements_of(item: StockItemId, clinic: ClinicId, upto: i64) -> Sql {
    sql("SELECT m.at, m.kind, m.quantity, m.on_hand_after, r.name AS store_name, b.batch_no, d.reason, d.reference, u.display_name AS by_name
        FROM stock_lines l CROSS JOIN ")
    .push_for(
        "stock_movements m ON m.id IN (SELECT x.id FROM stock_movements x WHERE x.line_id = l.id ORDER BY x.at DESC, x.seq DESC LIMIT $1)",
        "LATERAL (SELECT x.* FROM stock_movements x WHERE x.line_id = l.id ORDER BY x.at DESC, x.seq DESC LIMIT $1) m",
    )
    .bind(upto)
    .push(
        " JOIN stock_batches b ON b.id = l.batch_id JOIN storerooms r ON r.id = l.store_id
        JOIN stock_documents d ON d.id = m.document_id JOIN users u ON u.id = d.by_user WHERE l.item_id = ",
    )
    .push_bind(item)
    .push(" AND r.clinic_id = ")
    .push_bind(clinic)
    .push(" ORDER BY m.at DESC, m.seq DESC, m.id DESC LIMIT ")
}
