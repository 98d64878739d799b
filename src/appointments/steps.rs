//! The steps of an appointment: the patient arrives, is seen, leaves or misses it, or it is cancelled. Steps of one
//! appointment run one after the other.

use super::{Act, Appointment, AppointmentState, missed::refuse_late_undo, store, waitlist};
use crate::{
    core::{AppointmentId, ClinicId, Error, PatientId, Result, Stamp},
    db::{Locked, Tx},
    tr,
};

/// Makes one step of the table, if the present state allows it.
pub(super) async fn step(tx: &mut Tx, id: Locked<AppointmentId>, act: Act, stamp: Stamp) -> Result<Appointment> {
    let done = store::step(tx, id, act, stamp).await?;
    let appointment = store::find(tx, id.id()).await?;
    if !done {
        appointment.state.after(act)?;
        // The state allows it now but did not a moment ago.
        return Err(Error::Busy);
    }
    Ok(appointment)
}

/// Checks the patient in.
///
/// # Errors
/// [`Error::Conflict`] unless the appointment is booked or marked as a no-show.
pub async fn check_in(tx: &mut Tx, id: AppointmentId, stamp: Stamp) -> Result<Appointment> {
    let id = tx.lock(id).await?;
    step(tx, id, Act::CheckIn, stamp).await
}

/// Undoes a check-in that was a mistake.
///
/// # Errors
/// [`Error::Conflict`] when the doctor has begun.
pub async fn undo_check_in(tx: &mut Tx, id: AppointmentId, stamp: Stamp) -> Result<Appointment> {
    let id = tx.lock(id).await?;
    step(tx, id, Act::UndoCheckIn, stamp).await
}

/// Records that the doctor has begun the consultation.
///
/// # Errors
/// [`Error::Conflict`] unless the patient is checked in.
pub async fn begin_consultation(tx: &mut Tx, id: AppointmentId, stamp: Stamp) -> Result<Appointment> {
    let id = tx.lock(id).await?;
    step(tx, id, Act::Begin, stamp).await
}

/// Undoes a call that was a mistake: the patient waits again.
///
/// # Errors
/// [`Error::Conflict`] unless the consultation has begun.
pub async fn undo_begin(tx: &mut Tx, id: AppointmentId, stamp: Stamp) -> Result<Appointment> {
    let id = tx.lock(id).await?;
    step(tx, id, Act::UndoBegin, stamp).await
}

/// Records that the consultation is over.
///
/// # Errors
/// [`Error::Conflict`] unless it had begun.
pub async fn fulfil(tx: &mut Tx, id: AppointmentId, stamp: Stamp) -> Result<Appointment> {
    let id = tx.lock(id).await?;
    step(tx, id, Act::Fulfil, stamp).await
}

/// Records that the appointment's visit is over. `seen` says whether a doctor saw the patient; a patient with whom a doctor
/// had begun counts as seen.
///
/// # Errors
/// When the database refuses.
pub async fn visit_over(tx: &mut Tx, id: AppointmentId, seen: bool, stamp: Stamp) -> Result<()> {
    use AppointmentState::{CheckedIn, InConsultation};
    let id = tx.lock(id).await?;
    match store::find(tx, id.id()).await?.state {
        CheckedIn if seen => {
            step(tx, id, Act::Begin, stamp).await?;
            step(tx, id, Act::Fulfil, stamp).await?;
        }
        CheckedIn => {
            store::cancel(tx, id, Act::Leave, tr!(appointments.left_unseen), stamp).await?;
        }
        InConsultation => {
            step(tx, id, Act::Fulfil, stamp).await?;
        }
        _ => {}
    }
    Ok(())
}

/// Undoes a visit's end that was a mistake: the patient who left is here again.
///
/// # Errors
/// [`Error::Conflict`] when another patient has the time by now.
pub async fn visit_goes_on(tx: &mut Tx, id: AppointmentId, stamp: Stamp) -> Result<()> {
    let id = tx.lock(id).await?;
    store::step(tx, id, Act::UndoLeave, stamp).await.map(|_| ())
}

/// Records that the patient did not come.
///
/// # Errors
/// [`Error::Conflict`] unless it is booked and its time has begun.
pub async fn mark_no_show(tx: &mut Tx, id: AppointmentId, stamp: Stamp) -> Result<Appointment> {
    let id = tx.lock(id).await?;
    if store::find(tx, id.id()).await?.starts_at > stamp.at {
        return Err(Error::conflict(tr!(appointments.not_begun)));
    }
    step(tx, id, Act::MarkNoShow, stamp).await
}

/// Cancels the appointment with a reason, so that its time becomes free.
///
/// # Errors
/// [`Error::Conflict`] once the patient has come.
pub async fn cancel(tx: &mut Tx, id: AppointmentId, reason: &str, stamp: Stamp) -> Result<Appointment> {
    let id = tx.lock(id).await?;
    let before = store::find(tx, id.id()).await?;
    refuse_late_undo(&before, stamp.at)?;
    let done = store::cancel(tx, id, Act::Cancel, reason, stamp).await?;
    let appointment = store::find(tx, id.id()).await?;
    if !done {
        appointment.state.after(Act::Cancel)?;
        return Err(Error::Busy);
    }
    if before.state.takes_slot() {
        waitlist::given_back(tx, &before, stamp).await?;
    }
    Ok(appointment)
}

/// Strikes out an appointment that was never meant, with a reason.
///
/// # Errors
/// [`Error::Conflict`] once the patient has come.
pub async fn mark_error(tx: &mut Tx, id: AppointmentId, reason: &str, stamp: Stamp) -> Result<Appointment> {
    let id = tx.lock(id).await?;
    let before = store::find(tx, id.id()).await?;
    step(tx, id, Act::MarkError, stamp).await?;
    store::say_why(tx, id, reason).await?;
    if before.state.takes_slot() {
        waitlist::given_back(tx, &before, stamp).await?;
    }
    store::find(tx, id.id()).await
}

/// Cancels all coming appointments of a patient at these clinics, with one reason.
///
/// # Errors
/// When the database refuses.
pub async fn cancel_coming(tx: &mut Tx, patient: PatientId, clinics: &[ClinicId], reason: &str, stamp: Stamp) -> Result<Vec<Appointment>> {
    // The patient first: nothing is booked meanwhile.
    tx.lock(patient).await?;
    let mut cancelled = Vec::new();
    for id in store::coming_ids(tx, patient, clinics, stamp.at).await? {
        cancelled.push(cancel(tx, id, reason, stamp).await?);
    }
    Ok(cancelled)
}
