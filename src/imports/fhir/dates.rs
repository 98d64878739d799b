//! The dates of FHIR: with a time, a day, a month or a year alone. A date keeps its precision, and the day that its writer meant.

use chrono::{DateTime, Datelike as _, NaiveDate, NaiveDateTime, Utc};
use serde::Deserialize;

use crate::core::time::{Instant, Zone};

/// A period with its start and end.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Period {
    pub start: String,
    pub end: String,
}

/// The precision of a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    Day,
    Month,
    Year,
}

impl Precision {
    /// Returns the word of the database.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Month => "month",
            Self::Year => "year",
        }
    }
}

/// Parses the date of a FHIR `date` or `dateTime`: `1956`, `1956-11`, `1956-11-15`, or with a time, whose zone is the writer's. An unknown
/// month or day becomes the first.
pub fn date(text: &str) -> Option<(NaiveDate, Precision)> {
    let day = text.trim().split('T').next()?;
    let (completed, precision) = match day.len() {
        4 => (format!("{day}-01-01"), Precision::Year),
        7 => (format!("{day}-01"), Precision::Month),
        10 => (day.to_owned(), Precision::Day),
        _ => return None,
    };
    let date = NaiveDate::parse_from_str(&completed, "%Y-%m-%d").ok()?;
    Some((date, precision)).filter(|(day, _)| (1..=9999).contains(&day.year()))
}

/// Returns the last day of the month or year that begins on this day, or the day itself.
pub fn last_day(first: NaiveDate, precision: Precision) -> Option<NaiveDate> {
    let months = match precision {
        Precision::Day => return Some(first),
        Precision::Month => 1,
        Precision::Year => 12,
    };
    first.checked_add_months(chrono::Months::new(months))?.pred_opt()
}

/// Returns the date with its precision in figures: `2019`, `2019-04`, `2019-04-30`.
pub fn figures(date: NaiveDate, precision: Precision) -> String {
    date.format(match precision {
        Precision::Day => "%Y-%m-%d",
        Precision::Month => "%Y-%m",
        Precision::Year => "%Y",
    })
    .to_string()
}

/// Parses a FHIR `dateTime` or `instant` at a clinic in this time zone: a date without a time means the clinic's midnight, a time
/// without a zone the clinic's. The result has microseconds, the precision of the databases.
pub fn moment(text: &str, zone: Zone) -> Option<DateTime<Utc>> {
    let text = text.trim();
    let Some((_, time)) = text.split_once('T') else {
        return date(text).map(|(day, _)| zone.day_bounds(day).0);
    };
    let zoned = time.ends_with(['Z', 'z']) || time.contains(['+', '-']);
    let exact = match zoned {
        true => DateTime::parse_from_rfc3339(text).ok()?.with_timezone(&Utc),
        false => zone.instant_or_next(NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f").ok()?),
    };
    DateTime::from_timestamp_micros(exact.timestamp_micros()).filter(|at| (1..=9999).contains(&at.year()))
}

/// Whether a period does not include the present: it ended before today, or begins after. An end that is a mere date is the end of
/// that day, month or year.
pub fn is_over(period: &Period, now: Instant) -> bool {
    let today = now.date_naive();
    let ended = date(&period.end).is_some_and(|(end, precision)| match precision {
        Precision::Day => end < today,
        Precision::Month => (end.year(), end.month()) < (today.year(), today.month()),
        Precision::Year => end.year() < today.year(),
    });
    ended || date(&period.start).is_some_and(|(start, _)| start > today)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_as_far_as_they_are_known() {
        assert_eq!(date("1956").map(|(day, precision)| (day.to_string(), precision)), Some(("1956-01-01".to_owned(), Precision::Year)));
        assert_eq!(date("1956-11").map(|(_, precision)| precision), Some(Precision::Month));
        assert_eq!(date("2026-02-29"), None);
        assert_eq!(date("soon"), None);
        assert_eq!(date("2020-03-01T23:30:00-05:00").map(|(day, _)| day.to_string()).as_deref(), Some("2020-03-01"), "the writer's day");
        let last = |text: &str| date(text).and_then(|(day, precision)| last_day(day, precision)).map(|day| day.to_string());
        assert_eq!((last("2026-02").as_deref(), last("2025").as_deref()), (Some("2026-02-28"), Some("2025-12-31")));
        let shown = |text: &str| date(text).map(|(day, precision)| figures(day, precision));
        assert_eq!((shown("2019"), shown("2019-04")), (Some("2019".to_owned()), Some("2019-04".to_owned())));
    }

    #[test]
    fn moments_with_and_without_a_zone() {
        let zone = Zone::named("America/New_York");
        let at = |text: &str| moment(text, zone).map(|at| at.to_rfc3339());
        assert_eq!(at("2026-11-10T10:36:00.1234567+02:00").as_deref(), Some("2026-11-10T08:36:00.123456+00:00"));
        assert_eq!(at("2026-11-10").as_deref(), Some("2026-11-10T05:00:00+00:00"));
        assert_eq!(at("2010-05-28T10:00:00").as_deref(), Some("2010-05-28T14:00:00+00:00"), "the clinic's clock");
        assert_eq!((at("unknown"), at("2026-13-01T00:00:00Z"), at("")), (None, None, None));
    }

    #[test]
    fn periods_that_are_over() {
        let now = "2026-11-29T12:00:00Z".parse().expect("an instant");
        let over = |start: &str, end: &str| is_over(&Period { start: start.to_owned(), end: end.to_owned() }, now);
        assert!(over("", "2019-01-01") && over("2027", "") && over("", "2025"));
        assert!(!over("", "") && !over("2019", "2026") && !over("2019-01-02", "2026-11-29"));
    }
}
