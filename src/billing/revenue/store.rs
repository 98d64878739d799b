//! The SQL of the parts of revenue.

use chrono::NaiveDate;
use uuid::Uuid;

use super::RevenuePart;
use crate::{
    billing::Quantity,
    core::{CreditNoteId, DepartmentId, InvoiceId, InvoiceLineId, Money, PriceItemId, Result},
    db::{Tx, Value, sql},
};

/// A line of an invoice that is a package.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct PackageLine {
    pub id: InvoiceLineId,
    pub department_id: Option<DepartmentId>,
    pub item_id: PriceItemId,
    pub service_day: NaiveDate,
    pub gross: Money,
    pub discount: Money,
    pub net: Money,
    pub tax: Money,
}

pub(super) async fn packages_on(tx: &mut Tx, invoice: InvoiceId) -> Result<Vec<PackageLine>> {
    let query = sql("SELECT l.id, l.department_id, c.item_id, c.service_day, l.gross, l.discount, l.net, l.tax
        FROM invoice_lines l JOIN charges c ON c.id = l.charge_id
        WHERE l.invoice_id = $1 AND l.net > 0 AND EXISTS (SELECT 1 FROM packages k WHERE k.item_id = c.item_id")
    .push_for(")", " OFFSET 0)")
    .push(" ORDER BY l.position")
    .bind(invoice);
    Ok(tx.all(query).await?)
}

/// An item of a package, and the department that provides it.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct PackageItem {
    pub item_id: PriceItemId,
    pub department_id: Option<DepartmentId>,
    #[sqlx(rename = "quantity_milli")]
    pub quantity: Quantity,
}

pub(super) async fn items_of(tx: &mut Tx, package: PriceItemId) -> Result<Vec<PackageItem>> {
    let query = sql("SELECT c.item_id, i.department_id, c.quantity_milli FROM package_contents c JOIN price_items i ON i.id = c.item_id
        WHERE c.package_id = $1 ORDER BY i.name, i.code");
    Ok(tx.all(query.bind(package)).await?)
}

/// A line of a credit note whose revenue is divided.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct CreditedLine {
    pub line_id: InvoiceLineId,
    pub net: Money,
    pub tax: Money,
}

pub(super) async fn credited(tx: &mut Tx, note: CreditNoteId) -> Result<Vec<CreditedLine>> {
    let query = sql("SELECT c.line_id, c.amount - c.tax AS net, c.tax FROM credit_note_lines c
        WHERE c.credit_note_id = $1 AND c.amount > 0 AND EXISTS (SELECT 1 FROM revenue_parts r WHERE r.line_id = c.line_id")
    .push_for(")", " OFFSET 0)")
    .bind(note);
    Ok(tx.all(query).await?)
}

/// A part, and how much of it other credit notes have left.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct LeftPart {
    pub position: i64,
    pub department_id: Option<DepartmentId>,
    pub remains: Money,
}

pub(super) async fn left_of(tx: &mut Tx, note: CreditNoteId, line: InvoiceLineId) -> Result<Vec<LeftPart>> {
    let query = sql("SELECT p.position, p.department_id, CAST(p.net - coalesce((SELECT sum(q.net) FROM revenue_parts q
            WHERE q.line_id = p.line_id AND q.position = p.position AND q.document <> p.document), 0) AS BIGINT) AS remains
        FROM revenue_parts p JOIN invoice_lines l ON l.id = p.line_id AND l.invoice_id = p.document
        WHERE p.line_id = $1 AND p.document <> $2 ORDER BY p.position")
    .bind(line)
    .bind(note);
    Ok(tx.all(query).await?)
}

pub(super) async fn insert(tx: &mut Tx, document: Uuid, parts: Vec<RevenuePart>) -> Result<()> {
    if parts.is_empty() {
        return Ok(());
    }
    let rows = parts.into_iter().map(|part| {
        vec![
            Value::from(part.line),
            document.into(),
            part.position.into(),
            part.department.into(),
            part.gross.into(),
            part.discount.into(),
            part.net.into(),
            part.tax.into(),
        ]
    });
    let query =
        sql("INSERT INTO revenue_parts (line_id, document, position, department_id, gross, discount, net, tax) VALUES ").push_rows(rows);
    tx.execute(query).await?;
    Ok(())
}
