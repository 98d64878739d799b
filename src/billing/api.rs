//! The server functions of the counter: the next patient, and issuing an invoice.

use leptos::prelude::*;

use crate::core::{Error, PatientId, Result};

#[cfg(feature = "ssr")]
use crate::{
    billing::workflow,
    core::{Money, Permission},
    opd,
    server::{Ctx, redirect_to},
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

/// Parses an amount that the page itself sent, in minor units; `None` when it sent none.
#[cfg(feature = "ssr")]
pub(super) fn minor(text: &str) -> Result<Option<Money>> {
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(|minor| Some(Money(minor))).map_err(|_| Error::invalid("form", crate::tr!(errors.field_unreadable)))
}
