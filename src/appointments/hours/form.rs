//! A doctor's weekly hours as they are typed: one slot length, gap and capacity, and on each weekday up to two stretches.

use chrono::{Duration, NaiveDate, NaiveTime, Timelike as _};

use crate::{
    appointments::slots::Hours,
    core::{
        ScheduleId, ServiceId, ServicePointId, StaffId, VisitTypeId,
        error::FieldErrors,
        form,
        time::{self, parse_date, parse_time},
    },
    tr,
};

/// How far ahead hours may begin.
pub const LATEST_BEGIN: Duration = Duration::days(730);

/// A part of a weekday.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// Monday is 1.
    pub weekday: i64,
    /// The first or second of its day.
    pub number: i64,
    /// Minutes after midnight.
    pub from: i64,
    pub to: i64,
}

/// Hours as they shall be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    pub doctor: StaffId,
    pub service: ServiceId,
    pub valid_from: NaiveDate,
    pub valid_to: Option<NaiveDate>,
    pub slot_minutes: i64,
    pub gap_minutes: i64,
    pub capacity: i64,
    /// Patients of those who come without an appointment.
    pub walk_in_seats: i64,
    pub stretches: Vec<Stretch>,
    /// The visit types for which patients can book the hours; empty for all.
    pub visit_types: Vec<VisitTypeId>,
    /// The room in which the doctor works.
    pub room: Option<ServicePointId>,
}

/// The name of a time's field.
pub fn field(weekday: i64, number: i64, end: &str) -> String {
    format!("d{weekday}_{end}{number}")
}

/// The name of the tick of a visit type.
pub fn visit_type_tick(id: VisitTypeId) -> String {
    format!("visit_type-{id}")
}

/// The value of a field in a form.
pub type Get<'f> = &'f (dyn Fn(&str) -> String + Send + Sync);

/// A whole number within bounds; otherwise `message`.
fn number(get: Get<'_>, name: &str, (least, most): (i64, i64), message: String, errors: &mut FieldErrors) -> Option<i64> {
    let typed = get(name);
    let number = typed.trim().parse::<i64>().ok().filter(|number| (least..=most).contains(number));
    if number.is_none() {
        errors.add(name, if typed.trim().is_empty() { tr!(errors.required).to_owned() } else { message });
    }
    number
}

/// Slot length, gap and capacity.
pub(in crate::appointments) fn measures(get: Get<'_>, errors: &mut FieldErrors) -> Option<(i64, i64, i64)> {
    let slot = number(get, "slot_minutes", (5, 480), tr!(hours.slot_wrong).to_owned(), errors);
    let gap = match get("gap_minutes").trim() {
        "" => Some(0),
        _ => number(get, "gap_minutes", (0, 240), tr!(hours.gap_wrong).to_owned(), errors),
    };
    let capacity = number(get, "capacity", (1, 20), tr!(hours.capacity_wrong).to_owned(), errors);
    Some((slot?, gap?, capacity?))
}

/// The room that was chosen, if any.
pub(in crate::appointments) fn room(get: Get<'_>, errors: &mut FieldErrors) -> Option<ServicePointId> {
    match get("room_id").trim() {
        "" => None,
        typed => errors.check(form::chosen("room_id", typed)),
    }
}

/// Minutes after midnight of a time that was typed; an end at 00:00 is the day's end.
fn minutes(name: &str, typed: &str, is_end: bool, errors: &mut FieldErrors) -> Option<i64> {
    let time = errors.check(parse_time(name, typed))?;
    let minutes = i64::from(time.num_seconds_from_midnight() / 60);
    Some(if is_end && minutes == 0 { 1440 } else { minutes })
}

/// One stretch between two fields; nothing when both are empty.
pub(in crate::appointments) fn stretch(
    get: Get<'_>,
    (from_name, to_name): (&str, &str),
    slot: Option<i64>,
    errors: &mut FieldErrors,
) -> Option<(i64, i64)> {
    let (from, to) = (get(from_name), get(to_name));
    match (from.trim().is_empty(), to.trim().is_empty()) {
        (true, true) => return None,
        (true, false) => {
            errors.add(from_name, tr!(hours.both_times));
            return None;
        }
        (false, true) => {
            errors.add(to_name, tr!(hours.both_times));
            return None;
        }
        (false, false) => {}
    }
    let (from, to) = (minutes(from_name, &from, false, errors), minutes(to_name, &to, true, errors));
    let (from, to) = (from?, to?);
    if to <= from {
        errors.add(to_name, tr!(hours.ends_before));
        return None;
    }
    if let Some(slot) = slot
        && to - from < slot
    {
        errors.add(to_name, tr!(hours.shorter_than_slot, minutes = to - from, slot = slot));
        return None;
    }
    Some((from, to))
}

impl Plan {
    /// Reads what was typed; what is wrong is noted by its field.
    pub fn read(get: Get<'_>, today: NaiveDate, errors: &mut FieldErrors) -> Option<Self> {
        let doctor = errors.check(form::chosen("doctor_id", &get("doctor_id")));
        let service = errors.check(form::chosen("service_id", &get("service_id")));
        let valid_from = errors.check(parse_date("valid_from", &get("valid_from")));
        if let Some(from) = valid_from {
            if from < today {
                errors.add("valid_from", tr!(hours.begins_in_past));
            } else if from > today + LATEST_BEGIN {
                errors.add("valid_from", tr!(hours.begins_too_late, date = time::show_date(today + LATEST_BEGIN)));
            }
        }
        let typed_end = get("valid_to");
        let valid_to = if typed_end.trim().is_empty() { None } else { errors.check(parse_date("valid_to", &typed_end)) };
        if valid_from.zip(valid_to).is_some_and(|(from, to)| to < from) {
            errors.add("valid_to", tr!(hours.ends_before_it_begins));
        }
        let measures = measures(get, errors);
        let slot = measures.map(|(slot, ..)| slot);
        let most = measures.map_or(20, |(.., capacity)| capacity) - 1;
        let walk_in_seats = match get("walk_in_seats").trim() {
            "" => Some(0),
            _ => number(get, "walk_in_seats", (0, most), tr!(hours.walk_in_wrong, most = most), errors),
        };
        let mut stretches: Vec<Stretch> = Vec::new();
        let mut typed = false;
        for weekday in 1..=7 {
            for number in 1..=2 {
                let (from_name, to_name) = (field(weekday, number, "from"), field(weekday, number, "to"));
                typed |= !get(&from_name).trim().is_empty() || !get(&to_name).trim().is_empty();
                let Some((from, to)) = stretch(get, (&from_name, &to_name), slot, errors) else { continue };
                if stretches.iter().any(|other| other.weekday == weekday && other.from < to && from < other.to) {
                    errors.add(&from_name, tr!(hours.same_day_overlap));
                    continue;
                }
                stretches.push(Stretch { weekday, number, from, to });
            }
        }
        if !typed {
            errors.add(&field(1, 1, "from"), tr!(hours.no_stretch));
        }
        let room = room(get, errors);
        let (slot_minutes, gap_minutes, capacity) = measures?;
        Some(Self {
            doctor: doctor?,
            service: service?,
            valid_from: valid_from?,
            valid_to,
            slot_minutes,
            gap_minutes,
            capacity,
            walk_in_seats: walk_in_seats?,
            stretches,
            visit_types: Vec::new(),
            room,
        })
    }

    /// Keeps the hours for the visit types that are ticked; without a tick they are for all.
    pub fn kept_for(self, get: Get<'_>, offered: impl Iterator<Item = VisitTypeId>) -> Self {
        Self { visit_types: offered.filter(|id| !get(&visit_type_tick(*id)).is_empty()).collect(), ..self }
    }

    /// The plan as hours of a schedule.
    pub fn hours(&self, schedule: ScheduleId) -> Vec<Hours> {
        let hours = |stretch: &Stretch| Hours {
            schedule_id: schedule,
            doctor_id: self.doctor,
            service_id: self.service,
            valid_from: self.valid_from,
            valid_to: self.valid_to,
            weekday: stretch.weekday,
            start_minute: stretch.from,
            end_minute: stretch.to,
            slot_minutes: self.slot_minutes,
            gap_minutes: self.gap_minutes,
            capacity: self.capacity,
            walk_in_seats: self.walk_in_seats,
        };
        self.stretches.iter().map(hours).collect()
    }

    /// All of it in one line: whoever confirms the preview confirms exactly this.
    pub fn mark(&self) -> String {
        let stretches =
            self.stretches.iter().map(|part| format!("{}.{}.{}", part.weekday, part.from, part.to)).collect::<Vec<_>>().join("_");
        let end = self.valid_to.map(|day| day.to_string()).unwrap_or_default();
        let (slot, gap, capacity) = (self.slot_minutes, self.gap_minutes, format!("{}-{}", self.capacity, self.walk_in_seats));
        let types = self.visit_types.iter().map(ToString::to_string).collect::<Vec<_>>().join("_");
        let room = self.room.map(|id| id.to_string()).unwrap_or_default();
        format!("{}.{}.{}.{end}.{slot}.{gap}.{capacity}.{stretches}.{types}.{room}", self.doctor, self.service, self.valid_from)
    }
}

/// Minutes after midnight as a time field has them; the day's end is 00:00.
pub fn typed(minutes: i64) -> String {
    format!("{:02}:{:02}", minutes / 60 % 24, minutes % 60)
}

/// Minutes after midnight as people read them; the day's end is 24:00.
pub fn shown(minutes: i64) -> String {
    match u32::try_from(minutes).ok().and_then(|minutes| NaiveTime::from_hms_opt(minutes / 60, minutes % 60, 0)) {
        Some(time) => time::show_time(time),
        None => "24:00".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::core::Error;

    fn read(changes: &[(&str, &str)]) -> Result<Plan, Vec<String>> {
        let doctor = StaffId::new().to_string();
        let mut form: HashMap<String, String> = [
            ("doctor_id", doctor.as_str()),
            ("service_id", doctor.as_str()),
            ("valid_from", "2026-12-01"),
            ("slot_minutes", "20"),
            ("capacity", "1"),
            ("d1_from1", "08:00"),
            ("d1_to1", "12:00"),
            ("d1_from2", "14:00"),
            ("d1_to2", "18:00"),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
        form.extend(changes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let mut errors = FieldErrors::new();
        let plan = Plan::read(&|name| form.get(name).cloned().unwrap_or_default(), "2026-11-21".parse().expect("a day"), &mut errors);
        match errors.finish() {
            Ok(()) => Ok(plan.expect("read")),
            Err(Error::Invalid(wrong)) => Err(wrong.into_iter().map(|error| error.field).collect()),
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn morning_and_afternoon_are_two_stretches() {
        let plan = read(&[("d7_from1", "22:00"), ("d7_to1", "00:00")]).expect("read");
        let stretches: Vec<_> = plan.stretches.iter().map(|part| (part.weekday, part.number, part.from, part.to)).collect();
        assert_eq!(stretches, [(1, 1, 480, 720), (1, 2, 840, 1080), (7, 1, 1320, 1440)]);
        assert_eq!((typed(1440), shown(1440), shown(485)), ("00:00".to_owned(), "24:00".to_owned(), "08:05".to_owned()));
    }

    #[test]
    fn each_mistake_names_its_field() {
        for (changes, field) in [
            (&[("d1_to1", "08:00")][..], "d1_to1"),
            (&[("d1_to1", "08:10")][..], "d1_to1"),
            (&[("d1_to1", "")][..], "d1_to1"),
            (&[("d1_from1", "")][..], "d1_from1"),
            (&[("d1_from2", "11:00")][..], "d1_from2"),
            (&[("capacity", "0")][..], "capacity"),
            (&[("capacity", "21")][..], "capacity"),
            (&[("capacity", "")][..], "capacity"),
            (&[("walk_in_seats", "1")][..], "walk_in_seats"),
            (&[("slot_minutes", "4")][..], "slot_minutes"),
            (&[("gap_minutes", "-1")][..], "gap_minutes"),
            (&[("valid_to", "2026-11-30")][..], "valid_to"),
            (&[("valid_from", "2026-11-20")][..], "valid_from"),
            (&[("valid_from", "2030-01-01")][..], "valid_from"),
            (&[("doctor_id", "")][..], "doctor_id"),
            (&[("d1_from1", ""), ("d1_to1", ""), ("d1_from2", ""), ("d1_to2", "")][..], "d1_from1"),
        ] {
            assert_eq!(read(changes), Err(vec![field.to_owned()]), "{changes:?}");
        }
    }
}
