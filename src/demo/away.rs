//! Exceptions from the weekly hours: a doctor on leave, a blocked hour, an extra session in the evening, a doctor who leaves the hospital
//! soon. They lie after the days that are told, so that nobody who is booked loses a time.

use chrono::{Datelike, Duration, NaiveDate, NaiveTime};

use super::{
    hospital::{Clinic, SLOT_MINUTES},
    store::{self, Rows, Table},
};
use crate::{
    core::{
        AbsenceId, AvailabilityId, ScheduleId, UserId,
        time::{Instant, Zone},
    },
    db::{DbError, Tx},
    row,
};

/// The days from today on which each begins.
const LEAVE: (i64, i64) = (21, 25);
const EXTRA: i64 = 17;
const BLOCKED: i64 = 18;
const LAST_DAY: i64 = 45;

/// From 19:00 to 21:00, in minutes after midnight.
const EVENING: (i64, i64) = (1140, 1260);

/// Writes all of it.
pub async fn make(tx: &mut Tx, clinic: &Clinic, (day, zone): (NaiveDate, Zone), now: Instant) -> Result<(), DbError> {
    let of = |letter: &str| clinic.doctors.iter().find(|doctor| doctor.letter == letter);
    let mut rows = Rows::default();
    if let Some(doctor) = of("H") {
        let (first, last) = (day + Duration::days(LEAVE.0), day + Duration::days(LEAVE.1));
        let (from, to) = (zone.day_bounds(first).0, zone.day_bounds(last).1);
        rows.add(Table::Absences, row![AbsenceId::new(), "leave", doctor.id, clinic.id, from, to, true, "Congress", now, UserId::SYSTEM]);
    }
    if let Some(doctor) = of("C") {
        let (schedule, on) = (ScheduleId::new(), day + Duration::days(EXTRA));
        let weekday = i64::from(on.weekday().number_from_monday());
        let reason = "Long waiting time";
        rows.add(Table::ExtraSessions, row![schedule, doctor.id, doctor.service, on, on, "extra", reason, now, UserId::SYSTEM]);
        rows.add(Table::Availabilities, row![AvailabilityId::new(), schedule, weekday, EVENING.0, EVENING.1, SLOT_MINUTES, 1_i64]);
    }
    let noon = (day + Duration::days(BLOCKED)).and_time(NaiveTime::MIN) + Duration::hours(12);
    if let (Some(doctor), Some(from)) = (of("H"), zone.instant(noon)) {
        let to = from + Duration::hours(1);
        let reason = "Meeting of the department";
        rows.add(Table::Absences, row![AbsenceId::new(), "block", doctor.id, clinic.id, from, to, false, reason, now, UserId::SYSTEM]);
    }
    rows.write(tx).await?;
    if let Some(doctor) = of("G") {
        store::last_day(tx, doctor.id, day + Duration::days(LAST_DAY)).await?;
    }
    Ok(())
}
