//! The server functions of write-offs.

use leptos::prelude::*;

use super::{WriteOffReason, WriteOffState, decide, take_back, write_off};
use crate::{
    billing::decision::Decision,
    core::{Error, IdempotencyKey, InvoiceId, Permission, Result, WriteOffId, error::FieldErrors, form::chosen},
    server::{Ctx, redirect_to},
};

/// Writes off a part of what the patient owes on an invoice, or asks for it above the limit.
#[server(endpoint = "billing/write_off")]
pub async fn write_off_debt(
    invoice_id: InvoiceId,
    #[server(default)] key: String,
    #[server(default)] amount: String,
    #[server(default)] reason: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::TakePayments).await?;
    let id = WriteOffId(chosen::<IdempotencyKey>("key", &key)?.into());
    let currency = ctx.state().hospital().currency;
    let mut errors = FieldErrors::new();
    let amount = errors.check(currency.parse("amount", &amount));
    let reason = errors.chosen::<WriteOffReason>("reason", &reason);
    errors.finish()?;
    let (Some(amount), Some(reason)) = (amount, reason) else { return Err(Error::NotFound) };
    let done = write_off(&mut ctx, id, invoice_id, (amount, reason)).await?;
    ctx.commit().await?;
    let word = if done.state == WriteOffState::Issued { "written_off" } else { "asked" };
    redirect_to(&format!("/invoices/{invoice_id}?done={word}"));
    Ok(())
}

/// Asks to take a write-off back: the debt is due again when another person approves it.
#[server(endpoint = "billing/take_back_write_off")]
pub async fn take_back_write_off(#[server(default)] write_off_id: String, #[server(default)] key: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::TakePayments).await?;
    let id = WriteOffId(chosen::<IdempotencyKey>("key", &key)?.into());
    let reverses: WriteOffId = chosen("write_off_id", &write_off_id)?;
    let asked = take_back(&mut ctx, id, reverses).await?;
    ctx.commit().await?;
    redirect_to(&format!("/invoices/{}?done=asked", asked.invoice_id));
    Ok(())
}

/// Approves the write-off that another person asked for, or rejects it.
#[server(endpoint = "billing/decide_write_off")]
pub async fn decide_write_off(#[server(default)] write_off_id: String, #[server(default)] approve: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ApproveMoney).await?;
    let id: WriteOffId = chosen("write_off_id", &write_off_id)?;
    let done = decide(&mut ctx, id, Decision::of(&approve)).await?;
    ctx.commit().await?;
    let word = match (approve.is_empty(), done.reverses) {
        (true, _) => "rejected",
        (false, None) => "written_off",
        (false, Some(_)) => "due_again",
    };
    redirect_to(&format!("/invoices/{}?done={word}", done.invoice_id));
    Ok(())
}

/// Withdraws a write-off that waits for its decision.
#[server(endpoint = "billing/withdraw_write_off")]
pub async fn withdraw_write_off(#[server(default)] write_off_id: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::TakePayments).await?;
    let id: WriteOffId = chosen("write_off_id", &write_off_id)?;
    let done = decide(&mut ctx, id, Decision::Withdraw).await?;
    ctx.commit().await?;
    redirect_to(&format!("/invoices/{}?done=withdrawn", done.invoice_id));
    Ok(())
}
