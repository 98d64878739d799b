//! The SQL of the invoices of suppliers.

use super::{NewSupplierInvoice, SupplierInvoice, SupplierInvoiceLine, SupplierInvoiceState};
use crate::{
    core::{ClinicId, PurchaseLineId, PurchaseOrderId, Result, Stamp, SupplierId, SupplierInvoiceId, list::PAGE_SIZE},
    db::{DbError, Tx, sql},
};

const INVOICES: &str =
    "SELECT v.id, v.supplier_id, s.name AS supplier_name, v.order_id, o.number AS order_number, o.clinic_id, v.number, v.invoiced_on,
        v.due_on, v.net, v.freight, v.tax, v.total, v.state, v.explanation, v.entered_at, v.entered_by, e.display_name AS enterer,
        a.display_name AS approver, v.version
    FROM supplier_invoices v JOIN purchase_orders o ON o.id = v.order_id JOIN suppliers s ON s.id = v.supplier_id
    JOIN users e ON e.id = v.entered_by LEFT JOIN users a ON a.id = v.approved_by WHERE ";

/// Reads an invoice.
///
/// # Errors
/// When the database refuses.
pub async fn find(tx: &mut Tx, id: SupplierInvoiceId) -> Result<Option<SupplierInvoice>> {
    Ok(tx.optional(sql(INVOICES).push("v.id = ").push_bind(id)).await?)
}

/// Reads a page of the invoices of a clinic, the latest first: those that wait or differ, or all. With one row more than the page has.
///
/// # Errors
/// When the database refuses.
pub async fn list(tx: &mut Tx, clinic: ClinicId, all: bool, offset: i64) -> Result<Vec<SupplierInvoice>> {
    let mut query = sql(INVOICES).push("o.clinic_id = ").push_bind(clinic);
    if !all {
        query = query.push(" AND v.state IN ('entered', 'difference')");
    }
    let query = query.push(" ORDER BY v.entered_at DESC, v.id DESC LIMIT ").push_bind(PAGE_SIZE + 1).push(" OFFSET ").push_bind(offset);
    Ok(tx.all(query).await?)
}

/// Reads the invoices of an order.
///
/// # Errors
/// When the database refuses.
pub async fn of_order(tx: &mut Tx, order: PurchaseOrderId) -> Result<Vec<SupplierInvoice>> {
    Ok(tx.all(sql(INVOICES).push("v.order_id = ").push_bind(order).push(" ORDER BY v.entered_at, v.id")).await?)
}

pub(super) async fn open_of_order(tx: &mut Tx, order: PurchaseOrderId) -> Result<Vec<SupplierInvoice>> {
    let query = sql(INVOICES).push("v.state IN ('entered', 'difference') AND v.order_id = ").push_bind(order);
    Ok(tx.all(query.push(" ORDER BY v.entered_at, v.id")).await?)
}

/// Reads the lines of an invoice.
///
/// # Errors
/// When the database refuses.
pub async fn lines(tx: &mut Tx, id: SupplierInvoiceId) -> Result<Vec<SupplierInvoiceLine>> {
    let query = sql("SELECT line_id, quantity, amount FROM supplier_invoice_lines WHERE invoice_id = ").push_bind(id);
    Ok(tx.all(query.push(" ORDER BY id")).await?)
}

/// Reads the units of each line of an order that other invoices have and that are matched or approved.
///
/// # Errors
/// When the database refuses.
pub async fn settled(tx: &mut Tx, order: PurchaseOrderId, without: SupplierInvoiceId) -> Result<Vec<(PurchaseLineId, i64)>> {
    let query = sql(
        "SELECT n.line_id, CAST(sum(n.quantity) AS BIGINT) FROM supplier_invoices v JOIN supplier_invoice_lines n ON n.invoice_id = v.id
        WHERE v.state IN ('matched', 'approved') AND v.order_id = ",
    )
    .push_bind(order)
    .push(" AND v.id <> ")
    .push_bind(without)
    .push(" GROUP BY n.line_id");
    Ok(tx.all(query).await?)
}

pub(super) async fn insert(
    tx: &mut Tx,
    new: &NewSupplierInvoice,
    (supplier, key): (SupplierId, &str),
    stamp: Stamp,
) -> Result<(), DbError> {
    let query = sql("INSERT INTO supplier_invoices (id, supplier_id, order_id, number, number_key, invoiced_on, due_on, net, freight, tax, total, state,
            entered_at, entered_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'entered', $12, $13)")
    .bind(new.id)
    .bind(supplier)
    .bind(new.order)
    .bind(&new.number)
    .bind(key)
    .bind(new.invoiced_on)
    .bind(new.due_on)
    .bind(new.net())
    .bind(new.freight.0)
    .bind(new.tax.0)
    .bind(new.total.0)
    .bind(stamp.at)
    .bind(stamp.by);
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn insert_line(tx: &mut Tx, invoice: SupplierInvoiceId, line: &SupplierInvoiceLine) -> Result<(), DbError> {
    let query = sql("INSERT INTO supplier_invoice_lines (id, invoice_id, line_id, quantity, amount) VALUES ($1, $2, $3, $4, $5)")
        .bind(uuid::Uuid::now_v7())
        .bind(invoice)
        .bind(line.line_id)
        .bind(line.quantity)
        .bind(line.amount);
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn set_state(tx: &mut Tx, invoice: SupplierInvoiceId, state: SupplierInvoiceState) -> Result<()> {
    let query = sql("UPDATE supplier_invoices SET state = $2, version = version + 1 WHERE id = $1").bind(invoice).bind(state);
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn explain(tx: &mut Tx, invoice: SupplierInvoiceId, explanation: &str) -> Result<()> {
    let query = sql("UPDATE supplier_invoices SET explanation = $2, version = version + 1 WHERE id = $1").bind(invoice).bind(explanation);
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn approve(tx: &mut Tx, invoice: SupplierInvoiceId, stamp: Stamp) -> Result<()> {
    let query =
        sql("UPDATE supplier_invoices SET state = 'approved', approved_at = $2, approved_by = $3, version = version + 1 WHERE id = $1")
            .bind(invoice)
            .bind(stamp.at)
            .bind(stamp.by);
    tx.execute(query).await?;
    Ok(())
}
