//! The hours in which a person gets no message, on the clock of the clinic.

use chrono::{Days, Duration, NaiveTime, Timelike as _};

use crate::core::time::{Instant, Zone};

/// Minutes after midnight; `until` may be on the next day. Both the same: there are no quiet hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuietHours {
    pub from: i64,
    pub until: i64,
}

/// Quiet hours keep a change of an appointment no longer than until so long before the first time for which the person may come.
const NOTICE: Duration = Duration::hours(4);

impl QuietHours {
    /// From nine in the evening to eight in the morning.
    pub const USUAL: Self = Self { from: 21 * 60, until: 8 * 60 };

    fn holds(self, minute: i64) -> bool {
        if self.from <= self.until { (self.from..self.until).contains(&minute) } else { minute >= self.from || minute < self.until }
    }

    /// Returns the first time, from `at` on, that is not in the quiet hours of the clinic.
    pub fn next_allowed(self, at: Instant, zone: Zone) -> Instant {
        let local = zone.local(at);
        let minute = i64::from(local.hour() * 60 + local.minute());
        if !self.holds(minute) {
            return at;
        }
        let day = if minute >= self.until { local.date() + Days::new(1) } else { local.date() };
        let end = day.and_time(NaiveTime::MIN) + Duration::minutes(self.until);
        // A clock change may skip that minute: the next one that exists counts.
        (0..=180).find_map(|more| zone.instant(end + Duration::minutes(more))).map_or(at, |end| end.max(at))
    }

    /// Returns the time at which a message leaves: the first one that is not in the quiet hours or, when that is later than four hours
    /// before the time by which the person must know, `at` itself.
    pub fn leaves(self, at: Instant, zone: Zone, needed_by: Option<Instant>) -> Instant {
        let allowed = self.next_allowed(at, zone);
        if needed_by.is_some_and(|by| allowed + NOTICE > by) { at } else { allowed }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(quiet: QuietHours, zone: &str, at: &str) -> String {
        let at: Instant = at.parse().expect("an instant");
        Zone::named(zone).local(quiet.next_allowed(at, Zone::named(zone))).format("%d %H:%M").to_string()
    }

    #[test]
    fn a_message_of_the_night_waits_for_the_morning_of_the_clinic() {
        let night = QuietHours::USUAL;
        // 10:30 in New York.
        assert_eq!(next(night, "America/New_York", "2026-11-21T15:30:00Z"), "21 10:30");
        // 21:00 and 02:00 in New York.
        assert_eq!(next(night, "America/New_York", "2026-11-22T02:00:00Z"), "22 08:00");
        assert_eq!(next(night, "America/New_York", "2026-11-22T07:00:00Z"), "22 08:00");
        assert_eq!(next(night, "America/New_York", "2026-11-22T13:00:00Z"), "22 08:00");
        // The same instant is day in Madrid.
        assert_eq!(next(night, "Europe/Madrid", "2026-11-22T07:30:00Z"), "22 08:30");
        let noon = QuietHours { from: 13 * 60, until: 15 * 60 };
        assert_eq!(next(noon, "Europe/Madrid", "2026-11-22T12:10:00Z"), "22 15:00");
        assert_eq!(next(QuietHours { from: 0, until: 0 }, "Europe/Madrid", "2026-11-22T02:10:00Z"), "22 03:10");
    }

    #[test]
    fn quiet_hours_do_not_keep_a_change_past_four_hours_before() {
        let leaves = |at: &str, by: Option<&str>| {
            let zone = Zone::named("America/New_York");
            let instant = |text: &str| text.parse::<Instant>().expect("an instant");
            zone.local(QuietHours::USUAL.leaves(instant(at), zone, by.map(instant))).format("%d %H:%M").to_string()
        };
        // At 21:30 in New York: an appointment of 08:00, of 11:59 and of 12:00 the next day.
        assert_eq!(leaves("2026-11-22T02:30:00Z", Some("2026-11-22T13:00:00Z")), "21 21:30");
        assert_eq!(leaves("2026-11-22T02:30:00Z", Some("2026-11-22T16:59:00Z")), "21 21:30");
        assert_eq!(leaves("2026-11-22T02:30:00Z", Some("2026-11-22T17:00:00Z")), "22 08:00");
        // At 07:40, and by day.
        assert_eq!(leaves("2026-11-22T12:40:00Z", Some("2026-11-22T13:00:00Z")), "22 07:40");
        assert_eq!(leaves("2026-11-22T15:00:00Z", Some("2026-11-22T15:20:00Z")), "22 10:00");
        assert_eq!(leaves("2026-11-22T02:30:00Z", None), "22 08:00");
    }

    #[test]
    fn an_end_that_the_clock_skips_is_the_next_minute_that_exists() {
        let quiet = QuietHours { from: 60, until: 150 };
        // On 8 March 2026 New York goes from 02:00 to 03:00.
        assert_eq!(next(quiet, "America/New_York", "2026-03-08T06:30:00Z"), "08 03:00");
    }
}
