//! The server functions of the till: payments, deposits, and the hospital's rules of the till.

use leptos::prelude::*;

use super::{CashTie, Counter, Handed, TillSettings, change_settings, deposit, pay, use_deposits};
use crate::{
    audit::Action,
    billing::{
        Method,
        api::{PRINT_COOKIE, minor},
        prices::sets_prices,
    },
    core::{Error, IdempotencyKey, InvoiceId, PatientId, Permission, Result, error::FieldErrors, form},
    server::{Ctx, choices::remember, redirect_to},
    tr,
};

/// Takes a payment, by one means or two. `seen` is the due amount that the cashier saw, in minor units; `sure` is an unlikely amount that
/// the cashier confirmed.
#[server(endpoint = "billing/pay")]
pub async fn take_payment(
    invoice_id: InvoiceId,
    idempotency_key: IdempotencyKey,
    #[server(default)] method: String,
    #[server(default)] tendered: String,
    #[server(default)] reference: String,
    #[server(default)] also_method: String,
    #[server(default)] also_amount: String,
    #[server(default)] also_reference: String,
    #[server(default)] others: String,
    #[server(default)] keep: String,
    #[server(default)] seen: String,
    #[server(default)] sure: String,
    #[server(default)] print: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::TakePayments).await?;
    let method: Method = method.parse().map_err(|_| Error::invalid("method", tr!(billing.choose_method)))?;
    let (seen_due, sure) = (minor(&seen)?, minor(&sure)?);
    let reference = form::text("reference", &reference, 100)?;
    let currency = ctx.state().hospital().currency;
    let mut handed = vec![Handed { method, tendered: currency.parse("tendered", &tendered)?, reference }];
    if !also_amount.trim().is_empty() {
        let method: Method = also_method.parse().map_err(|_| Error::invalid("also_method", tr!(billing.choose_method)))?;
        let reference = form::text("also_reference", &also_reference, 100)?;
        handed.push(Handed { method, tendered: currency.parse("also_amount", &also_amount)?, reference });
    }
    let (others, keep) = (!others.is_empty(), !keep.is_empty());
    let counter = Counter { invoice: invoice_id, others, keep, handed, sure, seen_due, key: idempotency_key };
    let payment = pay(&mut ctx, &counter).await?;
    ctx.commit().await?;
    remember(PRINT_COOKIE, "1", if print.is_empty() { 0 } else { 31_536_000 });
    if print.is_empty() {
        redirect_to(&format!("/cashier?receipt={payment}"));
    } else {
        redirect_to(&format!("/receipts/{payment}?print=1"));
    }
    Ok(())
}

/// Takes a deposit.
#[server(endpoint = "billing/deposit")]
pub async fn take_deposit(
    patient_id: PatientId,
    idempotency_key: IdempotencyKey,
    #[server(default)] method: String,
    #[server(default)] amount: String,
    #[server(default)] reference: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::TakePayments).await?;
    let mut errors = FieldErrors::new();
    let method = errors.check(method.parse::<Method>().map_err(|_| Error::invalid("method", tr!(billing.choose_method))));
    let tendered = errors.check(ctx.state().hospital().currency.parse("amount", &amount));
    let reference = errors.check(form::text("reference", &reference, 100));
    errors.finish()?;
    let (Some(method), Some(tendered), Some(reference)) = (method, tendered, reference) else { return Err(Error::NotFound) };
    let payment = deposit(&mut ctx, patient_id, &Handed { method, tendered, reference }, idempotency_key).await?;
    ctx.commit().await?;
    redirect_to(&format!("/payments/{payment}?done=deposit"));
    Ok(())
}

/// Uses the patient's deposits for an invoice.
#[server(endpoint = "billing/use_deposit")]
pub async fn use_deposit(invoice_id: InvoiceId, #[server(default)] seen: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::TakePayments).await?;
    let seen = minor(&seen)?;
    use_deposits(&mut ctx, invoice_id, seen).await?;
    ctx.commit().await?;
    redirect_to(&format!("/invoices/{invoice_id}?done=deposit_used"));
    Ok(())
}

/// Sets how cash is rounded, the amount that one person writes off alone, and the series of documents.
#[server(endpoint = "billing/set_till")]
pub async fn set_till(
    #[server(default)] cash_step: String,
    #[server(default)] cash_tie: String,
    #[server(default)] write_off_limit: String,
    #[server(default)] series_by_clinic: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::SetPrices).await?;
    if !sets_prices(&ctx.who) {
        return Err(Error::Forbidden);
    }
    let currency = ctx.state().hospital().currency;
    let mut errors = FieldErrors::new();
    let step = if cash_step.trim().is_empty() { None } else { errors.check(currency.parse("cash_step", &cash_step)).map(|step| step.0) };
    let tie = errors.chosen::<CashTie>("cash_tie", &cash_tie);
    let limit = errors.check(currency.parse("write_off_limit", &write_off_limit));
    errors.finish()?;
    let (Some(cash_tie), Some(write_off_limit)) = (tie, limit) else { return Err(Error::NotFound) };
    let settings = TillSettings { cash_step: step, cash_tie, write_off_limit, series_by_clinic: !series_by_clinic.is_empty() };
    change_settings(&mut ctx, &settings).await?;
    ctx.did(Action::Update, "till_settings", uuid::Uuid::nil(), None);
    ctx.commit().await?;
    redirect_to("/prices/rules?done=saved");
    Ok(())
}
