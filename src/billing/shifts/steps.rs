//! The acts on a shift, each in one transaction: open, move cash, begin to close, count, hand over, receive, close.

use super::{
    CashCount, CashMoveKind, CashMoveState, CountMoment, TillShift, TillState, current, expected_of,
    store::{self, NewMove, Next},
    supervises,
};
use crate::{
    audit::Action,
    billing::{
        BILLING, Method,
        ledger::{self, Posting},
    },
    core::{CashMoveId, ClinicId, Error, Money, Permission, Result, ServicePointId, TillShiftId},
    db::Locked,
    organisation,
    server::{Ctx, Event},
    tr,
};

fn did(ctx: &mut Ctx, action: Action, shift: TillShiftId) {
    let clinic = ctx.clinic.id;
    ctx.did(action, "till_shift", shift, None);
    ctx.tell(Event::new(&BILLING).at(clinic).about(shift));
}

async fn post(ctx: &mut Ctx, posting: Posting, (document, clinic): (impl Into<uuid::Uuid>, ClinicId)) -> Result<()> {
    let day = ledger::day_at(ctx, clinic).await?;
    ledger::post(&mut ctx.tx, posting, document, day).await
}

/// Opens a shift with a counted float. The same key again answers with the shift that it opened.
///
/// # Errors
/// [`Error::Conflict`] when the cashier has an open shift at the clinic.
pub async fn open(ctx: &mut Ctx, id: TillShiftId, point: Option<ServicePointId>, float: &CashCount) -> Result<TillShiftId> {
    let (now, by, clinic) = (ctx.now, ctx.user(), ctx.clinic.id);
    if let Some(there) = current(&mut ctx.tx, by, clinic).await? {
        return if there.id == id { Ok(id) } else { Err(Error::conflict(tr!(till.already_open))) };
    }
    let points = organisation::service_points(&mut ctx.tx, clinic).await?;
    let counters: Vec<ServicePointId> =
        points.into_iter().filter(|point| point.kind == organisation::PointKind::Cashier).map(|point| point.id).collect();
    if !counters.is_empty() && !point.is_some_and(|point| counters.contains(&point)) {
        return Err(Error::invalid("point", tr!(till.choose_counter)));
    }
    store::insert(&mut ctx.tx, (id, clinic, point, by), float, now).await?;
    post(ctx, Posting::Float, (id, clinic)).await?;
    did(ctx, Action::Create, id);
    Ok(id)
}

/// Locks a shift of the clinic. The cashier acts on her own; a supervisor acts on all.
async fn held(ctx: &mut Ctx, id: TillShiftId) -> Result<(Locked<TillShiftId>, TillShift)> {
    let locked = ctx.tx.lock(id).await?;
    let shift = store::shift(&mut ctx.tx, id).await?;
    ctx.at_clinic(Permission::CountCash, shift.clinic_id)?;
    if shift.cashier_id != ctx.user() && !supervises(ctx, shift.clinic_id) {
        return Err(Error::NotFound);
    }
    Ok((locked, shift))
}

/// A cash move as the form sends it.
#[derive(Debug)]
pub struct CashSent {
    pub id: CashMoveId,
    pub kind: CashMoveKind,
    pub to: Option<TillShiftId>,
    pub amount: Money,
    pub party: String,
    pub reason: String,
}

/// Moves cash out of, or into, the user's own shift. Drops and transfers are in transit until they are received.
///
/// # Errors
/// [`Error::Conflict`] when no shift is open, or its cash does not cover the amount.
pub async fn send(ctx: &mut Ctx, sent: &CashSent) -> Result<()> {
    let (stamp, clinic) = (ctx.stamp(), ctx.clinic.id);
    let shift = super::taking(&mut ctx.tx, stamp.by, clinic).await?;
    if sent.amount <= Money::ZERO {
        return Err(Error::invalid("amount", tr!(till.amount_missing)));
    }
    if matches!(sent.kind, CashMoveKind::PayIn | CashMoveKind::PayOut) {
        if sent.party.is_empty() {
            return Err(Error::invalid("party", tr!(till.party_missing)));
        }
        if sent.reason.is_empty() {
            return Err(Error::invalid("reason", tr!(till.reason_missing)));
        }
    }
    // The fields of another kind are not shown: a value that is left in one does not count.
    let party = if matches!(sent.kind, CashMoveKind::PayIn | CashMoveKind::PayOut) { sent.party.as_str() } else { "" };
    // Both shifts are locked in the order of their ids.
    let to = sent.to.filter(|_| sent.kind == CashMoveKind::Transfer);
    if sent.kind == CashMoveKind::Transfer && to.is_none() {
        return Err(Error::invalid("to", tr!(till.choose_colleague)));
    }
    let locked = ctx.tx.lock_all([Some(shift), to].into_iter().flatten()).await?;
    let lock = locked.into_iter().find(|locked| locked.id() == shift).ok_or(Error::NotFound)?;
    let new = NewMove { id: sent.id, shift: lock, kind: sent.kind, to, amount: sent.amount, party, reason: &sent.reason };
    store::insert_move(&mut ctx.tx, &new, stamp).await?;
    post(ctx, Posting::CashMove, (sent.id, clinic)).await?;
    ctx.did(Action::Create, "cash_move", sent.id, None);
    ctx.tell(Event::new(&BILLING).at(clinic).about(shift));
    Ok(())
}

/// Receives cash that is in transit: a transfer by the cashier of the other till, a drop by a supervisor.
///
/// # Errors
/// [`Error::Conflict`] when it has ended already.
pub async fn receive_move(ctx: &mut Ctx, id: CashMoveId) -> Result<()> {
    let stamp = ctx.stamp();
    let there = store::cash_move(&mut ctx.tx, id).await?;
    let shifts = [Some(there.shift_id), there.to_shift_id].into_iter().flatten();
    ctx.tx.lock_all(shifts).await?;
    let locked = ctx.tx.lock(id).await?;
    let from = store::shift(&mut ctx.tx, there.shift_id).await?;
    ctx.at_clinic(Permission::CountCash, from.clinic_id)?;
    let allowed = match there.to_shift_id {
        Some(to) => store::shift(&mut ctx.tx, to).await?.cashier_id == stamp.by,
        None => supervises(ctx, from.clinic_id),
    };
    if !allowed {
        return Err(Error::Forbidden);
    }
    if store::cash_move(&mut ctx.tx, id).await?.state != CashMoveState::Sent {
        return Err(Error::conflict(tr!(till.move_ended)));
    }
    store::receive_move(&mut ctx.tx, locked, stamp).await?;
    post(ctx, Posting::CashReceived, (id, from.clinic_id)).await?;
    ctx.did(Action::Update, "cash_move", id, None);
    ctx.tell(Event::new(&BILLING).at(from.clinic_id).about(from.id));
    Ok(())
}

/// Takes cash back that nobody has received yet.
///
/// # Errors
/// [`Error::Conflict`] when it was received.
pub async fn withdraw_move(ctx: &mut Ctx, id: CashMoveId) -> Result<()> {
    let now = ctx.now;
    let there = store::cash_move(&mut ctx.tx, id).await?;
    let (_, shift) = held(ctx, there.shift_id).await?;
    let locked = ctx.tx.lock(id).await?;
    if store::cash_move(&mut ctx.tx, id).await?.state != CashMoveState::Sent {
        return Err(Error::conflict(tr!(till.move_ended)));
    }
    store::withdraw_move(&mut ctx.tx, locked, now).await?;
    post(ctx, Posting::CashWithdrawn, (id, shift.clinic_id)).await?;
    ctx.did(Action::Update, "cash_move", id, None);
    ctx.tell(Event::new(&BILLING).at(shift.clinic_id).about(shift.id));
    Ok(())
}

/// Begins to close: from now on nothing posts into the shift.
///
/// # Errors
/// [`Error::Conflict`] when cash is in transit, or a refund of its payments waits for a decision.
pub async fn begin_closing(ctx: &mut Ctx, id: TillShiftId) -> Result<()> {
    advance(ctx, id, TillState::Open, Next::Closing).await
}

/// Opens a shift again that has not been counted yet. Only a supervisor may.
///
/// # Errors
/// [`Error::Conflict`] when it was counted.
pub async fn reopen(ctx: &mut Ctx, id: TillShiftId) -> Result<()> {
    advance(ctx, id, TillState::Closing, Next::Reopened).await
}

/// Closes a received shift for good. Only a supervisor may.
///
/// # Errors
/// [`Error::Conflict`] when it was not received yet.
pub async fn close(ctx: &mut Ctx, id: TillShiftId) -> Result<()> {
    advance(ctx, id, TillState::Received, Next::Closed).await
}

async fn advance(ctx: &mut Ctx, id: TillShiftId, from: TillState, next: Next) -> Result<()> {
    let stamp = ctx.stamp();
    let (locked, shift) = held(ctx, id).await?;
    if shift.state != from || (next == Next::Reopened && shift.counted_at.is_some()) {
        return Err(Error::conflict(tr!(till.step_taken)));
    }
    store::step(&mut ctx.tx, locked, next, stamp).await?;
    if next == Next::Closed {
        post(ctx, Posting::ShiftClosed, (id, shift.clinic_id)).await?;
    }
    did(ctx, Action::Update, id);
    Ok(())
}

/// Records the first count. The expected sums are computed here, after nothing posts any more, and shown afterwards.
///
/// # Errors
/// [`Error::Conflict`] when the shift is not being closed, or was counted.
pub async fn count(ctx: &mut Ctx, id: TillShiftId, cash: &CashCount, others: &[(Method, Money)]) -> Result<()> {
    let stamp = ctx.stamp();
    let (locked, shift) = held(ctx, id).await?;
    if shift.state != TillState::Closing || shift.counted_at.is_some() {
        return Err(Error::conflict(tr!(till.step_taken)));
    }
    let takings = store::takings(&mut ctx.tx, id).await?;
    store::insert_count(&mut ctx.tx, id, CountMoment::HandOver, cash).await?;
    for (method, counted) in [(Method::Cash, cash.total())].iter().chain(others) {
        let expected = expected_of(&takings, *method);
        // A hospital that takes no cheques has no row of them.
        if *method == Method::Cheque && expected == Money::ZERO && *counted == Money::ZERO {
            continue;
        }
        store::insert_result(&mut ctx.tx, id, CountMoment::HandOver, (*method, expected, *counted)).await?;
    }
    store::step(&mut ctx.tx, locked, Next::Counted, stamp).await?;
    did(ctx, Action::Update, id);
    Ok(())
}

/// Hands the counted shift over, with a reason for each difference.
///
/// # Errors
/// [`Error::Invalid`] with each reason that is missing.
pub async fn hand_over(ctx: &mut Ctx, id: TillShiftId, reasons: &[(Method, String)]) -> Result<()> {
    let stamp = ctx.stamp();
    let (locked, shift) = held(ctx, id).await?;
    if shift.state != TillState::Closing || shift.counted_at.is_none() {
        return Err(Error::conflict(tr!(till.step_taken)));
    }
    let mut errors = crate::core::error::FieldErrors::new();
    for result in store::results(&mut ctx.tx, id).await?.into_iter().filter(|result| result.difference != Money::ZERO) {
        match reasons.iter().find(|(method, _)| *method == result.method).filter(|(_, reason)| !reason.is_empty()) {
            Some((method, reason)) => store::set_reason(&mut ctx.tx, id, *method, reason).await?,
            None => errors.add(&format!("reason_{}", result.method), tr!(till.reason_missing)),
        }
    }
    errors.finish()?;
    store::step(&mut ctx.tx, locked, Next::HandedOver, stamp).await?;
    did(ctx, Action::Update, id);
    Ok(())
}

/// Records the count of the person who takes the money over. When both counts agree the shift is closed at once; otherwise a supervisor
/// closes it.
///
/// # Errors
/// [`Error::Conflict`] when the receiver counted before, or the shift is not handed over.
pub async fn receive(ctx: &mut Ctx, id: TillShiftId, cash: &CashCount) -> Result<()> {
    let stamp = ctx.stamp();
    let locked = ctx.tx.lock(id).await?;
    let shift = store::shift(&mut ctx.tx, id).await?;
    ctx.at_clinic(Permission::CountCash, shift.clinic_id)?;
    if shift.state != TillState::HandedOver {
        return Err(Error::conflict(tr!(till.step_taken)));
    }
    if shift.cashier_id == stamp.by || shift.counted_by == Some(stamp.by) {
        return Err(Error::conflict(tr!(till.second_person)));
    }
    let results = store::results(&mut ctx.tx, id).await?;
    let first = results.iter().find(|result| result.method == Method::Cash).ok_or(Error::NotFound)?;
    store::insert_count(&mut ctx.tx, id, CountMoment::Receive, cash).await?;
    store::insert_result(&mut ctx.tx, id, CountMoment::Receive, (Method::Cash, first.expected, cash.total())).await?;
    store::step(&mut ctx.tx, locked, Next::Received, stamp).await?;
    if first.counted == cash.total() {
        store::step(&mut ctx.tx, locked, Next::Closed, stamp).await?;
        post(ctx, Posting::ShiftClosed, (id, shift.clinic_id)).await?;
    }
    did(ctx, Action::Update, id);
    Ok(())
}
