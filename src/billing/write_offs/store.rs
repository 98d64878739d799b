//! The SQL of write-offs.

use crate::{
    core::{ClinicId, Error, InvoiceId, InvoiceShareId, Money, PatientId, Result, Stamp, WriteOffId},
    db::{DbError, Tx, sql},
    tr,
};

use super::{WriteOff, WriteOffReason, WriteOffState};

const WRITE_OFF: &str =
    "SELECT w.id, s.invoice_id, i.number AS invoice_number, w.patient_id, w.clinic_id, w.state, w.amount, w.reason, w.reverses,
        w.asked_at,
        w.asked_by, a.display_name AS asked_by_name, w.decided_at, d.display_name AS decided_by_name
    FROM write_offs w JOIN invoice_shares s ON s.id = w.share_id JOIN invoices i ON i.id = s.invoice_id JOIN users a ON a.id = w.asked_by
    LEFT JOIN users d ON d.id = w.decided_by ";

/// One write-off.
///
/// # Errors
/// When the database refuses.
pub async fn write_off_at(tx: &mut Tx, id: WriteOffId) -> Result<Option<WriteOff>> {
    Ok(tx.optional(sql(WRITE_OFF).push("WHERE w.id = ").push_bind(id)).await?)
}

/// The write-offs of an invoice, oldest first.
///
/// # Errors
/// When the database refuses.
pub async fn of_invoice(tx: &mut Tx, invoice: InvoiceId) -> Result<Vec<WriteOff>> {
    // PostgreSQL would read all write-offs for a join whose tables are guarded; an array is looked up by the index.
    let query = sql(WRITE_OFF)
        .push_for(
            "WHERE w.share_id IN (SELECT x.id FROM invoice_shares x WHERE x.invoice_id = ",
            "WHERE w.share_id = ANY (ARRAY(SELECT x.id FROM invoice_shares x WHERE x.invoice_id = ",
        )
        .push_bind(invoice)
        .push_for(")", "))");
    Ok(tx.all(query.push(" ORDER BY w.asked_at, w.id")).await?)
}

/// The write-offs of a patient's debts, oldest first.
///
/// # Errors
/// When the database refuses.
pub async fn of_patient(tx: &mut Tx, patient: PatientId) -> Result<Vec<WriteOff>> {
    let query = sql(WRITE_OFF).push("WHERE w.state = 'issued' AND w.patient_id = ").push_bind(patient);
    Ok(tx.all(query.push(" ORDER BY w.asked_at, w.id")).await?)
}

/// The clinic's write-offs that wait for a decision, oldest first.
///
/// # Errors
/// When the database refuses.
pub async fn waiting(tx: &mut Tx, clinic: ClinicId) -> Result<Vec<WriteOff>> {
    let query = sql(WRITE_OFF).push("WHERE w.state = 'asked' AND w.clinic_id = ").push_bind(clinic);
    Ok(tx.all(query.push(" ORDER BY w.asked_at, w.id")).await?)
}

/// The values of a new write-off.
pub(super) struct New {
    pub id: WriteOffId,
    pub share: InvoiceShareId,
    pub patient: PatientId,
    pub clinic: ClinicId,
    pub amount: Money,
    pub reason: WriteOffReason,
    /// Within the limit of one person: it is issued at once.
    pub alone: bool,
    /// The write-off that it takes back.
    pub reverses: Option<WriteOffId>,
}

/// The refusals of the schema, in words.
fn refused(error: DbError) -> Error {
    let changed = ["invoice_shares_settled", "write_offs_limit", "write_offs_reverses", "write_offs_one_reversal"];
    if changed.iter().any(|guard| error.violates(guard)) {
        return Error::conflict(tr!(billing.account_changed));
    }
    if error.violates("write_offs_second_person") {
        return Error::conflict(tr!(billing.other_person));
    }
    error.of_form_key()
}

pub(super) async fn insert(tx: &mut Tx, new: &New, stamp: Stamp) -> Result<()> {
    let state = if new.alone { WriteOffState::Issued } else { WriteOffState::Asked };
    let query =
        sql("INSERT INTO write_offs (id, share_id, patient_id, clinic_id, state, amount, reason, alone, reverses, asked_at, asked_by,
            decided_at, decided_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)")
        .bind(new.id)
        .bind(new.share)
        .bind(new.patient)
        .bind(new.clinic)
        .bind(state)
        .bind(new.amount)
        .bind(new.reason)
        .bind(new.alone)
        .bind(new.reverses)
        .bind(stamp.at)
        .bind(stamp.by)
        .bind(new.alone.then_some(stamp.at))
        .bind(new.alone.then_some(stamp.by));
    tx.execute(query).await.map_err(refused)?;
    Ok(())
}

pub(super) async fn decide(tx: &mut Tx, id: WriteOffId, state: WriteOffState, stamp: Stamp) -> Result<()> {
    let query = sql("UPDATE write_offs SET state = $2, decided_at = $3, decided_by = $4 WHERE id = $1")
        .bind(id)
        .bind(state)
        .bind(stamp.at)
        .bind(stamp.by);
    tx.execute(query).await.map_err(refused)?;
    Ok(())
}
