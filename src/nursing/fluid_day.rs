//! The day of the fluid balance, in the clinic's time: it begins at 08:00, whatever the shifts of a ward are.

use chrono::{NaiveDate, NaiveTime, Timelike as _};

use crate::core::time::{Instant, Zone};

/// The hour at which a fluid day begins.
const BEGINS: u32 = 8;

/// Returns the fluid day of a moment: before 08:00 it is the day before.
pub fn fluid_day(zone: Zone, at: Instant) -> NaiveDate {
    let local = zone.local(at);
    let day = local.date();
    if local.hour() < BEGINS { day.pred_opt().unwrap_or(day) } else { day }
}

/// Returns when a fluid day begins and ends: 23 or 25 hours long where the clock changes.
pub fn fluid_day_bounds(zone: Zone, day: NaiveDate) -> (Instant, Instant) {
    let begins = |day: NaiveDate| zone.instant_or_next(day.and_time(NaiveTime::from_hms_opt(BEGINS, 0, 0).unwrap_or_default()));
    (begins(day), begins(day.succ_opt().unwrap_or(day)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Instant {
        text.parse().expect("an instant")
    }

    #[test]
    fn a_fluid_day_begins_at_eight_and_may_have_23_hours() {
        let madrid = Zone::named("Europe/Madrid");
        let day = |text: &str| text.parse::<NaiveDate>().expect("a day");
        for (moment, begins) in
            [("2026-11-22T06:59:59Z", "2026-11-21"), ("2026-11-22T07:00:00Z", "2026-11-22"), ("2026-11-22T19:00:00Z", "2026-11-22")]
        {
            assert_eq!(fluid_day(madrid, at(moment)), day(begins), "{moment}");
        }
        let (from, to) = fluid_day_bounds(Zone::named("America/New_York"), day("2026-03-07"));
        assert_eq!((to - from).num_hours(), 23);
    }

    #[test]
    fn a_skipped_time_is_the_first_minute_after_it() {
        let madrid = Zone::named("Europe/Madrid");
        let skipped = "2026-03-29T02:00:00".parse().expect("a time");
        assert_eq!(madrid.instant_or_next(skipped), at("2026-03-29T01:00:00Z"));
        let doubled = "2026-10-25T02:00:00".parse().expect("a time");
        assert_eq!(madrid.instant_or_next(doubled), at("2026-10-25T00:00:00Z"));
    }
}
