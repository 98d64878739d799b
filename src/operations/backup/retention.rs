//! Decides which backups are kept: the newest of each of the last 7 days that have one, of the last 5 weeks and of the last 12 months.

use std::collections::BTreeSet;

use chrono::Datelike as _;

use crate::core::time::Instant;

/// The numbers of days, weeks and months.
#[derive(Clone, Copy, Debug)]
pub struct Kept {
    pub days: usize,
    pub weeks: usize,
    pub months: usize,
}

impl Kept {
    /// The numbers for sound backups.
    pub const SOUND: Self = Self { days: 7, weeks: 5, months: 12 };
    /// The numbers for backups of a database with findings: they help to look, and take no place of a sound one.
    pub const UNSOUND: Self = Self { days: 7, weeks: 0, months: 0 };
}

/// Returns the backups that are no longer needed. Days, weeks (from Monday) and months are those of UTC. The newest one is always kept.
pub fn superseded(made: &[Instant], kept: Kept) -> Vec<Instant> {
    let mut made = made.to_vec();
    made.sort_unstable_by(|a, b| b.cmp(a));
    let mut keep: BTreeSet<Instant> = made.first().copied().into_iter().collect();
    let mut newest_of = |count: usize, period: fn(Instant) -> (i32, u32)| {
        let mut seen = BTreeSet::new();
        for at in &made {
            if seen.len() < count && seen.insert(period(*at)) {
                keep.insert(*at);
            }
        }
    };
    newest_of(kept.days, |at| (at.year(), at.ordinal()));
    newest_of(kept.weeks, |at| (at.iso_week().year(), at.iso_week().week()));
    newest_of(kept.months, |at| (at.year(), at.month()));
    made.into_iter().filter(|at| !keep.contains(at)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Instant {
        format!("{text}:00Z").parse().expect("an instant")
    }

    fn days(from: &str, count: i64) -> Vec<Instant> {
        (0..count).map(|day| at(from) + chrono::TimeDelta::days(day)).collect()
    }

    #[test]
    fn the_newest_of_each_day_week_and_month_is_kept() {
        let none: [&str; 0] = [];
        for (made, gone) in [
            (vec![], none.to_vec()),
            (vec!["2026-11-29T02:00"], none.to_vec()),
            // Two of one day: the later one is kept.
            (vec!["2026-11-29T02:00", "2026-11-29T14:00"], vec!["2026-11-29T02:00"]),
            // The order does not matter.
            (vec!["2026-11-29T14:00", "2026-11-29T02:00"], vec!["2026-11-29T02:00"]),
            // The last second of a day and the first of the next are two days.
            (vec!["2026-11-28T23:59", "2026-11-29T00:00"], none.to_vec()),
            // A week of two years is one week.
            (vec!["2026-12-31T02:00", "2027-01-01T02:00"], none.to_vec()),
            // Backups of years ago stay as long as fewer than 12 months have one.
            (vec!["2020-01-01T02:00", "2026-11-29T02:00"], none.to_vec()),
        ] {
            let made: Vec<_> = made.into_iter().map(at).collect();
            let gone: Vec<_> = gone.into_iter().map(at).collect();
            assert_eq!(superseded(&made, Kept::SOUND), gone, "{made:?}");
        }
    }

    #[test]
    fn a_year_of_daily_backups_leaves_days_weeks_and_months() {
        // 29 November 2026 is a Sunday.
        let made = days("2025-11-30T02:00", 365);
        let gone = superseded(&made, Kept::SOUND);
        let left: Vec<String> = made.iter().filter(|at| !gone.contains(at)).map(|at| at.format("%Y-%m-%d").to_string()).collect();
        let months = [
            "2025-12-31",
            "2026-01-31",
            "2026-02-28",
            "2026-03-31",
            "2026-04-30",
            "2026-05-31",
            "2026-06-30",
            "2026-07-31",
            "2026-08-31",
            "2026-09-30",
        ];
        let weeks = ["2026-10-31", "2026-11-01", "2026-11-08", "2026-11-15", "2026-11-22"];
        let last = ["2026-11-23", "2026-11-24", "2026-11-25", "2026-11-26", "2026-11-27", "2026-11-28", "2026-11-29"];
        assert_eq!(left, [&months[..], &weeks[..], &last[..]].concat());
    }

    #[test]
    fn removing_day_by_day_leaves_the_same_as_removing_once() {
        let mut left = Vec::new();
        for at in days("2026-01-01T02:00", 400) {
            left.push(at);
            let gone = superseded(&left, Kept::SOUND);
            left.retain(|at| !gone.contains(at));
        }
        let all = days("2026-01-01T02:00", 400);
        let gone = superseded(&all, Kept::SOUND);
        let once: Vec<_> = all.into_iter().filter(|at| !gone.contains(at)).collect();
        assert_eq!(left, once);
    }

    #[test]
    fn backups_with_findings_go_after_seven_days() {
        let made = days("2026-11-01T02:00", 10);
        assert_eq!(superseded(&made, Kept::UNSOUND), [made[2], made[1], made[0]]);
    }
}
