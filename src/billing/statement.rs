//! The statement: invoices and payments in order, with the balance after each.

use crate::core::{ClinicId, Money, time::Instant};

use super::{Invoice, InvoiceState, Payment};

/// A line of the statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub at: Instant,
    /// The clinic whose clock gives the day.
    pub clinic: ClinicId,
    /// The invoice's or receipt's number.
    pub number: String,
    /// `Some` for an invoice: the patient's share of it.
    pub invoiced: Option<Money>,
    /// `Some` for a payment.
    pub paid: Option<Money>,
    /// The amount to pay after it.
    pub balance: Money,
}

/// Sorts invoices and payments by time.
pub fn statement(invoices: &[Invoice], payments: &[Payment]) -> Vec<Entry> {
    let bills = invoices.iter().filter(|invoice| invoice.state != InvoiceState::Cancelled).map(|invoice| Entry {
        at: invoice.issued_at,
        clinic: invoice.clinic_id,
        number: invoice.number.clone(),
        invoiced: Some(invoice.patient_share),
        paid: None,
        balance: Money::ZERO,
    });
    let paid = payments.iter().map(|payment| Entry {
        at: payment.taken_at,
        clinic: payment.clinic_id,
        number: payment.receipt_number.clone(),
        invoiced: None,
        paid: Some(payment.amount),
        balance: Money::ZERO,
    });
    let mut entries: Vec<_> = bills.chain(paid).collect();
    entries.sort_by(|one, other| (one.at, one.paid.is_some(), &one.number).cmp(&(other.at, other.paid.is_some(), &other.number)));
    let mut balance = Money::ZERO;
    for entry in &mut entries {
        balance = balance + entry.invoiced.unwrap_or_default() - entry.paid.unwrap_or_default();
        entry.balance = balance;
    }
    entries
}
