//! The server functions that issue invoices and take payments.

use leptos::prelude::*;

use crate::core::{Error, IdempotencyKey, InvoiceId, PatientId, Result};

#[cfg(feature = "ssr")]
use crate::{
    billing::{Method, workflow},
    core::{Money, Permission, form},
    opd,
    server::{Ctx, choices::remember, redirect_to},
};

/// The cookie that stores whether receipts are printed as soon as a payment is taken.
#[cfg(feature = "ssr")]
pub(super) const PRINT_COOKIE: &str = "print_receipts";

/// Calls the next patient to the counter and opens the account.
#[server(endpoint = "billing/call_next")]
pub async fn call_next(#[server(default)] ask: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::TakePayments).await?;
    let point = match opd::before_call(&mut ctx, &ask).await? {
        opd::BeforeCall::Ready(point) => point,
        opd::BeforeCall::ChoosePlace => {
            redirect_to(&opd::choose_place("/cashier"));
            return Ok(());
        }
    };
    let to = match workflow::call_next(&mut ctx, point).await? {
        Some((patient, entry)) => format!("/cashier?patient={patient}&done=called&entry={entry}"),
        None => "/cashier?done=nobody_waiting".to_owned(),
    };
    ctx.commit().await?;
    redirect_to(&to);
    Ok(())
}

/// Issues the invoice for the billable charges. `seen` is the total that the cashier saw, in minor units.
#[server(endpoint = "billing/issue")]
pub async fn issue_invoice(patient_id: PatientId, #[server(default)] seen: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::TakePayments).await?;
    let seen = minor(&seen)?;
    let invoice = workflow::issue(&mut ctx, patient_id, seen).await?;
    ctx.commit().await?;
    redirect_to(&format!("/cashier?patient={patient_id}&invoice={invoice}"));
    Ok(())
}

/// Takes a payment. `seen` is the due amount that the cashier saw, in minor units; `sure` is an unlikely amount that the
/// cashier confirmed.
#[server(endpoint = "billing/pay")]
pub async fn take_payment(
    invoice_id: InvoiceId,
    idempotency_key: IdempotencyKey,
    #[server(default)] method: String,
    #[server(default)] tendered: String,
    #[server(default)] reference: String,
    #[server(default)] seen: String,
    #[server(default)] sure: String,
    #[server(default)] print: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::TakePayments).await?;
    let method: Method = method.parse().map_err(|_| Error::invalid("method", crate::tr!(billing.choose_method)))?;
    let (seen_due, sure) = (minor(&seen)?, minor(&sure)?);
    let reference = form::text("reference", &reference, 100)?;
    let currency = ctx.state().hospital().currency;
    let tendered = currency.parse("tendered", &tendered)?;
    let counter = workflow::Counter { invoice: invoice_id, method, tendered, sure, seen_due, reference, key: idempotency_key };
    let payment = workflow::pay(&mut ctx, &counter).await?;
    ctx.commit().await?;
    remember(PRINT_COOKIE, "1", if print.is_empty() { 0 } else { 31_536_000 });
    if print.is_empty() {
        redirect_to(&format!("/cashier?receipt={payment}"));
    } else {
        redirect_to(&format!("/receipts/{payment}?print=1"));
    }
    Ok(())
}

/// Parses an amount that the page itself sent, in minor units; `None` when it sent none.
#[cfg(feature = "ssr")]
fn minor(text: &str) -> Result<Option<Money>> {
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(|minor| Some(Money(minor))).map_err(|_| Error::invalid("form", crate::tr!(errors.field_unreadable)))
}
