//! The way of a patient through a visit after the doctor. Departments contribute stops (`server::department::Stop`): the queue asks each
//! whether it has something to do for the visit, and sends the patient to the first that has.

use super::{Entry, QUEUE, Step, done, move_on, open_entry};
use crate::{
    audit::Action,
    core::{Error, Result, VisitId},
    db::Locked,
    server::{Ctx, Event},
};

/// The step where the visit goes now; `None` when no department has anything to do for it.
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

/// Sends the patient on from a step, to the next stop or home: what there was to do there is done. A patient who is elsewhere by now, or
/// for whom there is more to do at the step, stays. The open entry then, or the one that was closed with the visit.
///
/// # Errors
/// When the database refuses.
pub async fn go_on(ctx: &mut Ctx, visit: Locked<VisitId>, from: Step) -> Result<Option<Entry>> {
    match open_entry(&mut ctx.tx, visit.id()).await {
        Ok(entry) if entry.step == from => {}
        Ok(_) | Err(Error::Conflict(_)) => return Ok(None),
        Err(error) => return Err(error),
    }
    let (now, by) = (ctx.now, ctx.user());
    let entry = match next_stop(ctx, visit.id()).await? {
        Some(step) if step == from => return Ok(None),
        Some(step) => move_on(&mut ctx.tx, visit, step, now, by).await?,
        None => done(&mut ctx.tx, visit, now, by).await?,
    };
    ctx.did(Action::Update, "visit", visit.id(), Some(entry.patient_id));
    ctx.tell(Event::new(&QUEUE).at(entry.clinic_id).of(entry.patient_id).about(visit.id()));
    Ok(Some(entry))
}
