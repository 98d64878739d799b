//! The SQL of the demo's buying: each row takes the same way through its states as in the program, with all guards active.

use chrono::NaiveDate;

use crate::{
    core::{
        ClinicId, PurchaseLineId, PurchaseOrderId, PurchaseRequestId, Stamp, StockBatchId, StockDocumentId, StockItemId, StoreroomId,
        SupplierId, SupplierInvoiceId, UserId, time::Instant,
    },
    db::{DbError, Tx, sql},
};

pub(super) async fn user(tx: &mut Tx, login: &str) -> Result<Option<UserId>, DbError> {
    let row: Option<(UserId,)> = tx.optional(sql("SELECT id FROM users WHERE login = ").push_bind(login)).await?;
    Ok(row.map(|(user,)| user))
}

pub(super) async fn supplier(
    tx: &mut Tx,
    id: SupplierId,
    (code, name, phone, lead_days, tolerance): (&str, &str, &str, i64, i64),
    at: Instant,
) -> Result<(), DbError> {
    let query = sql("INSERT INTO suppliers (id, code, name, phone, lead_days, tolerance, created_at, created_by, updated_at, updated_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $7, $8)")
    .bind(id)
    .bind(code)
    .bind(name)
    .bind(phone)
    .bind(lead_days)
    .bind(tolerance)
    .bind(at)
    .bind(UserId::SYSTEM);
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn supplied_by(tx: &mut Tx, item: StockItemId, supplier: SupplierId) -> Result<(), DbError> {
    tx.execute(sql("UPDATE stock_items SET supplier_id = $2 WHERE id = $1").bind(item).bind(supplier)).await?;
    Ok(())
}

pub(super) async fn order(
    tx: &mut Tx,
    (id, number): (PurchaseOrderId, &str),
    (clinic, room, supplier): (ClinicId, StoreroomId, SupplierId),
    stamp: Stamp,
) -> Result<(), DbError> {
    let query = sql("INSERT INTO purchase_orders (id, number, clinic_id, store_id, supplier_id, state, created_at, created_by)
        VALUES ($1, $2, $3, $4, $5, 'draft', $6, $7)")
    .bind(id)
    .bind(number)
    .bind(clinic)
    .bind(room)
    .bind(supplier)
    .bind(stamp.at)
    .bind(stamp.by);
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn line(
    tx: &mut Tx,
    (id, order, item): (PurchaseLineId, PurchaseOrderId, StockItemId),
    (ordered, price, price_per): (i64, i64, i64),
) -> Result<(), DbError> {
    let query = sql("INSERT INTO purchase_order_lines (id, order_id, item_id, ordered, price, price_per) VALUES ($1, $2, $3, $4, $5, $6)")
        .bind(id)
        .bind(order)
        .bind(item)
        .bind(ordered)
        .bind(price)
        .bind(price_per);
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn approve_and_send(
    tx: &mut Tx,
    order: PurchaseOrderId,
    (approved_at, approver): (Instant, UserId),
    (sent_at, sender): (Instant, UserId),
) -> Result<(), DbError> {
    let approved =
        sql("UPDATE purchase_orders SET state = 'approved', approved_at = $2, approved_by = $3, version = version + 1 WHERE id = $1")
            .bind(order)
            .bind(approved_at)
            .bind(approver);
    tx.execute(approved).await?;
    let sent = sql("UPDATE purchase_orders SET state = 'sent', sent_at = $2, sent_by = $3, version = version + 1 WHERE id = $1")
        .bind(order)
        .bind(sent_at)
        .bind(sender);
    tx.execute(sent).await?;
    Ok(())
}

pub(super) async fn receipt(
    tx: &mut Tx,
    (id, number, order): (StockDocumentId, &str, PurchaseOrderId),
    delivery_note: &str,
    stamp: Stamp,
) -> Result<(), DbError> {
    let query = sql("INSERT INTO goods_receipts (id, number, order_id, delivery_note, at, by_user) VALUES ($1, $2, $3, $4, $5, $6)")
        .bind(id)
        .bind(number)
        .bind(order)
        .bind(delivery_note)
        .bind(stamp.at)
        .bind(stamp.by);
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn receipt_line(
    tx: &mut Tx,
    (receipt, line, batch): (StockDocumentId, PurchaseLineId, StockBatchId),
    (units, free, rejected): (i64, i64, i64),
) -> Result<(), DbError> {
    let query = sql("INSERT INTO goods_receipt_lines (id, receipt_id, line_id, batch_id, quantity, free, rejected, reject_reason)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)")
    .bind(uuid::Uuid::now_v7())
    .bind(receipt)
    .bind(line)
    .bind(batch)
    .bind(units)
    .bind(free)
    .bind(rejected)
    .bind(if rejected > 0 { "Broken" } else { "" });
    tx.execute(query).await?;
    let sum = sql("UPDATE purchase_order_lines SET received = received + $2 WHERE id = $1").bind(line).bind(units);
    tx.execute(sum).await?;
    Ok(())
}

pub(super) async fn part_received(tx: &mut Tx, order: PurchaseOrderId) -> Result<(), DbError> {
    tx.execute(sql("UPDATE purchase_orders SET state = 'part_received', version = version + 1 WHERE id = $1").bind(order)).await?;
    Ok(())
}

pub(super) async fn invoice(
    tx: &mut Tx,
    (id, supplier, order, number): (SupplierInvoiceId, SupplierId, PurchaseOrderId, &str),
    lines: &[(PurchaseLineId, i64, i64)],
    invoiced_on: NaiveDate,
    stamp: Stamp,
) -> Result<(), DbError> {
    let net: i64 = lines.iter().map(|(.., amount)| amount).sum();
    let query = sql("INSERT INTO supplier_invoices (id, supplier_id, order_id, number, number_key, invoiced_on, net, total, state, entered_at, entered_by)
        VALUES ($1, $2, $3, $4, $4, $5, $6, $6, 'entered', $7, $8)")
    .bind(id)
    .bind(supplier)
    .bind(order)
    .bind(number)
    .bind(invoiced_on)
    .bind(net)
    .bind(stamp.at)
    .bind(stamp.by);
    tx.execute(query).await?;
    for (line, quantity, amount) in lines {
        let query = sql("INSERT INTO supplier_invoice_lines (id, invoice_id, line_id, quantity, amount) VALUES ($1, $2, $3, $4, $5)")
            .bind(uuid::Uuid::now_v7())
            .bind(id)
            .bind(*line)
            .bind(*quantity)
            .bind(*amount);
        tx.execute(query).await?;
    }
    Ok(())
}

pub(super) async fn request(
    tx: &mut Tx,
    (id, clinic, room, item): (PurchaseRequestId, ClinicId, StoreroomId, StockItemId),
    quantity: i64,
    reason: &str,
    stamp: Stamp,
) -> Result<(), DbError> {
    let query = sql("INSERT INTO purchase_requests (id, clinic_id, store_id, item_id, quantity, reason, state, requested_at, requested_by)
        VALUES ($1, $2, $3, $4, $5, $6, 'submitted', $7, $8)")
    .bind(id)
    .bind(clinic)
    .bind(room)
    .bind(item)
    .bind(quantity)
    .bind(reason)
    .bind(stamp.at)
    .bind(stamp.by);
    tx.execute(query).await?;
    Ok(())
}

/// Reads the batch that came with an order line.
pub(super) async fn delivered(tx: &mut Tx, line: PurchaseLineId) -> Result<Option<StockBatchId>, DbError> {
    let query = sql("SELECT batch_id FROM goods_receipt_lines WHERE batch_id IS NOT NULL AND line_id = ").push_bind(line);
    let row: Option<(StockBatchId,)> = tx.optional(query.push(" LIMIT 1")).await?;
    Ok(row.map(|(batch,)| batch))
}

/// Writes a return, with the ordered price as its expected credit.
pub(super) async fn gave_back(
    tx: &mut Tx,
    (id, number, clinic): (StockDocumentId, &str, ClinicId),
    (supplier, batch, line, units): (SupplierId, StockBatchId, PurchaseLineId, i64),
    stamp: Stamp,
) -> Result<(), DbError> {
    let query =
        sql("INSERT INTO supplier_returns (id, number, clinic_id, supplier_id, batch_id, line_id, quantity, reason, note, expected,
            alone_up_to, at, by_user, state)
        SELECT $1, $2, $3, $4, $5, l.id, $7, 'damaged', 'Broken in the box', l.price * $7 / l.price_per, s.return_alone, $8, $9, 'sent'
        FROM purchase_order_lines l JOIN suppliers s ON s.id = $4 WHERE l.id = $6")
        .bind(id)
        .bind(number)
        .bind(clinic)
        .bind(supplier)
        .bind(batch)
        .bind(line)
        .bind(units)
        .bind(stamp.at)
        .bind(stamp.by);
    tx.execute(query).await?;
    Ok(())
}
