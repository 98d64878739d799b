//! The time from which a medicine that is given as needed may be given again. Pure.

use chrono::Duration;

use crate::core::time::Instant;

/// Returns the time before which no further dose may be given: the last dose and the interval, and the time at which fewer than the most
/// doses lie in the last 24 hours. `given` are the doses of the medicine and its substances.
pub fn next_allowed(given: &[Instant], interval_min: i64, most_in_day: i64) -> Option<Instant> {
    let mut given = given.to_vec();
    given.sort_unstable();
    let after_interval = given.last().map(|last| *last + Duration::minutes(interval_min));
    let most = usize::try_from(most_in_day).unwrap_or(1).max(1);
    let after_day = given.len().checked_sub(most).and_then(|first| given.get(first)).map(|first| *first + Duration::hours(24));
    after_interval.max(after_day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_and_the_limit_of_24_hours_both_count() {
        let at = |text: &str| format!("2026-06-{text}:00Z").parse::<Instant>().expect("an instant");
        for (given, interval, most, expected) in [
            (vec![], 240, 4, None),
            (vec!["01T01:00"], 240, 4, Some("01T05:00")),
            (vec!["01T01:00", "01T05:00", "01T09:00"], 240, 4, Some("01T13:00")),
            (vec!["01T01:00", "01T05:00", "01T09:00", "01T13:00"], 240, 4, Some("02T01:00")),
            (vec!["01T13:00", "01T01:00", "01T09:00", "01T05:00"], 240, 4, Some("02T01:00")),
            (vec!["01T01:00"], 360, 1, Some("02T01:00")),
            (vec!["01T01:00"], 2_880, 1, Some("03T01:00")),
        ] {
            let given: Vec<Instant> = given.into_iter().map(at).collect();
            assert_eq!(next_allowed(&given, interval, most), expected.map(at), "{given:?} {interval} {most}");
        }
    }
}
