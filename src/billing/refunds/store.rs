//! The SQL of refunds.

use crate::{
    billing::{Method, Payment},
    core::{ClinicId, Error, Money, PatientId, PaymentId, RefundId, Result, Stamp, TillShiftId},
    db::{DbError, Tx, sql},
    tr,
};

use super::{Decision, Refund, RefundState, ToRefund};

const REFUND: &str = "SELECT r.id, r.payment_id, p.receipt_number, r.patient_id, r.clinic_id, r.kind, r.state, r.number, r.amount, r.rounding,
        r.method, r.reference, r.reason, r.asked_at, r.asked_by, a.display_name AS asked_by_name, r.decided_at, d.display_name AS decided_by_name, r.paid_at,
        b.display_name AS paid_by_name
    FROM refunds r JOIN payments p ON p.id = r.payment_id JOIN users a ON a.id = r.asked_by LEFT JOIN users d ON d.id = r.decided_by
    LEFT JOIN users b ON b.id = r.paid_by ";

/// One refund.
///
/// # Errors
/// When the database refuses.
pub async fn refund(tx: &mut Tx, id: RefundId) -> Result<Option<Refund>> {
    Ok(tx.optional(sql(REFUND).push("WHERE r.id = ").push_bind(id)).await?)
}

/// The refunds of a payment, oldest first.
///
/// # Errors
/// When the database refuses.
pub async fn of_payment(tx: &mut Tx, payment: PaymentId) -> Result<Vec<Refund>> {
    Ok(tx.all(sql(REFUND).push("WHERE r.payment_id = ").push_bind(payment).push(" ORDER BY r.asked_at, r.id")).await?)
}

/// The refunds that a patient was paid, and the payments that bounced, oldest first.
///
/// # Errors
/// When the database refuses.
pub async fn of_patient(tx: &mut Tx, patient: PatientId) -> Result<Vec<Refund>> {
    let query =
        sql(REFUND).push("WHERE (r.state = 'paid' OR (r.kind = 'bounce' AND r.state = 'approved')) AND r.patient_id = ").push_bind(patient);
    Ok(tx.all(query.push(" ORDER BY coalesce(r.paid_at, r.decided_at), r.id")).await?)
}

/// The clinic's refunds that wait for a decision or for their payment, oldest first.
///
/// # Errors
/// When the database refuses.
pub async fn open(tx: &mut Tx, clinic: ClinicId) -> Result<Vec<Refund>> {
    let query = sql(REFUND)
        .push("WHERE r.state IN ('asked', 'approved') AND NOT (r.kind = 'bounce' AND r.state = 'approved') AND r.clinic_id = ")
        .push_bind(clinic);
    Ok(tx.all(query.push(" ORDER BY r.asked_at, r.id")).await?)
}

/// The refunds of payments in a shift that wait for their decision: the shift does not begin to close.
///
/// # Errors
/// When the database refuses.
pub async fn asked_in(tx: &mut Tx, shift: TillShiftId) -> Result<Vec<Refund>> {
    let query = sql(REFUND).push("WHERE r.state = 'asked' AND p.shift_id = ").push_bind(shift);
    Ok(tx.all(query.push(" ORDER BY r.asked_at, r.id")).await?)
}

/// Returns the amount of a payment that went back by a method, or is asked back.
pub(super) async fn back_by(tx: &mut Tx, payment: PaymentId, method: Method) -> Result<Money> {
    let query = sql("SELECT CAST(coalesce(sum(amount), 0) AS BIGINT) FROM refunds
        WHERE payment_id = $1 AND method = $2 AND state IN ('asked', 'approved', 'paid')");
    let (back,): (Money,) = tx.one(query.bind(payment).bind(method)).await?;
    Ok(back)
}

/// Returns the cash rounding of a payment that went back, or is asked back.
pub(super) async fn rounding_back(tx: &mut Tx, payment: PaymentId) -> Result<Money> {
    let query = sql("SELECT CAST(coalesce(sum(rounding), 0) AS BIGINT) FROM refunds
        WHERE payment_id = $1 AND state IN ('asked', 'approved', 'paid')");
    let (back,): (Money,) = tx.one(query.bind(payment)).await?;
    Ok(back)
}

/// Whether the shift that took a payment is open.
pub(super) async fn is_in_open_shift(tx: &mut Tx, payment: PaymentId) -> Result<bool> {
    let query = sql("SELECT count(*) FROM payments p JOIN till_shifts s ON s.id = p.shift_id AND s.state = 'open' WHERE p.id = ");
    Ok(tx.count(query.push_bind(payment)).await? > 0)
}

/// The refusals of the schema, in words.
fn refused(error: DbError) -> Error {
    if error.violates("payments_refunded")
        || error.violates("payments_deposit_left")
        || error.violates("refunds_one_void")
        || error.violates("refunds_one_bounce")
    {
        return Error::conflict(tr!(billing.account_changed));
    }
    if error.violates("refunds_void_in_shift") {
        return Error::conflict(tr!(billing.void_too_late));
    }
    if error.violates("refunds_second_person") {
        return Error::conflict(tr!(billing.other_person));
    }
    if error.violates("till_shift_not_open") {
        return Error::conflict(tr!(till.shift_is_closing));
    }
    if error.violates("till_cash_short") {
        return Error::conflict(tr!(till.cash_short));
    }
    error.of_form_key()
}

pub(super) async fn insert(tx: &mut Tx, asked: &ToRefund, payment: &Payment, rounding: Money, stamp: Stamp) -> Result<()> {
    let query = sql(
        "INSERT INTO refunds (id, payment_id, patient_id, clinic_id, kind, state, amount, rounding, method, reason, asked_at, asked_by)
        VALUES ($1, $2, $3, $4, $5, 'asked', $6, $7, $8, $9, $10, $11)",
    )
    .bind(asked.id)
    .bind(payment.id)
    .bind(payment.patient_id)
    .bind(payment.clinic_id)
    .bind(asked.kind)
    .bind(asked.amount)
    .bind(rounding)
    .bind(asked.method)
    .bind(&asked.reason)
    .bind(stamp.at)
    .bind(stamp.by);
    tx.execute(query).await.map_err(refused)?;
    Ok(())
}

/// Records the decision. `freed` is the money that an approved void freed from invoices.
pub(super) async fn decide(tx: &mut Tx, id: RefundId, (decision, freed): (Decision, Money), stamp: Stamp) -> Result<()> {
    let state = match decision {
        Decision::Approve => RefundState::Approved,
        Decision::Reject => RefundState::Rejected,
        Decision::Withdraw => RefundState::Withdrawn,
    };
    let query = sql("UPDATE refunds SET state = $2, freed = $3, decided_at = $4, decided_by = $5 WHERE id = $1")
        .bind(id)
        .bind(state)
        .bind(freed)
        .bind(stamp.at)
        .bind(stamp.by);
    tx.execute(query).await.map_err(refused)?;
    Ok(())
}

pub(super) async fn pay(tx: &mut Tx, id: RefundId, shift: TillShiftId, (number, reference): (&str, &str), stamp: Stamp) -> Result<()> {
    let query =
        sql("UPDATE refunds SET state = 'paid', number = $2, reference = $3, paid_at = $4, paid_by = $5, shift_id = $6 WHERE id = $1")
            .bind(id)
            .bind(number)
            .bind(reference)
            .bind(stamp.at)
            .bind(stamp.by)
            .bind(shift);
    tx.execute(query).await.map_err(refused)?;
    Ok(())
}
