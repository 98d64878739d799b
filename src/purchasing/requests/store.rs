//! The SQL of purchase requests.

use super::{NewPurchaseRequest, PurchaseRequest, PurchaseRequestState};
use crate::{
    core::{ClinicId, PurchaseOrderId, PurchaseRequestId, Result, Stamp, StoreroomId, SupplierId, list::PAGE_SIZE},
    db::{DbError, Lockable, Locked, Sql, Tx, sql},
};

impl Lockable for PurchaseRequestId {
    const TABLE: &'static str = "purchase_requests";
}

const REQUESTS: &str = "SELECT q.id, q.clinic_id, q.store_id, r.name AS store_name, q.item_id, i.name, i.name_es, i.unit, i.pack_size, q.quantity,
        q.reason, q.state, q.requested_at, q.requested_by, u.display_name AS requester
    FROM purchase_requests q JOIN storerooms r ON r.id = q.store_id JOIN stock_items i ON i.id = q.item_id JOIN users u ON u.id = q.requested_by WHERE ";

pub(super) async fn find(tx: &mut Tx, id: PurchaseRequestId) -> Result<Option<PurchaseRequest>> {
    Ok(tx.optional(sql(REQUESTS).push("q.id = ").push_bind(id)).await?)
}

/// Reads a page of the open requests of a clinic, the oldest first, with one row more than the page has.
///
/// # Errors
/// When the database refuses.
pub async fn open(tx: &mut Tx, clinic: ClinicId, offset: i64) -> Result<Vec<PurchaseRequest>> {
    let query = sql(REQUESTS)
        .push("q.state IN ('submitted', 'approved') AND q.clinic_id = ")
        .push_bind(clinic)
        .push(" ORDER BY q.requested_at, q.id LIMIT ")
        .push_bind(PAGE_SIZE + 1)
        .push(" OFFSET ")
        .push_bind(offset);
    Ok(tx.all(query).await?)
}

/// The query for the number of requests of a clinic that wait for approval.
pub fn open_count(clinic: ClinicId) -> Sql {
    let query = sql(
        "SELECT count(*) FROM purchase_requests q WHERE q.state IN ('submitted', 'approved') AND q.state = 'submitted' AND q.clinic_id = ",
    );
    query.push_bind(clinic)
}

/// Reads the approved requests for a storeroom of items that have this usual supplier, or none.
///
/// # Errors
/// When the database refuses.
pub async fn approved_for(tx: &mut Tx, room: StoreroomId, supplier: SupplierId) -> Result<Vec<PurchaseRequest>> {
    let query = sql(REQUESTS)
        .push("q.state IN ('submitted', 'approved') AND q.state = 'approved' AND q.store_id = ")
        .push_bind(room)
        .push(" AND (i.supplier_id IS NULL OR i.supplier_id = ")
        .push_bind(supplier)
        .push(") ORDER BY q.requested_at, q.id");
    Ok(tx.all(query).await?)
}

/// Writes a request. Returns `false` when it is there already, or another request of the item is open.
pub(super) async fn insert(tx: &mut Tx, clinic: ClinicId, new: &NewPurchaseRequest, stamp: Stamp) -> Result<bool, DbError> {
    let query = sql("INSERT INTO purchase_requests (id, clinic_id, store_id, item_id, quantity, reason, state, requested_at, requested_by)
        VALUES ($1, $2, $3, $4, $5, $6, 'submitted', $7, $8) ON CONFLICT DO NOTHING")
    .bind(new.id)
    .bind(clinic)
    .bind(new.store)
    .bind(new.item)
    .bind(new.quantity)
    .bind(&new.reason)
    .bind(stamp.at)
    .bind(stamp.by);
    Ok(tx.execute(query).await? == 1)
}

pub(super) async fn decide(tx: &mut Tx, request: Locked<PurchaseRequestId>, state: PurchaseRequestState, stamp: Stamp) -> Result<()> {
    let query = sql("UPDATE purchase_requests SET state = $2, decided_at = $3, decided_by = $4 WHERE id = $1")
        .bind(request.id())
        .bind(state)
        .bind(stamp.at)
        .bind(stamp.by);
    tx.execute(query).await?;
    Ok(())
}

/// Records that an approved request is on an order.
///
/// # Errors
/// When the database refuses.
pub async fn set_ordered(tx: &mut Tx, request: PurchaseRequestId, order: PurchaseOrderId) -> Result<()> {
    let query =
        sql("UPDATE purchase_requests SET state = 'ordered', order_id = $2 WHERE id = $1 AND state = 'approved'").bind(request).bind(order);
    tx.execute(query).await?;
    Ok(())
}
