//! `/cashier`: waiting patients, the account in the middle, the payment at the right; all usable by keyboard.

mod account;
mod desk;
mod payment;
mod told;

use axum::{
    http::HeaderMap,
    response::{IntoResponse as _, Redirect, Response},
};
use leptos::prelude::*;
use serde::Deserialize;

use crate::{
    billing::api::PRINT_COOKIE,
    core::{IdempotencyKey, InvoiceId, PatientId, PaymentId, Permission, Result},
    patients,
    server::{Ctx, Page, Query, choices::remembered},
    tr,
    ui::{KeyHint, PatientBanner},
};

use desk::{Chosen, Desk};

/// The query: the patient, invoice or search that the cashier opened.
#[derive(Debug, Deserialize)]
pub struct CashierQuery {
    #[serde(default)]
    q: String,
    #[serde(default)]
    patient: Option<PatientId>,
    #[serde(default)]
    invoice: Option<InvoiceId>,
    /// The payment that was just taken.
    #[serde(default)]
    receipt: Option<PaymentId>,
    /// The action of the queue that was just done.
    #[serde(default)]
    done: String,
    #[serde(default)]
    entry: String,
}

/// The id of the amount's field, which the islands follow.
const AMOUNT_FIELD: &str = "billing-pay-tendered";

/// Shows the cashier's desk.
///
/// # Errors
/// When the user is not a cashier, or there is no such patient, invoice or receipt.
pub async fn cashier_page(headers: HeaderMap, Query(which): Query<CashierQuery>) -> Result<Response> {
    let mut ctx = Ctx::read(Permission::TakePayments).await?;
    let mut desk = Desk::load(&mut ctx, &which).await?;
    if let (Some(only), None) = (patients::surely(&which.q, &desk.hits), &desk.chosen) {
        return Ok(Redirect::to(&format!("/cashier?patient={}", only.id)).into_response());
    }
    let print = remembered(&ctx.state().config, &headers, PRINT_COOKIE).is_some();
    let keys = [
        (tr!(billing.key_issue), tr!(billing.issue)),
        (tr!(billing.key_cash), tr!(billing.cash)),
        (tr!(billing.key_card), tr!(billing.card)),
        (tr!(billing.key_transfer), tr!(billing.transfer)),
        (tr!(billing.key_cheque), tr!(billing.cheque)),
        (tr!(billing.key_print), tr!(billing.print_receipt)),
        (tr!(billing.key_deposit), tr!(billing.deposit)),
        (tr!(billing.key_refund), tr!(billing.refund)),
        (tr!(billing.key_discount), tr!(billing.discount)),
    ];
    // The desk has a search of its own: the search in the frame would be a second one.
    let queue = [("/", tr!(ui.key_search)), ("n", tr!(opd.key_next)), ("o", tr!(billing.open_account))];
    let hints = queue.iter().chain(&keys).map(|(key, words)| KeyHint::new(*key, *words)).collect();
    let banner = desk.chosen.as_ref().map(|chosen| chosen.banner.clone());
    let said = desk.said.take();
    let mut page = Page::new(tr!(nav.cashier), move || {
        view! {
            <h1 class="visually-hidden">{tr!(nav.cashier)}</h1>
            {desk::shift_line(&desk)}
            {desk::shift_notice(&desk)}
            <p>{crate::opd::pages::point_line(desk.point(), "/cashier")}</p>
            {super::parts::refusal("/api/billing/issue").filter(|_| desk.chosen.as_ref().is_none_or(|chosen| !chosen.shows_draft()))}
            {super::parts::refusal("/api/billing/pay").filter(|_| desk.chosen.as_ref().is_none_or(|chosen| !chosen.takes_payment()))}
            <div class="cashier" class:is-chosen=desk.chosen.is_some()>
                {desk::waiting_panel(&desk)}
                {account::account_panel(&desk)}
                {payment::payment_panel(&desk, print, IdempotencyKey::new())}
            </div>
            {crate::opd::pages::toast(said)}
        }
    })
    .keys(hints);
    if let Some(info) = banner {
        page = page.banner(move || view! { <PatientBanner info/> });
    }
    Ok(page.into_response())
}

impl Chosen {
    /// Whether the middle shows a draft that can be issued.
    fn shows_draft(&self) -> bool {
        self.invoice.is_none() && self.draft.is_some()
    }

    /// Whether the right side takes a payment.
    fn takes_payment(&self) -> bool {
        self.invoice.as_ref().is_some_and(|(invoice, ..)| invoice.due() > crate::core::Money::ZERO)
    }
}
