//! The acts on infusions: start with the dose of the order, change of the rate, pause, resume, bag, bolus, stop, entered in error.

use uuid::Uuid;

use super::{Infusion, InfusionEventKind, InfusionReason, store};
use crate::{
    audit::Action,
    core::{Error, InfusionId, Permission, Result, UserId, time::Instant},
    db::{DbError, Tx},
    medicine_record::{
        department::MEDICINES,
        doses::{self, Second},
        orders::{self, CareOrder},
    },
    server::{Ctx, Event},
    tr,
};

/// An event as a nurse typed it.
#[derive(Clone, Copy, Debug)]
pub struct EventTyped {
    pub key: Uuid,
    pub kind: InfusionEventKind,
    pub at: Instant,
    pub rate_ul_h: Option<i64>,
    pub volume_ul: Option<i64>,
    pub reason: Option<InfusionReason>,
    pub second: Option<Second>,
}

fn refused(error: DbError) -> Error {
    if error.violates("infusion_events_order") || error.violates("infusions_fixed") {
        Error::conflict(tr!(medicine_record.infusion_moved))
    } else if error.violates("infusions_order_active") {
        Error::conflict(tr!(medicine_record.order_not_active))
    } else if error.violates("infusion_events_checked") {
        Error::invalid("second_login", tr!(medicine_record.second_needed))
    } else if error.violates("infusion_events_two_people") {
        Error::invalid("second_login", tr!(medicine_record.second_is_first))
    } else if error.violates("infusion_events_rate") {
        Error::invalid("rate", tr!(medicine_record.rate_above_order))
    } else if error.is_unique() {
        Error::conflict(tr!(medicine_record.infusion_moved))
    } else {
        error.into()
    }
}

fn told(ctx: &mut Ctx, id: InfusionId, order: &CareOrder, action: Action) {
    ctx.did(action, "infusion", id, Some(order.patient_id));
    ctx.tell(Event::new(&MEDICINES).at(order.clinic_id).about(order.admission_id));
}

async fn start(
    tx: &mut Tx,
    order: &CareOrder,
    at: Instant,
    (by, checked_by): (UserId, Option<UserId>),
    now: Instant,
) -> Result<Option<InfusionId>> {
    let Some(ordered) = order.infusion else { return Ok(None) };
    let id = InfusionId::new();
    store::insert(tx, id, order, ordered.rate_ul_h, at).await.map_err(refused)?;
    let new = store::NewEvent {
        id: Uuid::now_v7(),
        seq: 1,
        kind: InfusionEventKind::Start,
        at,
        checked_by,
        rate_ul_h: Some(ordered.rate_ul_h),
        volume_ul: Some(ordered.volume_ul),
        reason: None,
    };
    store::insert_event(tx, (id, order.patient_id), &new, (by, now)).await.map_err(refused)?;
    Ok(Some(id))
}

/// Starts the infusion of an order, whose dose is given at this time: the first bag, at the rate of the order. An order without an infusion
/// starts none.
///
/// # Errors
/// [`Error::Conflict`] when one runs.
pub async fn begin(ctx: &mut Ctx, order: &CareOrder, at: Instant, checked_by: Option<UserId>) -> Result<()> {
    let (by, now) = (ctx.user(), ctx.now);
    if let Some(id) = start(&mut ctx.tx, order, at, (by, checked_by), now).await? {
        told(ctx, id, order, Action::Create);
    }
    Ok(())
}

/// Adds an infusion that began before: of the demo hospital.
///
/// # Errors
/// When the database refuses.
pub async fn add(tx: &mut Tx, order: &CareOrder, at: Instant, (by, checked_by): (UserId, Option<UserId>)) -> Result<()> {
    start(tx, order, at, (by, checked_by), at).await?;
    Ok(())
}

/// Marks the infusion of an order as entered in error: its volume does not count. The dose of the order is corrected in the same step.
///
/// # Errors
/// When the database refuses.
pub async fn void(ctx: &mut Ctx, order: &CareOrder) -> Result<()> {
    let Some(infusion) = store::of_dose_order(&mut ctx.tx, order.id).await? else { return Ok(()) };
    let (by, now) = (ctx.user(), ctx.now);
    let new = store::NewEvent {
        id: Uuid::now_v7(),
        seq: infusion.seq + 1,
        kind: InfusionEventKind::Void,
        at: now.max(infusion.last_at),
        checked_by: None,
        rate_ul_h: None,
        volume_ul: None,
        reason: Some(InfusionReason::Error),
    };
    store::insert_event(&mut ctx.tx, (infusion.id, infusion.patient_id), &new, (by, now)).await.map_err(refused)?;
    told(ctx, infusion.id, order, Action::Update);
    Ok(())
}

/// Records an event of an infusion. A stop completes its order. The same key a second time finds it recorded.
///
/// # Errors
/// [`Error::Conflict`] when the infusion is not in a state for it, or a later event is recorded; [`Error::Invalid`] for a rate above the order
/// and without the second person.
pub async fn record(ctx: &mut Ctx, id: InfusionId, typed: &EventTyped) -> Result<Infusion> {
    let known = store::find(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    let turn = orders::turn(ctx, Permission::GiveMedicines, known.admission_id).await?;
    let lock = ctx.tx.lock(known.order_id).await?;
    let order = orders::find(&mut ctx.tx, known.order_id).await?;
    let infusion = store::find(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    match store::event_of(&mut ctx.tx, typed.key).await? {
        Some(of) if of == id => return Ok(infusion),
        Some(_) => return Err(Error::key_used()),
        None => {}
    }
    if typed.kind != InfusionEventKind::Stop {
        turn.must_be_admitted()?;
    }
    let now = ctx.now;
    // Times are typed in minutes: the minute of the last event is not before it.
    let at =
        if typed.at < infusion.last_at && infusion.last_at - typed.at < chrono::Duration::minutes(1) { infusion.last_at } else { typed.at };
    if at > now {
        return Err(Error::invalid("time", tr!(medicine_record.time_wrong)));
    }
    if at < infusion.last_at {
        return Err(Error::invalid("time", tr!(medicine_record.before_last_event)));
    }
    let checked_by = if typed.kind.is_checked() { doses::check_second(ctx, &order, typed.second).await? } else { None };
    let new = store::NewEvent {
        id: typed.key,
        seq: infusion.seq + 1,
        kind: typed.kind,
        at,
        checked_by,
        rate_ul_h: typed.rate_ul_h,
        volume_ul: typed.volume_ul,
        reason: typed.reason,
    };
    let by = ctx.user();
    store::insert_event(&mut ctx.tx, (id, infusion.patient_id), &new, (by, now)).await.map_err(refused)?;
    if typed.kind == InfusionEventKind::Stop && order.state.is_open() {
        orders::complete(&mut ctx.tx, lock, now).await?;
    }
    told(ctx, id, &order, Action::Update);
    store::find(&mut ctx.tx, id).await?.ok_or(Error::NotFound)
}
