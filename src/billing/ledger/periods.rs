//! The months of the ledger: closed one after the other; the last one is reopened by two people.

use chrono::{Months, NaiveDate};

use super::store::{self, PeriodStep};
use crate::{
    audit::Action,
    core::{Error, Result, UserId, time::Instant},
    db::Tx,
    organisation,
    server::Ctx,
    tr,
};

crate::text_enum! {
    /// The state of a month.
    pub enum PeriodState("state") {
        Open = "open",
        Closing = "closing",
        Closed = "closed",
    }
}

impl PeriodState {
    /// Returns the text for badges.
    pub fn word(self) -> &'static str {
        match self {
            Self::Open => tr!(ledger.open),
            Self::Closing => tr!(ledger.closing),
            Self::Closed => tr!(ledger.closed),
        }
    }
}

/// A month of the ledger.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Period {
    pub starts_on: NaiveDate,
    pub state: PeriodState,
    pub closed_at: Option<Instant>,
    pub closed_by: Option<String>,
    /// The accountant who asked to reopen it.
    pub reopen_asked_by: Option<UserId>,
    pub asker: Option<String>,
}

impl Period {
    /// The first day after the month.
    pub fn ends_before(&self) -> NaiveDate {
        self.starts_on.checked_add_months(Months::new(1)).unwrap_or(self.starts_on)
    }
}

/// Returns the months in which something was posted, the newest first.
///
/// # Errors
/// When the database refuses.
pub async fn periods(tx: &mut Tx) -> Result<Vec<Period>> {
    store::periods(tx).await
}

async fn locked(ctx: &mut Ctx, month: NaiveDate) -> Result<Period> {
    store::lock_period(&mut ctx.tx, month).await?.ok_or(Error::NotFound)
}

async fn step(ctx: &mut Ctx, month: NaiveDate, next: PeriodStep) -> Result<()> {
    let stamp = ctx.stamp();
    store::step(&mut ctx.tx, month, next, stamp).await.map_err(|error| {
        let steps = ["ledger_period_step", "ledger_periods_second_person", "ledger_period_unsealed", "ledger_sums_closing"];
        if steps.iter().any(|guard| error.violates(guard)) { Error::conflict(tr!(ledger.step_refused)) } else { error.into() }
    })?;
    // The month is audited under the id of who acts: it has no id of its own.
    ctx.did(Action::Update, "ledger_period", stamp.by, None);
    Ok(())
}

/// Begins to close a month that has ended in the time zones of all clinics: nothing posts into it any more.
///
/// # Errors
/// [`Error::Conflict`] when it has not ended, or an earlier month is open.
pub async fn begin(ctx: &mut Ctx, month: NaiveDate) -> Result<()> {
    let period = locked(ctx, month).await?;
    let now = ctx.stamp().at;
    let goes_on = organisation::all_clinics(&mut ctx.tx).await?.iter().any(|clinic| clinic.zone.day(now) < period.ends_before());
    if period.state != PeriodState::Open || goes_on {
        return Err(Error::conflict(tr!(ledger.not_ended)));
    }
    let all = periods(&mut ctx.tx).await?;
    if all.iter().any(|other| other.starts_on < month && other.state != PeriodState::Closed) {
        return Err(Error::conflict(tr!(ledger.earlier_first)));
    }
    step(ctx, month, PeriodStep::Closing).await
}

/// Opens a month again that is being closed.
///
/// # Errors
/// [`Error::Conflict`] when it is not being closed.
pub async fn resume(ctx: &mut Ctx, month: NaiveDate) -> Result<()> {
    if locked(ctx, month).await?.state != PeriodState::Closing {
        return Err(Error::conflict(tr!(ledger.step_refused)));
    }
    step(ctx, month, PeriodStep::Resumed).await
}

/// Closes a month. The database writes its sums, and refuses while an entry of it is not sealed.
///
/// # Errors
/// [`Error::Conflict`] when it is not being closed, or an entry of it is not sealed.
pub async fn close(ctx: &mut Ctx, month: NaiveDate) -> Result<()> {
    if locked(ctx, month).await?.state != PeriodState::Closing {
        return Err(Error::conflict(tr!(ledger.step_refused)));
    }
    step(ctx, month, PeriodStep::Closed).await
}

/// Asks to reopen the last closed month; asked by a second person it is opened.
///
/// # Errors
/// [`Error::Conflict`] when it is not the last closed month, or the same person asks twice.
pub async fn reopen(ctx: &mut Ctx, month: NaiveDate) -> Result<()> {
    let period = locked(ctx, month).await?;
    let all = periods(&mut ctx.tx).await?;
    if period.state != PeriodState::Closed || all.iter().any(|other| other.starts_on > month && other.state != PeriodState::Open) {
        return Err(Error::conflict(tr!(ledger.only_the_last)));
    }
    match period.reopen_asked_by {
        None => step(ctx, month, PeriodStep::AskReopen).await,
        Some(asked) if asked == ctx.user() => Err(Error::conflict(tr!(ledger.another_person))),
        Some(_) => step(ctx, month, PeriodStep::Reopened).await,
    }
}
