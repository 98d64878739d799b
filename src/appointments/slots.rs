//! Slots: the parts of a doctor's weekly hours that can still be booked. They are computed from hours, absences and
//! taken times, and never stored. The code is pure, so that tests can cover clock changes.

use std::collections::HashMap;

use chrono::{Datelike, Duration, NaiveDate, NaiveDateTime};

use crate::core::{
    ScheduleId, ServiceId, StaffId,
    time::{Instant, Zone},
};

/// A weekly period of a doctor's hours at a service, in the clinic's local time.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Hours {
    pub schedule_id: ScheduleId,
    pub doctor_id: StaffId,
    pub service_id: ServiceId,
    pub valid_from: NaiveDate,
    pub valid_to: Option<NaiveDate>,
    /// Monday is 1.
    pub weekday: i64,
    /// Minutes after midnight.
    pub start_minute: i64,
    pub end_minute: i64,
    pub slot_minutes: i64,
    /// Minutes between the end of a slot and the start of the next.
    pub gap_minutes: i64,
    /// The number of patients in a slot.
    pub capacity: i64,
    /// Those of them that are kept for patients without an appointment until the day.
    pub walk_in_seats: i64,
}

impl Hours {
    /// Whether the hours are held on the day.
    pub fn hold_on(&self, day: NaiveDate) -> bool {
        i64::from(day.weekday().number_from_monday()) == self.weekday
            && self.valid_from <= day
            && self.valid_to.is_none_or(|last| day <= last)
    }
}

/// A time that is not free for a doctor: an appointment's seat, or (seat `None`) an absence.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Taken {
    pub doctor_id: StaffId,
    pub starts_at: Instant,
    pub ends_at: Instant,
    pub seat: Option<i64>,
}

/// The times that are taken, in order for each doctor, so that a slot only checks the entries near it.
#[derive(Clone, Debug, Default)]
pub struct Busy(HashMap<StaffId, Diary>);

/// The taken times of one doctor.
#[derive(Clone, Debug)]
struct Diary {
    taken: Vec<Taken>,
    /// The longest of them: an entry that began longer ago than this has ended.
    longest: Duration,
}

impl Busy {
    /// Sorts the taken times.
    pub fn new(taken: impl IntoIterator<Item = Taken>) -> Self {
        let mut diaries: HashMap<StaffId, Diary> = HashMap::new();
        for one in taken {
            let diary = diaries.entry(one.doctor_id).or_insert_with(|| Diary { taken: Vec::new(), longest: Duration::zero() });
            diary.longest = diary.longest.max(one.ends_at - one.starts_at);
            diary.taken.push(one);
        }
        for diary in diaries.values_mut() {
            diary.taken.sort_by_key(|one| one.starts_at);
        }
        Self(diaries)
    }

    /// Whether anything of the doctor's time between the two is taken.
    pub fn touches(&self, doctor: StaffId, from: Instant, to: Instant) -> bool {
        self.touching(doctor, from, to).next().is_some()
    }

    /// Returns the doctor's taken times between these two moments.
    fn touching(&self, doctor: StaffId, from: Instant, to: Instant) -> impl Iterator<Item = &Taken> + Clone {
        let near = self.0.get(&doctor).map_or(&[][..], |Diary { taken, longest }| {
            let first = taken.partition_point(|one| one.starts_at < from - *longest);
            let end = taken.partition_point(|one| one.starts_at < to);
            &taken[first.min(end)..end]
        });
        near.iter().filter(move |one| one.ends_at > from)
    }
}

/// A time that can be booked, or could be booked before it was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    pub doctor_id: StaffId,
    pub service_id: ServiceId,
    pub starts_at: Instant,
    pub ends_at: Instant,
    /// The start in the clinic's local time.
    pub local: NaiveDateTime,
    pub capacity: i64,
    /// The seats left, lowest first; empty when the slot is full or the doctor is away.
    pub free_seats: Vec<i64>,
}

impl Slot {
    /// Whether a seat is free.
    pub fn is_free(&self) -> bool {
        !self.free_seats.is_empty()
    }
}

/// Returns all slots of a day, in order of time, free or not. A start that the clock change skips does not exist; one
/// that occurs twice is offered once, at its first occurrence; and no slot begins before the previous one has ended.
pub fn slots_of_day(zone: Zone, day: NaiveDate, hours: &[Hours], busy: &Busy) -> Vec<Slot> {
    slots_for((0, day), zone, day, hours, busy)
}

/// As [`slots_of_day`], for visits of so many minutes: one that is longer than a slot takes as many as it needs, one after the other in one
/// stretch of hours. Before its day, looked at from `today`, a slot keeps the seats for patients without an appointment.
pub fn slots_for((minutes, today): (i64, NaiveDate), zone: Zone, day: NaiveDate, hours: &[Hours], busy: &Busy) -> Vec<Slot> {
    let mut slots: Vec<Slot> = Vec::new();
    for stretch in hours.iter().filter(|stretch| stretch.hold_on(day)) {
        let midnight = day.and_time(chrono::NaiveTime::MIN);
        let kept = if day > today { stretch.walk_in_seats } else { 0 };
        let mut times: Vec<(NaiveDateTime, Instant, Instant)> = Vec::new();
        let mut minute = stretch.start_minute;
        while minute + stretch.slot_minutes <= stretch.end_minute {
            let local = midnight + Duration::minutes(minute);
            minute += stretch.slot_minutes + stretch.gap_minutes;
            let busy_until = times.last().map(|(.., end)| *end);
            let Some(starts_at) = zone.instant(local).filter(|start| busy_until.is_none_or(|end| *start >= end)) else { continue };
            times.push((local, starts_at, starts_at + Duration::minutes(stretch.slot_minutes)));
        }
        for (index, (local, starts_at, _)) in times.iter().copied().enumerate() {
            let Some(ends_at) = end_of_visit(minutes, &times[index..], stretch.gap_minutes) else { continue };
            slots.push(Slot {
                doctor_id: stretch.doctor_id,
                service_id: stretch.service_id,
                starts_at,
                ends_at,
                local,
                capacity: stretch.capacity,
                free_seats: free_seats((stretch, kept), starts_at, ends_at, busy),
            });
        }
    }
    slots.sort_by_key(|slot| (slot.starts_at, slot.doctor_id));
    slots
}

/// The end of the last slot that a visit needs which begins with the first; `None` when they do not follow each other for long enough.
fn end_of_visit(minutes: i64, times: &[(NaiveDateTime, Instant, Instant)], gap_minutes: i64) -> Option<Instant> {
    let (_, start, mut end) = *times.first()?;
    let is_enough = |end: Instant| end - start >= Duration::minutes(minutes);
    for (_, next, next_end) in &times[1..] {
        if is_enough(end) {
            break;
        }
        // An hour that the clock repeats lies between.
        if *next - end > Duration::minutes(gap_minutes) {
            return None;
        }
        end = *next_end;
    }
    is_enough(end).then_some(end)
}

fn free_seats((stretch, kept): (&Hours, i64), starts_at: Instant, ends_at: Instant, busy: &Busy) -> Vec<i64> {
    let touching = busy.touching(stretch.doctor_id, starts_at, ends_at);
    if touching.clone().any(|other| other.seat.is_none()) {
        return Vec::new();
    }
    let mut free: Vec<i64> = (1..=stretch.capacity).filter(|seat| !touching.clone().any(|other| other.seat == Some(*seat))).collect();
    // An overbooked appointment has a seat beyond the capacity: when somebody else gives one back, the slot is full all the same.
    let mut beyond: Vec<i64> = touching.filter_map(|other| other.seat).filter(|seat| *seat > stretch.capacity).collect();
    beyond.sort_unstable();
    beyond.dedup();
    let kept = usize::try_from(kept).unwrap_or_default();
    free.truncate(free.len().saturating_sub(beyond.len()).saturating_sub(kept));
    free
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a day")
    }

    fn hours(day: NaiveDate, start_minute: i64, end_minute: i64, slot_minutes: i64, capacity: i64) -> Hours {
        Hours {
            schedule_id: ScheduleId(uuid::Uuid::from_u128(1)),
            doctor_id: StaffId(uuid::Uuid::from_u128(2)),
            service_id: ServiceId(uuid::Uuid::from_u128(3)),
            valid_from: day,
            valid_to: None,
            weekday: i64::from(day.weekday().number_from_monday()),
            start_minute,
            end_minute,
            slot_minutes,
            gap_minutes: 0,
            capacity,
            walk_in_seats: 0,
        }
    }

    fn starts(slots: &[Slot]) -> Vec<String> {
        slots.iter().map(|slot| slot.local.format("%H:%M").to_string()).collect()
    }

    #[test]
    fn a_morning_in_twenty_minutes() {
        let day = day("2026-11-24");
        let slots = slots_of_day(Zone::named("America/New_York"), day, &[hours(day, 540, 605, 20, 1)], &Busy::default());
        assert_eq!(starts(&slots), ["09:00", "09:20", "09:40"]);
        assert_eq!(slots[0].starts_at.to_rfc3339(), "2026-11-24T14:00:00+00:00");
    }

    #[test]
    fn hours_hold_on_their_weekday_and_while_valid() {
        let monday = day("2026-11-23");
        let mut stretch = hours(monday, 540, 600, 20, 1);
        stretch.valid_to = Some(day("2026-11-30"));
        assert!(stretch.hold_on(day("2026-11-30")));
        assert!(!stretch.hold_on(day("2026-11-24")));
        assert!(!stretch.hold_on(day("2026-12-07")));
        assert!(!stretch.hold_on(day("2026-11-16")));
    }

    #[test]
    fn a_taken_seat_is_gone_and_an_absence_takes_all() {
        let day = day("2026-11-24");
        let zone = Zone::named("UTC");
        let stretch = hours(day, 540, 600, 20, 2);
        let at = |minute: i64| zone.instant(day.and_time(chrono::NaiveTime::MIN) + Duration::minutes(minute)).expect("exists");
        let taken = [
            Taken { doctor_id: stretch.doctor_id, starts_at: at(540), ends_at: at(560), seat: Some(1) },
            Taken { doctor_id: stretch.doctor_id, starts_at: at(565), ends_at: at(570), seat: None },
        ];
        let slots = slots_of_day(zone, day, &[stretch], &Busy::new(taken));
        let seats: Vec<_> = slots.iter().map(|slot| slot.free_seats.clone()).collect();
        assert_eq!(seats, [vec![2], vec![], vec![1, 2]]);
    }

    #[test]
    fn seats_for_walk_ins_are_kept_until_the_day() {
        let day = day("2026-11-24");
        let zone = Zone::named("America/New_York");
        let stretch = Hours { walk_in_seats: 1, ..hours(day, 540, 580, 20, 2) };
        let at = |minute: i64| zone.instant(day.and_time(chrono::NaiveTime::MIN) + Duration::minutes(minute)).expect("exists");
        let busy = Busy::new([Taken { doctor_id: stretch.doctor_id, starts_at: at(540), ends_at: at(560), seat: Some(1) }]);
        let seats = |today: NaiveDate| -> Vec<Vec<i64>> {
            let slots = slots_for((0, today), zone, day, std::slice::from_ref(&stretch), &busy);
            slots.into_iter().map(|slot| slot.free_seats).collect()
        };
        assert_eq!(seats(day - Duration::days(1)), [vec![], vec![1]]);
        assert_eq!(seats(day), [vec![2], vec![1, 2]]);
    }

    #[test]
    fn the_night_the_clock_jumps_forward() {
        // 02:00 to 03:00 does not exist.
        let day = day("2026-03-08");
        let slots = slots_of_day(Zone::named("America/New_York"), day, &[hours(day, 60, 240, 30, 1)], &Busy::default());
        assert_eq!(starts(&slots), ["01:00", "01:30", "03:00", "03:30"]);
    }

    #[test]
    fn the_night_the_clock_falls_back() {
        // 01:00 to 02:00 occurs twice.
        let day = day("2026-11-01");
        let slots = slots_of_day(Zone::named("America/New_York"), day, &[hours(day, 0, 180, 30, 1)], &Busy::default());
        assert_eq!(starts(&slots), ["00:00", "00:30", "01:00", "01:30", "02:00", "02:30"]);
        assert!(slots.windows(2).all(|pair| pair[0].ends_at <= pair[1].starts_at));
    }

    proptest! {
        #[test]
        fn slots_keep_to_the_hours_and_never_overlap(
            zone in prop::sample::select(vec!["UTC", "America/New_York", "Europe/Madrid", "Australia/Lord_Howe", "America/Sao_Paulo", "Asia/Kathmandu", "Africa/Cairo"]),
            offset in 0_i64..1500,
            start in 0_i64..1400,
            length in 5_i64..700,
            slot in 5_i64..120,
            gap in 0_i64..30,
            capacity in 1_i64..4,
        ) {
            let day = day("2024-01-01") + Duration::days(offset);
            let end = (start + length).min(1440);
            let zone = Zone::named(zone);
            let stretch = Hours { gap_minutes: gap, ..hours(day, start, end, slot, capacity) };
            let slots = slots_of_day(zone, day, std::slice::from_ref(&stretch), &Busy::default());
            for pair in slots.windows(2) {
                prop_assert!(pair[0].ends_at <= pair[1].starts_at);
                prop_assert!(pair[0].local < pair[1].local);
            }
            for one in &slots {
                let minute = (one.local - day.and_time(chrono::NaiveTime::MIN)).num_minutes();
                prop_assert!(minute >= start && minute + slot <= end && (minute - start) % (slot + gap) == 0);
                prop_assert_eq!(one.ends_at - one.starts_at, Duration::minutes(slot));
                prop_assert_eq!(zone.local(one.starts_at), one.local);
                prop_assert_eq!(one.free_seats.len(), usize::try_from(capacity).expect("small"));
            }
            let (from, to) = zone.day_bounds(day);
            if to - from == Duration::hours(24) {
                prop_assert_eq!(i64::try_from(slots.len()).expect("few"), if end - start < slot { 0 } else { (end - start - slot) / (slot + gap) + 1 });
            }
        }

        #[test]
        fn a_long_visit_takes_the_slots_that_it_needs_and_a_seat_that_is_free_in_all_of_them(
            offset in 0_i64..1500,
            length in 20_i64..400,
            (slot, gap) in (5_i64..60, 0_i64..15),
            minutes in 1_i64..200,
            capacity in 1_i64..4,
            taken in prop::collection::vec((0_i64..12, 1_i64..4), 0..8),
        ) {
            let (zone, day) = (Zone::named("America/New_York"), day("2024-01-01") + Duration::days(offset));
            let stretch = Hours { gap_minutes: gap, ..hours(day, 480, 480 + length, slot, capacity) };
            let hours = std::slice::from_ref(&stretch);
            let single = slots_of_day(zone, day, hours, &Busy::default());
            let rows = taken.iter().filter_map(|(index, seat)| {
                let slot = single.get(usize::try_from(*index).ok()?)?;
                Some(Taken { doctor_id: slot.doctor_id, starts_at: slot.starts_at, ends_at: slot.ends_at, seat: Some(*seat) })
            });
            let rows: Vec<Taken> = rows.filter(|one| one.seat.is_none_or(|seat| seat <= capacity)).collect();
            let busy = Busy::new(rows.clone());
            let long = slots_for((minutes, day), zone, day, hours, &busy);
            for visit in &long {
                let within: Vec<&Slot> = single.iter().filter(|one| one.starts_at >= visit.starts_at && one.ends_at <= visit.ends_at).collect();
                prop_assert_eq!(within.first().map(|one| one.starts_at), Some(visit.starts_at));
                prop_assert_eq!(within.last().map(|one| one.ends_at), Some(visit.ends_at));
                let so_far = visit.ends_at - visit.starts_at;
                prop_assert!(so_far >= Duration::minutes(minutes), "long enough");
                prop_assert!(within.len() == 1 || so_far - Duration::minutes(slot + gap) < Duration::minutes(minutes), "and no longer");
                let is_free = |seat: i64| rows.iter().all(|one| {
                    one.seat != Some(seat) || one.ends_at <= visit.starts_at || one.starts_at >= visit.ends_at
                });
                prop_assert_eq!(&visit.free_seats, &(1..=capacity).filter(|seat| is_free(*seat)).collect::<Vec<_>>());
            }
            let needed = usize::try_from((minutes + gap + slot + gap - 1) / (slot + gap)).expect("small").max(1);
            prop_assert_eq!(long.len(), (single.len() + 1).saturating_sub(needed));
        }

        #[test]
        fn around_a_change_of_the_clock_each_slot_is_real_and_none_comes_twice(
            (zone, change) in prop::sample::select(vec![
                // Forward and back in New York, in Lord Howe by half an hour, and in Cairo, where midnight is skipped.
                ("America/New_York", "2026-03-08"), ("America/New_York", "2026-11-01"),
                ("Australia/Lord_Howe", "2026-10-04"), ("Australia/Lord_Howe", "2026-04-05"),
                ("Africa/Cairo", "2026-04-24"), ("Africa/Cairo", "2026-10-29"), ("Africa/Cairo", "2026-10-30"),
            ]),
            start in 0_i64..360,
            length in 30_i64..720,
            slot in 5_i64..90,
            gap in 0_i64..20,
        ) {
            let (zone, day) = (Zone::named(zone), day(change));
            let stretch = Hours { gap_minutes: gap, ..hours(day, start, start + length, slot, 1) };
            let slots = slots_of_day(zone, day, std::slice::from_ref(&stretch), &Busy::default());
            for one in &slots {
                // A start in the gap does not exist; of a time that comes twice the first is meant.
                prop_assert_eq!(zone.local(one.starts_at), one.local);
                prop_assert_eq!(zone.instant(one.local), Some(one.starts_at));
            }
            for pair in slots.windows(2) {
                prop_assert!(pair[0].ends_at <= pair[1].starts_at);
            }
            // Each start on the wall that exists, and lies after the slot before it, is offered.
            let midnight = day.and_time(chrono::NaiveTime::MIN);
            let mut until = None;
            let mut expected = Vec::new();
            let mut minute = start;
            while minute + slot <= start + length {
                if let Some(at) = zone.instant(midnight + Duration::minutes(minute)).filter(|at| until.is_none_or(|end| *at >= end)) {
                    expected.push(at);
                    until = Some(at + Duration::minutes(slot));
                }
                minute += slot + gap;
            }
            prop_assert_eq!(slots.iter().map(|one| one.starts_at).collect::<Vec<_>>(), expected);
        }

        #[test]
        fn leave_that_ends_on_the_change_of_the_clock_takes_exactly_what_it_touches(
            (zone, change) in prop::sample::select(vec![
                ("America/New_York", "2026-03-08"), ("America/New_York", "2026-11-01"), ("Australia/Lord_Howe", "2026-10-04"),
                ("Australia/Lord_Howe", "2026-04-05"), ("Africa/Cairo", "2026-04-24"), ("Africa/Cairo", "2026-10-29"),
            ]),
            before in 0_i64..600,
            after in 1_i64..600,
            slot in 5_i64..60,
        ) {
            let (zone, day) = (Zone::named(zone), day(change));
            let (from, to) = zone.day_bounds(day);
            let moment = zone.clock_changes(from - Duration::hours(2), to + Duration::hours(2)).first().map_or(from, |(at, ..)| *at);
            let stretch = hours(day, 0, 720, slot, 1);
            let off = Taken {
                doctor_id: stretch.doctor_id, starts_at: moment - Duration::minutes(before + after), ends_at: moment, seat: None,
            };
            let slots = slots_of_day(zone, day, std::slice::from_ref(&stretch), &Busy::new([off.clone()]));
            for one in &slots {
                prop_assert_eq!(one.is_free(), one.ends_at <= off.starts_at || one.starts_at >= off.ends_at);
            }
        }

        #[test]
        fn every_seat_taken_leaves_exactly_the_others(capacity in 1_i64..6, taken in prop::collection::vec((0_i64..9, 1_i64..6), 0..20)) {
            let day = day("2026-11-24");
            let zone = Zone::named("Europe/Madrid");
            let stretch = hours(day, 480, 660, 20, capacity);
            let all = slots_of_day(zone, day, std::slice::from_ref(&stretch), &Busy::default());
            let rows: Vec<Taken> = taken
                .iter()
                .map(|(index, seat)| {
                    let slot = &all[usize::try_from(*index).expect("small")];
                    Taken { doctor_id: slot.doctor_id, starts_at: slot.starts_at, ends_at: slot.ends_at, seat: Some(*seat) }
                })
                .collect();
            let left = slots_of_day(zone, day, std::slice::from_ref(&stretch), &Busy::new(rows));
            for (index, slot) in left.iter().enumerate() {
                let gone = |seat: i64| taken.iter().any(|(at, by)| usize::try_from(*at).ok() == Some(index) && *by == seat);
                let beyond = (capacity + 1..=6).filter(|seat| gone(*seat)).count();
                let mut expected = (1..=capacity).filter(|seat| !gone(*seat)).collect::<Vec<_>>();
                expected.truncate(expected.len().saturating_sub(beyond));
                prop_assert_eq!(&slot.free_seats, &expected);
            }
        }
    }
}
