//! A patient's account for other departments: invoices, receipts, and the amount to pay.

use crate::{
    core::{Error, InvoiceId, Money, PatientId, PaymentId, Result},
    db::Tx,
};

use super::{
    ChargeState, Invoice, InvoiceLine, Payment, SettledInvoice, Share, Tender, charges, store,
    taxes::{self, TaxedCharge},
    till,
};

pub use super::charges::open_account;

/// The totals of an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Balance {
    /// The unpaid patient's share of issued invoices.
    pub to_pay: Money,
    /// Charges that are on no invoice yet, with their tax, before any plan's share.
    pub not_invoiced: Money,
}

/// Returns the patient's open amounts.
///
/// # Errors
/// When the database refuses.
pub async fn balance(tx: &mut Tx, patient: PatientId) -> Result<Balance> {
    let Some(account) = charges::account_of(tx, patient).await? else { return Ok(Balance::default()) };
    let to_pay = store::to_pay(tx, account).await?;
    let open = taxes::taxed_charges(tx, account).await?;
    let not_invoiced = open.iter().filter(|charge| charge.state == ChargeState::Billable).map(TaxedCharge::total).sum();
    Ok(Balance { to_pay, not_invoiced })
}

/// Returns the patient's invoices, newest first.
///
/// # Errors
/// When the database refuses.
pub async fn invoices_of(tx: &mut Tx, patient: PatientId) -> Result<Vec<Invoice>> {
    store::invoices_of(tx, patient).await
}

/// Returns the patient's payments, newest first; each is a receipt.
///
/// # Errors
/// When the database refuses.
pub async fn payments_of(tx: &mut Tx, patient: PatientId) -> Result<Vec<Payment>> {
    till::payments_of(tx, patient).await
}

/// Returns an invoice with its lines and payments.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn invoice(tx: &mut Tx, id: InvoiceId) -> Result<(Invoice, Vec<InvoiceLine>, Vec<Payment>)> {
    let invoice = store::invoice(tx, id).await?.ok_or(Error::NotFound)?;
    let lines = store::lines(tx, id).await?;
    let payments = till::payments_of_invoice(tx, id).await?;
    Ok((invoice, lines, payments))
}

/// Returns the shares of an invoice, payers first.
///
/// # Errors
/// When the database refuses.
pub async fn shares_of(tx: &mut Tx, id: InvoiceId) -> Result<Vec<Share>> {
    store::shares(tx, id).await
}

/// A payment for its receipt.
#[derive(Clone, Debug)]
pub struct Receipt {
    pub payment: Payment,
    pub tenders: Vec<Tender>,
    /// The invoices that it settled, with their lines.
    pub invoices: Vec<(SettledInvoice, Invoice, Vec<InvoiceLine>)>,
}

/// Returns a payment with its means, its invoices and their lines.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn receipt(tx: &mut Tx, id: PaymentId) -> Result<Receipt> {
    let payment = till::payment(tx, id).await?.ok_or(Error::NotFound)?;
    let tenders = till::tenders(tx, id).await?;
    let mut invoices = Vec::new();
    for settled in till::settled_by(tx, id).await? {
        let invoice = store::invoice(tx, settled.invoice_id).await?.ok_or(Error::NotFound)?;
        let lines = store::lines(tx, settled.invoice_id).await?;
        invoices.push((settled, invoice, lines));
    }
    Ok(Receipt { payment, tenders, invoices })
}
