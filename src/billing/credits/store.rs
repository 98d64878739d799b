//! The SQL of credit notes.

use std::collections::HashMap;

use crate::{
    billing::{Invoice, Shares},
    core::{ClinicId, CreditNoteId, Error, InvoiceId, InvoiceLineId, Money, PatientId, Result, Stamp, time::Instant},
    db::{Tx, Value, sql},
    tr,
};

use super::{Asked, CreditNote, CreditOutcome, Credited, NewLine};

const NOTE: &str =
    "SELECT n.id, n.invoice_id, i.number AS invoice_number, n.patient_id, n.clinic_id, n.number, n.state, n.reason, n.note, n.total,
        n.freed, n.asked_at, n.asked_by, a.display_name AS asked_by_name, n.decided_at, d.display_name AS decided_by_name
    FROM credit_notes n JOIN invoices i ON i.id = n.invoice_id JOIN users a ON a.id = n.asked_by LEFT JOIN users d ON d.id = n.decided_by ";

/// One credit note.
///
/// # Errors
/// When the database refuses.
pub async fn note(tx: &mut Tx, id: CreditNoteId) -> Result<Option<CreditNote>> {
    Ok(tx.optional(sql(NOTE).push("WHERE n.id = ").push_bind(id)).await?)
}

/// The credit notes of an invoice, oldest first.
///
/// # Errors
/// When the database refuses.
pub async fn notes_of_invoice(tx: &mut Tx, invoice: InvoiceId) -> Result<Vec<CreditNote>> {
    Ok(tx.all(sql(NOTE).push("WHERE n.invoice_id = ").push_bind(invoice).push(" ORDER BY n.asked_at, n.id")).await?)
}

/// The issued credit notes of a patient, oldest first, each with the part that lowers the patient's debt.
///
/// # Errors
/// When the database refuses.
pub async fn notes_of(tx: &mut Tx, patient: PatientId) -> Result<Vec<(String, Instant, ClinicId, Money)>> {
    let query = sql("SELECT n.number, n.decided_at, n.clinic_id, CAST(sum(c.patient_part) AS BIGINT)
        FROM credit_notes n JOIN credit_note_lines c ON c.credit_note_id = n.id
        WHERE n.state = 'issued' AND n.patient_id = $1 GROUP BY n.id, n.number, n.decided_at, n.clinic_id");
    Ok(tx.all(query.bind(patient)).await?)
}

/// The clinic's credit notes that wait for a decision, oldest first.
///
/// # Errors
/// When the database refuses.
pub async fn waiting(tx: &mut Tx, clinic: ClinicId) -> Result<Vec<CreditNote>> {
    Ok(tx.all(sql(NOTE).push("WHERE n.state = 'asked' AND n.clinic_id = ").push_bind(clinic).push(" ORDER BY n.asked_at, n.id")).await?)
}

/// A line of a credit note.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct CreditLine {
    pub line_id: InvoiceLineId,
    pub code: String,
    pub description: String,
    pub amount: Money,
    pub tax: Money,
    pub insurer_part: Money,
    pub patient_part: Money,
    /// The next state of the charge that was asked for, in case that the line is credited in full.
    pub outcome: Option<CreditOutcome>,
    /// The next state that the charge has by this note, or would have now.
    pub becomes: Option<CreditOutcome>,
}

impl CreditLine {
    /// Returns what it takes off each share.
    pub const fn split(&self) -> Shares {
        Shares { insurer: self.insurer_part, patient: self.patient_part }
    }
}

pub(super) async fn lines(tx: &mut Tx, note: CreditNoteId) -> Result<Vec<CreditLine>> {
    let query = sql("SELECT c.line_id, l.code, l.description, c.amount, c.tax, c.insurer_part, c.patient_part, c.outcome,
            CASE WHEN l.released_at = n.decided_at OR (n.state = 'asked' AND l.credited + c.amount = l.total) THEN c.outcome END AS becomes
        FROM credit_note_lines c JOIN credit_notes n ON n.id = c.credit_note_id JOIN invoice_lines l ON l.id = c.line_id
        WHERE c.credit_note_id = $1 ORDER BY l.position");
    Ok(tx.all(query.bind(note)).await?)
}

/// Returns the amounts that credit notes took off each line of an invoice; with `asked` also those that wait for a decision.
pub(super) async fn credited_by_line(tx: &mut Tx, invoice: InvoiceId, asked: bool) -> Result<HashMap<InvoiceLineId, Credited>> {
    let query =
        sql("SELECT c.line_id, CAST(sum(c.insurer_part) AS BIGINT), CAST(sum(c.patient_part) AS BIGINT), CAST(sum(c.tax) AS BIGINT)
        FROM credit_note_lines c JOIN credit_notes n ON n.id = c.credit_note_id
        WHERE n.invoice_id = $1 AND (n.state = 'issued' OR (n.state = 'asked' AND $2)) GROUP BY c.line_id");
    let rows: Vec<(InvoiceLineId, Money, Money, Money)> = tx.all(query.bind(invoice).bind(asked)).await?;
    Ok(rows.into_iter().map(|(line, insurer, patient, tax)| (line, Credited { insurer, patient, tax })).collect())
}

pub(super) async fn insert(tx: &mut Tx, asked: &Asked, invoice: &Invoice, lines: &[NewLine], stamp: Stamp) -> Result<()> {
    let total: Money = lines.iter().map(|line| line.amount).sum();
    let query = sql("INSERT INTO credit_notes (id, invoice_id, patient_id, clinic_id, state, reason, note, total, asked_at, asked_by)
        VALUES ($1, $2, $3, $4, 'asked', $5, $6, $7, $8, $9)")
    .bind(asked.id)
    .bind(invoice.id)
    .bind(invoice.patient_id)
    .bind(invoice.clinic_id)
    .bind(asked.reason)
    .bind(&asked.note)
    .bind(total)
    .bind(stamp.at)
    .bind(stamp.by);
    tx.execute(query).await.map_err(crate::db::DbError::of_form_key)?;
    let rows = lines.iter().map(|line| {
        vec![
            Value::from(asked.id),
            line.line.into(),
            line.amount.into(),
            line.tax.into(),
            line.split.insurer.into(),
            line.split.patient.into(),
            Value::from(asked.outcome.as_str()),
        ]
    });
    let query = sql("INSERT INTO credit_note_lines (credit_note_id, line_id, amount, tax, insurer_part, patient_part, outcome) VALUES ")
        .push_rows(rows);
    tx.execute(query).await?;
    Ok(())
}

/// Issues the note; triggers lower the shares, raise what is credited and release the charges.
pub(super) async fn issue(tx: &mut Tx, id: CreditNoteId, (number, freed): (&str, Money), stamp: Stamp) -> Result<()> {
    let query = sql("UPDATE credit_notes SET state = 'issued', number = $2, freed = $3, decided_at = $4, decided_by = $5 WHERE id = $1 AND state = 'asked'")
        .bind(id)
        .bind(number)
        .bind(freed)
        .bind(stamp.at)
        .bind(stamp.by);
    match tx.execute(query).await {
        Ok(1) => Ok(()),
        Ok(_) => Err(Error::conflict(tr!(billing.already_decided))),
        Err(error) if error.violates("credit_notes_second_person") => Err(Error::conflict(tr!(billing.other_person))),
        Err(error) if error.violates("charges_package_covers") => Err(Error::conflict(tr!(billing.package_covers))),
        Err(error) => {
            let changed = ["invoice_lines_credited", "invoice_shares_settled", "credit_notes_released", "credit_notes_tax"];
            Err(if changed.iter().any(|guard| error.violates(guard)) {
                Error::conflict(tr!(billing.account_changed))
            } else {
                error.into()
            })
        }
    }
}

pub(super) async fn reject(tx: &mut Tx, id: CreditNoteId, stamp: Stamp) -> Result<()> {
    let query = sql("UPDATE credit_notes SET state = 'rejected', decided_at = $2, decided_by = $3 WHERE id = $1 AND state = 'asked'");
    tx.execute(query.bind(id).bind(stamp.at).bind(stamp.by)).await?;
    Ok(())
}
