//! Shifts and the day of the fluid balance, in the clinic's time. A ward's day shift lasts from 08:00 to 20:00, its night shift until 08:00
//! (our own default); the fluid day begins with the day shift.

use chrono::{Duration, NaiveDate, NaiveDateTime, NaiveTime, Timelike as _};

use super::vocabulary::WardShift;
use crate::core::time::{Instant, Zone};

/// The hours at which the day shift and the night shift begin.
const DAY_HOUR: u32 = 8;
const NIGHT_HOUR: u32 = 20;

/// Returns the instant of a local time; of a time that a clock change skips, the first minute after it.
pub fn instant_or_next(zone: Zone, local: NaiveDateTime) -> Instant {
    (0..=180).find_map(|minutes| zone.instant(local + Duration::minutes(minutes))).unwrap_or_else(|| zone.day_bounds(local.date()).1)
}

/// Returns the shift of a moment with the day on which it begins.
pub fn shift_at(zone: Zone, at: Instant) -> (NaiveDate, WardShift) {
    let local = zone.local(at);
    let day = local.date();
    match local.hour() {
        ..DAY_HOUR => (day.pred_opt().unwrap_or(day), WardShift::Night),
        DAY_HOUR..NIGHT_HOUR => (day, WardShift::Day),
        _ => (day, WardShift::Night),
    }
}

/// Returns the shift before another one.
pub fn shift_before((day, shift): (NaiveDate, WardShift)) -> (NaiveDate, WardShift) {
    match shift {
        WardShift::Day => (day.pred_opt().unwrap_or(day), WardShift::Night),
        WardShift::Night => (day, WardShift::Day),
    }
}

/// Returns when a shift begins and ends.
pub fn shift_bounds(zone: Zone, (day, shift): (NaiveDate, WardShift)) -> (Instant, Instant) {
    let next = day.succ_opt().unwrap_or(day);
    match shift {
        WardShift::Day => (at_hour(zone, day, DAY_HOUR), at_hour(zone, day, NIGHT_HOUR)),
        WardShift::Night => (at_hour(zone, day, NIGHT_HOUR), at_hour(zone, next, DAY_HOUR)),
    }
}

/// Returns the fluid day of a moment: before 08:00 it is the day before.
pub fn fluid_day(zone: Zone, at: Instant) -> NaiveDate {
    shift_at(zone, at).0
}

/// Returns when a fluid day begins and ends: 23 or 25 hours long where the clock changes.
pub fn fluid_day_bounds(zone: Zone, day: NaiveDate) -> (Instant, Instant) {
    (at_hour(zone, day, DAY_HOUR), at_hour(zone, day.succ_opt().unwrap_or(day), DAY_HOUR))
}

fn at_hour(zone: Zone, day: NaiveDate, hour: u32) -> Instant {
    instant_or_next(zone, day.and_time(NaiveTime::from_hms_opt(hour, 0, 0).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Instant {
        text.parse().expect("an instant")
    }

    #[test]
    fn a_night_belongs_to_the_day_on_which_it_begins() {
        let madrid = Zone::named("Europe/Madrid");
        let day = |text: &str| text.parse::<NaiveDate>().expect("a day");
        for (moment, begins, shift) in [
            ("2026-11-22T06:59:59Z", "2026-11-21", WardShift::Night),
            ("2026-11-22T07:00:00Z", "2026-11-22", WardShift::Day),
            ("2026-11-22T18:59:59Z", "2026-11-22", WardShift::Day),
            ("2026-11-22T19:00:00Z", "2026-11-22", WardShift::Night),
        ] {
            assert_eq!(shift_at(madrid, at(moment)), (day(begins), shift), "{moment}");
            assert_eq!(fluid_day(madrid, at(moment)), day(begins), "{moment}");
        }
        assert_eq!(shift_before((day("2026-11-22"), WardShift::Day)), (day("2026-11-21"), WardShift::Night));
        assert_eq!(shift_before((day("2026-11-22"), WardShift::Night)), (day("2026-11-22"), WardShift::Day));
    }

    #[test]
    fn a_night_with_a_clock_change_has_eleven_or_thirteen_hours() {
        let hours = |zone: &str, day: &str| {
            let (from, to) = shift_bounds(Zone::named(zone), (day.parse().expect("a day"), WardShift::Night));
            (to - from).num_minutes()
        };
        assert_eq!(hours("Europe/Madrid", "2026-03-28"), 11 * 60);
        assert_eq!(hours("Europe/Madrid", "2026-10-24"), 13 * 60);
        assert_eq!(hours("Australia/Lord_Howe", "2026-04-04"), 12 * 60 + 30);
        assert_eq!(hours("Asia/Kolkata", "2026-03-28"), 12 * 60);
        let (from, to) = fluid_day_bounds(Zone::named("America/New_York"), "2026-03-07".parse().expect("a day"));
        assert_eq!((to - from).num_hours(), 23);
    }

    #[test]
    fn a_skipped_time_is_the_first_minute_after_it() {
        let skipped = "2026-03-29T02:00:00".parse().expect("a time");
        assert_eq!(instant_or_next(Zone::named("Europe/Madrid"), skipped), at("2026-03-29T01:00:00Z"));
        let doubled = "2026-10-25T02:00:00".parse().expect("a time");
        assert_eq!(instant_or_next(Zone::named("Europe/Madrid"), doubled), at("2026-10-25T00:00:00Z"));
    }
}
