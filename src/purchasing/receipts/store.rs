//! The SQL of goods received.

use chrono::NaiveDate;

use super::DeliveredLine;
use crate::{
    core::{PurchaseLineId, PurchaseOrderId, Result, Stamp, StockBatchId, StockDocumentId, UserId, time::Instant},
    db::{DbError, Tx, sql},
};

/// A line of a receipt, as the page of the order shows it.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct ReceiptRow {
    pub receipt_id: StockDocumentId,
    pub number: String,
    pub delivery_note: String,
    pub at: Instant,
    pub by_name: String,
    pub approver: Option<String>,
    pub over_reason: String,
    pub line_id: PurchaseLineId,
    pub batch_no: Option<String>,
    pub expires_on: Option<NaiveDate>,
    pub quantity: i64,
    pub free: i64,
    pub rejected: i64,
    pub reject_reason: String,
}

/// Reads the receipts of an order with their lines, the latest first.
///
/// # Errors
/// When the database refuses.
pub async fn of_order(tx: &mut Tx, order: PurchaseOrderId) -> Result<Vec<ReceiptRow>> {
    let query = sql(
        "SELECT r.id AS receipt_id, r.number, r.delivery_note, r.at, u.display_name AS by_name, a.display_name AS approver, r.over_reason,
            g.line_id, b.batch_no, b.expires_on, g.quantity, g.free, g.rejected, g.reject_reason
        FROM goods_receipts r JOIN goods_receipt_lines g ON g.receipt_id = r.id JOIN users u ON u.id = r.by_user
        LEFT JOIN users a ON a.id = r.approved_by LEFT JOIN stock_batches b ON b.id = g.batch_id WHERE r.order_id = ",
    )
    .push_bind(order)
    .push(" ORDER BY r.at DESC, r.id DESC, g.id");
    Ok(tx.all(query).await?)
}

/// Whether the receipt is there: the form was sent twice.
pub(super) async fn exists(tx: &mut Tx, id: StockDocumentId, order: PurchaseOrderId) -> Result<bool> {
    let query = sql("SELECT count(*) FROM goods_receipts WHERE id = ").push_bind(id).push(" AND order_id = ").push_bind(order);
    Ok(tx.count(query).await? > 0)
}

/// A receipt to be written.
#[derive(Clone, Debug)]
pub(super) struct NewReceipt<'r> {
    pub id: StockDocumentId,
    pub number: String,
    pub order: PurchaseOrderId,
    pub delivery_note: &'r str,
    pub approver: Option<UserId>,
    pub over_reason: &'r str,
}

pub(super) async fn insert(tx: &mut Tx, new: &NewReceipt<'_>, stamp: Stamp) -> Result<(), DbError> {
    let query = sql("INSERT INTO goods_receipts (id, number, order_id, delivery_note, at, by_user, approved_by, over_reason)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)")
    .bind(new.id)
    .bind(&new.number)
    .bind(new.order)
    .bind(new.delivery_note)
    .bind(stamp.at)
    .bind(stamp.by)
    .bind(new.approver)
    .bind(new.over_reason);
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn insert_line(
    tx: &mut Tx,
    receipt: StockDocumentId,
    line: &DeliveredLine,
    (batch, over): (Option<StockBatchId>, i64),
) -> Result<(), DbError> {
    let query =
        sql("INSERT INTO goods_receipt_lines (id, receipt_id, line_id, batch_id, quantity, free, rejected, reject_reason, over_order)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)")
        .bind(uuid::Uuid::now_v7())
        .bind(receipt)
        .bind(line.line)
        .bind(batch)
        .bind(line.quantity)
        .bind(line.free)
        .bind(line.rejected)
        .bind(if line.rejected > 0 { line.reject_reason.as_str() } else { "" })
        .bind(over);
    tx.execute(query).await?;
    Ok(())
}
