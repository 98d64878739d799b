//! The SQL of bills that are due.

use chrono::NaiveDate;

use crate::{
    core::{ClinicId, InvoiceId, PatientId, Result},
    db::{Tx, sql},
};

/// The bills of one run and clinic.
const AT_ONCE: i64 = 1_000;

/// Returns the invoices of a clinic that were due on these days, have no instalments, are not paid, and of which nobody was told.
pub(super) async fn unpaid(tx: &mut Tx, clinic: ClinicId, (from, until): (NaiveDate, NaiveDate)) -> Result<Vec<(InvoiceId, PatientId)>> {
    let query = sql("SELECT i.id, i.patient_id FROM invoices i
        WHERE i.clinic_id = $1 AND i.patient_due > 0 AND i.due_day BETWEEN $2 AND $3 AND i.state IN ('issued', 'part_paid')
            AND NOT EXISTS (SELECT 1 FROM instalments n WHERE n.invoice_id = i.id)
            AND NOT EXISTS (SELECT 1 FROM messages m WHERE m.subject_id = i.id AND m.kind = 'invoice_due')
        ORDER BY i.due_day LIMIT $4")
    .bind(clinic)
    .bind(from)
    .bind(until)
    .bind(AT_ONCE);
    Ok(tx.all(query).await?)
}

/// Returns the instalments of a clinic's unpaid invoices that are due in these days.
pub(super) async fn parts(
    tx: &mut Tx,
    clinic: ClinicId,
    (from, until): (NaiveDate, NaiveDate),
) -> Result<Vec<(InvoiceId, PatientId, i64)>> {
    let query = sql("SELECT n.invoice_id, i.patient_id, n.position FROM instalments n JOIN invoices i ON i.id = n.invoice_id
        WHERE n.due_day BETWEEN $1 AND $2 AND i.clinic_id = $3 AND i.patient_due > 0 ORDER BY n.due_day LIMIT $4")
    .bind(from)
    .bind(until)
    .bind(clinic)
    .bind(AT_ONCE);
    Ok(tx.all(query).await?)
}
