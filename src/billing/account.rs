//! A patient's account as others see it: invoices, receipts, what is to pay.

use crate::{
    core::{Error, InvoiceId, Money, PatientId, PaymentId, Result},
    db::Tx,
};

use super::{Invoice, InvoiceLine, Payment, charges, store};

pub use super::charges::open_account;

/// What an account comes to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Balance {
    /// The patient's share of issued invoices that is not paid.
    pub to_pay: Money,
    /// Charges that are on no invoice yet, before any plan's share.
    pub not_invoiced: Money,
}

/// What the patient owes.
///
/// # Errors
/// What the database refused.
pub async fn balance(tx: &mut Tx, patient: PatientId) -> Result<Balance> {
    let Some(account) = charges::account_of(tx, patient).await? else { return Ok(Balance::default()) };
    let (to_pay, not_invoiced) = store::balance(tx, account).await?;
    Ok(Balance { to_pay, not_invoiced })
}

/// The patient's invoices, newest first.
///
/// # Errors
/// What the database refused.
pub async fn invoices_of(tx: &mut Tx, patient: PatientId) -> Result<Vec<Invoice>> {
    store::invoices_of(tx, patient).await
}

/// The patient's payments, newest first: each is a receipt.
///
/// # Errors
/// What the database refused.
pub async fn payments_of(tx: &mut Tx, patient: PatientId) -> Result<Vec<Payment>> {
    store::payments_of(tx, patient).await
}

/// An invoice with its lines and payments.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn invoice(tx: &mut Tx, id: InvoiceId) -> Result<(Invoice, Vec<InvoiceLine>, Vec<Payment>)> {
    let invoice = store::invoice(tx, id).await?.ok_or(Error::NotFound)?;
    let lines = store::lines(tx, id).await?;
    let payments = store::payments_of_invoice(tx, id).await?;
    Ok((invoice, lines, payments))
}

/// A payment with the invoice it was for and that invoice's lines.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn receipt(tx: &mut Tx, id: PaymentId) -> Result<(Payment, Invoice, Vec<InvoiceLine>)> {
    let payment = store::payment(tx, id).await?.ok_or(Error::NotFound)?;
    let invoice = store::invoice(tx, payment.invoice_id).await?.ok_or(Error::NotFound)?;
    let lines = store::lines(tx, invoice.id).await?;
    Ok((payment, invoice, lines))
}
