//! The queue: waiting patients, called patients, and patients in a room. Each action closes the open entry and opens
//! the next in one conditional change. When two users act on one entry, the second one gets an error.

mod board;
mod day_end;
mod place;
mod row;
mod serving;
mod store;
mod transition;

use super::{Outcome, Priority, QueueState, Step, visit};
use crate::{
    appointments,
    core::{ClinicId, Error, QueueEntryId, Result, ServiceId, ServicePointId, StaffId, Stamp, VisitId},
    db::{Locked, Tx},
    tr,
};

pub use board::board;
pub use day_end::{end_earlier_days, keep_ending_earlier_days};
pub use place::{Place, ServiceWait, place, waits};
pub use row::{CameFrom, QueueFilter, QueueRow};
pub use serving::{Serving, serve, serve_next, set_priority};
pub use transition::Entry;

pub(super) use serving::moved;
pub(super) use store::{close, open};
pub(super) use transition::Opening;

use transition::Transition;

/// Returns the open entries of a clinic that match the filter, in the order in which they are called.
///
/// # Errors
/// When the database refuses.
pub async fn queue(tx: &mut Tx, clinic: ClinicId, filter: &QueueFilter) -> Result<Vec<QueueRow>> {
    store::queue(tx, clinic, filter).await
}

/// Returns the open entry of a visit as a row of the queue.
///
/// # Errors
/// [`Error::NotFound`] when the visit is over.
pub async fn queue_row(tx: &mut Tx, visit: VisitId) -> Result<QueueRow> {
    store::row_of(tx, visit).await?.ok_or(Error::NotFound)
}

/// Returns an entry.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn entry(tx: &mut Tx, id: QueueEntryId) -> Result<Entry> {
    store::entry(tx, id).await?.ok_or(Error::NotFound)
}

/// Locks the visit that the entry belongs to, after its appointment, and then reads the entry.
async fn locked(tx: &mut Tx, id: QueueEntryId) -> Result<(Locked<VisitId>, Entry)> {
    let (visit, appointment) = store::visit_of(tx, id).await?;
    let visit = visit::lock(tx, visit, appointment).await?;
    Ok((visit, entry(tx, id).await?))
}

/// Returns the open entry of a visit.
///
/// # Errors
/// [`Error::Conflict`] when the visit is over.
pub async fn open_entry(tx: &mut Tx, visit: VisitId) -> Result<Entry> {
    store::open_of(tx, visit).await?.ok_or_else(|| Error::conflict(tr!(opd.visit_is_over)))
}

/// Calls the next waiting patient: by priority, then by the time waited. `doctor` calls patients who wait for this doctor
/// or for any; `service` is one queue, or `None` for all of the clinic. Returns `None` when no patient waits. Two users who
/// call at the same time get two different patients.
///
/// # Errors
/// When the database refuses.
pub async fn call_next(
    tx: &mut Tx,
    clinic: ClinicId,
    service: Option<ServiceId>,
    step: Step,
    doctor: Option<StaffId>,
    point: Option<ServicePointId>,
    stamp: Stamp,
) -> Result<Option<QueueRow>> {
    let filter = QueueFilter { service, step: Some(step), doctor };
    let Some((visit, next)) = store::next_waiting(tx, clinic, &filter).await? else { return Ok(None) };
    let visit = tx.lock(visit).await?;
    let entry = entry(tx, next).await?;
    apply(tx, visit, entry.call(point, doctor)?, stamp).await?;
    queue_row(tx, visit.id()).await.map(Some)
}

/// Returns the patient who was called to this room or counter, or is there: the queue entry and the token.
///
/// # Errors
/// When the database refuses.
pub async fn who_is_at(tx: &mut Tx, clinic: ClinicId, point: ServicePointId) -> Result<Option<(QueueEntryId, String)>> {
    store::who_is_at(tx, clinic, point).await
}

/// Calls a patient out of turn.
///
/// # Errors
/// [`Error::Conflict`] when the patient is not waiting.
pub async fn call(tx: &mut Tx, id: QueueEntryId, doctor: Option<StaffId>, point: Option<ServicePointId>, stamp: Stamp) -> Result<Entry> {
    let (visit, entry) = locked(tx, id).await?;
    apply_and_open(tx, visit, entry.call(point, doctor)?, stamp).await
}

/// Calls a called patient once more: the board sounds again.
///
/// # Errors
/// [`Error::Conflict`] when the patient is not called.
pub async fn call_again(tx: &mut Tx, id: QueueEntryId, stamp: Stamp) -> Result<Entry> {
    let (visit, entry) = locked(tx, id).await?;
    apply_and_open(tx, visit, entry.call_again()?, stamp).await
}

/// Records that the patient is in the room.
///
/// # Errors
/// [`Error::Conflict`] when the patient is in the room already.
pub async fn start(tx: &mut Tx, id: QueueEntryId, doctor: Option<StaffId>, point: Option<ServicePointId>, stamp: Stamp) -> Result<Entry> {
    let (visit, entry) = locked(tx, id).await?;
    apply_and_open(tx, visit, entry.start(point, doctor)?, stamp).await
}

/// Records that a called patient did not come: the patient waits behind those who wait now, with the wait so far still
/// counted.
///
/// # Errors
/// [`Error::Conflict`] when the patient is not called.
pub async fn skip(tx: &mut Tx, id: QueueEntryId, stamp: Stamp) -> Result<Entry> {
    let (visit, entry) = locked(tx, id).await?;
    let wanted = store::doctor_waited_for(tx, &entry).await?;
    apply_and_open(tx, visit, entry.skip(wanted)?, stamp).await
}

/// Moves the patient back to waiting, at the old place.
///
/// # Errors
/// [`Error::Conflict`] when the patient is waiting already.
pub async fn back_to_waiting(tx: &mut Tx, id: QueueEntryId, stamp: Stamp) -> Result<Entry> {
    let (visit, entry) = locked(tx, id).await?;
    let wanted = store::doctor_waited_for(tx, &entry).await?;
    apply_and_open(tx, visit, entry.back_to_waiting(wanted)?, stamp).await
}

/// Changes the priority of a waiting visit; its next stays have it too. `seen` is the priority that the user saw: when
/// two users decide at the same time, the second one gets an error, and cannot lower a priority unknowingly.
///
/// # Errors
/// [`Error::Conflict`] when the visit is over, not waiting, or no longer has the priority `seen`.
pub async fn prioritise(tx: &mut Tx, visit: VisitId, seen: Priority, priority: Priority, reason: &str) -> Result<Entry> {
    let (visit, _) = visit::lock_visit(tx, visit).await?;
    let entry = open_entry(tx, visit.id()).await?;
    entry.only_from(&[QueueState::Waiting])?;
    store::prioritise(tx, visit, seen, priority, reason).await?;
    self::entry(tx, entry.id).await
}

/// Moves the patient to the queue of another service of the clinic, or of another doctor.
///
/// # Errors
/// [`Error::Conflict`] when the patient is there already; [`Error::NotFound`] when the service is another clinic's.
pub async fn transfer(tx: &mut Tx, id: QueueEntryId, service: ServiceId, doctor: Option<StaffId>, stamp: Stamp) -> Result<Entry> {
    let (visit, entry) = locked(tx, id).await?;
    if !store::same_clinic(tx, service, entry.clinic_id).await? {
        return Err(Error::NotFound);
    }
    apply_and_open(tx, visit, entry.transfer(service, doctor)?, stamp).await
}

/// Moves the visit to another step, where a new wait begins.
///
/// # Errors
/// [`Error::Conflict`] when the visit is over or in that step already.
pub async fn move_on(tx: &mut Tx, visit: Locked<VisitId>, to: Step, stamp: Stamp) -> Result<Entry> {
    let entry = open_entry(tx, visit.id()).await?;
    move_locked_on(tx, visit, entry, to, stamp).await
}

/// Does the same as [`move_on`] for a user who saw this very entry: it fails when the entry changed meanwhile.
///
/// # Errors
/// [`Error::Conflict`] when the entry is closed or in that step already.
pub async fn move_entry_on(tx: &mut Tx, id: QueueEntryId, to: Step, stamp: Stamp) -> Result<Entry> {
    let (visit, entry) = locked(tx, id).await?;
    move_locked_on(tx, visit, entry, to, stamp).await
}

async fn move_locked_on(tx: &mut Tx, visit: Locked<VisitId>, entry: Entry, to: Step, stamp: Stamp) -> Result<Entry> {
    let (wanted, since) = match to {
        // A patient who was sent back to triage still waits for the same doctor, at the old place.
        Step::Doctor => match store::sent_back_from(tx, &entry).await? {
            Some(before) => before,
            None => (visit::visit(tx, visit.id()).await?.doctor_id, stamp.at),
        },
        Step::Triage | Step::Orders | Step::Cashier | Step::Pharmacy => (None, stamp.at),
    };
    apply_and_open(tx, visit, entry.move_on(to, wanted, since)?, stamp).await
}

/// Moves the visit from the doctor's queue back to triage, where the vital signs must be taken again. The wait so far is kept, here
/// and on the way back.
///
/// # Errors
/// [`Error::Conflict`] when the visit does not wait for the doctor.
pub async fn back_to_triage(tx: &mut Tx, visit: Locked<VisitId>, stamp: Stamp) -> Result<Entry> {
    let entry = open_entry(tx, visit.id()).await?;
    apply_and_open(tx, visit, entry.back_to_triage()?, stamp).await
}

/// Returns the doctor to whom the patient of the visit was called last.
///
/// # Errors
/// When the database refuses.
pub async fn doctor_who_called(tx: &mut Tx, visit: VisitId) -> Result<Option<StaffId>> {
    store::doctor_who_called(tx, visit).await
}

/// Ends the visit as done. Returns the closed entry, for an undo.
///
/// # Errors
/// [`Error::Conflict`] when the visit is over already.
pub async fn done(tx: &mut Tx, visit: Locked<VisitId>, stamp: Stamp) -> Result<Entry> {
    let transition = open_entry(tx, visit.id()).await?.done()?;
    finish(tx, visit, transition, Outcome::Done, stamp).await
}

/// Ends the visit of a patient who left without being seen. Returns the closed entry, for an undo.
///
/// # Errors
/// [`Error::Conflict`] when the patient is in the room, at the cashier or gone.
pub async fn leave(tx: &mut Tx, id: QueueEntryId, stamp: Stamp) -> Result<Entry> {
    let (visit, entry) = locked(tx, id).await?;
    finish(tx, visit, entry.leave()?, Outcome::Left, stamp).await
}

/// Ends the visit of a patient whom the doctor saw and who left before the last stop: the unpaid amount stays on the account, and open
/// orders stay on the worklist. Returns the closed entry, for an undo.
///
/// # Errors
/// [`Error::Conflict`] when the doctor has not seen the patient, or the visit is over.
pub async fn pay_later(tx: &mut Tx, id: QueueEntryId, stamp: Stamp) -> Result<Entry> {
    let (visit, entry) = locked(tx, id).await?;
    finish(tx, visit, entry.pay_later()?, Outcome::Done, stamp).await
}

/// Undoes the step that led to this entry or, if it ended the visit, that end; within 30 seconds.
///
/// # Errors
/// [`Error::Conflict`] when another change followed or the time is over.
pub async fn undo(tx: &mut Tx, id: QueueEntryId, stamp: Stamp) -> Result<Entry> {
    let (visit, entry) = locked(tx, id).await?;
    if entry.ended_just_now(stamp.at) {
        visit::reopen(tx, visit, stamp).await?;
        if let Some(appointment) = visit::visit(tx, visit.id()).await?.appointment_id {
            appointments::visit_goes_on(tx, appointment, stamp).await?;
        }
        let id = store::open(tx, visit, entry.clinic_id, &entry.again(), stamp).await?;
        return self::entry(tx, id).await;
    }
    let Some(previous) = entry.previous_id else { return Err(Error::conflict(tr!(opd.too_late_to_undo))) };
    let before = self::entry(tx, previous).await?;
    apply_and_open(tx, visit, entry.undo(&before, stamp.at)?, stamp).await
}

/// Ends the visit, and its appointment with it.
async fn finish(tx: &mut Tx, visit: Locked<VisitId>, transition: Transition, outcome: Outcome, stamp: Stamp) -> Result<Entry> {
    let id = transition.closes.id;
    apply(tx, visit, transition, stamp).await?;
    visit::end(tx, visit, outcome, stamp).await?;
    if let Some(appointment) = visit::visit(tx, visit.id()).await?.appointment_id {
        appointments::visit_over(tx, appointment, outcome == Outcome::Done, stamp).await?;
    }
    entry(tx, id).await
}

/// Closes one entry and opens the next; returns `None` when none opens.
async fn apply(tx: &mut Tx, visit: Locked<VisitId>, transition: Transition, stamp: Stamp) -> Result<Option<QueueEntryId>> {
    let Transition { closes, because, opens } = transition;
    store::close(tx, visit, &closes, because, stamp).await?;
    match opens {
        Some(opens) => store::open(tx, visit, closes.clinic_id, &opens, stamp).await.map(Some),
        None => Ok(None),
    }
}

async fn apply_and_open(tx: &mut Tx, visit: Locked<VisitId>, transition: Transition, stamp: Stamp) -> Result<Entry> {
    apply(tx, visit, transition, stamp).await?;
    open_entry(tx, visit.id()).await
}
