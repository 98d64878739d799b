//! `/approvals`: discounts, credit notes, refunds, bounced payments and write-offs that wait for a supervisor, or for their payment. Those who ask see
//! how it stands, and withdraw; the supervisor decides.

use leptos::prelude::*;

use super::{
    invoice::InvoiceQuery,
    parts::{done_toast, refusal},
};
use crate::{
    billing::{
        DiscountReason,
        charges::{self, OpenCharge},
        credits::{self, CreditNote},
        refunds::{self, Refund},
        write_offs::{self, WriteOff},
    },
    core::{Currency, PatientId, Permission, Result},
    patients,
    server::{Ctx, Page, Query},
    tr,
    ui::{ButtonTone, Column, DataTable, EmptyState, Glyph, PageHeader, PostButton, Row},
};

/// Shows the list.
///
/// # Errors
/// When the user may not read accounts.
pub async fn approvals_page(Query(done): Query<InvoiceQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ReadBilling).await?;
    let (clinic, user) = (ctx.clinic.id, ctx.user());
    let approves = ctx.who.may(Permission::ApproveMoney);
    let discounts = charges::asked_discounts(&mut ctx.tx, clinic).await?;
    let notes = credits::waiting(&mut ctx.tx, clinic).await?;
    let refunds = refunds::open(&mut ctx.tx, clinic).await?;
    let write_offs = write_offs::waiting(&mut ctx.tx, clinic).await?;
    let ids: Vec<_> = notes
        .iter()
        .map(|note| note.patient_id)
        .chain(refunds.iter().map(|refund| refund.patient_id))
        .chain(write_offs.iter().map(|one| one.patient_id))
        .chain(discounts.iter().map(|open| open.charge.patient_id))
        .collect();
    let names = patients::names(&mut ctx.tx, &ids).await?;
    ctx.saw_live(ids, "approvals").await?;
    let currency = ctx.state().hospital().currency;
    Ok(Page::new(tr!(billing.approvals), move || {
        let name = |id: PatientId| names.get(&id).map(|line| line.name.listed()).unwrap_or_default();
        let rows: Vec<_> = notes
            .iter()
            .map(|note| note_row(note, name(note.patient_id), currency))
            .chain(refunds.iter().map(|refund| refund_row(refund, name(refund.patient_id), currency)))
            .chain(write_offs.iter().map(|one| write_off_row(one, name(one.patient_id), (one.asked_by == user, approves), currency)))
            .chain(
                discounts
                    .iter()
                    .map(|open| discount_row(open, name(open.charge.patient_id), (open.charge.asked_by == Some(user), approves), currency)),
            )
            .collect();
        let columns = vec![
            Column::new(tr!(billing.what)),
            Column::new(tr!(ui.patient)),
            Column::new(tr!(billing.reason)).secondary(),
            Column::new(tr!(billing.asked_by)).secondary(),
            Column::new(tr!(billing.amount)).numeric(),
            Column::new(tr!(billing.act)).label_hidden(),
        ];
        let empty =
            view! { <EmptyState glyph=Glyph::Done title=tr!(billing.nothing_to_approve) text=tr!(billing.nothing_to_approve_text)/> }
                .into_any();
        view! {
            {done_toast(&done.done)}
            {refusal(DECIDE_DISCOUNT)}
            {refusal("/api/billing/decide_write_off")}
            <PageHeader title=tr!(billing.approvals) detail=tr!(billing.approvals_text)/>
            <section class="panel"><DataTable caption=tr!(billing.approvals) columns rows empty=Some(empty)/></section>
        }
    }))
}

fn note_row(note: &CreditNote, name: String, currency: Currency) -> Row {
    let href = format!("/credit-notes/{}", note.id);
    Row::new(vec![
        format!("{} · {}", tr!(billing.credit_note), note.invoice_number).into_any(),
        name.into_any(),
        note.reason.word().into_any(),
        note.asked_by_name.clone().into_any(),
        currency.show(note.total).into_any(),
        ().into_any(),
    ])
    .href(href)
}

fn refund_row(refund: &Refund, name: String, currency: Currency) -> Row {
    let href = format!("/payments/{}", refund.payment_id);
    Row::new(vec![
        format!("{} · {} · {}", refund.kind.word(), refund.receipt_number, refund.state.word()).into_any(),
        name.into_any(),
        refund.reason.clone().into_any(),
        refund.asked_by_name.clone().into_any(),
        currency.show(refund.amount + refund.rounding).into_any(),
        ().into_any(),
    ])
    .href(href)
}

/// The buttons of a row: the person who asked withdraws it, a supervisor of the till approves or refuses it.
fn buttons(
    (own, approves): (bool, bool),
    (withdraw, decide): (&'static str, &'static str),
    about: &str,
    sent: impl Fn(&str) -> Vec<(&'static str, String)>,
) -> AnyView {
    let about = || about.to_owned();
    match (own, approves) {
        (true, _) => view! { <PostButton action=withdraw label=tr!(billing.withdraw) about=about() hidden=sent("")/> }.into_any(),
        (false, true) => view! {
            <div class="cluster">
                <PostButton action=decide label=tr!(billing.approve) about=about() hidden=sent("true") tone=ButtonTone::Primary/>
                <PostButton action=decide label=tr!(billing.refuse) about=about() hidden=sent("")/>
            </div>
        }
        .into_any(),
        (false, false) => ().into_any(),
    }
}

fn write_off_row(one: &WriteOff, name: String, may: (bool, bool), currency: Currency) -> Row {
    let sent = |approve: &str| vec![("write_off_id", one.id.to_string()), ("approve", approve.to_owned())];
    let acts = ("/api/billing/withdraw_write_off", "/api/billing/decide_write_off");
    Row::new(vec![
        format!("{} · {}", one.what(), one.invoice_number).into_any(),
        name.into_any(),
        one.reason.word().into_any(),
        one.asked_by_name.clone().into_any(),
        currency.show(one.amount).into_any(),
        buttons(may, acts, &one.invoice_number, sent),
    ])
}

const DECIDE_DISCOUNT: &str = "/api/billing/decide_discount";

fn discount_row(open: &OpenCharge, name: String, may: (bool, bool), currency: Currency) -> Row {
    let charge = &open.charge;
    let sent = |approve: &str| {
        let seen = charge.net.0.to_string();
        vec![("charge_id", charge.id.to_string()), ("seen", seen), ("approve", approve.to_owned()), ("listed", "true".to_owned())]
    };
    Row::new(vec![
        format!("{} · {} · {}", tr!(billing.discount), charge.words(), currency.show(charge.gross)).into_any(),
        name.into_any(),
        charge.asked_reason.map(DiscountReason::word).unwrap_or_default().into_any(),
        open.asked_by_name.clone().unwrap_or_default().into_any(),
        currency.show(charge.asked_discount.unwrap_or_default()).into_any(),
        buttons(may, ("/api/billing/withdraw_discount", DECIDE_DISCOUNT), &charge.description, sent),
    ])
}
