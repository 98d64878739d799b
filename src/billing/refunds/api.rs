//! The server functions of refunds and voids.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::{RefundKind, ToRefund, ask, decide, pay_back};
use crate::{
    billing::{Method, decision::Decision},
    core::{
        Currency, Error, IdempotencyKey, Money, PaymentId, Permission, RefundId, Result,
        error::FieldErrors,
        form::{self, chosen},
    },
    server::{Ctx, redirect_to},
    tr,
};

/// The form of money that goes back. A void and a bounce have no amount.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct RefundForm {
    pub kind: String,
    pub amount: String,
    pub method: String,
    pub reason: String,
}

impl RefundForm {
    fn parse(&self, id: RefundId, payment: PaymentId, currency: Currency) -> Result<ToRefund> {
        let mut errors = FieldErrors::new();
        let kind = errors.chosen::<RefundKind>("kind", &self.kind);
        let amount = if matches!(kind, Some(RefundKind::Void | RefundKind::Bounce)) {
            Some(Money::ZERO)
        } else {
            errors.check(currency.parse("amount", &self.amount))
        };
        let method = errors.check(self.method.parse::<Method>().map_err(|_| Error::invalid("method", tr!(billing.choose_method))));
        let reason = errors.required_line("reason", &self.reason, 200);
        errors.finish()?;
        let (Some(kind), Some(amount), Some(method)) = (kind, amount, method) else { return Err(Error::NotFound) };
        Ok(ToRefund { id, payment, kind, amount, method, reason })
    }
}

/// Asks for a refund of what is left of a payment, for a void of the whole payment, or for a bounce of what a means brought.
#[server(endpoint = "billing/ask_refund")]
pub async fn ask_refund(payment_id: PaymentId, #[server(default)] key: String, #[server(flatten)] form: RefundForm) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::TakePayments).await?;
    let id = RefundId(chosen::<IdempotencyKey>("key", &key)?.into());
    let to_refund = form.parse(id, payment_id, ctx.state().hospital().currency)?;
    ask(&mut ctx, &to_refund).await?;
    ctx.commit().await?;
    redirect_to(&format!("/payments/{payment_id}?done=asked"));
    Ok(())
}

/// Approves a refund that another person asked for, or rejects it.
#[server(endpoint = "billing/decide_refund")]
pub async fn decide_refund(#[server(default)] refund_id: String, #[server(default)] decision: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ApproveMoney).await?;
    let decision = match decision.as_str() {
        "approve" => Decision::Approve,
        "reject" => Decision::Reject,
        _ => return Err(Error::invalid("decision", tr!(errors.choose))),
    };
    let id: RefundId = chosen("refund_id", &refund_id)?;
    let there = decide(&mut ctx, id, decision).await?;
    ctx.commit().await?;
    let done = match (decision, there.kind) {
        (Decision::Approve, RefundKind::Bounce) => "bounced",
        (Decision::Approve, _) => "approved",
        _ => "rejected",
    };
    redirect_to(&format!("/payments/{}?done={done}", there.payment_id));
    Ok(())
}

/// Withdraws a refund that is not paid.
#[server(endpoint = "billing/withdraw_refund")]
pub async fn withdraw_refund(#[server(default)] refund_id: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::TakePayments).await?;
    let id: RefundId = chosen("refund_id", &refund_id)?;
    let there = decide(&mut ctx, id, Decision::Withdraw).await?;
    ctx.commit().await?;
    redirect_to(&format!("/payments/{}?done=withdrawn", there.payment_id));
    Ok(())
}

/// Pays an approved refund.
#[server(endpoint = "billing/pay_refund")]
pub async fn pay_refund(#[server(default)] refund_id: String, #[server(default)] reference: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::TakePayments).await?;
    let id: RefundId = chosen("refund_id", &refund_id)?;
    let reference = form::text("reference", &reference, 100)?;
    let there = pay_back(&mut ctx, id, &reference).await?;
    ctx.commit().await?;
    redirect_to(&format!("/payments/{}?done=paid_back", there.payment_id));
    Ok(())
}
