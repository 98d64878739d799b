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

/// The reason for which a dose does not fit between others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// Another dose is nearer than the interval.
    Near(Instant),
    /// More than the most doses would lie in the 24 hours from this time on.
    Many(Instant),
}

/// Checks a dose that was given at a time against the doses before and after it. `given` are the other doses of the medicine and its substances.
///
/// # Errors
/// The first rule that it breaks.
pub fn fits(given: &[Instant], at: Instant, interval_min: i64, most_in_day: i64) -> Result<(), Unfit> {
    if let Some(near) = given.iter().find(|other| (**other - at).abs() < Duration::minutes(interval_min)) {
        return Err(Unfit::Near(*near));
    }
    let mut all = given.to_vec();
    all.push(at);
    all.sort_unstable();
    let most = usize::try_from(most_in_day).unwrap_or(1).max(1);
    let many =
        all.iter().zip(all.iter().skip(most)).find(|(first, last)| **first <= at && at <= **last && **last - **first < Duration::hours(24));
    many.map_or(Ok(()), |(first, _)| Err(Unfit::Many(*first)))
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

    #[test]
    fn a_dose_from_paper_fits_between_the_doses_before_and_after_it() {
        let at = |text: &str| format!("2026-06-{text}:00Z").parse::<Instant>().expect("an instant");
        for (given, entered, expected) in [
            (vec![], "01T09:00", Ok(())),
            (vec!["01T05:00", "01T13:00"], "01T09:00", Ok(())),
            (vec!["01T05:01"], "01T09:00", Err(Unfit::Near(at("01T05:01")))),
            (vec!["01T12:59"], "01T09:00", Err(Unfit::Near(at("01T12:59")))),
            (vec!["01T01:00", "01T05:00", "01T13:00", "01T17:00"], "01T09:00", Err(Unfit::Many(at("01T01:00")))),
            (vec!["01T13:00", "01T17:00", "01T21:00", "02T08:59"], "01T09:00", Err(Unfit::Many(at("01T09:00")))),
            (vec!["01T13:00", "01T17:00", "01T21:00", "02T09:00"], "01T09:00", Ok(())),
            (vec!["01T00:59", "01T05:00", "01T13:00", "02T01:00"], "01T09:00", Ok(())),
            // Others are too many without this one.
            (vec!["03T01:00", "03T05:00", "03T09:00", "03T13:00", "03T17:00"], "01T09:00", Ok(())),
        ] {
            let given: Vec<Instant> = given.into_iter().map(at).collect();
            assert_eq!(fits(&given, at(entered), 240, 4), expected, "{given:?}");
        }
    }
}
