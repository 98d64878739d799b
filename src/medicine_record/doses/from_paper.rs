//! Doses that stand on paper: given or not given in an outage, and entered after it.

use chrono::Duration;

use super::{
    PlannedDose,
    acts::{Giving, check_second, find, is_recorded, record, refused, turn_of, write},
    given_of_substance,
    store::{self, NewRecord},
};
use crate::{
    audit::Action,
    core::{
        AdministrationId, CareOrderId, DoseId, Error, Permission, Result,
        time::{Instant, Zone, show_date_time},
    },
    medicine_record::{
        as_needed::{self, Unfit},
        bedside::stock,
        holds, infusions,
        orders::{self, CareOrder},
        outages::{self, Outage},
        vocabulary::{CareOrderState, DoseOutcome, DoseReason, DoseState},
    },
    server::Ctx,
    tr,
};

/// The entry on paper about a dose that was due in an outage.
#[derive(Clone, Debug)]
pub enum FromPaper {
    Given(Giving),
    NotGiven(AdministrationId, DoseReason, String),
}

/// Refuses an outage of another clinic, and one after which nothing is entered any more.
fn check_outage(order: &CareOrder, outage: &Outage, now: Instant) -> Result<()> {
    let in_time = now - outage.ended_at <= Duration::hours(outages::ENTERED_HOURS);
    if outage.clinic_id == order.clinic_id && in_time { Ok(()) } else { Err(Error::conflict(tr!(medicine_record.not_in_outage))) }
}

/// Marks a record as entered after an outage.
async fn mark(ctx: &mut Ctx, key: AdministrationId, outage: &Outage, order: &CareOrder) -> Result<()> {
    let now = ctx.now;
    outages::insert_entry(&mut ctx.tx, key, outage.id, order.patient_id, now).await?;
    ctx.did(Action::Create, "back_entry", key, Some(order.patient_id));
    Ok(())
}

/// Enters what was done with a dose in an outage, with the real time. The record is marked as entered afterwards.
///
/// # Errors
/// [`Error::Conflict`] when the dose has a record, or was not due in the outage; [`Error::Invalid`] for a time before the outage or the order,
/// and for one that is not over.
pub async fn enter_from_paper(ctx: &mut Ctx, id: DoseId, outage: &Outage, what: &FromPaper) -> Result<CareOrder> {
    let (turn, dose, order) = turn_of(ctx, id).await?;
    let (FromPaper::Given(Giving { key, .. }) | FromPaper::NotGiven(key, ..)) = what;
    if is_recorded(ctx, id, *key).await? {
        return Ok(order);
    }
    let now = ctx.now;
    // The order may be stopped since: what was given before stays true.
    let stopped = order.ended_at.filter(|_| order.state == CareOrderState::Stopped && order.infusion.is_none());
    let was_due = stopped.is_some_and(|stopped| dose.state == DoseState::Cancelled && dose.due_at < stopped);
    if !was_due && !matches!(dose.state, DoseState::Due | DoseState::Missed) {
        return Err(Error::conflict(tr!(medicine_record.recorded_before)));
    }
    check_outage(&order, outage, now)?;
    if !outage.contains(dose.due_at) {
        return Err(Error::conflict(tr!(medicine_record.not_in_outage)));
    }
    let version = store::supersede(&mut ctx.tx, id, now).await? + 1;
    match what {
        FromPaper::Given(giving) => {
            if stopped.is_none() {
                turn.must_be_admitted()?;
            }
            // Times are typed in minutes: the minute of the order is not before it.
            let least = order.ordered_at.max(outage.started_at).max(turn.admission.admitted_at.unwrap_or(now));
            if giving.at > now || giving.at + Duration::minutes(1) <= least || stopped.is_some_and(|stopped| giving.at >= stopped) {
                return Err(Error::invalid("time", tr!(medicine_record.paper_time_wrong)));
            }
            let at = giving.at.max(least);
            let zone = store::zone_of(&mut ctx.tx, order.clinic_id).await?;
            let checks = holds::check(&mut ctx.tx, &order, (at, zone), giving.hold).await?;
            let checked_by = check_second(ctx, &order, giving.second).await?;
            let new = NewRecord {
                given_at: Some(at),
                checked_by,
                checks,
                ..record(&order, id, (giving.key, version), (DoseOutcome::Given, None), (&giving.remark, ""))
            };
            write(ctx, (&dose, &order), &new, None).await?;
            infusions::begin(ctx, &order, at, checked_by).await?;
            stock::take(ctx, giving.key, &order, turn.admission.ward()).await?;
        }
        FromPaper::NotGiven(key, reason, remark) => {
            let new = record(&order, id, (*key, version), (reason.outcome(), Some(*reason)), (remark, ""));
            write(ctx, (&dose, &order), &new, None).await?;
        }
    }
    mark(ctx, *key, outage, &order).await?;
    Ok(order)
}

/// Enters a dose that was given as needed in an outage, with the real time. Its interval and its limit are looked at around that time: also with
/// the doses that were given since. The record is marked as entered afterwards.
///
/// # Errors
/// [`Error::Conflict`] when the order was not in force, or the dose breaks its interval or its limit; [`Error::Invalid`] for a time that is not in
/// the outage.
pub async fn enter_as_needed(ctx: &mut Ctx, id: CareOrderId, outage: &Outage, giving: &Giving) -> Result<CareOrder> {
    let known = orders::find(&mut ctx.tx, id).await?;
    let turn = orders::turn(ctx, Permission::GiveMedicines, known.admission_id).await?;
    let order = orders::find(&mut ctx.tx, id).await?;
    if let Some(dose) = store::dose_of(&mut ctx.tx, giving.key).await? {
        let (dose, _) = find(ctx, dose).await?;
        return if dose.order_id == id { Ok(order) } else { Err(Error::key_used()) };
    }
    let now = ctx.now;
    let stopped = order.ended_at.filter(|_| order.state == CareOrderState::Stopped);
    if !order.is_as_needed() || (order.state != CareOrderState::Active && stopped.is_none()) {
        return Err(Error::conflict(tr!(medicine_record.order_not_active)));
    }
    if stopped.is_none() {
        turn.must_be_admitted()?;
    }
    check_outage(&order, outage, now)?;
    let begins = order.ordered_at.max(order.starts_at);
    let least = begins.max(outage.started_at).max(turn.admission.admitted_at.unwrap_or(now));
    let ended = [stopped, order.ends_at].into_iter().flatten().any(|ended| giving.at >= ended);
    if giving.at > outage.ended_at || giving.at + Duration::minutes(1) <= least || ended {
        return Err(Error::invalid("time", tr!(medicine_record.needed_time_wrong)));
    }
    let at = giving.at.max(least);
    let zone = store::zone_of(&mut ctx.tx, order.clinic_id).await?;
    check_limit(ctx, &order, (at, zone)).await?;
    let checks = holds::check(&mut ctx.tx, &order, (at, zone), giving.hold).await?;
    let checked_by = check_second(ctx, &order, giving.second).await?;
    let lock = ctx.tx.lock(id).await?;
    // A dose is due under an active order only.
    let state = if stopped.is_some() { DoseState::Cancelled } else { DoseState::Due };
    let dose = PlannedDose { id: DoseId::new(), order_id: id, due_at: at, state, version: 1 };
    store::insert_one(&mut ctx.tx, lock, &dose).await.map_err(|error| refused(error, None))?;
    let new = NewRecord {
        given_at: Some(at),
        checked_by,
        checks,
        ..record(&order, dose.id, (giving.key, 1), (DoseOutcome::Given, None), (&giving.remark, ""))
    };
    write(ctx, (&dose, &order), &new, None).await?;
    stock::take(ctx, giving.key, &order, turn.admission.ward()).await?;
    mark(ctx, giving.key, outage, &order).await?;
    Ok(order)
}

/// Refuses a dose that would lie too near to another one, or be one too many in 24 hours.
async fn check_limit(ctx: &mut Ctx, order: &CareOrder, (at, zone): (Instant, Zone)) -> Result<()> {
    let (Some(interval), Some(most), Some(drug)) = (order.interval_min, order.most_in_day, order.drug_id) else { return Ok(()) };
    let since = at - Duration::hours(24).max(Duration::minutes(interval));
    let given = given_of_substance(&mut ctx.tx, order.patient_id, drug, since).await?;
    let words = |at: Instant| show_date_time(zone.local(at));
    match as_needed::fits(&given, at, interval, most) {
        Ok(()) => Ok(()),
        Err(Unfit::Near(other)) => {
            let hours = orders::hours(interval);
            Err(Error::conflict(tr!(medicine_record.paper_too_near, other = words(other), hours = hours)))
        }
        Err(Unfit::Many(from)) => Err(Error::conflict(tr!(medicine_record.paper_above_limit, most = most, from = words(from)))),
    }
}
