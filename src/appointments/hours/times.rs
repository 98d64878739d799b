//! Weekly hours as instants, so that hours at clinics in two time zones can be compared.

use chrono::{Datelike, Duration, NaiveDate, NaiveTime};

use crate::{
    appointments::slots::Hours,
    core::time::{Instant, Zone},
};

/// Minutes of a week.
const WEEK: i64 = 7 * 24 * 60;

/// Hours in consecutive weeks, counted from 1970 in UTC, at the same minutes of each week.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    pub first_week: i64,
    pub last_week: i64,
    pub start_minute: i64,
    pub end_minute: i64,
}

impl Run {
    /// Whether both lie on one instant.
    pub const fn meets(&self, other: &Self) -> bool {
        self.first_week <= other.last_week
            && other.first_week <= self.last_week
            && self.start_minute < other.end_minute
            && other.start_minute < self.end_minute
    }
}

/// Whether two lists of runs lie on one instant.
pub fn meet(one: &[Run], other: &[Run]) -> bool {
    one.iter().any(|run| other.iter().any(|others| run.meets(others)))
}

/// The stretch's times on the days from `first` to `last`, both included.
pub fn runs(zone: Zone, hours: &Hours, first: NaiveDate, last: NaiveDate) -> Vec<Run> {
    let first = first.max(hours.valid_from);
    let last = hours.valid_to.map_or(last, |end| end.min(last));
    let weekday = i64::from(first.weekday().number_from_monday());
    let mut day = first + Duration::days((hours.weekday - weekday).rem_euclid(7));
    let mut runs: Vec<Run> = Vec::new();
    while day <= last {
        let (start, end) = (instant(zone, day, hours.start_minute), instant(zone, day, hours.end_minute));
        add(&mut runs, start.timestamp().div_euclid(60), end.timestamp().div_euclid(60));
        day += Duration::days(7);
    }
    runs
}

/// The instant at which the clinic's wall shows so many minutes after midnight; a time that a clock change skips is the first one after it.
fn instant(zone: Zone, day: NaiveDate, minute: i64) -> Instant {
    let local = day.and_time(NaiveTime::MIN) + Duration::minutes(minute);
    (0..=180).find_map(|later| zone.instant(local + Duration::minutes(later))).unwrap_or_else(|| local.and_utc())
}

/// Adds a time in minutes since 1970; one that goes on after the end of a week becomes two.
fn add(runs: &mut Vec<Run>, start: i64, end: i64) {
    let mut from = start;
    while from < end {
        let week = from.div_euclid(WEEK);
        let to = end.min((week + 1) * WEEK);
        let (start_minute, end_minute) = (from - week * WEEK, to - week * WEEK);
        let before = runs
            .iter_mut()
            .rev()
            .take(3)
            .find(|run| run.last_week == week - 1 && run.start_minute == start_minute && run.end_minute == end_minute);
        match before {
            Some(run) => run.last_week = week,
            None => runs.push(Run { first_week: week, last_week: week, start_minute, end_minute }),
        }
        from = to;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::core::{ScheduleId, ServiceId, StaffId};

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a day")
    }

    fn stretch(weekday: i64, start_minute: i64, end_minute: i64) -> Hours {
        Hours {
            schedule_id: ScheduleId(Uuid::from_u128(1)),
            doctor_id: StaffId(Uuid::from_u128(2)),
            service_id: ServiceId(Uuid::from_u128(3)),
            valid_from: day("2026-01-01"),
            valid_to: None,
            weekday,
            start_minute,
            end_minute,
            slot_minutes: 20,
            gap_minutes: 0,
            capacity: 1,
            walk_in_seats: 0,
        }
    }

    fn year(zone: &str, hours: &Hours) -> Vec<Run> {
        runs(Zone::named(zone), hours, day("2026-01-01"), day("2026-12-31"))
    }

    #[test]
    fn a_year_is_one_run_for_each_offset_of_the_clock() {
        assert_eq!(year("UTC", &stretch(1, 540, 720)).len(), 1);
        assert_eq!(year("America/New_York", &stretch(1, 540, 720)).len(), 3);
        let sunday = year("Asia/Tokyo", &stretch(1, 480, 600));
        assert!(sunday.iter().all(|run| run.end_minute - run.start_minute == 120), "{sunday:?}");
    }

    #[test]
    fn hours_in_two_zones_meet_as_instants_and_not_as_times_on_the_wall() {
        let new_york = year("America/New_York", &stretch(1, 540, 720));
        // 09:00 to 12:00 in New York is 15:00 to 18:00 in Madrid, and 14:00 to 17:00 in the weeks when only one of them has changed its clock.
        assert!(!meet(&new_york, &year("Europe/Madrid", &stretch(1, 540, 720))));
        assert!(meet(&new_york, &year("Europe/Madrid", &stretch(1, 15 * 60, 18 * 60))));
        assert!(!meet(&new_york, &year("Europe/Madrid", &stretch(1, 18 * 60, 20 * 60))));
        assert!(meet(&new_york, &year("Europe/Madrid", &stretch(1, 13 * 60 + 30, 14 * 60 + 30))), "two weeks in March");
        assert!(!meet(&new_york, &year("Europe/Madrid", &stretch(2, 15 * 60, 18 * 60))), "another weekday");
    }

    proptest! {
        #[test]
        fn runs_meet_exactly_when_two_occurrences_do(
            zones in prop::sample::subsequence(vec!["America/New_York", "Australia/Lord_Howe", "Africa/Cairo", "Europe/Madrid", "UTC"], 2),
            one in (1_i64..8, 0_i64..1400, 5_i64..600),
            other in (1_i64..8, 0_i64..1400, 5_i64..600),
            begins in 0_i64..400,
            lasts in 0_i64..60,
        ) {
            let (first, last) = (day("2026-01-01"), day("2027-06-30"));
            let a = stretch(one.0, one.1, (one.1 + one.2).min(1440));
            let mut b = stretch(other.0, other.1, (other.1 + other.2).min(1440));
            b.valid_from = first + Duration::days(begins);
            b.valid_to = Some(b.valid_from + Duration::days(lasts));
            let (here, there) = (Zone::named(zones[0]), Zone::named(zones[1]));
            let occurrences = |zone: Zone, hours: &Hours| -> Vec<(Instant, Instant)> {
                first.iter_days().take_while(|day| *day <= last).filter(|day| hours.hold_on(*day))
                    .map(|day| (instant(zone, day, hours.start_minute), instant(zone, day, hours.end_minute))).filter(|(from, to)| from < to).collect()
            };
            let (of_a, of_b) = (occurrences(here, &a), occurrences(there, &b));
            let truth = of_b.iter().any(|(from, to)| of_a.iter().any(|(begin, end)| begin < to && from < end));
            prop_assert_eq!(meet(&runs(here, &a, first, last), &runs(there, &b, first, last)), truth);
        }
    }
}
