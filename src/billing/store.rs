//! The SQL of invoices and payments.

use chrono::NaiveDate;

use crate::{
    core::{BillingAccountId, ClinicId, Error, InvoiceId, InvoiceLineId, InvoiceShareId, Money, PatientId, Result, Stamp},
    db::{Lockable, Locked, Tx, Value, sql},
    tr,
};

use super::{Debtor, Draft, Invoice, InvoiceLine, Share};

impl Lockable for InvoiceId {
    const TABLE: &'static str = "invoices";
}

const INVOICE: &str =
    "SELECT i.id, i.patient_id, i.clinic_id, i.number, i.state, n.name AS insurer, i.total, i.insurer_share, i.patient_share,
        i.paid, i.patient_due, i.credited, i.issued_at, u.display_name AS issued_by, i.due_day
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

/// Returns the clinic's last invoices that are not paid in full, newest first: the patients who stand at the counter; older debts are found by the
/// patient, and in the ageing.
pub(super) async fn unsettled(tx: &mut Tx, clinic: ClinicId, limit: i64) -> Result<Vec<Invoice>> {
    let query = sql(INVOICE)
        .push("WHERE i.patient_due > 0 AND i.clinic_id = ")
        .push_bind(clinic)
        .push(" ORDER BY i.created_at DESC, i.id DESC LIMIT ")
        .push_bind(limit);
    Ok(tx.all(query).await?)
}

/// Returns the patient's invoices at the clinic on which the patient owes something, oldest first.
pub(super) async fn open_invoices(tx: &mut Tx, patient: PatientId, clinic: ClinicId) -> Result<Vec<InvoiceId>> {
    let query = sql("SELECT id FROM invoices WHERE clinic_id = $2 AND patient_due > 0 AND patient_id = $1 ORDER BY created_at, id");
    let rows: Vec<(InvoiceId,)> = tx.all(query.bind(patient).bind(clinic)).await?;
    Ok(rows.into_iter().map(|(invoice,)| invoice).collect())
}

pub(super) async fn lines(tx: &mut Tx, invoice: InvoiceId) -> Result<Vec<InvoiceLine>> {
    let query = sql(
        "SELECT id, charge_id, code, description, quantity_milli, unit_price, per, gross, discount, discount_reason, free_because, net,
            rate_bp, tax, total, insurer_share, patient_share, credited, released_at
        FROM invoice_lines WHERE invoice_id = $1 ORDER BY position",
    )
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
    pub due_day: NaiveDate,
    pub draft: &'d Draft,
}

/// Inserts the invoice as a draft with its lines and shares, and issues it.
pub(super) async fn insert_invoice(tx: &mut Tx, issue: &Issue<'_>, stamp: Stamp) -> Result<()> {
    let shares = issue.draft.shares();
    let insurer = issue.draft.insurer.as_ref().map(|(insurer, _)| *insurer);
    let query = sql("INSERT INTO invoices (id, account_id, patient_id, clinic_id, state, insurer_id, total, insurer_share, patient_share,
            created_at, created_by, updated_at)
        VALUES ($1, $2, $3, $4, 'draft', $5, $6, $7, $8, $9, $10, $11)")
    .bind(issue.id)
    .bind(issue.account.id())
    .bind(issue.patient)
    .bind(issue.clinic)
    .bind(insurer)
    .bind(shares.total())
    .bind(shares.insurer)
    .bind(shares.patient)
    .bind(stamp.at)
    .bind(stamp.by)
    .bind(stamp.at);
    tx.execute(query).await?;
    insert_lines(tx, issue).await?;
    let mut parts = vec![(Debtor::Patient, None, shares.patient)];
    if insurer.is_some() {
        parts.insert(0, (Debtor::Insurer, insurer, shares.insurer));
    }
    let rows = parts.into_iter().zip(1_i64..).map(|((debtor, insurer, amount), rank)| {
        vec![
            Value::from(InvoiceShareId::new()),
            issue.id.into(),
            rank.into(),
            Value::from(debtor.as_str()),
            Value::Uuid(insurer.map(Into::into)),
            amount.into(),
            stamp.at.into(),
        ]
    });
    let query = sql("INSERT INTO invoice_shares (id, invoice_id, rank, debtor, insurer_id, amount, changed_at) VALUES ").push_rows(rows);
    tx.execute(query).await?;
    let query = sql("UPDATE invoices SET state = 'issued', number = $2, issued_at = $3, issued_by = $4, due_day = $5
        WHERE id = $1 AND state = 'draft'")
    .bind(issue.id)
    .bind(&issue.number)
    .bind(stamp.at)
    .bind(stamp.by)
    .bind(issue.due_day);
    tx.execute(query).await?;
    Ok(())
}

async fn insert_lines(tx: &mut Tx, issue: &Issue<'_>) -> Result<()> {
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
            line.taxed.net.into(),
            line.tax.rate_bp.into(),
            line.taxed.tax.into(),
            line.tax.included.into(),
            line.taxed.total().into(),
            line.shares.insurer.into(),
            line.shares.patient.into(),
        ]
    });
    let query = sql("INSERT INTO invoice_lines (id, invoice_id, charge_id, position, code, description, quantity_milli, unit_price, per, gross, discount,
            discount_reason, free_because, net, rate_bp, tax, tax_included, total, insurer_share, patient_share) VALUES ")
        .push_rows(rows);
    match tx.execute(query).await {
        // Another invoice already has one of the charges.
        Err(error) if error.is_unique() => Err(Error::conflict(tr!(billing.account_changed))),
        done => Ok(done.map(|_| ())?),
    }
}

/// Returns the shares of an invoice, payers first.
pub(super) async fn shares(tx: &mut Tx, invoice: InvoiceId) -> Result<Vec<Share>> {
    let query = sql("SELECT s.id, s.debtor, n.name AS insurer, s.amount, s.credited, s.settled, s.written_off
        FROM invoice_shares s LEFT JOIN insurers n ON n.id = s.insurer_id WHERE s.invoice_id = $1 ORDER BY s.rank")
    .bind(invoice);
    Ok(tx.all(query).await?)
}

/// Returns the unpaid patient's shares of the account's invoices.
pub(super) async fn to_pay(tx: &mut Tx, account: BillingAccountId) -> Result<Money> {
    let query = sql("SELECT CAST(coalesce(sum(patient_due), 0) AS BIGINT) FROM invoices WHERE account_id = $1 AND patient_due > 0");
    let (to_pay,): (Money,) = tx.one(query.bind(account)).await?;
    Ok(to_pay)
}
