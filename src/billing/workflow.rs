//! Issues an invoice and takes a payment: each in one transaction with its numbers, charges, queue, audit and events.

use std::collections::HashMap;

use crate::{
    audit::Action,
    core::{
        BillingAccountId, ClinicId, Error, IdempotencyKey, InvoiceId, Money, PatientId, PaymentId, Permission, QueueEntryId, Result,
        ServicePointId, VisitId,
    },
    db::{Locked, Tx},
    notifications::Notice,
    opd,
    organisation::number_document,
    patients,
    server::{Ctx, Event},
};

use super::{
    BILLING, Draft, Invoice, InvoiceState, Method, charges,
    charges::discount,
    department::PAYING,
    invoice::Cover,
    ledger,
    payment::{is_far_above, take},
    quote::cover_on,
    store::{self, Issue, NewPayment},
};

/// Calls the next patient who waits at the cashier's step to this counter; `None` when no patient waits. Also returns the queue entry,
/// for an undo.
///
/// # Errors
/// When the database refuses.
pub async fn call_next(ctx: &mut Ctx, point: Option<ServicePointId>) -> Result<Option<(PatientId, QueueEntryId)>> {
    let (now, by, clinic) = (ctx.now, ctx.user(), ctx.clinic.id);
    let Some(row) = opd::call_next(&mut ctx.tx, clinic, None, PAYING, None, point, now, by).await? else { return Ok(None) };
    let entry = opd::entry(&mut ctx.tx, row.entry).await?;
    opd::tell_called(ctx, &entry).await?;
    ctx.did(Action::Update, "queue", entry.id, Some(entry.patient_id));
    ctx.tell(Event::new(&opd::QUEUE).at(entry.clinic_id).of(entry.patient_id).about(entry.visit_id));
    Ok(Some((entry.patient_id, entry.id)))
}

/// Returns the invoice that the patient's billable charges at the clinic would give now; `None` when there are none.
///
/// # Errors
/// When the database refuses.
pub async fn draft(tx: &mut Tx, patient: PatientId, clinic: ClinicId) -> Result<Option<Draft>> {
    let Some(account) = charges::account_of(tx, patient).await? else { return Ok(None) };
    draft_of(tx, account, patient, clinic).await
}

async fn draft_of(tx: &mut Tx, account: BillingAccountId, patient: PatientId, clinic: ClinicId) -> Result<Option<Draft>> {
    let mut by_day = HashMap::new();
    let mut covered = Vec::new();
    for charge in charges::billable(tx, account, clinic).await? {
        let day = charge.service_day;
        let cover = if let Some(known) = by_day.get(&day) {
            Option::<Cover>::clone(known)
        } else {
            let cover = cover_on(tx, patient, day).await?;
            by_day.insert(day, cover.clone());
            cover
        };
        covered.push((charge, cover));
    }
    Ok(Draft::of(covered))
}

/// Issues the invoice that the cashier saw: `seen` is its total. Its charges, shares and number are fixed from now on.
///
/// # Errors
/// [`Error::Conflict`] when there is nothing to invoice, or the account changed since it was seen.
pub async fn issue(ctx: &mut Ctx, patient: PatientId, seen: Option<Money>) -> Result<InvoiceId> {
    let (now, by, clinic) = (ctx.now, ctx.user(), ctx.clinic.id);
    ctx.reach([patient]).await?;
    let nothing = || Error::conflict(crate::tr!(billing.nothing_to_invoice));
    let account = charges::account_of(&mut ctx.tx, patient).await?.ok_or_else(nothing)?;
    // An invoice that the insurer pays alone ends visits, and visits are locked before accounts. The amounts are computed again
    // after both locks.
    let expected = draft_of(&mut ctx.tx, account, patient, clinic).await?.ok_or_else(nothing)?;
    let visits = opd::lock_visits(&mut ctx.tx, &visits_to_end(&expected)).await?;
    let account = ctx.tx.lock(account).await?;
    let draft = draft_of(&mut ctx.tx, account.id(), patient, clinic).await?.ok_or_else(nothing)?;
    if visits_to_end(&draft).iter().any(|visit| visits.iter().all(|locked| locked.id() != *visit)) {
        return Err(Error::conflict(crate::tr!(billing.account_changed)));
    }
    let total = draft.shares().total();
    if seen.is_some_and(|seen| seen != total) {
        return Err(Error::conflict(crate::tr!(billing.account_changed)));
    }
    let lines: Vec<_> = draft.lines.iter().map(|line| &line.charge).collect();
    discount::check_at_issue(&mut ctx.tx, &lines).await?;
    for line in &draft.lines {
        if !charges::mark_billed(&mut ctx.tx, account, line.charge.id, now).await? {
            return Err(Error::conflict(crate::tr!(billing.account_changed)));
        }
    }
    let year = chrono::Datelike::year(&ctx.today());
    let id = InvoiceId::new();
    let number = number_document(&mut ctx.tx, &format!("invoice {year}"), id.into()).await?;
    let issue = Issue { id, account, patient, clinic, number: format!("INV-{year}-{number:06}"), draft: &draft };
    store::insert_invoice(&mut ctx.tx, &issue, now, by).await?;
    let day = ctx.today();
    ledger::post(&mut ctx.tx, ledger::Posting::Invoice, id, day).await?;
    ctx.did(Action::Create, "invoice", id, Some(patient));
    ctx.tell(Event::new(&BILLING).at(clinic).of(patient).about(id));
    if draft.issued_as() == InvoiceState::Paid {
        let invoice = ctx.tx.lock(id).await?;
        settle(ctx, invoice, &visits).await?;
    }
    Ok(id)
}

/// Returns the visits that issuing may end: those on an invoice that leaves the patient no amount to pay.
fn visits_to_end(draft: &Draft) -> Vec<VisitId> {
    let settled = draft.issued_as() == InvoiceState::Paid;
    draft.lines.iter().filter_map(|line| line.charge.visit_id).filter(|_| settled).collect()
}

/// A payment as the counter sends it.
#[derive(Debug)]
pub struct Counter {
    pub invoice: InvoiceId,
    pub method: Method,
    /// The amount handed over.
    pub tendered: Money,
    /// The amount that the cashier confirmed, after it looked like a typing error.
    pub sure: Option<Money>,
    /// The due amount when the page was made: no more than this is taken, even if the account has changed since.
    pub seen_due: Option<Money>,
    /// The number of the card slip or transfer.
    pub reference: String,
    pub key: IdempotencyKey,
}

/// Takes a payment. The same key again returns the payment that was taken under it.
///
/// # Errors
/// [`Error::Invalid`] and [`Error::Conflict`] when it is more than the due amount.
pub async fn pay(ctx: &mut Ctx, counter: &Counter) -> Result<PaymentId> {
    let (now, by) = (ctx.now, ctx.user());
    let currency = ctx.state().hospital().currency;
    // A payment that settles the invoice ends visits, which are locked first. An invoice's lines never change.
    let visits = charges::visits_of_invoice(&mut ctx.tx, counter.invoice).await?;
    let visits = opd::lock_visits(&mut ctx.tx, &visits).await?;
    let lock = ctx.tx.lock(counter.invoice).await?;
    let invoice = store::invoice(&mut ctx.tx, counter.invoice).await?.ok_or(Error::NotFound)?;
    ctx.at_clinic(Permission::TakePayments, invoice.clinic_id)?;
    if let Some((payment, invoice)) = store::payment_by_key(&mut ctx.tx, counter.key).await? {
        return if invoice == counter.invoice { Ok(payment) } else { Err(Error::conflict(crate::tr!(billing.key_used))) };
    }
    let shift = super::shifts::taking(&mut ctx.tx, by, invoice.clinic_id).await?;
    let due = invoice.due();
    let shown = counter.seen_due.filter(|_| due != Money::ZERO).unwrap_or(due);
    let taken = take(counter.method, counter.tendered, shown, currency)?;
    if counter.method == Method::Cash && is_far_above(taken.tendered, shown, currency) && counter.sure != Some(taken.tendered) {
        let words = crate::tr!(billing.far_above_due, due = currency.show(shown), tendered = currency.show(taken.tendered));
        return Err(Error::invalid("tendered", words));
    }
    let after = invoice.clone().pay(taken.amount, currency)?;
    if !store::book(&mut ctx.tx, lock, &invoice, &after, now).await? {
        return Err(Error::conflict(crate::tr!(billing.account_changed)));
    }
    let year = chrono::Datelike::year(&ctx.today());
    let id = PaymentId::new();
    let number = number_document(&mut ctx.tx, &format!("receipt {year}"), id.into()).await?;
    let receipt_number = format!("REC-{year}-{number:06}");
    let reference = if counter.method == Method::Cash { "" } else { counter.reference.as_str() };
    let new = NewPayment {
        id,
        lock,
        shift,
        invoice: &invoice,
        method: counter.method,
        taken,
        reference,
        receipt_number: receipt_number.clone(),
        key: counter.key,
    };
    store::insert_payment(&mut ctx.tx, &new, now, by).await.map_err(|error| match error {
        store::PaymentRefused::KeyUsed => Error::conflict(crate::tr!(billing.key_used)),
        store::PaymentRefused::Other(error) => error,
    })?;
    let day = ctx.today();
    ledger::post(&mut ctx.tx, ledger::Posting::Payment, id, day).await?;
    ctx.did(Action::Create, "payment", id, Some(invoice.patient_id));
    ctx.tell(Event::new(&BILLING).at(invoice.clinic_id).of(invoice.patient_id).about(invoice.id));
    if after.state == InvoiceState::Paid {
        settle(ctx, lock, &visits).await?;
    }
    tell_patient(ctx, &invoice, id, Notice::Receipt { number: receipt_number, amount: taken.amount, currency }).await?;
    Ok(id)
}

/// Settles the invoice: marks its charges as paid and sends each patient on who waits at the cashier with no other unpaid charge of the
/// visit.
async fn settle(ctx: &mut Ctx, invoice: Locked<InvoiceId>, visits: &[Locked<VisitId>]) -> Result<()> {
    let now = ctx.now;
    charges::mark_paid(&mut ctx.tx, invoice, now).await?;
    for visit in visits {
        opd::go_on(ctx, *visit, PAYING).await?;
    }
    Ok(())
}

async fn tell_patient(ctx: &mut Ctx, invoice: &Invoice, payment: PaymentId, notice: Notice) -> Result<()> {
    patients::ring(ctx, invoice.patient_id, &notice, &format!("/portal/receipts/{payment}")).await
}
