//! Instants, days and local times. Instants are UTC with microseconds; each clinic has a time zone; only the server
//! converts between them. This module also formats dates and times for display.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, Timelike, Utc};

use crate::core::{
    Error, Result,
    locale::{Locale, current},
};

/// A point in time, UTC, to the microsecond (the precision of both databases).
pub type Instant = DateTime<Utc>;

/// Parses `2026-11-24`, the format of date fields. The day must exist.
pub fn parse_date(field: &str, text: &str) -> Result<NaiveDate> {
    let text = text.trim();
    let exact = text.len() == 10 && text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    NaiveDate::parse_from_str(text, "%Y-%m-%d")
        .ok()
        .filter(|date| exact && (1850..=2200).contains(&date.year()))
        .ok_or_else(|| Error::invalid(field, crate::tr!(errors.not_a_date)))
}

/// Parses `09:20`.
pub fn parse_time(field: &str, text: &str) -> Result<NaiveTime> {
    NaiveTime::parse_from_str(text.trim(), "%H:%M").map_err(|_| Error::invalid(field, crate::tr!(errors.not_a_time)))
}

/// Formats a time as `09:20`.
pub fn show_time(at: NaiveTime) -> String {
    format!("{:02}:{:02}", at.hour(), at.minute())
}

/// Formats a day as `Tue 24 Nov`, `mar 24 nov`; with the year when it is not the year of `today`.
pub fn show_day(day: NaiveDate, today: NaiveDate) -> String {
    let base = format!("{} {} {}", short_weekday(day), day.day(), short_month(day.month()));
    if day.year() == today.year() { base } else { format!("{base} {}", day.year()) }
}

/// Formats a date in a record as `24 Nov 2026`, `24 nov 2026`.
pub fn show_date(day: NaiveDate) -> String {
    format!("{} {} {}", day.day(), short_month(day.month()), day.year())
}

/// Formats a date and time as `24 Nov 2026, 09:20`.
pub fn show_date_time(at: NaiveDateTime) -> String {
    format!("{}, {}", show_date(at.date()), show_time(at.time()))
}

/// Formats a time as `09:20` on `today`, as `24 Nov 2026, 09:20` on another day.
pub fn show_moment(at: NaiveDateTime, today: NaiveDate) -> String {
    if at.date() == today { show_time(at.time()) } else { show_date_time(at) }
}

/// Formats a date as `Tuesday 24 November 2026`, `martes, 24 de noviembre de 2026`.
pub fn show_long_date(day: NaiveDate) -> String {
    match current() {
        Locale::en => format!("{} {} {} {}", long_weekday(day), day.day(), long_month(day.month()), day.year()),
        Locale::es => format!("{}, {} de {} de {}", long_weekday(day), day.day(), long_month(day.month()), day.year()),
    }
}

/// Formats a date and time as `Tuesday 24 November 2026, 09:20`.
pub fn show_long_date_time(at: NaiveDateTime) -> String {
    format!("{}, {}", show_long_date(at.date()), show_time(at.time()))
}

/// `Mon`.
pub fn short_weekday(day: NaiveDate) -> &'static str {
    let index = day.weekday().num_days_from_monday() as usize;
    match current() {
        Locale::en => ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"][index],
        Locale::es => ["lun", "mar", "mié", "jue", "vie", "sáb", "dom"][index],
    }
}

/// Returns the name of the weekday: `Tuesday`, `martes`.
pub fn long_weekday(day: NaiveDate) -> &'static str {
    let index = day.weekday().num_days_from_monday() as usize;
    match current() {
        Locale::en => ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"][index],
        Locale::es => ["lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"][index],
    }
}

fn short_month(month: u32) -> &'static str {
    let index = (month.clamp(1, 12) - 1) as usize;
    match current() {
        Locale::en => ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"][index],
        Locale::es => ["ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic"][index],
    }
}

/// Returns the name of the month: `November`, `noviembre`.
pub fn long_month(month: u32) -> &'static str {
    let index = (month.clamp(1, 12) - 1) as usize;
    match current() {
        Locale::en => {
            ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"]
                [index]
        }
        Locale::es => {
            ["enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"]
                [index]
        }
    }
}

/// Returns the month with this name, complete or shortened to at least three letters, in English or Spanish.
pub fn named_month(name: &str) -> Option<u32> {
    const MONTHS: [(&str, u32); 26] = [
        ("january", 1),
        ("february", 2),
        ("march", 3),
        ("april", 4),
        ("may", 5),
        ("june", 6),
        ("july", 7),
        ("august", 8),
        ("september", 9),
        ("october", 10),
        ("november", 11),
        ("december", 12),
        ("enero", 1),
        ("febrero", 2),
        ("marzo", 3),
        ("abril", 4),
        ("mayo", 5),
        ("junio", 6),
        ("julio", 7),
        ("agosto", 8),
        ("septiembre", 9),
        ("setiembre", 9),
        // The short form in which dates are shown.
        ("sept", 9),
        ("octubre", 10),
        ("noviembre", 11),
        ("diciembre", 12),
    ];
    let name = name.to_lowercase();
    MONTHS.iter().find(|(whole, _)| name.chars().count() >= 3 && whole.starts_with(&name)).map(|(_, month)| *month)
}

/// Returns the whole years from a birth date to a day.
pub fn years_between(birth: NaiveDate, day: NaiveDate) -> i64 {
    let years = i64::from(day.year()) - i64::from(birth.year());
    if (day.month(), day.day()) < (birth.month(), birth.day()) { years - 1 } else { years }
}

/// Returns the whole months from a birth date to a day; 0 when the day is before it.
pub fn months_between(birth: NaiveDate, day: NaiveDate) -> i64 {
    let months = (i64::from(day.year()) - i64::from(birth.year())) * 12 + i64::from(day.month()) - i64::from(birth.month());
    (months - i64::from(day.day() < birth.day())).max(0)
}

/// Formats a duration: "12 min", "2 h 5 min".
pub fn show_minutes(minutes: i64) -> String {
    match minutes.max(0) {
        minutes @ 0..60 => crate::tr!(time.minutes, count = minutes),
        minutes => crate::tr!(time.hours, hours = minutes / 60, minutes = minutes % 60),
    }
}

/// Formats an age as wards do: days under four weeks, weeks under three months, months under two years, then years.
pub fn show_age(birth: NaiveDate, day: NaiveDate) -> String {
    let days = (day - birth).num_days().max(0);
    let months = months_between(birth, day);
    match (days, months) {
        (0..=27, _) => crate::tr!(time.age_days, count = days),
        (_, ..=2) => crate::tr!(time.age_weeks, count = days / 7),
        (_, ..=23) => crate::tr!(time.age_months, count = months),
        _ => crate::tr!(time.age_years, count = years_between(birth, day)),
    }
}

#[cfg(feature = "ssr")]
mod server {
    use std::sync::{Arc, Mutex};

    use chrono::{DateTime, Duration, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, SubsecRound, TimeZone, Utc};
    use chrono_tz::Tz;

    use super::Instant;

    /// The source of the present time: the system's clock or, in tests, a shared clock that is set by hand.
    #[derive(Clone, Debug, Default)]
    pub struct Clock(Option<Arc<Mutex<Instant>>>);

    impl Clock {
        /// Creates a clock that stands still until it is set.
        pub fn standing_at(instant: Instant) -> Self {
            Self(Some(Arc::new(Mutex::new(instant))))
        }

        /// Returns the present, to the microsecond.
        #[expect(clippy::disallowed_methods, reason = "the one place that reads the system's clock")]
        pub fn now(&self) -> Instant {
            match &self.0 {
                None => Utc::now().trunc_subsecs(6),
                Some(hand) => *hand.lock().unwrap_or_else(std::sync::PoisonError::into_inner),
            }
        }

        /// Advances a clock that stands still; it has no effect on the system's clock.
        pub fn advance(&self, by: Duration) {
            if let Some(hand) = &self.0 {
                *hand.lock().unwrap_or_else(std::sync::PoisonError::into_inner) += by;
            }
        }
    }

    /// A clinic's time zone.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Zone(pub Tz);

    impl Zone {
        /// Returns the zone with an IANA name; UTC for an unknown name (the organisation's pages refuse unknown names).
        pub fn named(name: &str) -> Self {
            Self(name.parse().unwrap_or(Tz::UTC))
        }

        /// Returns the clinic's local time.
        pub fn local(self, at: Instant) -> NaiveDateTime {
            at.with_timezone(&self.0).naive_local()
        }

        /// Returns the difference of the clinic's local time from UTC.
        pub fn offset(self, at: Instant) -> Duration {
            self.local(at) - at.naive_utc()
        }

        /// Returns the clock changes between two instants: the time of each, and the offsets from UTC before and after.
        pub fn clock_changes(self, from: Instant, to: Instant) -> Vec<(Instant, Duration, Duration)> {
            let mut changes = Vec::new();
            let mut at = from;
            while at < to {
                let next = (at + Duration::days(1)).min(to);
                if self.offset(at) != self.offset(next) {
                    let (mut early, mut late) = (at, next);
                    while late - early > Duration::seconds(1) {
                        let middle = early + (late - early) / 2;
                        if self.offset(middle) == self.offset(at) { early = middle } else { late = middle }
                    }
                    let late = late.trunc_subsecs(0);
                    changes.push((late, self.offset(at), self.offset(late)));
                }
                at = next;
            }
            changes
        }

        /// Returns the clinic's day.
        pub fn day(self, at: Instant) -> NaiveDate {
            self.local(at).date()
        }

        /// Returns the instant of a local time; `None` for a time that a clock change skips. A time that occurs twice
        /// means the first, so that no slot is lost or doubled.
        pub fn instant(self, local: NaiveDateTime) -> Option<Instant> {
            match self.0.from_local_datetime(&local) {
                LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => Some(at.with_timezone(&Utc)),
                LocalResult::None => None,
            }
        }

        /// Returns the instant of a local time, as [`instant`](Self::instant) does. For a time that a clock change skips it is the first
        /// minute after the change, so that no dose is lost.
        pub fn instant_or_next(self, local: NaiveDateTime) -> Instant {
            (0..=180)
                .find_map(|minutes| self.instant(local + Duration::minutes(minutes)))
                .unwrap_or_else(|| DateTime::from_naive_utc_and_offset(local, Utc))
        }

        /// Returns the instants at which the clinic's day begins and ends.
        pub fn day_bounds(self, day: NaiveDate) -> (Instant, Instant) {
            (self.day_start(day), self.day_start(day.succ_opt().unwrap_or(day)))
        }

        fn day_start(self, day: NaiveDate) -> Instant {
            // Some zones skip midnight: the day then begins at the first minute that exists.
            self.instant_or_next(day.and_time(NaiveTime::MIN))
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn clock_changes_are_found_to_the_second() {
            let at = |text: &str| text.parse::<Instant>().expect("an instant");
            let changes = |zone, from, to| Zone::named(zone).clock_changes(at(from), at(to));
            let (from, to) = ("2026-01-01T00:00:00Z", "2026-12-31T00:00:00Z");
            let hours = |count: i64| Duration::minutes(count * 30);
            // Lord Howe Island changes by half an hour.
            assert_eq!(
                changes("Australia/Lord_Howe", from, to),
                [(at("2026-04-04T15:00:00Z"), hours(22), hours(21)), (at("2026-10-03T15:30:00Z"), hours(21), hours(22))]
            );
            assert_eq!(changes("Asia/Kolkata", from, to), []);
        }

        #[test]
        fn a_day_with_a_clock_change_is_23_or_25_hours() {
            let zone = Zone::named("America/New_York");
            let hours = |y, m, d| {
                let (from, to) = zone.day_bounds(NaiveDate::from_ymd_opt(y, m, d).expect("a day"));
                (to - from).num_hours()
            };
            assert_eq!(hours(2026, 3, 8), 23);
            assert_eq!(hours(2026, 11, 1), 25);
            assert_eq!(hours(2026, 11, 21), 24);
        }
    }
}

#[cfg(feature = "ssr")]
pub use server::{Clock, Zone};
