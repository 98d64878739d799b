//! The SQL of goods that go back to a supplier.

use super::{CreditSlip, NewReturn, SupplierReturn, SupplierReturnState};
use crate::{
    core::{
        ClinicId, Money, PurchaseLineId, PurchaseOrderId, Result, Stamp, StockBatchId, StockDocumentId, SupplierId, SupplierInvoiceId,
        UserId, list::PAGE_SIZE, time::Instant,
    },
    db::{DbError, Tx, sql},
};

/// The order line with which a batch came.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct GoodsOrigin {
    pub line_id: PurchaseLineId,
    pub order_number: String,
    pub supplier_id: SupplierId,
    pub supplier_name: String,
    /// Minor units of the currency for `price_per` units.
    pub price: i64,
    pub price_per: i64,
    /// The units of the batch that came with the line, and those that went back.
    pub came: i64,
    pub sent: i64,
}

impl GoodsOrigin {
    /// The units that may still go back.
    pub fn left(&self) -> i64 {
        (self.came - self.sent).max(0)
    }
}

const RETURNS: &str = "SELECT t.id, t.number, t.clinic_id, r.name AS store_name, t.supplier_id, s.name AS supplier_name, t.line_id, l.order_id,
        o.number AS order_number, i.name AS item_name, i.name_es AS item_name_es, i.unit, b.batch_no, b.expires_on, t.quantity, t.reason, t.note,
        t.expected, t.at, u.display_name AS by_name, a.display_name AS approver, t.state, t.invoice_id, v.number AS invoice_number,
        t.credit_number, t.credited_on, t.due, t.credit, t.entered_by, e.display_name AS enterer, t.explanation, d.display_name AS decider,
        t.version
    FROM supplier_returns t JOIN stock_documents k ON k.id = t.id JOIN storerooms r ON r.id = k.store_id JOIN suppliers s ON s.id = t.supplier_id
    JOIN stock_batches b ON b.id = t.batch_id JOIN stock_items i ON i.id = b.item_id JOIN users u ON u.id = t.by_user
    LEFT JOIN purchase_order_lines l ON l.id = t.line_id LEFT JOIN purchase_orders o ON o.id = l.order_id
    LEFT JOIN users a ON a.id = t.approved_by LEFT JOIN supplier_invoices v ON v.id = t.invoice_id LEFT JOIN users e ON e.id = t.entered_by
    LEFT JOIN users d ON d.id = t.decided_by WHERE ";

/// Reads a return.
///
/// # Errors
/// When the database refuses.
pub async fn find(tx: &mut Tx, id: StockDocumentId) -> Result<Option<SupplierReturn>> {
    Ok(tx.optional(sql(RETURNS).push("t.id = ").push_bind(id)).await?)
}

/// Reads a page of the returns of a clinic, the latest first: those that wait for a credit or differ, or all. With one row more than the page has.
///
/// # Errors
/// When the database refuses.
pub async fn list(tx: &mut Tx, clinic: ClinicId, all: bool, offset: i64) -> Result<Vec<SupplierReturn>> {
    let mut query = sql(RETURNS).push("t.clinic_id = ").push_bind(clinic);
    if !all {
        query = query.push(" AND t.state IN ('sent', 'difference')");
    }
    let query = query.push(" ORDER BY t.at DESC, t.id DESC LIMIT ").push_bind(PAGE_SIZE + 1).push(" OFFSET ").push_bind(offset);
    Ok(tx.all(query).await?)
}

/// Reads the returns of goods of an order, the latest first.
///
/// # Errors
/// When the database refuses.
pub async fn of_order(tx: &mut Tx, order: PurchaseOrderId) -> Result<Vec<SupplierReturn>> {
    let query = sql(RETURNS).push("t.line_id IN (SELECT n.id FROM purchase_order_lines n WHERE n.order_id = ").push_bind(order);
    Ok(tx.all(query.push(") ORDER BY t.at DESC, t.id DESC")).await?)
}

/// Reads the returns that an invoice is credited for.
///
/// # Errors
/// When the database refuses.
pub async fn of_invoice(tx: &mut Tx, invoice: SupplierInvoiceId) -> Result<Vec<SupplierReturn>> {
    Ok(tx.all(sql(RETURNS).push("t.invoice_id = ").push_bind(invoice).push(" ORDER BY t.at, t.id")).await?)
}

/// Reads the order lines with which a batch came to a clinic.
///
/// # Errors
/// When the database refuses.
pub async fn origins(tx: &mut Tx, batch: StockBatchId, clinic: ClinicId) -> Result<Vec<GoodsOrigin>> {
    let query = sql("SELECT l.id AS line_id, o.number AS order_number, o.supplier_id, s.name AS supplier_name, l.price, l.price_per,
            CAST(sum(g.quantity + g.free) AS BIGINT) AS came,
            coalesce((SELECT CAST(sum(t.quantity) AS BIGINT) FROM supplier_returns t WHERE t.line_id = l.id AND t.batch_id = ")
    .push_bind(batch)
    .push(
        "), 0) AS sent
        FROM goods_receipt_lines g JOIN purchase_order_lines l ON l.id = g.line_id JOIN purchase_orders o ON o.id = l.order_id
        JOIN suppliers s ON s.id = o.supplier_id WHERE g.batch_id = ",
    )
    .push_bind(batch)
    .push(" AND o.clinic_id = ")
    .push_bind(clinic)
    .push(" GROUP BY l.id, o.number, o.supplier_id, s.name, l.price, l.price_per ORDER BY o.number, l.id");
    Ok(tx.all(query).await?)
}

/// The facts of a return that are found out when it is written.
#[derive(Clone, Debug)]
pub(super) struct ReturnRow {
    pub number: String,
    pub clinic: ClinicId,
    pub supplier: SupplierId,
    pub expected: i64,
    pub alone_up_to: i64,
    pub approver: Option<UserId>,
}

pub(super) async fn insert(tx: &mut Tx, new: &NewReturn, row: &ReturnRow, stamp: Stamp) -> Result<(), DbError> {
    let query =
        sql("INSERT INTO supplier_returns (id, number, clinic_id, supplier_id, batch_id, line_id, quantity, reason, note, expected,
            alone_up_to, at, by_user, approved_by, state) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 'sent')")
        .bind(new.key)
        .bind(&row.number)
        .bind(row.clinic)
        .bind(row.supplier)
        .bind(new.batch)
        .bind(new.line)
        .bind(new.quantity)
        .bind(new.reason)
        .bind(&new.note)
        .bind(row.expected)
        .bind(row.alone_up_to)
        .bind(stamp.at)
        .bind(stamp.by)
        .bind(row.approver);
    tx.execute(query).await?;
    Ok(())
}

/// Writes the credit note; `false` when the return is not in this version.
pub(super) async fn enter_credit(
    tx: &mut Tx,
    (id, version): (StockDocumentId, i64),
    slip: &CreditSlip,
    (state, due): (SupplierReturnState, Money),
    (now, by): (Instant, UserId),
) -> Result<bool, DbError> {
    let query =
        sql("UPDATE supplier_returns SET state = $3, invoice_id = $4, credit_number = $5, credit_key = $6, credited_on = $7, due = $8,
            credit = $9, entered_at = $10, entered_by = $11, version = version + 1 WHERE id = $1 AND version = $2")
        .bind(id)
        .bind(version)
        .bind(state)
        .bind(slip.invoice)
        .bind(&slip.number)
        .bind(slip.key())
        .bind(slip.credited_on)
        .bind(due.0)
        .bind(slip.credit.0)
        .bind(now)
        .bind(by);
    Ok(tx.execute(query).await? == 1)
}

pub(super) async fn explain(tx: &mut Tx, (id, version): (StockDocumentId, i64), explanation: &str) -> Result<bool> {
    let query = sql("UPDATE supplier_returns SET explanation = $3, version = version + 1 WHERE id = $1 AND version = $2")
        .bind(id)
        .bind(version)
        .bind(explanation);
    Ok(tx.execute(query).await? == 1)
}

pub(super) async fn approve(tx: &mut Tx, (id, version): (StockDocumentId, i64), stamp: Stamp) -> Result<bool> {
    let query = sql("UPDATE supplier_returns SET state = 'approved', decided_at = $3, decided_by = $4, version = version + 1
        WHERE id = $1 AND version = $2")
    .bind(id)
    .bind(version)
    .bind(stamp.at)
    .bind(stamp.by);
    Ok(tx.execute(query).await? == 1)
}
