//! The due times of a medicine order: on the clinic's clock, or by hours that have passed. Pure.

use chrono::{Duration, NaiveDate, NaiveTime};

use super::vocabulary::DoseTiming;
use crate::{
    core::time::{Instant, Zone, parse_time},
    tr,
};

/// Hours after which the last dose counts as missed, and one that is given once.
pub(super) const LAST_HOURS: i64 = 12;
const SINGLE_HOURS: i64 = 4;

/// The schedule of a medicine order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DoseSchedule {
    pub timing: DoseTiming,
    /// The times on the clinic's clock; empty when the doses follow each other by hours that have passed.
    pub times: Vec<NaiveTime>,
    /// The first dose is given at the start, between the times.
    pub first_now: bool,
    pub starts_at: Instant,
    pub ends_at: Option<Instant>,
    /// The number of doses after which the order ends.
    pub doses: Option<i64>,
}

/// Reads times as they are stored: `08:00 20:00`. A text that is no time is left out.
pub fn stored_times(text: &str) -> Vec<NaiveTime> {
    text.split_whitespace().filter_map(|time| parse_time("times", time).ok()).collect()
}

impl DoseSchedule {
    /// Returns the due times from `from` on and before `until`, in order, each once. A time that a clock change skips is due in the first
    /// minute after it; one that occurs twice is due the first time.
    pub fn due_times(&self, zone: Zone, from: Instant, until: Instant) -> Vec<Instant> {
        let until = self.ends_at.map_or(until, |ends| until.min(ends));
        let mut due = match (self.timing, self.timing.hours()) {
            (DoseTiming::AsNeeded, _) => Vec::new(),
            (timing, _) if timing.is_single() => vec![self.starts_at],
            (_, Some(hours)) if self.times.is_empty() => self.elapsed(hours, from, until),
            _ => self.on_the_clock(zone, until),
        };
        due.retain(|at| *at >= from && (*at < until || self.timing.is_single()) && *at >= self.starts_at);
        due
    }

    fn elapsed(&self, hours: i64, from: Instant, until: Instant) -> Vec<Instant> {
        let step = Duration::hours(hours);
        let before = ((from - self.starts_at).num_minutes() / step.num_minutes()).max(0);
        let until = self.doses.map_or(until, |doses| until.min(self.starts_at + Duration::minutes(doses * step.num_minutes())));
        let mut at = self.starts_at + Duration::minutes(before * step.num_minutes());
        let mut due = Vec::new();
        while at < until {
            due.push(at);
            at += step;
        }
        due
    }

    fn on_the_clock(&self, zone: Zone, until: Instant) -> Vec<Instant> {
        let (today, last) = (zone.day(self.starts_at), zone.day(until) + Duration::days(self.timing.days()));
        let on = |day: NaiveDate| {
            let mut due: Vec<Instant> = self.times.iter().map(|time| zone.instant_or_next(day.and_time(*time))).collect();
            due.sort_unstable();
            due
        };
        // The first day is the first one on which a time is not over.
        let over = on(today).last().is_none_or(|at| *at < self.starts_at);
        let mut day = if over { today + Duration::days(1) } else { today };
        let mut due = Vec::new();
        while day <= last {
            due.extend(on(day).into_iter().filter(|at| *at >= self.starts_at));
            day += Duration::days(self.timing.days());
        }
        due.dedup();
        if self.first_now && due.first() != Some(&self.starts_at) {
            // The next dose is left out when it is nearer than half an interval.
            if let [next, after, ..] = due[..]
                && (next - self.starts_at) * 2 < after - next
            {
                due.remove(0);
            }
            due.insert(0, self.starts_at);
        }
        if let Some(doses) = self.doses {
            due.truncate(usize::try_from(doses).unwrap_or_default());
        }
        due
    }

    /// Returns the due time of the dose after this one.
    pub fn next_after(&self, zone: Zone, due: Instant) -> Option<Instant> {
        let after = due + Duration::microseconds(1);
        self.due_times(zone, after, due + Duration::days(self.timing.days() + 2)).into_iter().next()
    }

    /// Returns the time from which an unrecorded dose counts as missed: when the next one is due; 12 hours after the last one, 4 hours after a
    /// single one. Source of the first: NPSA, Reducing harm from omitted and delayed medicines, RRR009, 2010; the others are the hospital's own.
    pub fn missed_from(&self, zone: Zone, due: Instant) -> Instant {
        if self.timing.is_single() {
            return due + Duration::hours(SINGLE_HOURS);
        }
        self.next_after(zone, due).unwrap_or(due + Duration::hours(LAST_HOURS))
    }

    /// Returns the due time of the last of a number of doses.
    pub fn last_of(&self, zone: Zone, doses: i64) -> Option<Instant> {
        let until = self.starts_at + Duration::days(self.timing.days() * (doses + 2));
        let counted = Self { doses: Some(doses), ends_at: None, ..self.clone() };
        let due = counted.due_times(zone, self.starts_at, until);
        due.last().copied().filter(|_| i64::try_from(due.len()).is_ok_and(|found| found == doses))
    }

    /// Returns the place of a dose in an order that ends after a number of doses, as `(3, 6)`.
    pub fn place_of(&self, zone: Zone, due: Instant) -> Option<(i64, i64)> {
        let doses = self.doses?;
        let until = self.due_times(zone, self.starts_at, due + Duration::microseconds(1));
        let place = i64::try_from(until.len()).ok()?;
        until.last().filter(|last| **last == due).map(|_| (place, doses))
    }

    /// Returns the place of a dose in words: `Dose 3 of 6`.
    pub fn place_words(&self, zone: Zone, due: Instant) -> Option<String> {
        self.place_of(zone, due).map(|(place, doses)| match place == doses {
            true => tr!(medicine_record.last_dose_of, place = place, doses = doses),
            false => tr!(medicine_record.dose_of, place = place, doses = doses),
        })
    }

    /// Returns how many doses were due until now, in words: `3 of 6 doses were due`.
    pub fn progress_words(&self, zone: Zone, now: Instant) -> Option<String> {
        let doses = self.doses?;
        let due = self.due_times(zone, self.starts_at, now + Duration::microseconds(1)).len();
        Some(tr!(medicine_record.doses_were_due, due = due, doses = doses))
    }

    /// Whether a dose at this time is within the window of its due time.
    pub fn is_on_time(&self, due: Instant, given: Instant) -> bool {
        (given - due).abs() <= Duration::minutes(self.timing.window_minutes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Instant {
        text.parse().expect("an instant")
    }

    fn schedule(timing: DoseTiming, starts: &str) -> DoseSchedule {
        DoseSchedule { timing, times: stored_times(timing.times()), first_now: false, starts_at: at(starts), ends_at: None, doses: None }
    }

    /// The due times in the zone's own time, `28T20:00`.
    fn due(schedule: &DoseSchedule, zone: &str, until: &str) -> Vec<String> {
        let zone = Zone::named(zone);
        let due = schedule.due_times(zone, schedule.starts_at, at(until));
        due.into_iter().map(|at| zone.local(at).format("%dT%H:%M").to_string()).collect()
    }

    #[test]
    fn each_timing_has_the_published_times() {
        for (timing, times) in [
            (DoseTiming::Daily, vec!["08:00"]),
            (DoseTiming::Bedtime, vec!["22:00"]),
            (DoseTiming::Twice, vec!["08:00", "20:00"]),
            (DoseTiming::Three, vec!["08:00", "14:00", "20:00"]),
            (DoseTiming::Q8h, vec!["06:00", "14:00", "22:00"]),
            (DoseTiming::Four, vec!["08:00", "12:00", "18:00", "22:00"]),
            (DoseTiming::Q6h, vec!["00:00", "06:00", "12:00", "18:00"]),
            (DoseTiming::Q4h, vec!["02:00", "06:00", "10:00", "14:00", "18:00", "22:00"]),
            (DoseTiming::Five, vec!["06:00", "10:00", "14:00", "18:00", "22:00"]),
            (DoseTiming::Meals, vec!["07:30", "11:30", "17:30"]),
        ] {
            let found = due(&schedule(timing, "2026-06-01T18:30:00Z"), "Asia/Kolkata", "2026-06-02T18:30:00Z");
            let expected: Vec<String> = times.iter().map(|time| format!("02T{time}")).collect();
            assert_eq!(found, expected, "{timing}");
        }
        let alternate = due(&schedule(DoseTiming::Alternate, "2026-06-01T12:00:00Z"), "Asia/Kolkata", "2026-06-08T12:00:00Z");
        assert_eq!(alternate, ["02T08:00", "04T08:00", "06T08:00", "08T08:00"]);
        let weekly = due(&schedule(DoseTiming::Weekly, "2026-06-01T00:00:00Z"), "Asia/Kolkata", "2026-06-16T12:00:00Z");
        assert_eq!(weekly, ["01T08:00", "08T08:00", "15T08:00"]);
    }

    #[test]
    fn doses_keep_their_times_over_clock_changes_in_four_zones() {
        for (zone, timing, starts, until, expected) in [
            // Spring: 02:00 does not exist, the dose is due at 03:00.
            ("Europe/Madrid", DoseTiming::Q4h, "2026-03-28T21:30:00Z", "2026-03-29T06:00:00Z", vec!["29T03:00", "29T06:00"]),
            // Autumn: 02:00 occurs twice, the dose is due the first time.
            ("Europe/Madrid", DoseTiming::Q4h, "2026-10-24T21:30:00Z", "2026-10-25T06:00:00Z", vec!["25T02:00", "25T06:00"]),
            ("Europe/Madrid", DoseTiming::Twice, "2026-03-28T12:00:00Z", "2026-03-29T20:00:00Z", vec!["28T20:00", "29T08:00", "29T20:00"]),
            ("America/New_York", DoseTiming::Q4h, "2026-03-08T04:00:00Z", "2026-03-08T12:00:00Z", vec!["08T03:00", "08T06:00"]),
            ("America/New_York", DoseTiming::Q6h, "2026-11-01T03:00:00Z", "2026-11-01T18:00:00Z", vec!["01T00:00", "01T06:00", "01T12:00"]),
            // Half an hour: 02:00 becomes 02:30 in spring.
            ("Australia/Lord_Howe", DoseTiming::Q4h, "2026-10-03T12:00:00Z", "2026-10-03T20:00:00Z", vec!["04T02:30", "04T06:00"]),
            ("Asia/Kolkata", DoseTiming::Three, "2026-03-28T18:30:00Z", "2026-03-29T18:30:00Z", vec!["29T08:00", "29T14:00", "29T20:00"]),
        ] {
            assert_eq!(due(&schedule(timing, starts), zone, until), expected, "{zone} {timing} {starts}");
        }
        let zone = Zone::named("Europe/Madrid");
        let q4h = |starts: &str| schedule(DoseTiming::Q4h, starts).due_times(zone, at(starts), at(starts) + Duration::hours(4));
        assert_eq!(q4h("2026-03-28T23:00:00Z"), [at("2026-03-29T01:00:00Z")], "03:00 in spring");
        assert_eq!(q4h("2026-10-24T22:30:00Z"), [at("2026-10-25T00:00:00Z")], "the first 02:00 in autumn");
    }

    #[test]
    fn hours_that_have_passed_do_not_follow_the_clock() {
        let mut strict = schedule(DoseTiming::Q8h, "2026-10-24T19:00:00Z");
        strict.times.clear();
        // From 21:00 in Madrid over the night with 25 hours.
        assert_eq!(due(&strict, "Europe/Madrid", "2026-10-25T20:30:00Z"), ["24T21:00", "25T04:00", "25T12:00", "25T20:00"]);
        strict.starts_at = at("2026-10-24T20:00:00Z");
        assert_eq!(due(&strict, "Europe/Madrid", "2026-10-25T20:30:00Z"), ["24T22:00", "25T05:00", "25T13:00", "25T21:00"]);
        let hourly = schedule(DoseTiming::Q1h, "2026-10-24T23:30:00Z");
        let zone = Zone::named("Europe/Madrid");
        assert_eq!(
            hourly.due_times(zone, at("2026-10-25T00:00:00Z"), at("2026-10-25T03:00:00Z")).len(),
            3,
            "the doubled hour has its dose"
        );
    }

    #[test]
    fn the_first_dose_now_drops_the_next_one_when_it_is_near() {
        let mut one = schedule(DoseTiming::Q8h, "2026-06-02T08:00:00Z");
        one.first_now = true;
        // Kolkata is 5:30 ahead: it is 13:30, half an hour before the dose of 14:00.
        assert_eq!(due(&one, "Asia/Kolkata", "2026-06-03T00:00:00Z"), ["02T13:30", "02T22:00"]);
        one.starts_at = at("2026-06-02T01:30:00Z");
        assert_eq!(due(&one, "Asia/Kolkata", "2026-06-02T18:00:00Z"), ["02T07:00", "02T14:00", "02T22:00"]);
    }

    #[test]
    fn a_dose_is_missed_when_the_next_one_is_due() {
        let zone = Zone::named("Asia/Kolkata");
        let mut twice = schedule(DoseTiming::Twice, "2026-06-02T00:00:00Z");
        let morning = at("2026-06-02T02:30:00Z");
        assert_eq!(twice.missed_from(zone, morning), at("2026-06-02T14:30:00Z"));
        twice.ends_at = Some(at("2026-06-02T10:00:00Z"));
        assert_eq!(twice.missed_from(zone, morning), morning + Duration::hours(12), "the last one");
        assert_eq!(schedule(DoseTiming::Stat, "2026-06-02T00:00:00Z").missed_from(zone, morning), morning + Duration::hours(4));
        for (timing, minutes, on_time) in [
            (DoseTiming::Twice, 60, true),
            (DoseTiming::Twice, -61, false),
            (DoseTiming::Q2h, 30, true),
            (DoseTiming::Q2h, 31, false),
            (DoseTiming::Q4h, 60, true),
            (DoseTiming::Weekly, 120, true),
            (DoseTiming::Weekly, 121, false),
        ] {
            let given = morning + Duration::minutes(minutes);
            assert_eq!(schedule(timing, "2026-06-02T00:00:00Z").is_on_time(morning, given), on_time, "{timing} {minutes}");
        }
    }

    #[test]
    fn an_order_ends_after_a_number_of_doses() {
        for (zone, timing, starts, first_now, doses, last) in [
            ("Asia/Kolkata", DoseTiming::Three, "2026-06-01T05:00:00Z", false, 6, "03T08:00"),
            ("Asia/Kolkata", DoseTiming::Three, "2026-06-01T05:00:00Z", true, 6, "02T20:00"),
            ("Asia/Kolkata", DoseTiming::Daily, "2026-06-01T05:00:00Z", false, 1, "02T08:00"),
            ("Asia/Kolkata", DoseTiming::Q2h, "2026-06-01T05:00:00Z", false, 4, "01T16:30"),
            ("Asia/Kolkata", DoseTiming::Weekly, "2026-06-01T00:00:00Z", false, 3, "15T08:00"),
            // The night in which 02:00 occurs twice has its dose once.
            ("Europe/Madrid", DoseTiming::Q4h, "2026-10-24T21:30:00Z", false, 3, "25T10:00"),
        ] {
            let named = Zone::named(zone);
            let mut one = schedule(timing, starts);
            one.first_now = first_now;
            let found = one.last_of(named, doses).expect("a last dose");
            assert_eq!(named.local(found).format("%dT%H:%M").to_string(), last, "{zone} {timing}");
            one.doses = Some(doses);
            assert_eq!(one.next_after(named, found), None, "{timing}: none follows");
            assert_eq!(one.missed_from(named, found), found + Duration::hours(12), "{timing}: the last one");
            let whole = one.due_times(named, one.starts_at, found + Duration::days(30));
            let places: Vec<_> = whole.iter().map(|at| one.place_of(named, *at)).collect();
            assert_eq!(places, (1..=doses).map(|place| Some((place, doses))).collect::<Vec<_>>(), "{timing}");
            assert_eq!(one.place_of(named, found + Duration::minutes(1)), None);
            assert_eq!(one.due_times(named, found, found + Duration::days(30)), [found], "from any time on");
        }
    }

    #[test]
    fn a_schedule_says_the_same_from_any_time_on() {
        let zone = Zone::named("Europe/Madrid");
        for timing in DoseTiming::ALL.iter().copied() {
            let one = schedule(timing, "2026-03-27T09:10:00Z");
            let (from, until) = (one.starts_at, at("2026-04-03T00:00:00Z"));
            let whole = one.due_times(zone, from, until);
            let mut parts = Vec::new();
            let mut begin = from;
            while begin < until {
                let end = (begin + Duration::hours(7)).min(until);
                parts.extend(one.due_times(zone, begin, end).into_iter().filter(|at| *at < end));
                begin = end;
            }
            assert_eq!(parts, whole, "{timing}");
        }
    }
}
