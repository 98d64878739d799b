//! The server functions of the till: payments, deposits, and the hospital's rules of the till.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::{CashTie, Counter, Handed, TillSettings, change_settings, deposit, pay, use_deposits};
use crate::{
    billing::{
        Method,
        api::{PRINT_COOKIE, minor},
        prices::sets_prices,
    },
    core::{Currency, Error, IdempotencyKey, InvoiceId, PatientId, Permission, Result, error::FieldErrors, form},
    server::{Ctx, choices::remember, redirect_to},
    tr,
};

/// The form of a payment. `seen` is the due amount that the cashier saw, in minor units; `sure` is an unlikely amount that the cashier confirmed.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct PaymentForm {
    pub method: String,
    pub tendered: String,
    pub reference: String,
    pub bank: String,
    pub also_method: String,
    pub also_amount: String,
    pub also_reference: String,
    pub also_bank: String,
    pub others: String,
    pub keep: String,
    pub seen: String,
    pub sure: String,
    pub print: String,
}

impl PaymentForm {
    fn parse(self, invoice: InvoiceId, key: IdempotencyKey, currency: Currency) -> Result<Counter> {
        let method: Method = self.method.parse().map_err(|_| Error::invalid("method", tr!(billing.choose_method)))?;
        let (seen_due, sure) = (minor(&self.seen)?, minor(&self.sure)?);
        let reference = form::text("reference", &self.reference, 100)?;
        let bank = form::line("bank", &self.bank, 100)?;
        let mut handed = vec![Handed { method, tendered: currency.parse("tendered", &self.tendered)?, reference, bank }];
        if !self.also_amount.trim().is_empty() {
            let method: Method = self.also_method.parse().map_err(|_| Error::invalid("also_method", tr!(billing.choose_method)))?;
            let reference = form::text("also_reference", &self.also_reference, 100)?;
            let bank = form::line("also_bank", &self.also_bank, 100)?;
            handed.push(Handed { method, tendered: currency.parse("also_amount", &self.also_amount)?, reference, bank });
        }
        let (others, keep) = (!self.others.is_empty(), !self.keep.is_empty());
        Ok(Counter { invoice, others, keep, handed, sure, seen_due, key })
    }
}

/// Takes a payment, by one means or two.
#[server(endpoint = "billing/pay")]
pub async fn take_payment(
    invoice_id: InvoiceId,
    idempotency_key: IdempotencyKey,
    #[server(flatten)] form: PaymentForm,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::TakePayments).await?;
    let print = !form.print.is_empty();
    let counter = form.parse(invoice_id, idempotency_key, ctx.state().hospital().currency)?;
    let payment = pay(&mut ctx, &counter).await?;
    ctx.commit().await?;
    remember(PRINT_COOKIE, "1", if print { 31_536_000 } else { 0 });
    if print {
        redirect_to(&format!("/receipts/{payment}?print=1"));
    } else {
        redirect_to(&format!("/cashier?receipt={payment}"));
    }
    Ok(())
}

/// The form of a deposit.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct DepositForm {
    pub method: String,
    pub amount: String,
    pub reference: String,
    pub bank: String,
}

impl DepositForm {
    fn parse(&self, currency: Currency) -> Result<Handed> {
        let mut errors = FieldErrors::new();
        let method = errors.check(self.method.parse::<Method>().map_err(|_| Error::invalid("method", tr!(billing.choose_method))));
        let tendered = errors.check(currency.parse("amount", &self.amount));
        let reference = errors.check(form::text("reference", &self.reference, 100));
        let bank = errors.line("bank", &self.bank, 100);
        errors.finish()?;
        let (Some(method), Some(tendered), Some(reference)) = (method, tendered, reference) else { return Err(Error::NotFound) };
        Ok(Handed { method, tendered, reference, bank })
    }
}

/// Takes a deposit.
#[server(endpoint = "billing/deposit")]
pub async fn take_deposit(
    patient_id: PatientId,
    idempotency_key: IdempotencyKey,
    #[server(flatten)] form: DepositForm,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::TakePayments).await?;
    let handed = form.parse(ctx.state().hospital().currency)?;
    let payment = deposit(&mut ctx, patient_id, &handed, idempotency_key).await?;
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

/// The form of the hospital's rules of the till.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct TillForm {
    pub cash_step: String,
    pub cash_tie: String,
    pub write_off_limit: String,
    pub series_by_clinic: String,
}

impl TillForm {
    fn parse(&self, currency: Currency) -> Result<TillSettings> {
        let mut errors = FieldErrors::new();
        let typed = !self.cash_step.trim().is_empty();
        let cash_step = if typed { errors.check(currency.parse("cash_step", &self.cash_step)).map(|step| step.0) } else { None };
        let tie = errors.chosen::<CashTie>("cash_tie", &self.cash_tie);
        let limit = errors.check(currency.parse("write_off_limit", &self.write_off_limit));
        errors.finish()?;
        let (Some(cash_tie), Some(write_off_limit)) = (tie, limit) else { return Err(Error::NotFound) };
        Ok(TillSettings { cash_step, cash_tie, write_off_limit, series_by_clinic: !self.series_by_clinic.is_empty() })
    }
}

/// Sets how cash is rounded, the amount that one person writes off alone, and the series of documents.
#[server(endpoint = "billing/set_till")]
pub async fn set_till(#[server(flatten)] form: TillForm) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::SetPrices).await?;
    if !sets_prices(&ctx.who) {
        return Err(Error::Forbidden);
    }
    let settings = form.parse(ctx.state().hospital().currency)?;
    change_settings(&mut ctx, &settings).await?;
    ctx.commit().await?;
    redirect_to("/prices/rules?done=saved");
    Ok(())
}
