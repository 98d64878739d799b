//! The server functions of shifts.

use std::collections::BTreeMap;

use leptos::prelude::*;

use super::{
    CashCount, CashMoveKind,
    steps::{self, CashSent},
};
use crate::{
    accounts,
    billing::Method,
    core::{CashMoveId, Error, IdempotencyKey, Money, Permission, ServicePointId, TillShiftId, error::FieldErrors, form},
    server::{Ctx, Request, redirect_to},
};

fn page_of(shift: TillShiftId, done: &str) -> String {
    format!("/till/shifts/{shift}?done={done}")
}

/// Refuses a count that was sent before its last field: it is made once.
fn counted(sure: &str) -> Result<(), Error> {
    if sure.is_empty() { Err(Error::invalid("sure", crate::tr!(till.tick_counted))) } else { Ok(()) }
}

/// Opens a shift with the counted float (`d_100` and so on: the pieces of each denomination), once for its key.
#[server(endpoint = "till/open")]
pub async fn open_shift(
    #[server(default)] key: String,
    #[server(default)] point: String,
    #[server(default)] sure: String,
    #[server(flatten)] pieces: BTreeMap<String, String>,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::TakePayments).await?;
    let id = TillShiftId(form::chosen::<IdempotencyKey>("key", &key)?.into());
    let point: Option<ServicePointId> = if point.is_empty() { None } else { Some(form::chosen("point", &point)?) };
    let float = CashCount::read(ctx.state().hospital().currency, &pieces)?;
    counted(&sure)?;
    steps::open(&mut ctx, id, point, &float).await?;
    ctx.commit().await?;
    redirect_to("/cashier");
    Ok(())
}

/// Moves cash: to the safe, to a colleague, paid in, paid out. Once for its key.
#[server(endpoint = "till/move_cash")]
pub async fn move_cash(
    #[server(default)] key: String,
    #[server(default)] kind: String,
    #[server(default)] amount: String,
    #[server(default)] to: String,
    #[server(default)] party: String,
    #[server(default)] reason: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::TakePayments).await?;
    let id = CashMoveId(form::chosen::<IdempotencyKey>("key", &key)?.into());
    let mut errors = FieldErrors::new();
    let kind = errors.chosen::<CashMoveKind>("kind", &kind);
    let amount = errors.check(ctx.state().hospital().currency.parse("amount", &amount));
    let to = if to.is_empty() { None } else { errors.chosen::<TillShiftId>("to", &to) };
    let party = errors.line("party", &party, 100);
    let reason = errors.line("reason", &reason, 300);
    errors.finish()?;
    let (Some(kind), Some(amount)) = (kind, amount) else { return Err(Error::invalid("kind", crate::tr!(errors.choose))) };
    steps::send(&mut ctx, &CashSent { id, kind, to, amount, party: &party, reason: &reason }).await?;
    ctx.commit().await?;
    redirect_to("/till?done=moved");
    Ok(())
}

/// Receives cash that is in transit.
#[server(endpoint = "till/receive_cash")]
pub async fn receive_cash(#[server(default)] id: String, #[server(default)] back: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::CountCash).await?;
    steps::receive_move(&mut ctx, form::chosen("id", &id)?).await?;
    ctx.commit().await?;
    redirect_to(if back == "supervise" { "/till/supervise?done=received" } else { "/till?done=received" });
    Ok(())
}

/// Takes cash back that is in transit.
#[server(endpoint = "till/withdraw_cash")]
pub async fn withdraw_cash(#[server(default)] id: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::CountCash).await?;
    steps::withdraw_move(&mut ctx, form::chosen("id", &id)?).await?;
    ctx.commit().await?;
    redirect_to("/till?done=withdrawn");
    Ok(())
}

/// Begins to close a shift: nothing posts into it from now on.
#[server(endpoint = "till/begin_closing")]
pub async fn begin_closing(#[server(default)] id: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::CountCash).await?;
    let id = form::chosen("id", &id)?;
    steps::begin_closing(&mut ctx, id).await?;
    ctx.commit().await?;
    redirect_to(&page_of(id, "closing"));
    Ok(())
}

/// Opens a shift again before it is counted.
#[server(endpoint = "till/reopen")]
pub async fn reopen_shift(#[server(default)] id: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::SuperviseShifts).await?;
    let id = form::chosen("id", &id)?;
    steps::reopen(&mut ctx, id).await?;
    ctx.commit().await?;
    redirect_to("/till/supervise?done=reopened");
    Ok(())
}

/// Records the blind count: the pieces of each denomination, and the sums of the card slips and transfers.
#[server(endpoint = "till/count")]
pub async fn count_shift(
    #[server(default)] id: String,
    #[server(default)] card: String,
    #[server(default)] transfer: String,
    #[server(default)] sure: String,
    #[server(flatten)] pieces: BTreeMap<String, String>,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::CountCash).await?;
    let id = form::chosen("id", &id)?;
    let currency = ctx.state().hospital().currency;
    let mut errors = FieldErrors::new();
    let mut sum = |field: &str, typed: &str| {
        if typed.trim().is_empty() { Money::ZERO } else { errors.check(currency.parse(field, typed)).unwrap_or_default() }
    };
    let (card, transfer) = (sum("card", &card), sum("transfer", &transfer));
    let cash = errors.check(CashCount::read(currency, &pieces)).unwrap_or_default();
    errors.check(counted(&sure));
    errors.finish()?;
    steps::count(&mut ctx, id, &cash, card, transfer).await?;
    ctx.commit().await?;
    redirect_to(&page_of(id, "counted"));
    Ok(())
}

/// Hands a counted shift over, with a reason for each difference.
#[server(endpoint = "till/hand_over")]
pub async fn hand_over(
    #[server(default)] id: String,
    #[server(default)] reason_cash: String,
    #[server(default)] reason_card: String,
    #[server(default)] reason_transfer: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::CountCash).await?;
    let id = form::chosen("id", &id)?;
    let mut errors = FieldErrors::new();
    let reasons = [
        (Method::Cash, errors.line("reason_cash", &reason_cash, 300)),
        (Method::Card, errors.line("reason_card", &reason_card, 300)),
        (Method::Transfer, errors.line("reason_transfer", &reason_transfer, 300)),
    ];
    errors.finish()?;
    steps::hand_over(&mut ctx, id, &reasons).await?;
    ctx.commit().await?;
    redirect_to(&page_of(id, "handed_over"));
    Ok(())
}

/// Receives a shift: the person who takes the money over proves who she is and counts it again.
#[server(endpoint = "till/receive")]
pub async fn receive_shift(
    #[server(default)] id: String,
    #[server(default)] password: String,
    #[server(flatten)] pieces: BTreeMap<String, String>,
) -> Result<(), Error> {
    let request = Request::current().ok_or(Error::SignedOut)?;
    // The permission is checked before the password, which takes time to verify.
    drop(Ctx::read(Permission::CountCash).await?);
    let id = form::chosen("id", &id)?;
    let count = CashCount::read(request.state.hospital().currency, &pieces)?;
    accounts::prove(&request, &password).await?;
    let mut ctx = Ctx::write(Permission::CountCash).await?;
    steps::receive(&mut ctx, id, &count).await?;
    ctx.commit().await?;
    redirect_to(&page_of(id, "received"));
    Ok(())
}

/// Closes a received shift whose counts differ.
#[server(endpoint = "till/close")]
pub async fn close_shift(#[server(default)] id: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::SuperviseShifts).await?;
    let id = form::chosen("id", &id)?;
    steps::close(&mut ctx, id).await?;
    ctx.commit().await?;
    redirect_to(&page_of(id, "closed"));
    Ok(())
}
