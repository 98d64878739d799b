//! The times at which a task is due.

use chrono::{Duration, NaiveTime};

use crate::{
    core::{
        Result,
        time::{Instant, Zone, parse_time},
    },
    nursing::vocabulary::TaskRepeat,
    wards::WardShifts,
};

/// Returns the first time of a task: now, or the next time that the typed time of day occurs.
///
/// # Errors
/// [`crate::core::Error::Invalid`] with the field `time`.
pub fn first(zone: Zone, now: Instant, typed: &str) -> Result<Instant> {
    if typed.trim().is_empty() {
        return Ok(now);
    }
    let time = parse_time("time", typed)?;
    let today = zone.day(now);
    let at = zone.instant_or_next(today.and_time(time));
    Ok(if at >= now { at } else { zone.instant_or_next(today.succ_opt().unwrap_or(today).and_time(time)) })
}

/// Returns the times between two instants, the first one included. Hours count as they pass; a daily task and a task of each shift keep the
/// time of day, and a time that a clock change skips is the first minute after it.
pub fn between(shifts: &WardShifts, (repeats, starts_at): (TaskRepeat, Instant), from: Instant, to: Instant) -> Vec<Instant> {
    let zone = shifts.zone;
    let every = |hours: i64| {
        let mut times = Vec::new();
        let mut at = starts_at;
        while at < to {
            if at >= from {
                times.push(at);
            }
            at += Duration::hours(hours);
        }
        times
    };
    match repeats {
        TaskRepeat::Once => Some(starts_at).filter(|at| *at >= from && *at < to).into_iter().collect(),
        TaskRepeat::TwoHours => every(2),
        TaskRepeat::FourHours => every(4),
        TaskRepeat::SixHours => every(6),
        TaskRepeat::Daily => {
            let time: NaiveTime = zone.local(starts_at).time();
            let days = zone.day(from.max(starts_at)).iter_days().take_while(|day| zone.day_bounds(*day).0 < to);
            days.map(|day| zone.instant_or_next(day.and_time(time))).filter(|at| *at >= starts_at && *at >= from && *at < to).collect()
        }
        TaskRepeat::Shift => {
            let mut times = Vec::new();
            let mut at = shifts.bounds(shifts.at(from.max(starts_at))).0;
            while at < to {
                if at >= from && at >= starts_at {
                    times.push(at);
                }
                at = shifts.bounds(shifts.at(at)).1;
            }
            times
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Instant {
        text.parse().expect("an instant")
    }

    #[test]
    fn times_of_tasks_also_over_a_clock_change() {
        let madrid = Zone::named("Europe/Madrid");
        let times = |repeats, start: &str, from: &str, to: &str| {
            between(&WardShifts::usual(madrid), (repeats, at(start)), at(from), at(to))
                .into_iter()
                .map(|at| at.to_rfc3339())
                .collect::<Vec<_>>()
        };
        let start = "2026-03-28T21:30:00Z";
        let (from, to) = ("2026-03-28T21:30:00Z", "2026-03-29T21:30:00Z");
        assert_eq!(times(TaskRepeat::Once, start, from, to), ["2026-03-28T21:30:00+00:00"]);
        assert_eq!(times(TaskRepeat::Once, start, "2026-03-28T22:00:00Z", to), [""; 0]);
        assert_eq!(times(TaskRepeat::TwoHours, start, from, to).len(), 12);
        assert_eq!(
            times(TaskRepeat::SixHours, start, "2026-03-29T00:00:00Z", to),
            ["2026-03-29T03:30:00+00:00", "2026-03-29T09:30:00+00:00", "2026-03-29T15:30:00+00:00"]
        );
        // 08:00 and 20:00 in Madrid, in summer time.
        assert_eq!(times(TaskRepeat::Shift, start, from, to), ["2026-03-29T06:00:00+00:00", "2026-03-29T18:00:00+00:00"]);
        // 02:30 does not exist on that day.
        let daily = times(TaskRepeat::Daily, "2026-03-28T01:30:00Z", "2026-03-28T01:30:00Z", "2026-03-31T00:00:00Z");
        assert_eq!(daily, ["2026-03-28T01:30:00+00:00", "2026-03-29T01:00:00+00:00", "2026-03-30T00:30:00+00:00"]);
    }

    #[test]
    fn the_first_time_is_the_next_one_of_the_day() {
        let madrid = Zone::named("Europe/Madrid");
        let now = at("2026-11-22T12:00:00Z");
        assert_eq!(first(madrid, now, ""), Ok(now));
        assert_eq!(first(madrid, now, "14:00"), Ok(at("2026-11-22T13:00:00Z")));
        assert_eq!(first(madrid, now, "12:30"), Ok(at("2026-11-23T11:30:00Z")));
        assert!(first(madrid, now, "25:00").is_err());
    }
}
