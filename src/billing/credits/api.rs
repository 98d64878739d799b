//! The server functions of credit notes.

use leptos::prelude::*;

use super::{Asked, CreditOutcome, CreditReason, ask, decide};
use crate::{
    billing::decision::Decision,
    core::{CreditNoteId, Error, IdempotencyKey, InvoiceId, Permission, Result, error::FieldErrors, form::chosen},
    server::{Ctx, redirect_to},
    tr,
};

/// Asks for a credit note on up to six lines, or on the whole invoice.
#[server(endpoint = "billing/ask_credit")]
pub async fn ask_credit(
    invoice_id: InvoiceId,
    #[server(default)] key: String,
    #[server(default)] whole: String,
    #[server(default)] line1: String,
    #[server(default)] amount1: String,
    #[server(default)] line2: String,
    #[server(default)] amount2: String,
    #[server(default)] line3: String,
    #[server(default)] amount3: String,
    #[server(default)] line4: String,
    #[server(default)] amount4: String,
    #[server(default)] line5: String,
    #[server(default)] amount5: String,
    #[server(default)] line6: String,
    #[server(default)] amount6: String,
    #[server(default)] reason: String,
    #[server(default)] outcome: String,
    #[server(default)] note: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::TakePayments).await?;
    let id = CreditNoteId(chosen::<IdempotencyKey>("key", &key)?.into());
    let currency = ctx.state().hospital().currency;
    let mut errors = FieldErrors::new();
    let mut lines = Vec::new();
    let typed = [(line1, amount1), (line2, amount2), (line3, amount3), (line4, amount4), (line5, amount5), (line6, amount6)];
    for ((line, amount), at) in typed.iter().zip(1..).filter(|((line, _), _)| !line.is_empty() && whole.is_empty()) {
        let line = errors.check(chosen(&format!("line{at}"), line));
        let amount =
            if amount.trim().is_empty() { Some(None) } else { errors.check(currency.parse(&format!("amount{at}"), amount)).map(Some) };
        if let (Some(line), Some(amount)) = (line, amount) {
            lines.push((line, amount));
        }
    }
    if whole.is_empty() && typed.iter().all(|(line, _)| line.is_empty()) {
        errors.add("line1", tr!(errors.choose));
    }
    let reason = errors.chosen::<CreditReason>("reason", &reason);
    let outcome = errors.chosen::<CreditOutcome>("outcome", &outcome);
    let note = errors.line("note", &note, 200);
    errors.finish()?;
    let (Some(reason), Some(outcome)) = (reason, outcome) else { return Err(Error::NotFound) };
    ask(&mut ctx, &Asked { id, invoice: invoice_id, lines, reason, outcome, note }).await?;
    ctx.commit().await?;
    redirect_to(&format!("/credit-notes/{id}?done=asked"));
    Ok(())
}

/// Issues the credit note that another person asked for, or rejects it.
#[server(endpoint = "billing/decide_credit")]
pub async fn decide_credit(#[server(default)] credit_note_id: String, #[server(default)] approve: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ApproveMoney).await?;
    let id: CreditNoteId = chosen("credit_note_id", &credit_note_id)?;
    decide(&mut ctx, id, Decision::of(&approve)).await?;
    ctx.commit().await?;
    redirect_to(&format!("/credit-notes/{id}?done={}", if approve.is_empty() { "rejected" } else { "issued" }));
    Ok(())
}

/// Withdraws a credit note that waits for its decision.
#[server(endpoint = "billing/withdraw_credit")]
pub async fn withdraw_credit(#[server(default)] credit_note_id: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::TakePayments).await?;
    let id: CreditNoteId = chosen("credit_note_id", &credit_note_id)?;
    decide(&mut ctx, id, Decision::Withdraw).await?;
    ctx.commit().await?;
    redirect_to(&format!("/credit-notes/{id}?done=withdrawn"));
    Ok(())
}
