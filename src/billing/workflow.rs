//! Issues an invoice in one transaction with its number, charges, queue, audit and events; ends visits of which all is paid.

use std::collections::HashMap;

use chrono::Datelike as _;

use crate::{
    audit::Action,
    core::{BillingAccountId, ClinicId, Error, InvoiceId, Money, PatientId, QueueEntryId, Result, ServicePointId, VisitId},
    db::{Locked, Tx},
    opd,
    server::{Ctx, Event},
};

use super::{
    BILLING, Draft, charges,
    charges::discount,
    department::PAYING,
    invoice::Cover,
    ledger,
    numbers::{Document, number},
    quote::cover_on,
    revenue,
    store::{self, Issue},
    taxes::{self, TaxedCharge},
    terms, till,
};

/// Calls the next patient who waits at the cashier's step to this counter; `None` when no patient waits. Also returns the queue entry,
/// for an undo.
///
/// # Errors
/// When the database refuses.
pub async fn call_next(ctx: &mut Ctx, point: Option<ServicePointId>) -> Result<Option<(PatientId, QueueEntryId)>> {
    let (stamp, clinic) = (ctx.stamp(), ctx.clinic.id);
    let Some(row) = opd::call_next(&mut ctx.tx, clinic, None, PAYING, None, point, stamp).await? else { return Ok(None) };
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
    let taxed = taxes::taxed_charges(tx, account).await?;
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
        let tax = taxed.iter().find(|taxed| taxed.id == charge.id).map(TaxedCharge::tax).unwrap_or_default();
        covered.push((charge, cover, tax));
    }
    Ok(Draft::of(covered))
}

/// Issues the invoice that the cashier saw: `seen` is its total. Its charges, shares and number are fixed from now on.
///
/// # Errors
/// [`Error::Conflict`] when there is nothing to invoice, or the account changed since it was seen.
pub async fn issue(ctx: &mut Ctx, patient: PatientId, seen: Option<Money>) -> Result<InvoiceId> {
    let (stamp, clinic) = (ctx.stamp(), ctx.clinic.id);
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
        if !charges::mark_billed(&mut ctx.tx, account, line.charge.id, stamp.at).await? {
            return Err(Error::conflict(crate::tr!(billing.account_changed)));
        }
    }
    let day = ctx.today();
    let due_day = terms::due_day(&mut ctx.tx, clinic, day).await?;
    let id = InvoiceId::new();
    let settings = till::settings(&mut ctx.tx).await?;
    let number = number(&mut ctx.tx, &settings, Document::Invoice, (clinic, day.year()), id).await?;
    let issue = Issue { id, account, patient, clinic, number, due_day, draft: &draft };
    store::insert_invoice(&mut ctx.tx, &issue, stamp).await?;
    revenue::divide(&mut ctx.tx, id, clinic).await?;
    ledger::post(&mut ctx.tx, ledger::Posting::Invoice, id, day).await?;
    ctx.did(Action::Create, "invoice", id, Some(patient));
    ctx.tell(Event::new(&BILLING).at(clinic).of(patient).about(id));
    if draft.is_free_for_patient() {
        settle(ctx, &visits).await?;
    }
    Ok(id)
}

/// Returns the visits that issuing may end: those on an invoice that leaves the patient no amount to pay.
fn visits_to_end(draft: &Draft) -> Vec<VisitId> {
    let settled = draft.is_free_for_patient();
    draft.lines.iter().filter_map(|line| line.charge.visit_id).filter(|_| settled).collect()
}

/// Sends each patient on who waits at the cashier with no other charge of the visit to pay.
pub(super) async fn settle(ctx: &mut Ctx, visits: &[Locked<VisitId>]) -> Result<()> {
    for visit in visits {
        opd::go_on(ctx, *visit, PAYING).await?;
    }
    Ok(())
}
