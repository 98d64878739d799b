//! The undo of a move or of a cancellation, within 30 seconds by the server's clock, by the person who did it. It is an act of its own: the
//! audit log has it, the same guards as for a booking decide, and it is refused in words when something happened meanwhile.
//!
//! A check-in is undone where it was made, at the front desk.

mod store;

use chrono::Duration;

use super::{
    Act, Appointment, AppointmentState,
    hours::{self, Coming, Placed},
    steps, store as appointments, waitlist,
};
use crate::{
    core::{AppointmentId, Error, Result, Stamp, UserId, time::Instant},
    db::{Locked, Tx},
    organisation, patients, tr,
};

/// The time for an undo.
pub(super) const UNDO_FOR: Duration = Duration::seconds(30);

crate::text_enum! {
    /// An act that can be undone.
    pub enum Undoable("act") {
        /// The appointment was moved; the id is that of the one that took its place.
        Moved = "moved",
        Cancelled = "cancelled",
    }
}

/// An appointment that was moved or cancelled, and by whom.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub(super) struct EndedStep {
    pub id: AppointmentId,
    pub state: AppointmentState,
    pub state_before: Option<AppointmentState>,
    pub placed: Placed,
    #[sqlx(rename = "updated_at")]
    pub at: Instant,
    #[sqlx(rename = "updated_by")]
    pub by: UserId,
}

/// The appointments after an undo.
#[derive(Clone, Debug)]
pub struct Undone {
    pub restored: Appointment,
    /// The one that had taken its place.
    pub gone: Option<Appointment>,
}

/// Returns the step that led to this appointment's end, or to this appointment, when it is one that an undo knows.
async fn step_of(tx: &mut Tx, act: Undoable, id: AppointmentId) -> Result<Option<EndedStep>> {
    let step = match act {
        Undoable::Moved => store::replaced_by(tx, id).await?.filter(|step| step.state == AppointmentState::Rescheduled),
        Undoable::Cancelled => store::ended(tx, id).await?.filter(|step| step.state == AppointmentState::Cancelled),
    };
    Ok(step.filter(|step| back_to(step).is_some()))
}

/// The act that leads back.
const fn back_to(step: &EndedStep) -> Option<Act> {
    match step.state_before {
        Some(AppointmentState::Booked) => Some(Act::Restore),
        Some(AppointmentState::NoShow) => Some(Act::RestoreMissed),
        _ => None,
    }
}

/// Whether the person can undo it now: the page then offers it.
///
/// # Errors
/// When the database refuses.
pub(super) async fn may_undo(tx: &mut Tx, act: Undoable, id: AppointmentId, who: Stamp) -> Result<bool> {
    Ok(step_of(tx, act, id).await?.is_some_and(|step| step.by == who.by && who.at - step.at <= UNDO_FOR))
}

/// Undoes it: the appointment stands again as it was, and the one that had taken its place is struck out.
///
/// # Errors
/// [`Error::Conflict`] with a sentence: it is too late, another person did it, the new appointment changed, or the old time is taken or
/// not offered any more.
pub(super) async fn undo(tx: &mut Tx, act: Undoable, id: AppointmentId, stamp: Stamp) -> Result<Undone> {
    let over = || Error::conflict(tr!(appointments.undo_over));
    let shown = appointments::find(tx, id).await?;
    let step = step_of(tx, act, id).await?.ok_or_else(over)?;
    let old = appointments::find(tx, step.id).await?;
    // The order of locks is that of a booking.
    tx.lock(old.patient_id).await?;
    let doctors = tx.lock_all([old.doctor_id, shown.doctor_id]).await?;
    tx.lock_all([old.id, id]).await?;
    let (locked, new) = (tx.lock(old.id).await?, tx.lock(id).await?);
    let step = step_of(tx, act, id).await?.filter(|again| again.id == step.id).ok_or_else(over)?;
    let back = back_to(&step).filter(|_| stamp.at - step.at <= UNDO_FOR).ok_or_else(over)?;
    if step.by != stamp.by {
        return Err(Error::conflict(tr!(appointments.undo_by_another)));
    }
    let zone = organisation::clinic(tx, old.clinic_id).await?.zone;
    patients::refuse_the_dead(tx, old.patient_id, zone.day(old.starts_at)).await?;
    let gone = match act {
        Undoable::Moved => Some(strike_out(tx, new, stamp).await?),
        Undoable::Cancelled => None,
    };
    for doctor in doctors {
        waitlist::settle_stale(tx, doctor, stamp.at).await?;
    }
    let line = store::open_line_again(tx, (old.id, old.clinic_id), step.at).await?;
    if !line && back == Act::Restore && step.placed == Placed::InHours {
        still_in_hours(tx, &old).await?;
    }
    let changes = gone.as_ref().map_or(old.calendar_changes, Appointment::calendar_sequence);
    store::restore(tx, locked, (step.state, step.state.after(back)?), changes, stamp).await?;
    if let Some(gone) = &gone {
        waitlist::given_back(tx, gone, stamp).await?;
    }
    Ok(Undone { restored: appointments::find(tx, old.id).await?, gone })
}

/// Strikes out the appointment that a move made, unless something happened to it.
async fn strike_out(tx: &mut Tx, new: Locked<AppointmentId>, stamp: Stamp) -> Result<Appointment> {
    let made = appointments::find(tx, new.id()).await?;
    if made.state != AppointmentState::Booked || made.version != 1 {
        return Err(Error::conflict(tr!(appointments.undo_changed)));
    }
    steps::step(tx, new, Act::MarkError, stamp).await?;
    appointments::say_why(tx, new, tr!(appointments.move_undone)).await?;
    appointments::find(tx, new.id()).await
}

/// Refuses when the doctor's hours, or the doctor's presence in them, went meanwhile. Changes of them lock the doctor.
async fn still_in_hours(tx: &mut Tx, old: &Appointment) -> Result<()> {
    let before = old.starts_at - Duration::days(1);
    let there = hours::presence(tx, &[old.doctor_id], before.date_naive(), old.starts_at).await?;
    let coming = Coming {
        id: old.id,
        clinic_id: old.clinic_id,
        service_id: old.service_id,
        doctor_id: old.doctor_id,
        starts_at: old.starts_at,
        ends_at: old.ends_at,
        state: AppointmentState::Booked,
        placed: Placed::InHours,
    };
    if there.holds(&coming) { Ok(()) } else { Err(Error::conflict(tr!(appointments.undo_hours_gone))) }
}
