//! An exception as it is typed.

use chrono::NaiveDate;

use crate::{
    appointments::hours::{Get, LONGEST, Plan, Stretch, measures, room, stretch, whole_days},
    core::{
        ServiceId, StaffId,
        error::FieldErrors,
        form,
        time::{self, Instant, Zone, parse_date, parse_time},
    },
    tr,
};

crate::text_enum! {
    /// A kind of exception.
    pub enum Kind("kind") {
        Leave = "leave",
        /// A part of a day without appointments, though the doctor is there.
        Block = "block",
        Closure = "closure",
        Extra = "extra",
    }
}

crate::text_enum! {
    /// A kind of exception that is one doctor's: the database keeps both in one table, as both take hours away.
    pub enum Absent("kind") {
        Leave = "leave",
        Block = "block",
    }
}

impl Kind {
    /// The kind in words.
    pub fn word(self) -> &'static str {
        match self {
            Self::Leave => tr!(hours.leave),
            Self::Block => tr!(hours.block),
            Self::Closure => tr!(hours.closure),
            Self::Extra => tr!(hours.extra),
        }
    }
}

/// An exception as it shall be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Planned {
    Leave { kind: Absent, doctor: StaffId, time: Time, reason: String },
    Closure { time: Time, reason: String },
    Extra { plan: Plan, reason: String },
}

/// From when until when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Time {
    pub starts_at: Instant,
    pub ends_at: Instant,
    pub whole_days: bool,
}

impl Planned {
    /// Reads what was typed; what is wrong is noted by its field. `own` is the doctor who enters the own leave.
    pub fn read(kind: Kind, get: Get<'_>, own: Option<StaffId>, (zone, now): (Zone, Instant), errors: &mut FieldErrors) -> Option<Self> {
        let reason = errors.check(form::text("reason", &get("reason"), 500));
        let doctor = |errors: &mut FieldErrors| match own {
            Some(own) => Some(own),
            None => errors.check(form::chosen("doctor_id", &get("doctor_id"))),
        };
        match kind {
            Kind::Leave => {
                let doctor = doctor(errors);
                let time = time(get, zone, now, errors);
                Some(Self::Leave { kind: Absent::Leave, doctor: doctor?, time: time?, reason: reason? })
            }
            Kind::Block => {
                let doctor = doctor(errors);
                let time = part_of_a_day(get, zone, now, errors);
                if reason.as_ref().is_some_and(String::is_empty) {
                    errors.add("reason", tr!(hours.say_why_blocked));
                }
                Some(Self::Leave { kind: Absent::Block, doctor: doctor?, time: time?, reason: reason? })
            }
            Kind::Closure => {
                let time = time(get, zone, now, errors);
                Some(Self::Closure { time: time?, reason: reason? })
            }
            Kind::Extra => {
                let doctor = doctor(errors);
                let plan = extra(get, doctor, zone.day(now), errors);
                Some(Self::Extra { plan: plan?, reason: reason? })
            }
        }
    }

    /// All of its time in one line: whoever confirms the list confirms exactly this.
    pub fn mark(&self) -> String {
        match self {
            Self::Leave { doctor, time, .. } => format!("{doctor}.{}.{}", time.starts_at.timestamp(), time.ends_at.timestamp()),
            Self::Closure { time, .. } => format!("{}.{}", time.starts_at.timestamp(), time.ends_at.timestamp()),
            Self::Extra { plan, .. } => plan.mark(),
        }
    }
}

/// From a time to another of one day.
fn part_of_a_day(get: Get<'_>, zone: Zone, now: Instant, errors: &mut FieldErrors) -> Option<Time> {
    let missing = ["from_time", "to_time"].into_iter().filter(|name| get(name).trim().is_empty()).collect::<Vec<_>>();
    for name in &missing {
        errors.add(name, tr!(errors.required));
    }
    if !missing.is_empty() {
        return None;
    }
    time(&|name: &str| get(if name == "to_day" { "from_day" } else { name }), zone, now, errors)
}

/// Whole days, or from a time on the first to a time on the last.
fn time(get: Get<'_>, zone: Zone, now: Instant, errors: &mut FieldErrors) -> Option<Time> {
    let first = errors.check(parse_date("from_day", &get("from_day")));
    let last = if get("to_day").trim().is_empty() { first } else { errors.check(parse_date("to_day", &get("to_day"))) };
    let (from, to) = (get("from_time"), get("to_time"));
    let (first, last) = first.zip(last)?;
    if last < first {
        errors.add("to_day", tr!(hours.ends_before_it_begins));
        return None;
    }
    let whole = from.trim().is_empty() && to.trim().is_empty();
    let (starts_at, ends_at) = if whole {
        whole_days(zone, first, last)
    } else {
        let starts_at = moment(zone, first, ("from_time", &from), errors);
        let ends_at = moment(zone, last, ("to_time", &to), errors);
        starts_at.zip(ends_at)?
    };
    let end_field = if whole || first != last { "to_day" } else { "to_time" };
    if ends_at <= starts_at {
        errors.add(end_field, tr!(hours.ends_before));
        return None;
    }
    if ends_at <= now {
        errors.add(end_field, tr!(hours.is_over));
        return None;
    }
    if ends_at - starts_at > LONGEST {
        errors.add("to_day", tr!(hours.too_long, date = time::show_date(first + LONGEST)));
        return None;
    }
    Some(Time { starts_at, ends_at, whole_days: whole })
}

fn moment(zone: Zone, day: NaiveDate, (name, typed): (&str, &str), errors: &mut FieldErrors) -> Option<Instant> {
    if typed.trim().is_empty() {
        errors.add(name, tr!(hours.both_times));
        return None;
    }
    let time = errors.check(parse_time(name, typed))?;
    let at = zone.instant(day.and_time(time));
    if at.is_none() {
        errors.add(name, tr!(hours.no_such_time));
    }
    at
}

fn extra(get: Get<'_>, doctor: Option<StaffId>, today: NaiveDate, errors: &mut FieldErrors) -> Option<Plan> {
    let service = errors.check(form::chosen::<ServiceId>("service_id", &get("service_id")));
    let day = errors.check(parse_date("from_day", &get("from_day")));
    if day.is_some_and(|day| day < today) {
        errors.add("from_day", tr!(hours.is_over));
        return None;
    }
    let measures = measures(get, errors);
    let room = room(get, errors);
    let time = stretch(get, ("from_time", "to_time"), measures.map(|(slot, ..)| slot), errors);
    if get("from_time").trim().is_empty() && get("to_time").trim().is_empty() {
        errors.add("from_time", tr!(errors.required));
    }
    let (day, (slot_minutes, gap_minutes, capacity), (from, to)) = (day?, measures?, time?);
    let weekday = i64::from(chrono::Datelike::weekday(&day).number_from_monday());
    Some(Plan {
        doctor: doctor?,
        service: service?,
        valid_from: day,
        valid_to: Some(day),
        slot_minutes,
        gap_minutes,
        capacity,
        walk_in_seats: 0,
        stretches: vec![Stretch { weekday, number: 1, from, to }],
        visit_types: Vec::new(),
        room,
    })
}
