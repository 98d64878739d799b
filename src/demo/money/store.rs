//! The SQL of the demo's money that did not run straight.

use crate::{
    core::{
        AppointmentId, ChargeId, ClinicId, CreditNoteId, DepartmentId, IdempotencyKey, InsurerId, InvoiceId, Money, PatientId, PaymentId,
        PriceItemId, RefundId, StaffId, Stamp, ToldPriceId, UserId, time::Instant,
    },
    db::{DbError, Tx, Value, sql},
};

/// Makes an item a package of ten of another item.
pub(super) async fn package(tx: &mut Tx, package: PriceItemId, item: PriceItemId, now: Instant) -> Result<(), DbError> {
    let query = sql("INSERT INTO packages (item_id, days, updated_at, updated_by) VALUES ($1, 90, $2, $3)");
    tx.execute(query.bind(package).bind(now).bind(UserId::SYSTEM)).await?;
    tx.execute(sql("INSERT INTO package_contents (package_id, item_id, quantity_milli) VALUES ($1, $2, 10000)").bind(package).bind(item))
        .await?;
    Ok(())
}

/// Gives a discount on a charge.
pub(super) async fn discount(tx: &mut Tx, charge: ChargeId, amount: Money, by: UserId) -> Result<(), DbError> {
    let query = sql("UPDATE charges SET discount = $2, net = gross - $3, discount_reason = 'hardship', discounted_by = $4 WHERE id = $1");
    tx.execute(query.bind(charge).bind(amount).bind(amount).bind(by)).await?;
    Ok(())
}

/// The supervisor of the till.
pub(super) async fn supervisor(tx: &mut Tx) -> Result<Option<UserId>, DbError> {
    let row: Option<(UserId,)> = tx.optional(sql("SELECT id FROM users WHERE login = 'accountant'")).await?;
    Ok(row.map(|(user,)| user))
}

/// Takes a deposit in cash.
pub(super) async fn deposit(
    tx: &mut Tx,
    payment: PaymentId,
    (patient, clinic): (PatientId, ClinicId),
    (amount, number, key): (Money, &str, IdempotencyKey),
    stamp: Stamp,
) -> Result<(), DbError> {
    let query = sql("INSERT INTO payments (id, patient_id, clinic_id, amount, tendered, change_given, deposited, receipt_number, idempotency_key, taken_at,
            taken_by, shift_id)
        SELECT $1, $2, s.clinic_id, $3, $4, 0, $5, $6, $7, $8, s.cashier_id, s.id FROM till_shifts s
        WHERE s.cashier_id = $9 AND s.clinic_id = $10 AND s.state = 'open'")
    .bind(payment)
    .bind(patient)
    .bind(amount)
    .bind(amount)
    .bind(amount)
    .bind(number)
    .bind(key)
    .bind(stamp.at)
    .bind(stamp.by)
    .bind(clinic);
    tx.execute(query).await?;
    let query =
        sql("INSERT INTO payment_tenders (payment_id, position, method, amount, tendered, change_given) VALUES ($1, 1, 'cash', $2, $3, 0)");
    tx.execute(query.bind(payment).bind(amount).bind(amount)).await?;
    Ok(())
}

/// Asks for a part of a deposit back.
pub(super) async fn ask_refund(tx: &mut Tx, refund: RefundId, payment: PaymentId, amount: Money, stamp: Stamp) -> Result<(), DbError> {
    let query = sql("INSERT INTO refunds (id, payment_id, patient_id, clinic_id, kind, state, amount, method, reason, asked_at, asked_by)
        SELECT $1, id, patient_id, clinic_id, 'refund', 'asked', $3, 'cash', 'The operation was cancelled', $4, $5 FROM payments WHERE id = $2")
    .bind(refund)
    .bind(payment)
    .bind(amount)
    .bind(stamp.at)
    .bind(stamp.by);
    tx.execute(query).await?;
    Ok(())
}

/// The oldest invoice that one patient paid alone.
pub(super) async fn paid_invoice(tx: &mut Tx) -> Result<Option<InvoiceId>, DbError> {
    let query = sql("SELECT id FROM invoices WHERE state = 'paid' AND insurer_id IS NULL AND total > 0 ORDER BY number LIMIT 1");
    let row: Option<(InvoiceId,)> = tx.optional(query).await?;
    Ok(row.map(|(invoice,)| invoice))
}

/// Asks for a credit note on all lines of an invoice.
pub(super) async fn ask_credit(tx: &mut Tx, note: CreditNoteId, invoice: InvoiceId, stamp: Stamp) -> Result<(), DbError> {
    let query = sql("INSERT INTO credit_notes (id, invoice_id, patient_id, clinic_id, state, reason, total, asked_at, asked_by)
        SELECT $1, id, patient_id, clinic_id, 'asked', 'duplicate', total, $3, $4 FROM invoices WHERE id = $2")
    .bind(note)
    .bind(invoice)
    .bind(stamp.at)
    .bind(stamp.by);
    tx.execute(query).await?;
    let query = sql("INSERT INTO credit_note_lines (credit_note_id, line_id, amount, insurer_part, patient_part, outcome)
        SELECT $1, id, total, insurer_share, patient_share, 'cancelled' FROM invoice_lines WHERE invoice_id = $2");
    tx.execute(query.bind(note).bind(invoice)).await?;
    Ok(())
}

/// Frees the money that settles an invoice.
pub(super) async fn free(tx: &mut Tx, invoice: InvoiceId, now: Instant) -> Result<(), DbError> {
    let query = sql("UPDATE allocations SET reversed = amount, changed_at = $2
        WHERE share_id IN (SELECT id FROM invoice_shares WHERE invoice_id = $1)");
    tx.execute(query.bind(invoice).bind(now)).await?;
    Ok(())
}

/// Issues a credit note that freed all of its total.
pub(super) async fn issue_credit(tx: &mut Tx, note: CreditNoteId, number: &str, stamp: Stamp) -> Result<(), DbError> {
    let query = sql("UPDATE credit_notes SET state = 'issued', number = $2, freed = total, decided_at = $3, decided_by = $4 WHERE id = $1");
    tx.execute(query.bind(note).bind(number).bind(stamp.at).bind(stamp.by)).await?;
    Ok(())
}

/// An appointment with which a price was told.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct Booking {
    pub id: AppointmentId,
    pub patient_id: PatientId,
    pub doctor_id: StaffId,
    pub department_id: DepartmentId,
    pub starts_at: Instant,
    created_at: Instant,
    created_by: UserId,
}

const BOOKING: &str = "SELECT a.id, a.patient_id, a.doctor_id, s.department_id, a.starts_at, a.created_at, a.created_by
    FROM appointments a JOIN services s ON s.id = a.service_id WHERE ";

/// Returns the appointment of a patient who waits at the cashier.
pub(super) async fn at_the_cashier(tx: &mut Tx, clinic: ClinicId) -> Result<Option<Booking>, DbError> {
    let query = sql(BOOKING)
        .push(
            "a.id IN (SELECT v.appointment_id FROM visits v JOIN queue_entries q ON q.visit_id = v.id
                WHERE q.closed_at IS NULL AND q.step = 'cashier') AND a.clinic_id = ",
        )
        .push_bind(clinic);
    tx.optional(query.push(" ORDER BY a.starts_at, a.id LIMIT 1")).await
}

/// Returns the next appointment of a patient.
pub(super) async fn next_of(tx: &mut Tx, patient: PatientId) -> Result<Option<Booking>, DbError> {
    let query = sql(BOOKING).push("a.state = 'booked' AND a.patient_id = ").push_bind(patient);
    tx.optional(query.push(" ORDER BY a.starts_at, a.id LIMIT 1")).await
}

/// Keeps the price that was told when the appointment was booked.
pub(super) async fn told(
    tx: &mut Tx,
    booking: &Booking,
    (item, day): (PriceItemId, chrono::NaiveDate),
    (total, own): (Money, Option<(Money, InsurerId)>),
) -> Result<(), DbError> {
    let query = sql("INSERT INTO told_prices (id, appointment_id, item_id, day, total, own_share, insurer_id, currency, told_at, told_by)
        SELECT $1, $2, $3, $4, $5, $6, $7, h.currency, $8, $9 FROM hospital h")
    .bind(ToldPriceId::new())
    .bind(booking.id)
    .bind(item)
    .bind(day)
    .bind(total)
    .bind(Value::Int(own.map(|(own, _)| own.0)))
    .bind(Value::Uuid(own.map(|(_, insurer)| insurer.into())))
    .bind(booking.created_at)
    .bind(booking.created_by);
    tx.execute(query).await?;
    Ok(())
}
