//! The acts of whoever serves a queue on one of its entries, each recorded with what the clinic hears of it.

use super::{
    Entry, QueueFilter, back_to_waiting, call, call_again, call_next, entry, leave, move_entry_on, pay_later, prioritise, skip, start,
    transfer, undo,
};
use crate::{
    appointments,
    audit::Action,
    core::{Error, QueueEntryId, Result, ServiceId, ServicePointId, VisitId},
    opd::{Priority, QUEUE, Step, tell_called},
    server::{Ctx, Event},
};

/// An act on an entry.
#[derive(Clone, Copy, Debug)]
pub enum Serving {
    /// Out of turn, to the room or counter.
    Call(Option<ServicePointId>),
    CallAgain,
    Start(Option<ServicePointId>),
    Skip,
    BackToWaiting,
    Transfer(ServiceId),
    /// From triage to the doctor, without an entry at triage.
    SendOn,
    Leave,
    PayLater,
    Undo,
}

/// Records that an entry moved.
pub(in crate::opd) fn moved(ctx: &mut Ctx, entry: &Entry) {
    ctx.did(Action::Update, "queue", entry.id, Some(entry.patient_id));
    ctx.tell(Event::new(&QUEUE).at(entry.clinic_id).of(entry.patient_id).about(entry.visit_id));
}

/// Calls the next waiting patient to a room or counter; `None` when nobody waits.
///
/// # Errors
/// When the database refuses.
pub async fn serve_next(ctx: &mut Ctx, filter: &QueueFilter, step: Step, point: Option<ServicePointId>) -> Result<Option<Entry>> {
    let (stamp, clinic) = (ctx.stamp(), ctx.clinic.id);
    let Some(row) = call_next(&mut ctx.tx, clinic, filter.service, step, filter.doctor, point, stamp).await? else { return Ok(None) };
    let entry = entry(&mut ctx.tx, row.entry).await?;
    tell_called(ctx, &entry).await?;
    moved(ctx, &entry);
    Ok(Some(entry))
}

/// Acts on an entry, and returns what it is now. A patient who leaves frees the appointment, if there was one.
///
/// # Errors
/// [`Error::Conflict`] when the entry changed meanwhile.
pub async fn serve(ctx: &mut Ctx, id: QueueEntryId, act: Serving) -> Result<Entry> {
    let stamp = ctx.stamp();
    let entry = match act {
        Serving::Call(point) => {
            let entry = call(&mut ctx.tx, id, None, point, stamp).await?;
            tell_called(ctx, &entry).await?;
            entry
        }
        Serving::CallAgain => call_again(&mut ctx.tx, id, stamp).await?,
        Serving::Start(point) => start(&mut ctx.tx, id, None, point, stamp).await?,
        Serving::Skip => skip(&mut ctx.tx, id, stamp).await?,
        Serving::BackToWaiting => back_to_waiting(&mut ctx.tx, id, stamp).await?,
        Serving::Transfer(service) => transfer(&mut ctx.tx, id, service, None, stamp).await?,
        Serving::SendOn => {
            let current = entry(&mut ctx.tx, id).await?;
            // After the doctor's step, the doctor's signature and the cashier decide which steps remain.
            if current.step != Step::Triage {
                return Err(Error::Forbidden);
            }
            move_entry_on(&mut ctx.tx, current.id, Step::Doctor, stamp).await?
        }
        Serving::Leave => leave(&mut ctx.tx, id, stamp).await?,
        Serving::PayLater => pay_later(&mut ctx.tx, id, stamp).await?,
        Serving::Undo => undo(&mut ctx.tx, id, stamp).await?,
    };
    if matches!(act, Serving::Leave | Serving::PayLater | Serving::Undo) {
        ctx.tell(Event::new(&appointments::APPOINTMENTS).at(entry.clinic_id).of(entry.patient_id).about(entry.visit_id));
    }
    moved(ctx, &entry);
    Ok(entry)
}

/// Changes the priority of a waiting patient; `seen` is the priority that the user saw.
///
/// # Errors
/// [`Error::Conflict`] when the visit is over, not waiting, or no longer has the priority `seen`.
pub async fn set_priority(ctx: &mut Ctx, visit: VisitId, seen: Priority, (priority, reason): (Priority, &str)) -> Result<Entry> {
    let entry = prioritise(&mut ctx.tx, visit, seen, priority, reason).await?;
    ctx.did(Action::Update, "priority", entry.id, Some(entry.patient_id));
    ctx.tell(Event::new(&QUEUE).at(entry.clinic_id).of(entry.patient_id).about(entry.visit_id));
    Ok(entry)
}
