//! The SQL of purchase orders.

use super::{NewPurchaseLine, PurchaseLine, PurchaseOrder, PurchaseOrderState};
use crate::{
    core::{ClinicId, PurchaseLineId, PurchaseOrderId, Result, Stamp, StockItemId, StoreroomId, SupplierId, list::PAGE_SIZE},
    db::{DbError, Lockable, Locked, Tx, sql},
};

impl Lockable for PurchaseOrderId {
    const TABLE: &'static str = "purchase_orders";
}

const ORDERS: &str =
    "SELECT o.id, o.number, o.clinic_id, o.store_id, r.name AS store_name, o.supplier_id, s.name AS supplier_name, o.state, o.note, o.reason,
        o.created_at, o.created_by, w.display_name AS writer, a.display_name AS approver, o.sent_at, o.ended_at, o.version
    FROM purchase_orders o JOIN storerooms r ON r.id = o.store_id JOIN suppliers s ON s.id = o.supplier_id JOIN users w ON w.id = o.created_by
    LEFT JOIN users a ON a.id = o.approved_by WHERE ";

const LINES: &str =
    "SELECT l.id, l.order_id, l.item_id, i.code, i.name, i.name_es, i.unit, i.pack_size, i.expires, l.ordered, l.price, l.price_per, l.tolerance,
        l.received, l.over_allowed
    FROM purchase_order_lines l JOIN stock_items i ON i.id = l.item_id WHERE ";

/// Reads an order.
///
/// # Errors
/// When the database refuses.
pub async fn find(tx: &mut Tx, id: PurchaseOrderId) -> Result<Option<PurchaseOrder>> {
    Ok(tx.optional(sql(ORDERS).push("o.id = ").push_bind(id)).await?)
}

/// Reads a page of the orders of a clinic, the latest first; those that are open, or all. With one row more than the page has.
///
/// # Errors
/// When the database refuses.
pub async fn list(tx: &mut Tx, clinic: ClinicId, all: bool, offset: i64) -> Result<Vec<PurchaseOrder>> {
    let mut query = sql(ORDERS).push("o.clinic_id = ").push_bind(clinic);
    if !all {
        query = query.push(" AND o.state IN ('draft', 'approved', 'sent', 'part_received')");
    }
    let query = query.push(" ORDER BY o.created_at DESC, o.id DESC LIMIT ").push_bind(PAGE_SIZE + 1).push(" OFFSET ").push_bind(offset);
    Ok(tx.all(query).await?)
}

/// Reads the lines of an order by the name of the item.
///
/// # Errors
/// When the database refuses.
pub async fn lines(tx: &mut Tx, order: PurchaseOrderId) -> Result<Vec<PurchaseLine>> {
    Ok(tx.all(sql(LINES).push("l.order_id = ").push_bind(order).push(" ORDER BY i.name, l.id")).await?)
}

/// An order to be written.
#[derive(Clone, Debug)]
pub(super) struct NewOrder {
    pub id: PurchaseOrderId,
    pub number: String,
    pub clinic: ClinicId,
    pub room: StoreroomId,
    pub supplier: SupplierId,
    pub note: String,
}

pub(super) async fn insert(tx: &mut Tx, new: &NewOrder, stamp: Stamp) -> Result<(), DbError> {
    let query = sql("INSERT INTO purchase_orders (id, number, clinic_id, store_id, supplier_id, state, note, created_at, created_by)
        VALUES ($1, $2, $3, $4, $5, 'draft', $6, $7, $8)")
    .bind(new.id)
    .bind(&new.number)
    .bind(new.clinic)
    .bind(new.room)
    .bind(new.supplier)
    .bind(&new.note)
    .bind(stamp.at)
    .bind(stamp.by);
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn put_line(tx: &mut Tx, order: PurchaseOrderId, line: &NewPurchaseLine, tolerance: i64) -> Result<(), DbError> {
    let query = sql("INSERT INTO purchase_order_lines (id, order_id, item_id, ordered, price, price_per, tolerance)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (order_id, item_id) DO UPDATE SET ordered = excluded.ordered, price = excluded.price, price_per = excluded.price_per")
    .bind(line.id)
    .bind(order)
    .bind(line.item)
    .bind(line.ordered)
    .bind(line.price.0)
    .bind(line.price_per)
    .bind(tolerance);
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn delete_line(tx: &mut Tx, order: PurchaseOrderId, line: PurchaseLineId) -> Result<()> {
    let query = sql("DELETE FROM purchase_order_lines WHERE id = $1 AND order_id = $2").bind(line).bind(order);
    tx.execute(query).await?;
    Ok(())
}

/// Reads the latest price of a supplier for an item, and for how many units it is.
pub(super) async fn last_price(tx: &mut Tx, supplier: SupplierId, item: StockItemId) -> Result<Option<(i64, i64)>> {
    let query =
        sql("SELECT l.price, l.price_per FROM purchase_order_lines l JOIN purchase_orders o ON o.id = l.order_id WHERE l.item_id = ")
            .push_bind(item)
            .push(" AND o.supplier_id = ")
            .push_bind(supplier)
            .push(" AND o.sent_at IS NOT NULL ORDER BY o.sent_at DESC, l.id DESC LIMIT 1");
    Ok(tx.optional(query).await?)
}

/// Writes the state of an order, with its time and person.
pub(in crate::purchasing) async fn set_state(
    tx: &mut Tx,
    order: Locked<PurchaseOrderId>,
    state: PurchaseOrderState,
    reason: &str,
    stamp: Stamp,
) -> Result<(), DbError> {
    let columns = match state {
        PurchaseOrderState::Draft => ", approved_at = NULL, approved_by = NULL",
        PurchaseOrderState::Approved => ", approved_at = $3, approved_by = $4",
        PurchaseOrderState::Sent => ", sent_at = $3, sent_by = $4",
        PurchaseOrderState::PartReceived => "",
        PurchaseOrderState::Received | PurchaseOrderState::Cancelled => ", ended_at = $3, ended_by = $4",
    };
    let query = match state {
        PurchaseOrderState::Draft | PurchaseOrderState::PartReceived => sql("UPDATE purchase_orders SET state = $2, version = version + 1")
            .push(columns)
            .push(" WHERE id = $1")
            .bind(order.id())
            .bind(state),
        _ => sql("UPDATE purchase_orders SET state = $2, version = version + 1, reason = $5")
            .push(columns)
            .push(" WHERE id = $1")
            .bind(order.id())
            .bind(state)
            .bind(stamp.at)
            .bind(stamp.by)
            .bind(reason),
    };
    tx.execute(query).await?;
    Ok(())
}

/// Adds to the sums of a line what a receipt brought.
pub(in crate::purchasing) async fn add_received(tx: &mut Tx, line: PurchaseLineId, quantity: i64, over: i64) -> Result<(), DbError> {
    let query = sql("UPDATE purchase_order_lines SET received = received + $2, over_allowed = over_allowed + $3 WHERE id = $1")
        .bind(line)
        .bind(quantity)
        .bind(over);
    tx.execute(query).await?;
    Ok(())
}
