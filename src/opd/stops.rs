//! The stops of a visit after the doctor. Departments contribute them (`server::department::Stop`): the queue asks each stop whether it
//! has work for the visit, and moves the patient to the first that has.

use super::{Entry, QUEUE, Step, done, move_on, open_entry};
use crate::{
    audit::Action,
    core::{Error, Result, VisitId},
    db::Locked,
    server::{Ctx, Event},
};

/// Returns the step where the visit goes now; `None` when no department has work for it.
///
/// # Errors
/// When the database refuses.
pub async fn next_stop(ctx: &mut Ctx, visit: VisitId) -> Result<Option<Step>> {
    for stop in ctx.state().departments.stops() {
        if (stop.waits)(ctx, visit).await? {
            return stop.step.parse().map(Some).map_err(|error: String| Error::internal("a stop of no step", &error));
        }
    }
    Ok(None)
}

/// Moves the patient from a step whose work is done to the next stop, or home. A patient who is at another step by now, or for whom the
/// step has more work, stays. Returns the new open entry, or the entry that was closed with the visit.
///
/// # Errors
/// When the database refuses.
pub async fn go_on(ctx: &mut Ctx, visit: Locked<VisitId>, from: Step) -> Result<Option<Entry>> {
    match open_entry(&mut ctx.tx, visit.id()).await {
        Ok(entry) if entry.step == from => {}
        Ok(_) | Err(Error::Conflict(_)) => return Ok(None),
        Err(error) => return Err(error),
    }
    let stamp = ctx.stamp();
    let entry = match next_stop(ctx, visit.id()).await? {
        Some(step) if step == from => return Ok(None),
        Some(step) => move_on(&mut ctx.tx, visit, step, stamp).await?,
        None => done(&mut ctx.tx, visit, stamp).await?,
    };
    ctx.did(Action::Update, "visit", visit.id(), Some(entry.patient_id));
    ctx.tell(Event::new(&QUEUE).at(entry.clinic_id).of(entry.patient_id).about(visit.id()));
    Ok(Some(entry))
}
