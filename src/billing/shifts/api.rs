//! The server functions of shifts.

use std::collections::BTreeMap;

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::{
    CashCount, CashMoveKind,
    steps::{self, CashSent},
};
use crate::{
    accounts,
    billing::Method,
    core::{CashMoveId, Currency, Error, IdempotencyKey, Money, Permission, ServicePointId, TillShiftId, error::FieldErrors, form},
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

/// The form of a cash move.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CashMoveForm {
    pub kind: String,
    pub amount: String,
    pub to: String,
    pub party: String,
    pub reason: String,
}

impl CashMoveForm {
    fn parse(&self, id: CashMoveId, currency: Currency) -> Result<CashSent, Error> {
        let mut errors = FieldErrors::new();
        let kind = errors.chosen::<CashMoveKind>("kind", &self.kind);
        let amount = errors.check(currency.parse("amount", &self.amount));
        let to = if self.to.is_empty() { None } else { errors.chosen::<TillShiftId>("to", &self.to) };
        let party = errors.line("party", &self.party, 100);
        let reason = errors.line("reason", &self.reason, 300);
        errors.finish()?;
        let (Some(kind), Some(amount)) = (kind, amount) else { return Err(Error::invalid("kind", crate::tr!(errors.choose))) };
        Ok(CashSent { id, kind, to, amount, party, reason })
    }
}

/// Moves cash: to the safe, to a colleague, paid in, paid out. Once for its key.
#[server(endpoint = "till/move_cash")]
pub async fn move_cash(#[server(default)] key: String, #[server(flatten)] form: CashMoveForm) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::TakePayments).await?;
    let id = CashMoveId(form::chosen::<IdempotencyKey>("key", &key)?.into());
    let sent = form.parse(id, ctx.state().hospital().currency)?;
    steps::send(&mut ctx, &sent).await?;
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

/// The form of a count: the sums of the card slips, transfers and cheques, and the pieces of each denomination.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CountForm {
    pub card: String,
    pub transfer: String,
    pub cheque: String,
    pub sure: String,
    #[serde(flatten)]
    pub pieces: BTreeMap<String, String>,
}

impl CountForm {
    /// Returns the counted cash, and the sums of the other means.
    fn parse(&self, currency: Currency) -> Result<(CashCount, [(Method, Money); 3]), Error> {
        let mut errors = FieldErrors::new();
        let typed = [(Method::Card, &self.card), (Method::Transfer, &self.transfer), (Method::Cheque, &self.cheque)];
        let sums = typed.map(|(method, typed)| {
            let counted = !typed.trim().is_empty();
            let sum = if counted { errors.check(currency.parse(method.as_str(), typed)).unwrap_or_default() } else { Money::ZERO };
            (method, sum)
        });
        let cash = errors.check(CashCount::read(currency, &self.pieces)).unwrap_or_default();
        errors.check(counted(&self.sure));
        errors.finish()?;
        Ok((cash, sums))
    }
}

/// Records the blind count: the pieces of each denomination, and the sums of the card slips, transfers and cheques.
#[server(endpoint = "till/count")]
pub async fn count_shift(#[server(default)] id: String, #[server(flatten)] form: CountForm) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::CountCash).await?;
    let id = form::chosen("id", &id)?;
    let (cash, others) = form.parse(ctx.state().hospital().currency)?;
    steps::count(&mut ctx, id, &cash, &others).await?;
    ctx.commit().await?;
    redirect_to(&page_of(id, "counted"));
    Ok(())
}

/// The reasons of the differences at a hand-over, by method.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct HandOverForm {
    pub reason_cash: String,
    pub reason_card: String,
    pub reason_transfer: String,
    pub reason_cheque: String,
}

impl HandOverForm {
    fn parse(&self) -> Result<[(Method, String); 4], Error> {
        let mut errors = FieldErrors::new();
        let reasons = [
            (Method::Cash, errors.line("reason_cash", &self.reason_cash, 300)),
            (Method::Card, errors.line("reason_card", &self.reason_card, 300)),
            (Method::Transfer, errors.line("reason_transfer", &self.reason_transfer, 300)),
            (Method::Cheque, errors.line("reason_cheque", &self.reason_cheque, 300)),
        ];
        errors.finish()?;
        Ok(reasons)
    }
}

/// Hands a counted shift over, with a reason for each difference.
#[server(endpoint = "till/hand_over")]
pub async fn hand_over(#[server(default)] id: String, #[server(flatten)] form: HandOverForm) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::CountCash).await?;
    let id = form::chosen("id", &id)?;
    steps::hand_over(&mut ctx, id, &form.parse()?).await?;
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
