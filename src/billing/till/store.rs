//! The SQL of payments, their means, and the shares that they settle.

use crate::{
    billing::{Method, Payment, Taken, Tender},
    core::{
        AllocationId, ClinicId, Error, IdempotencyKey, InvoiceId, InvoiceShareId, Money, PatientId, PaymentId, Result, Stamp, TillShiftId,
        UserId, time::Instant,
    },
    db::{Lockable, Locked, Tx, Value, sql},
    tr,
};

use super::{MeansTaken, TillSettings};

impl Lockable for PaymentId {
    const TABLE: &'static str = "payments";
}

/// The values of a new payment.
pub(super) struct NewPayment<'p> {
    pub id: PaymentId,
    pub patient: PatientId,
    pub clinic: ClinicId,
    pub shift: TillShiftId,
    pub tenders: &'p [MeansTaken],
    pub deposited: Money,
    pub receipt_number: &'p str,
    pub key: IdempotencyKey,
}

fn sum(tenders: &[MeansTaken], of: impl Fn(&Taken) -> Money) -> Money {
    tenders.iter().map(|counted| of(&counted.taken)).sum()
}

/// Inserts the payment with its means.
///
/// # Errors
/// [`Error::Conflict`] when its key was used, or the shift is being closed.
pub(super) async fn insert_payment(tx: &mut Tx, new: &NewPayment<'_>, stamp: Stamp) -> Result<()> {
    let query = sql("INSERT INTO payments (id, patient_id, clinic_id, amount, rounding, tendered, change_given, deposited, receipt_number,
            idempotency_key, taken_at, taken_by, shift_id)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)")
    .bind(new.id)
    .bind(new.patient)
    .bind(new.clinic)
    .bind(sum(new.tenders, |taken| taken.amount))
    .bind(sum(new.tenders, |taken| taken.rounding))
    .bind(sum(new.tenders, |taken| taken.tendered))
    .bind(sum(new.tenders, |taken| taken.change))
    .bind(new.deposited)
    .bind(new.receipt_number)
    .bind(new.key)
    .bind(stamp.at)
    .bind(stamp.by)
    .bind(new.shift);
    match tx.execute(query).await {
        Ok(_) => {}
        Err(error) if error.is_unique() => return Err(Error::conflict(tr!(billing.key_used))),
        Err(error) if error.violates("till_shift_not_open") => return Err(Error::conflict(tr!(till.shift_is_closing))),
        Err(error) => return Err(error.into()),
    }
    let rows = new.tenders.iter().zip(1_i64..).map(|(MeansTaken { handed, taken }, position)| {
        vec![
            Value::from(new.id),
            position.into(),
            Value::from(handed.method.as_str()),
            taken.amount.into(),
            taken.rounding.into(),
            taken.tendered.into(),
            taken.change.into(),
            Value::from(&handed.reference),
            Value::from(&handed.bank),
        ]
    });
    let query = sql(
        "INSERT INTO payment_tenders (payment_id, position, method, amount, rounding, tendered, change_given, reference, bank) VALUES ",
    )
    .push_rows(rows);
    tx.execute(query).await?;
    Ok(())
}

/// Settles the patient's share of an invoice by a part of a payment, and returns the allocation. The database refuses more than the
/// share or the payment has left.
pub(super) async fn allocate(
    tx: &mut Tx,
    payment: PaymentId,
    invoice: Locked<InvoiceId>,
    (amount, from_deposit): (Money, bool),
    stamp: Stamp,
) -> Result<AllocationId> {
    let id = AllocationId::new();
    let query = sql("INSERT INTO allocations (id, payment_id, share_id, amount, from_deposit, made_at, made_by, changed_at)
        SELECT $1, $2, s.id, $3, $4, $5, $6, $7 FROM invoice_shares s WHERE s.invoice_id = $8 AND s.debtor = 'patient'")
    .bind(id)
    .bind(payment)
    .bind(amount)
    .bind(from_deposit)
    .bind(stamp.at)
    .bind(stamp.by)
    .bind(stamp.at)
    .bind(invoice.id());
    match tx.execute(query).await {
        Ok(1) => Ok(id),
        Err(error) if error.violates("invoice_shares_settled") || error.violates("payments_deposit_left") => {
            Err(Error::conflict(tr!(billing.account_changed)))
        }
        Ok(_) => Err(Error::conflict(tr!(billing.account_changed))),
        Err(error) => Err(error.into()),
    }
}

/// A live part of a payment on a share.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub struct Allocated {
    pub id: AllocationId,
    pub invoice_id: InvoiceId,
    /// The amount that still settles the share.
    pub live: Money,
}

const ALLOCATED: &str = "SELECT a.id, s.invoice_id, a.amount - a.reversed AS live
    FROM allocations a JOIN invoice_shares s ON s.id = a.share_id WHERE a.amount > a.reversed AND ";

/// The live parts of a payment.
pub(in crate::billing) async fn allocated_of(tx: &mut Tx, payment: PaymentId) -> Result<Vec<Allocated>> {
    Ok(tx.all(sql(ALLOCATED).push("a.payment_id = ").push_bind(payment).push(" ORDER BY a.made_at DESC, a.id DESC")).await?)
}

/// The live parts of payments on a share, newest first.
pub(super) async fn allocated_on(tx: &mut Tx, share: InvoiceShareId) -> Result<Vec<Allocated>> {
    Ok(tx.all(sql(ALLOCATED).push("a.share_id = ").push_bind(share).push(" ORDER BY a.made_at DESC, a.id DESC")).await?)
}

/// Frees a part of a payment from its share.
pub(super) async fn reverse(tx: &mut Tx, allocation: &Allocated, amount: Money, now: Instant) -> Result<()> {
    let query =
        sql("UPDATE allocations SET reversed = reversed + $2, changed_at = $3 WHERE id = $1").bind(allocation.id).bind(amount).bind(now);
    match tx.execute(query).await {
        Ok(_) => Ok(()),
        Err(error) if error.violates("allocations_reversed") => Err(Error::conflict(tr!(billing.account_changed))),
        Err(error) => Err(error.into()),
    }
}

/// Returns the payment that was taken under the key, with the invoices that it settled.
pub(super) async fn payment_by_key(tx: &mut Tx, key: IdempotencyKey) -> Result<Option<(PaymentId, PatientId, Vec<InvoiceId>)>> {
    let row: Option<(PaymentId, PatientId)> =
        tx.optional(sql("SELECT id, patient_id FROM payments WHERE idempotency_key = $1").bind(key)).await?;
    let Some((payment, patient)) = row else { return Ok(None) };
    let query = sql("SELECT DISTINCT s.invoice_id FROM allocations a JOIN invoice_shares s ON s.id = a.share_id WHERE a.payment_id = $1");
    let invoices: Vec<(InvoiceId,)> = tx.all(query.bind(payment)).await?;
    Ok(Some((payment, patient, invoices.into_iter().map(|(invoice,)| invoice).collect())))
}

const PAYMENT: &str = "SELECT p.id, p.patient_id, p.clinic_id, p.amount, p.rounding, p.tendered, p.change_given, p.deposited, p.allocated,
        p.refunded, p.deposit_left, p.receipt_number, p.taken_at, u.display_name AS taken_by, ";
const PAYMENT_FROM: &str = " AS methods FROM payments p JOIN users u ON u.id = p.taken_by ";

fn payment_sql() -> crate::db::Sql {
    sql(PAYMENT)
        .push_for(
            "(SELECT group_concat(t.method, ',') FROM payment_tenders t WHERE t.payment_id = p.id)",
            "(SELECT string_agg(t.method, ',' ORDER BY t.position) FROM payment_tenders t WHERE t.payment_id = p.id)",
        )
        .push(PAYMENT_FROM)
}

pub(in crate::billing) async fn payment(tx: &mut Tx, id: PaymentId) -> Result<Option<Payment>> {
    Ok(tx.optional(payment_sql().push("WHERE p.id = ").push_bind(id)).await?)
}

/// The payments that settle, or settled, a share of the invoice.
pub(in crate::billing) async fn payments_of_invoice(tx: &mut Tx, invoice: InvoiceId) -> Result<Vec<Payment>> {
    // PostgreSQL would read all allocations for a join whose tables are guarded; an array is looked up by the index.
    let query = payment_sql()
        .push_for(
            "WHERE p.id IN (SELECT a.payment_id FROM allocations a WHERE a.share_id IN (SELECT s.id FROM invoice_shares s WHERE s.invoice_id = ",
            "WHERE p.id = ANY (ARRAY(SELECT a.payment_id FROM allocations a
                WHERE a.share_id = ANY (ARRAY(SELECT s.id FROM invoice_shares s WHERE s.invoice_id = ",
        )
        .push_bind(invoice)
        .push_for("))", "))))")
        .push(" ORDER BY p.taken_at, p.receipt_number");
    Ok(tx.all(query).await?)
}

pub(in crate::billing) async fn payments_of(tx: &mut Tx, patient: PatientId) -> Result<Vec<Payment>> {
    let query = payment_sql().push("WHERE p.patient_id = ").push_bind(patient).push(" ORDER BY p.taken_at DESC, p.receipt_number DESC");
    Ok(tx.all(query).await?)
}

/// The patient's payments at the clinic with money left, oldest first.
pub(in crate::billing) async fn deposits_of(tx: &mut Tx, patient: PatientId, clinic: ClinicId) -> Result<Vec<Payment>> {
    let query = payment_sql().push("WHERE p.deposit_left > 0 AND p.patient_id = ").push_bind(patient).push(" AND p.clinic_id = ");
    Ok(tx.all(query.push_bind(clinic).push(" ORDER BY p.taken_at, p.receipt_number")).await?)
}

pub(in crate::billing) async fn tenders(tx: &mut Tx, payment: PaymentId) -> Result<Vec<Tender>> {
    let query = sql(
        "SELECT method, amount, rounding, tendered, change_given, reference, bank FROM payment_tenders WHERE payment_id = $1 ORDER BY position",
    );
    Ok(tx.all(query.bind(payment)).await?)
}

/// An invoice that a payment settles, and by how much.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct SettledInvoice {
    pub invoice_id: InvoiceId,
    pub number: String,
    pub amount: Money,
    pub patient_due: Money,
}

/// The invoices that a payment settled, with what is due on each now.
pub(in crate::billing) async fn settled_by(tx: &mut Tx, payment: PaymentId) -> Result<Vec<SettledInvoice>> {
    let query = sql("SELECT i.id AS invoice_id, i.number, CAST(sum(a.amount - a.reversed) AS BIGINT) AS amount, i.patient_due
        FROM allocations a JOIN invoice_shares s ON s.id = a.share_id JOIN invoices i ON i.id = s.invoice_id
        WHERE a.payment_id = $1 GROUP BY i.id, i.number, i.patient_due ORDER BY i.number");
    Ok(tx.all(query.bind(payment)).await?)
}

/// Returns the payments that one user took at a clinic within a period, by method.
pub(in crate::billing) async fn takings(
    tx: &mut Tx,
    by: UserId,
    clinic: ClinicId,
    from: Instant,
    to: Instant,
) -> Result<Vec<(Method, Money, i64)>> {
    let query = sql("SELECT t.method, CAST(sum(t.amount + t.rounding) AS BIGINT), count(*) FROM payments p
            JOIN payment_tenders t ON t.payment_id = p.id
        WHERE p.taken_by = $1 AND p.clinic_id = $2 AND p.taken_at >= $3 AND p.taken_at < $4 GROUP BY t.method ORDER BY t.method")
    .bind(by)
    .bind(clinic)
    .bind(from)
    .bind(to);
    Ok(tx.all(query).await?)
}

/// Returns the deposits that were received from a patient at a clinic since a time and not paid back, used or not.
///
/// # Errors
/// When the database refuses.
pub async fn deposited_since(tx: &mut Tx, patient: PatientId, clinic: ClinicId, since: Instant) -> Result<Money> {
    let query =
        sql("SELECT CAST(COALESCE(sum(CASE WHEN deposited > refunded THEN deposited - refunded ELSE 0 END), 0) AS BIGINT) FROM payments
        WHERE patient_id = $1 AND clinic_id = $2 AND taken_at >= $3")
        .bind(patient)
        .bind(clinic)
        .bind(since);
    Ok(tx.one::<(Money,)>(query).await?.0)
}

pub(super) async fn settings(tx: &mut Tx) -> Result<TillSettings> {
    Ok(tx.one(sql("SELECT cash_step, cash_tie, write_off_limit, series_by_clinic FROM till_settings")).await?)
}

pub(super) async fn set_settings(tx: &mut Tx, settings: &TillSettings, stamp: Stamp) -> Result<()> {
    let query = sql("UPDATE till_settings SET cash_step = $1, cash_tie = $2, write_off_limit = $3, series_by_clinic = $4, updated_at = $5,
            updated_by = $6")
    .bind(settings.cash_step)
    .bind(settings.cash_tie)
    .bind(settings.write_off_limit)
    .bind(settings.series_by_clinic)
    .bind(stamp.at)
    .bind(stamp.by);
    tx.execute(query).await?;
    Ok(())
}
