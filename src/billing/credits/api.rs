//! The server functions of credit notes.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::{Asked, CreditOutcome, CreditReason, ask, decide};
use crate::{
    billing::decision::Decision,
    core::{CreditNoteId, Currency, Error, IdempotencyKey, InvoiceId, Permission, Result, error::FieldErrors, form::chosen},
    server::{Ctx, redirect_to},
    tr,
};

/// The form of a credit note: up to six lines with their amounts, or the whole invoice. A line without an amount is taken back as a whole.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CreditForm {
    pub whole: String,
    pub line1: String,
    pub amount1: String,
    pub line2: String,
    pub amount2: String,
    pub line3: String,
    pub amount3: String,
    pub line4: String,
    pub amount4: String,
    pub line5: String,
    pub amount5: String,
    pub line6: String,
    pub amount6: String,
    pub reason: String,
    pub outcome: String,
    pub note: String,
}

impl CreditForm {
    fn parse(&self, id: CreditNoteId, invoice: InvoiceId, currency: Currency) -> Result<Asked> {
        let mut errors = FieldErrors::new();
        let mut lines = Vec::new();
        let typed = [
            (&self.line1, &self.amount1),
            (&self.line2, &self.amount2),
            (&self.line3, &self.amount3),
            (&self.line4, &self.amount4),
            (&self.line5, &self.amount5),
            (&self.line6, &self.amount6),
        ];
        for ((line, amount), at) in typed.iter().zip(1..).filter(|((line, _), _)| !line.is_empty() && self.whole.is_empty()) {
            let line = errors.check(chosen(&format!("line{at}"), line));
            let amount =
                if amount.trim().is_empty() { Some(None) } else { errors.check(currency.parse(&format!("amount{at}"), amount)).map(Some) };
            if let (Some(line), Some(amount)) = (line, amount) {
                lines.push((line, amount));
            }
        }
        if self.whole.is_empty() && typed.iter().all(|(line, _)| line.is_empty()) {
            errors.add("line1", tr!(errors.choose));
        }
        let reason = errors.chosen::<CreditReason>("reason", &self.reason);
        let outcome = errors.chosen::<CreditOutcome>("outcome", &self.outcome);
        let note = errors.line("note", &self.note, 200);
        errors.finish()?;
        let (Some(reason), Some(outcome)) = (reason, outcome) else { return Err(Error::NotFound) };
        Ok(Asked { id, invoice, lines, reason, outcome, note })
    }
}

/// Asks for a credit note on up to six lines, or on the whole invoice.
#[server(endpoint = "billing/ask_credit")]
pub async fn ask_credit(invoice_id: InvoiceId, #[server(default)] key: String, #[server(flatten)] form: CreditForm) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::TakePayments).await?;
    let id = CreditNoteId(chosen::<IdempotencyKey>("key", &key)?.into());
    let asked = form.parse(id, invoice_id, ctx.state().hospital().currency)?;
    ask(&mut ctx, &asked).await?;
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
