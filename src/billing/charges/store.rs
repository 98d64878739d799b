//! The SQL of accounts and charges.

use crate::{
    core::{BillingAccountId, ChargeId, ClinicId, InvoiceId, PatientId, Result, UserId, VisitId, time::Instant},
    db::{Lockable, Locked, Tx, sql},
};

use super::{Charge, NewCharge};

impl Lockable for BillingAccountId {
    const TABLE: &'static str = "billing_accounts";
}

/// The patient's account, opened when there is none yet.
///
/// # Errors
/// What the database refused.
pub async fn open_account(tx: &mut Tx, patient: PatientId, now: Instant, by: UserId) -> Result<BillingAccountId> {
    let query = sql(
        "INSERT INTO billing_accounts (id, patient_id, opened_at, opened_by) VALUES ($1, $2, $3, $4) ON CONFLICT (patient_id) DO NOTHING",
    )
    .bind(BillingAccountId::new())
    .bind(patient)
    .bind(now)
    .bind(by);
    tx.execute(query).await?;
    let (account,): (BillingAccountId,) = tx.one(sql("SELECT id FROM billing_accounts WHERE patient_id = $1").bind(patient)).await?;
    Ok(account)
}

/// The patient's account, if one was opened.
pub async fn account_of(tx: &mut Tx, patient: PatientId) -> Result<Option<BillingAccountId>> {
    let row: Option<(BillingAccountId,)> = tx.optional(sql("SELECT id FROM billing_accounts WHERE patient_id = $1").bind(patient)).await?;
    Ok(row.map(|(account,)| account))
}

pub(super) async fn insert_once(
    tx: &mut Tx,
    account: Locked<BillingAccountId>,
    new: &NewCharge,
    now: Instant,
    by: UserId,
) -> Result<ChargeId> {
    let query =
        sql("INSERT INTO charges (id, account_id, patient_id, clinic_id, visit_id, item_id, description, quantity, unit_price, amount,
            state, source, source_id, raised_at, raised_by, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'billable', $11, $12, $13, $14, $15) ON CONFLICT (source, source_id) DO NOTHING")
        .bind(ChargeId::new())
        .bind(account.id())
        .bind(new.patient)
        .bind(new.clinic)
        .bind(new.visit)
        .bind(new.item)
        .bind(&new.description)
        .bind(new.quantity)
        .bind(new.unit_price)
        .bind(new.unit_price.times(new.quantity).unwrap_or_default())
        .bind(new.source)
        .bind(new.source_id)
        .bind(now)
        .bind(by)
        .bind(now);
    tx.execute(query).await?;
    let query = sql("SELECT id FROM charges WHERE source = $1 AND source_id = $2").bind(new.source).bind(new.source_id);
    let (charge,): (ChargeId,) = tx.one(query).await?;
    Ok(charge)
}

/// What can go on the patient's next invoice at the clinic, oldest first.
pub async fn billable(tx: &mut Tx, account: BillingAccountId, clinic: ClinicId) -> Result<Vec<Charge>> {
    let query = sql("SELECT id, clinic_id, visit_id, description, quantity, unit_price, amount, raised_at FROM charges
        WHERE account_id = $1 AND state = 'billable' AND clinic_id = $2 ORDER BY raised_at, id")
    .bind(account)
    .bind(clinic);
    Ok(tx.all(query).await?)
}

/// Takes the charge of the account onto an invoice; `false` when another invoice was quicker.
pub async fn mark_billed(tx: &mut Tx, account: Locked<BillingAccountId>, charge: ChargeId, now: Instant) -> Result<bool> {
    let query = sql("UPDATE charges SET state = 'billed', updated_at = $2, version = version + 1
        WHERE id = $1 AND state = 'billable' AND account_id = $3")
    .bind(charge)
    .bind(now)
    .bind(account.id());
    Ok(tx.execute(query).await? == 1)
}

/// All charges of a settled invoice are paid.
pub async fn mark_paid(tx: &mut Tx, invoice: Locked<InvoiceId>, now: Instant) -> Result<()> {
    let query = sql("UPDATE charges SET state = 'paid', updated_at = $2, version = version + 1
        WHERE state = 'billed' AND id IN (SELECT charge_id FROM invoice_lines WHERE invoice_id = $1)")
    .bind(invoice.id())
    .bind(now);
    tx.execute(query).await?;
    Ok(())
}

/// The visits that an invoice's charges came from.
pub async fn visits_of_invoice(tx: &mut Tx, invoice: InvoiceId) -> Result<Vec<VisitId>> {
    let query = sql("SELECT DISTINCT c.visit_id FROM invoice_lines l JOIN charges c ON c.id = l.charge_id
        WHERE l.invoice_id = $1 AND c.visit_id IS NOT NULL")
    .bind(invoice);
    let rows: Vec<(VisitId,)> = tx.all(query).await?;
    Ok(rows.into_iter().map(|(visit,)| visit).collect())
}

/// How many charges of the visit still wait for an invoice or its payment.
pub async fn unpaid_of_visit(tx: &mut Tx, account: BillingAccountId, visit: VisitId) -> Result<i64> {
    let query = sql("SELECT count(*) FROM charges WHERE account_id = $1 AND state IN ('billable', 'billed') AND visit_id = $2")
        .bind(account)
        .bind(visit);
    Ok(tx.count(query).await?)
}
