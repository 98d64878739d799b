//! The statement: every document that changes what a patient owes, in order, with the balance after each.

use std::collections::HashMap;

use chrono::NaiveDate;

use crate::core::{ClinicId, Money, PatientId, Result, time::Instant};
use crate::{db::Tx, tr};

use super::{account, credits, instalments, refunds, write_offs};

/// The kind of a document on a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EntryKind {
    Invoice,
    CreditNote,
    Receipt,
    Refund,
    Bounce,
    WriteOff,
    WriteOffBack,
}

impl EntryKind {
    /// Returns the word before the number.
    pub fn word(self) -> &'static str {
        match self {
            Self::Invoice => tr!(billing.invoice),
            Self::CreditNote => tr!(billing.credit_note),
            Self::Receipt => tr!(billing.receipt),
            Self::Refund => tr!(billing.refund),
            Self::Bounce => tr!(billing.bounce),
            Self::WriteOff => tr!(billing.write_off),
            Self::WriteOffBack => tr!(billing.write_off_back),
        }
    }
}

/// A line of the statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub kind: EntryKind,
    pub at: Instant,
    /// The clinic whose clock gives the day.
    pub clinic: ClinicId,
    /// The document's number.
    pub number: String,
    /// The amount that it adds to the debt: an invoice's share of the patient, a refund, a bounced payment, a write-off that is taken back.
    pub invoiced: Option<Money>,
    /// The amount that it takes off: a payment, a credit note, a write-off.
    pub paid: Option<Money>,
    /// The amount to pay after it; below zero the patient has money left.
    pub balance: Money,
    /// The day on which an invoice, or its next instalment, is due, as long as something is owed on it.
    pub due: Option<NaiveDate>,
}

/// Returns the statement of these records of one patient, as far as `allowed` lets the user see each clinic.
///
/// # Errors
/// When the database refuses.
pub async fn statement(tx: &mut Tx, records: &[PatientId], allowed: impl Fn(ClinicId) -> bool) -> Result<Vec<Entry>> {
    let mut entries = Vec::new();
    let mut dues = HashMap::new();
    let mut add = |kind, at, clinic, number: String, amount: Money, owes: bool| {
        let (invoiced, paid) = if owes { (Some(amount), None) } else { (None, Some(amount)) };
        entries.push(Entry { kind, at, clinic, number, invoiced, paid, balance: Money::ZERO, due: None });
    };
    for patient in records.iter().copied() {
        for invoice in account::invoices_of(tx, patient).await? {
            if invoice.due() > Money::ZERO {
                let plan = instalments::of_invoice(tx, invoice.id).await?;
                dues.insert(invoice.number.clone(), instalments::next_due(&plan, invoice.due()).unwrap_or(invoice.due_day));
            }
            add(EntryKind::Invoice, invoice.issued_at, invoice.clinic_id, invoice.number, invoice.patient_share, true);
        }
        for payment in account::payments_of(tx, patient).await? {
            add(EntryKind::Receipt, payment.taken_at, payment.clinic_id, payment.receipt_number, payment.amount, false);
        }
        for (number, at, clinic, amount) in credits::notes_of(tx, patient).await? {
            add(EntryKind::CreditNote, at, clinic, number, amount, false);
        }
        for refund in refunds::of_patient(tx, patient).await? {
            if let Some(at) = refund.decided_at.filter(|_| refund.is_bounced()) {
                add(EntryKind::Bounce, at, refund.clinic_id, refund.receipt_number, refund.amount, true);
            } else if let (Some(number), Some(at)) = (refund.number, refund.paid_at) {
                add(EntryKind::Refund, at, refund.clinic_id, number, refund.amount, true);
            }
        }
        for one in write_offs::of_patient(tx, patient).await? {
            let at = one.decided_at.unwrap_or(one.asked_at);
            let (kind, owes) = if one.reverses.is_some() { (EntryKind::WriteOffBack, true) } else { (EntryKind::WriteOff, false) };
            add(kind, at, one.clinic_id, one.invoice_number, one.amount, owes);
        }
    }
    entries.retain(|entry| allowed(entry.clinic));
    entries.sort_by(|one, other| (one.at, one.kind, &one.number).cmp(&(other.at, other.kind, &other.number)));
    let mut balance = Money::ZERO;
    for entry in &mut entries {
        balance = balance + entry.invoiced.unwrap_or_default() - entry.paid.unwrap_or_default();
        entry.due = if entry.kind == EntryKind::Invoice { dues.get(&entry.number).copied() } else { None };
        entry.balance = balance;
    }
    Ok(entries)
}
