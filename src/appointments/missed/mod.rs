//! Missed appointments: how many a patient has, undoing one, and who missed one and has no other.

mod store;

use chrono::{Duration, NaiveDate};

use super::{Act, Appointment, AppointmentState, Arrival, steps::step, store as appointments};
use crate::{
    core::{
        AppointmentId, ClinicId, Error, PatientId, Result, Stamp,
        list::{self, Slice},
        time::{Instant, Zone},
    },
    db::Tx,
    organisation::{self, BookingRules},
    tr,
};
pub(super) use store::booked_before;

/// Missed appointments of so long ago still count.
const COUNTED_FOR: Duration = Duration::days(365);

/// A missed appointment can be undone for seven days after the day end that recorded it.
const UNDONE_WITHIN: Duration = Duration::days(8);

/// The list shows missed appointments of so long ago.
const LISTED_FOR: Duration = Duration::days(60);

/// How many appointments the patient missed within a year.
///
/// # Errors
/// When the database refuses.
pub async fn missed_count(tx: &mut Tx, patient: PatientId, now: Instant) -> Result<i64> {
    store::missed_count(tx, patient, now - COUNTED_FOR).await
}

/// "Did not come: 2 times within a year"; nothing for somebody who always came.
///
/// # Errors
/// When the database refuses.
pub async fn missed_words(tx: &mut Tx, patient: PatientId, now: Instant) -> Result<Option<String>> {
    let count = missed_count(tx, patient, now).await?;
    Ok((count > 0).then(|| tr!(appointments.missed_count, count = count)))
}

/// Whether the patient missed so many that the clinic's desk alone books.
///
/// # Errors
/// When the database refuses.
pub async fn only_desk_books(tx: &mut Tx, rules: &BookingRules, patient: PatientId, now: Instant) -> Result<bool> {
    Ok(match rules.no_show_limit {
        Some(limit) => missed_count(tx, patient, now).await? >= limit,
        None => false,
    })
}

impl Appointment {
    /// Whether that its patient did not come may still be undone.
    pub fn missed_may_be_undone(&self, now: Instant) -> bool {
        self.state == AppointmentState::NoShow && now < self.starts_at + UNDONE_WITHIN
    }

    /// Whether it may be booked again as it was: on its own day, when its patient can still come.
    pub fn missed_today(&self, zone: Zone, now: Instant) -> bool {
        self.state == AppointmentState::NoShow && zone.day(self.starts_at) == zone.day(now)
    }
}

/// Refuses to undo what was missed too long ago.
pub(super) fn refuse_late_undo(found: &Appointment, now: Instant) -> Result<()> {
    match found.state == AppointmentState::NoShow && !found.missed_may_be_undone(now) {
        true => Err(Error::conflict(tr!(appointments.undo_too_late))),
        false => Ok(()),
    }
}

/// Undoes on the day itself that the patient did not come: the appointment is booked again.
///
/// # Errors
/// [`Error::Conflict`] on a later day, or when the state does not allow it.
pub async fn undo_no_show(tx: &mut Tx, id: AppointmentId, stamp: Stamp) -> Result<Appointment> {
    let locked = tx.lock(id).await?;
    let found = appointments::find(tx, id).await?;
    let zone = organisation::clinic(tx, found.clinic_id).await?.zone;
    if found.state == AppointmentState::NoShow && !found.missed_today(zone, stamp.at) {
        return Err(Error::conflict(tr!(appointments.undo_same_day)));
    }
    step(tx, locked, Act::UndoNoShow, stamp).await
}

/// Records afterwards that the patient was seen, whom the day end took for missing.
///
/// # Errors
/// [`Error::Conflict`] after seven days, or when the state does not allow it.
pub async fn attended(tx: &mut Tx, id: AppointmentId, stamp: Stamp) -> Result<Appointment> {
    let locked = tx.lock(id).await?;
    let found = appointments::find(tx, id).await?;
    refuse_late_undo(&found, stamp.at)?;
    step(tx, locked, Act::Attend, stamp).await
}

/// A page of those who missed an appointment at the clinic and have no coming one there.
///
/// # Errors
/// When the database refuses.
pub async fn missed_not_rebooked(tx: &mut Tx, clinic: ClinicId, page: Option<i64>, now: Instant) -> Result<Slice<Arrival>> {
    let (page, offset) = list::offset(page);
    let rows = store::missed_not_rebooked(tx, clinic, now - LISTED_FOR, now, offset).await?;
    Ok(Slice::from_surplus(rows, page))
}

/// Bookings before this are of a day that is over: before midnight at the clinic, and longer ago than a night's visit takes.
pub(super) fn today_began(zone: Zone, now: Instant) -> Instant {
    let day: NaiveDate = zone.day(now);
    zone.day_bounds(day).0.min(now - Duration::hours(12))
}
