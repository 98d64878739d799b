//! "To settle": coming appointments that lost their hours by leave, a closed clinic, changed hours or a doctor who leaves. Each stands on
//! the list until staff keeps it, moves it or cancels it; the schema closes the line when the appointment is moved, cancelled or seen by any
//! other way.

mod calls;
mod moves;
mod store;

use super::{
    Act, Appointment, AppointmentState,
    hours::{self, Coming, Effect, Placed},
};
use crate::{
    core::{AppointmentId, ClinicId, Error, Permission, Result, SettlementId, StaffId, time::Instant},
    db::{Sql, Tx},
    server::{Ctx, Principal},
    tr,
};

pub(super) use calls::{Call, calls};
pub(super) use moves::{Proposal, move_to, proposals};
pub(super) use store::{Line, lines};

crate::text_enum! {
    /// The reason for which an appointment lost its hours.
    pub enum Because("because") {
        Absence = "absence",
        Closure = "closure",
        Hours = "hours",
        Leaving = "leaving",
    }
}

crate::text_enum! {
    /// How an appointment was settled.
    pub enum Settled("outcome") {
        Kept = "kept",
        Moved = "moved",
        Cancelled = "cancelled",
        /// The hours came back.
        Restored = "restored",
        Seen = "seen",
        Missed = "missed",
    }
}

impl Because {
    /// The reason in words.
    pub fn word(self) -> &'static str {
        match self {
            Self::Absence => tr!(hours.because_absence),
            Self::Closure => tr!(hours.because_closure),
            Self::Hours => tr!(hours.because_hours),
            Self::Leaving => tr!(hours.because_leaving),
        }
    }
}

impl Settled {
    /// The outcome in words.
    pub fn word(self) -> &'static str {
        match self {
            Self::Kept => tr!(hours.settled_kept),
            Self::Moved => tr!(hours.settled_moved),
            Self::Cancelled => tr!(hours.settled_cancelled),
            Self::Restored => tr!(hours.settled_restored),
            Self::Seen => tr!(hours.settled_seen),
            Self::Missed => tr!(hours.settled_missed),
        }
    }
}

/// Puts the appointments that a change takes the hours from on the list, and takes those off it whose hours came back. The doctors are
/// locked by whoever changes, so that nobody is booked meanwhile.
pub(super) async fn follow(ctx: &mut Ctx, effect: &Effect, because: Because) -> Result<()> {
    let stamp = ctx.stamp();
    store::open(&mut ctx.tx, &effect.lost, because, stamp).await?;
    let back: Vec<AppointmentId> = effect.coming.iter().filter(|one| effect.after.holds(one)).map(|one| one.id).collect();
    store::close(&mut ctx.tx, &back, Settled::Restored, stamp).await
}

/// How many appointments of the clinic wait to be settled: the number in the rail.
pub(super) fn waiting(who: &Principal, clinic: ClinicId) -> Sql {
    store::waiting(clinic, own_only(who, clinic))
}

/// The doctor whose lines alone the reader sees: doctors see their own, desk and administrators those of all.
pub(super) fn own_only(who: &Principal, clinic: ClinicId) -> Option<StaffId> {
    let all = who.may_at(Permission::ManageSchedules, clinic) || who.may_at(Permission::CheckIn, clinic);
    // A user without a row of staff sees no list.
    if all { None } else { Some(who.staff.unwrap_or(StaffId(uuid::Uuid::nil()))) }
}

/// Keeps an appointment where it is: it is marked, and leaves the list.
///
/// # Errors
/// [`Error::Conflict`] when it was settled meanwhile.
pub(super) async fn keep(ctx: &mut Ctx, id: SettlementId) -> Result<Appointment> {
    let stamp = ctx.stamp();
    let line = store::line(&mut ctx.tx, id).await?.ok_or_else(|| Error::conflict(tr!(hours.settled_meanwhile)))?;
    let locked = ctx.tx.lock(line.appointment_id).await?;
    let found = super::store::find(&mut ctx.tx, line.appointment_id).await?;
    if found.state != AppointmentState::Booked {
        found.state.after(Act::Reschedule)?;
    }
    store::mark(&mut ctx.tx, locked, Placed::Kept, stamp).await?;
    store::close(&mut ctx.tx, &[line.appointment_id], Settled::Kept, stamp).await?;
    Ok(found)
}

/// The open line of this id, for its appointment and clinic.
pub(super) async fn line(tx: &mut Tx, id: SettlementId) -> Result<Line> {
    store::line(tx, id).await?.ok_or_else(|| Error::conflict(tr!(hours.settled_meanwhile)))
}

/// The coming appointments that are said to stand in hours and do not, or that staff kept before leave or a closed time was entered that
/// touches them, and that are not on the list either: `infirmary check`.
pub(super) async fn forgotten(tx: &mut Tx, now: Instant) -> Result<Vec<AppointmentId>> {
    let day = now.date_naive() - chrono::Duration::days(1);
    let doctors = hours::all_doctors(tx, day, now).await?;
    let (listed, kept_at) = (store::open_appointments(tx).await?, store::kept_at(tx, now).await?);
    let mut forgotten = Vec::new();
    for part in doctors.chunks(200) {
        let there = hours::presence(tx, part, day, now).await?;
        let coming: Vec<Coming> = hours::coming(tx, part, now).await?;
        let is_lost = |one: &Coming| match one.placed {
            Placed::InHours => !there.holds(one),
            Placed::Kept => kept_at.get(&one.id).is_some_and(|kept| there.off.iter().any(|off| off.entered_at > *kept && off.touches(one))),
            Placed::Unchecked | Placed::OutsideHours | Placed::Overbooked => false,
        };
        forgotten.extend(coming.iter().filter(|one| is_lost(one) && !listed.contains(&one.id)).map(|one| one.id));
    }
    Ok(forgotten)
}
