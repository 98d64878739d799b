//! Prints of receipts, invoices, credit notes and slips of refunds: the first is the original, all others say that they are copies.

mod store;

use uuid::Uuid;

use crate::{
    audit::Action,
    core::{ClinicId, CreditNoteId, InvoiceId, PatientId, PaymentId, Permission, RefundId, Result},
    db::Lockable,
    server::Ctx,
    tr,
};

/// A document whose prints are counted.
pub trait Printed: Lockable + Into<Uuid> {
    /// Its word in the audit log.
    const WHAT: &'static str;
    /// Counts its prints.
    const BEFORE: &'static str;
    /// Adds a print: the document, the number, when, by whom.
    const PRINT: &'static str;
}

impl Printed for PaymentId {
    const WHAT: &'static str = "receipt";
    const BEFORE: &'static str = "SELECT count(*) FROM receipt_prints WHERE payment_id = $1";
    const PRINT: &'static str = "INSERT INTO receipt_prints (payment_id, number, printed_at, printed_by) VALUES ($1, $2, $3, $4)";
}

impl Printed for InvoiceId {
    const WHAT: &'static str = "invoice";
    const BEFORE: &'static str = "SELECT count(*) FROM invoice_prints WHERE invoice_id = $1";
    const PRINT: &'static str = "INSERT INTO invoice_prints (invoice_id, number, printed_at, printed_by) VALUES ($1, $2, $3, $4)";
}

impl Printed for CreditNoteId {
    const WHAT: &'static str = "credit_note";
    const BEFORE: &'static str = "SELECT count(*) FROM credit_note_prints WHERE credit_note_id = $1";
    const PRINT: &'static str = "INSERT INTO credit_note_prints (credit_note_id, number, printed_at, printed_by) VALUES ($1, $2, $3, $4)";
}

impl Printed for RefundId {
    const WHAT: &'static str = "refund";
    const BEFORE: &'static str = "SELECT count(*) FROM refund_prints WHERE refund_id = $1";
    const PRINT: &'static str = "INSERT INTO refund_prints (refund_id, number, printed_at, printed_by) VALUES ($1, $2, $3, $4)";
}

impl Lockable for CreditNoteId {
    const TABLE: &'static str = "credit_notes";
}

/// Records a print of a document of this patient and clinic, and returns which one it is: 1 is the original, the others are copies.
///
/// # Errors
/// [`crate::core::Error::NotFound`] when the document is of a clinic where the user may not read it.
pub async fn record<P: Printed>(ctx: &mut Ctx, id: P, (patient, clinic): (PatientId, ClinicId)) -> Result<i64> {
    ctx.at_clinic(Permission::ReadBilling, clinic)?;
    let lock = ctx.tx.lock(id).await?;
    let stamp = ctx.stamp();
    let number = store::insert(&mut ctx.tx, lock, stamp).await?;
    ctx.did(Action::Print, P::WHAT, id, Some(patient));
    Ok(number)
}

/// Returns the title on paper. `print` is the number of the print; `None` is a sheet that is only looked at, which is no original.
pub fn title(words: &str, print: Option<i64>) -> String {
    if print == Some(1) { words.to_owned() } else { format!("{words} · {}", tr!(billing.copy)) }
}
