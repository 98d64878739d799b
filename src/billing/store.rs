//! The SQL of invoices and payments.

use crate::{
    core::{
        BillingAccountId, ClinicId, Error, IdempotencyKey, InvoiceId, InvoiceLineId, Money, PatientId, PaymentId, Result, TillShiftId,
        UserId, time::Instant,
    },
    db::{Lockable, Locked, Tx, Value, sql},
    tr,
};

use super::{Draft, Invoice, InvoiceLine, Method, Payment, Taken};

impl Lockable for InvoiceId {
    const TABLE: &'static str = "invoices";
}

const INVOICE: &str =
    "SELECT i.id, i.patient_id, i.clinic_id, i.number, i.state, n.name AS insurer, i.total, i.insurer_share, i.patient_share,
        i.paid, i.issued_at, u.display_name AS issued_by
    FROM invoices i JOIN users u ON u.id = i.issued_by LEFT JOIN insurers n ON n.id = i.insurer_id ";

pub(super) async fn invoice(tx: &mut Tx, id: InvoiceId) -> Result<Option<Invoice>> {
    Ok(tx.optional(sql(INVOICE).push("WHERE i.id = ").push_bind(id)).await?)
}

pub(super) async fn invoices_of(tx: &mut Tx, patient: PatientId) -> Result<Vec<Invoice>> {
    let query = sql(INVOICE)
        .push("JOIN billing_accounts a ON a.id = i.account_id WHERE a.patient_id = ")
        .push_bind(patient)
        .push(" AND i.number IS NOT NULL ORDER BY i.created_at DESC, i.id DESC");
    Ok(tx.all(query).await?)
}

/// Returns the clinic's invoices that are not paid in full, oldest first.
pub(super) async fn unsettled(tx: &mut Tx, clinic: ClinicId, limit: i64) -> Result<Vec<Invoice>> {
    let query = sql(INVOICE)
        .push("WHERE i.state IN ('issued', 'part_paid') AND i.clinic_id = ")
        .push_bind(clinic)
        .push(" ORDER BY i.created_at DESC, i.id DESC LIMIT ")
        .push_bind(limit);
    Ok(tx.all(query).await?)
}

pub(super) async fn lines(tx: &mut Tx, invoice: InvoiceId) -> Result<Vec<InvoiceLine>> {
    let query =
        sql("SELECT charge_id, code, description, quantity_milli, unit_price, per, gross, discount, discount_reason, free_because, total,
            insurer_share, patient_share
        FROM invoice_lines WHERE invoice_id = $1 ORDER BY position")
        .bind(invoice);
    Ok(tx.all(query).await?)
}

/// The values of a new invoice.
pub(super) struct Issue<'d> {
    pub id: InvoiceId,
    pub account: Locked<BillingAccountId>,
    pub patient: PatientId,
    pub clinic: ClinicId,
    pub number: String,
    pub draft: &'d Draft,
}

/// Inserts the invoice with its lines.
pub(super) async fn insert_invoice(tx: &mut Tx, issue: &Issue<'_>, now: Instant, by: UserId) -> Result<()> {
    let shares = issue.draft.shares();
    let query =
        sql("INSERT INTO invoices (id, account_id, patient_id, clinic_id, number, state, insurer_id, total, insurer_share, patient_share,
            issued_at, issued_by, created_at, created_by, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)")
        .bind(issue.id)
        .bind(issue.account.id())
        .bind(issue.patient)
        .bind(issue.clinic)
        .bind(&issue.number)
        .bind(issue.draft.issued_as())
        .bind(issue.draft.insurer.as_ref().map(|(insurer, _)| *insurer))
        .bind(shares.total())
        .bind(shares.insurer)
        .bind(shares.patient)
        .bind(now)
        .bind(by)
        .bind(now)
        .bind(by)
        .bind(now);
    tx.execute(query).await?;
    let rows = issue.draft.lines.iter().zip(1_i64..).map(|(line, position)| {
        vec![
            Value::from(InvoiceLineId::new()),
            issue.id.into(),
            line.charge.id.into(),
            position.into(),
            Value::from(&line.charge.code),
            Value::from(&line.charge.description),
            line.charge.quantity.0.into(),
            line.charge.unit_price.unwrap_or_default().into(),
            line.charge.per.into(),
            line.charge.gross.into(),
            line.charge.discount.into(),
            Value::Text(line.charge.discount_reason.map(|reason| reason.as_str().to_owned())),
            Value::Text(line.charge.free_because.map(|because| because.as_str().to_owned())),
            line.charge.net.into(),
            line.charge.net.into(),
            line.shares.insurer.into(),
            line.shares.patient.into(),
        ]
    });
    let query = sql("INSERT INTO invoice_lines (id, invoice_id, charge_id, position, code, description, quantity_milli, unit_price, per, gross, discount,
            discount_reason, free_because, net, total, insurer_share, patient_share) VALUES ")
        .push_rows(rows);
    match tx.execute(query).await {
        // Another invoice already has one of the charges.
        Err(error) if error.is_unique() => Err(Error::conflict(tr!(billing.account_changed))),
        done => Ok(done.map(|_| ())?),
    }
}

/// Stores the result of [`Invoice::pay`], if the invoice is unchanged since it was read.
pub(super) async fn book(tx: &mut Tx, invoice: Locked<InvoiceId>, before: &Invoice, after: &Invoice, now: Instant) -> Result<bool> {
    let query = sql("UPDATE invoices SET paid = $3, state = $4, updated_at = $5, version = version + 1
        WHERE id = $1 AND paid = $2 AND state IN ('issued', 'part_paid') AND patient_share >= $3")
    .bind(invoice.id())
    .bind(before.paid)
    .bind(after.paid)
    .bind(after.state)
    .bind(now);
    Ok(tx.execute(query).await? == 1)
}

/// The values of a new payment.
pub(super) struct NewPayment<'p> {
    pub id: PaymentId,
    pub lock: Locked<InvoiceId>,
    pub shift: TillShiftId,
    pub invoice: &'p Invoice,
    pub method: Method,
    pub taken: Taken,
    pub reference: &'p str,
    pub receipt_number: String,
    pub key: IdempotencyKey,
}

/// The reason why a payment was not stored.
pub(super) enum PaymentRefused {
    /// The key was already used for a payment of another invoice.
    KeyUsed,
    Other(Error),
}

pub(super) async fn insert_payment(tx: &mut Tx, new: &NewPayment<'_>, now: Instant, by: UserId) -> Result<(), PaymentRefused> {
    let query = sql("INSERT INTO payments (id, invoice_id, patient_id, clinic_id, method, amount, tendered, change_given, reference,
            receipt_number, idempotency_key, taken_at, taken_by, shift_id)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)")
    .bind(new.id)
    .bind(new.lock.id())
    .bind(new.invoice.patient_id)
    .bind(new.invoice.clinic_id)
    .bind(new.method)
    .bind(new.taken.amount)
    .bind(new.taken.tendered)
    .bind(new.taken.change)
    .bind(new.reference)
    .bind(&new.receipt_number)
    .bind(new.key)
    .bind(now)
    .bind(by)
    .bind(new.shift);
    match tx.execute(query).await {
        Ok(_) => Ok(()),
        Err(error) if error.is_unique() => Err(PaymentRefused::KeyUsed),
        Err(error) if error.violates("till_shift_not_open") => Err(PaymentRefused::Other(Error::conflict(tr!(till.shift_is_closing)))),
        Err(error) => Err(PaymentRefused::Other(error.into())),
    }
}

/// Returns the payment that was taken under the key, with its invoice.
pub(super) async fn payment_by_key(tx: &mut Tx, key: IdempotencyKey) -> Result<Option<(PaymentId, InvoiceId)>> {
    Ok(tx.optional(sql("SELECT id, invoice_id FROM payments WHERE idempotency_key = $1").bind(key)).await?)
}

// The amount left after a payment is its invoice's patient share less this and the earlier payments.
const PAYMENT: &str = "SELECT p.id, p.invoice_id, p.patient_id, p.clinic_id, p.method, p.amount, p.tendered,
        p.change_given, p.reference, p.receipt_number, p.taken_at, u.display_name AS taken_by,
        CAST(i.patient_share - (SELECT sum(e.amount) FROM payments e WHERE e.invoice_id = p.invoice_id
            AND (e.taken_at < p.taken_at OR (e.taken_at = p.taken_at AND e.receipt_number <= p.receipt_number))) AS BIGINT) AS left_over
    FROM payments p JOIN invoices i ON i.id = p.invoice_id JOIN users u ON u.id = p.taken_by ";

pub(super) async fn payment(tx: &mut Tx, id: PaymentId) -> Result<Option<Payment>> {
    Ok(tx.optional(sql(PAYMENT).push("WHERE p.id = ").push_bind(id)).await?)
}

pub(super) async fn payments_of_invoice(tx: &mut Tx, invoice: InvoiceId) -> Result<Vec<Payment>> {
    Ok(tx.all(sql(PAYMENT).push("WHERE p.invoice_id = ").push_bind(invoice).push(" ORDER BY p.taken_at, p.receipt_number")).await?)
}

pub(super) async fn payments_of(tx: &mut Tx, patient: PatientId) -> Result<Vec<Payment>> {
    let query = sql(PAYMENT).push("WHERE p.patient_id = ").push_bind(patient).push(" ORDER BY p.taken_at DESC, p.receipt_number DESC");
    Ok(tx.all(query).await?)
}

/// Returns the payments that one user took at a clinic within a period, by method.
pub(super) async fn takings(tx: &mut Tx, by: UserId, clinic: ClinicId, from: Instant, to: Instant) -> Result<Vec<(Method, Money, i64)>> {
    let query = sql("SELECT method, CAST(sum(amount) AS BIGINT), count(*) FROM payments
        WHERE taken_by = $1 AND clinic_id = $2 AND taken_at >= $3 AND taken_at < $4 GROUP BY method ORDER BY method")
    .bind(by)
    .bind(clinic)
    .bind(from)
    .bind(to);
    Ok(tx.all(query).await?)
}

/// Returns the amount that the patient still has to pay on invoices, and the amount on the account but on no invoice
/// yet.
pub(super) async fn balance(tx: &mut Tx, account: BillingAccountId) -> Result<(Money, Money)> {
    let query = sql("SELECT
        CAST(coalesce((SELECT sum(patient_share - paid) FROM invoices WHERE account_id = $1 AND state IN ('issued', 'part_paid')), 0) AS BIGINT),
        CAST(coalesce((SELECT sum(net) FROM charges WHERE account_id = $1 AND state = 'billable'), 0) AS BIGINT)")
    .bind(account);
    Ok(tx.one(query).await?)
}
