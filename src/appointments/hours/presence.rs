//! When doctors are there, and which coming appointments lose their hours by a change. Pure, so that each change can be tried out before
//! it is saved.

use std::collections::HashMap;

use chrono::{Duration, NaiveTime};
use uuid::Uuid;

use crate::{
    appointments::{AppointmentState, slots::Hours},
    core::{
        AppointmentId, ClinicId, ServiceId, StaffId,
        time::{Instant, Zone},
    },
};

crate::text_enum! {
    /// How an appointment stands to the doctor's hours.
    pub enum Placed("placed") {
        /// Imported, or older than hours in pages.
        Unchecked = "unchecked",
        InHours = "in_hours",
        OutsideHours = "outside_hours",
        Overbooked = "overbooked",
        /// Lost its hours, and staff decided that it stands.
        Kept = "kept",
    }
}

/// A coming appointment, without its patient.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Coming {
    pub id: AppointmentId,
    pub clinic_id: ClinicId,
    pub service_id: ServiceId,
    pub doctor_id: StaffId,
    pub starts_at: Instant,
    pub ends_at: Instant,
    pub state: AppointmentState,
    pub placed: Placed,
}

/// The person or house that is away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Away {
    Doctor(StaffId),
    Clinic(ClinicId),
}

/// Leave of a doctor, or a time at which a clinic is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Off {
    pub id: Uuid,
    pub of: Away,
    pub starts_at: Instant,
    pub ends_at: Instant,
    pub entered_at: Instant,
}

impl Off {
    /// Whether it takes some of the appointment's time.
    pub fn touches(&self, one: &Coming) -> bool {
        let concerned = match self.of {
            Away::Doctor(doctor) => doctor == one.doctor_id,
            Away::Clinic(closed) => closed == one.clinic_id,
        };
        concerned && self.starts_at < one.ends_at && self.ends_at > one.starts_at
    }
}

/// Everything that says when some doctors are there.
#[derive(Clone, Debug, Default)]
pub struct Presence {
    pub hours: Vec<Hours>,
    /// The clinic of each service, with its clock.
    pub services: HashMap<ServiceId, (ClinicId, Zone)>,
    pub off: Vec<Off>,
}

impl Presence {
    /// Whether the doctor is there, for this service, from the appointment's first to its last minute.
    pub fn holds(&self, one: &Coming) -> bool {
        let Some((_, zone)) = self.services.get(&one.service_id) else { return false };
        if self.off.iter().any(|off| off.touches(one)) {
            return false;
        }
        let local = zone.local(one.starts_at);
        let from = (local.time() - NaiveTime::MIN).num_minutes();
        let to = from + (one.ends_at - one.starts_at).num_minutes();
        self.hours.iter().any(|hours| {
            hours.doctor_id == one.doctor_id
                && hours.service_id == one.service_id
                && hours.hold_on(local.date())
                && hours.start_minute <= from
                && to <= hours.end_minute
        })
    }

    /// Whether the doctor has hours of the service around the appointment's day, on whichever weekdays.
    fn serves_on_day_of(&self, one: &Coming) -> bool {
        let Some((_, zone)) = self.services.get(&one.service_id) else { return false };
        let day = zone.local(one.starts_at).date();
        self.hours.iter().any(|hours| {
            hours.doctor_id == one.doctor_id
                && hours.service_id == one.service_id
                && hours.valid_from <= day
                && hours.valid_to.is_none_or(|last| day <= last)
        })
    }
}

/// The appointments that stand in hours before the change and do not after it, in order of time. One that stood outside of hours, because
/// staff kept it or booked it there, is lost too when new leave or a new closed time touches it, and when the doctor's hours end before it:
/// staff decided on it when nobody knew of that.
pub fn lost(coming: &[Coming], before: &Presence, after: &Presence) -> Vec<Coming> {
    let new_off: Vec<&Off> = after.off.iter().filter(|off| before.off.iter().all(|known| known.id != off.id)).collect();
    let taken = |one: &Coming| {
        before.holds(one) || new_off.iter().any(|off| off.touches(one)) || (before.serves_on_day_of(one) && !after.serves_on_day_of(one))
    };
    let mut lost: Vec<Coming> = coming.iter().filter(|one| !after.holds(one) && taken(one)).cloned().collect();
    lost.sort_by_key(|one| (one.starts_at, one.id));
    lost
}

/// Leave that lasts whole days at a clinic, both days included.
pub fn whole_days(zone: Zone, first: chrono::NaiveDate, last: chrono::NaiveDate) -> (Instant, Instant) {
    (zone.day_bounds(first).0, zone.day_bounds(last).1)
}

/// The longest that an exception lasts.
pub const LONGEST: Duration = Duration::days(731);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::ScheduleId;

    fn at(text: &str) -> Instant {
        text.parse().expect("an instant")
    }

    fn id(number: u128) -> Uuid {
        Uuid::from_u128(number)
    }

    fn mornings() -> Presence {
        let hours = (1..=7)
            .map(|weekday| Hours {
                schedule_id: ScheduleId(id(1)),
                doctor_id: StaffId(id(2)),
                service_id: ServiceId(id(3)),
                valid_from: "2026-01-01".parse().expect("a day"),
                valid_to: None,
                weekday,
                start_minute: 540,
                end_minute: 720,
                slot_minutes: 20,
                gap_minutes: 0,
                capacity: 1,
                walk_in_seats: 0,
            })
            .collect();
        let services = HashMap::from([(ServiceId(id(3)), (ClinicId(id(4)), Zone::named("America/New_York")))]);
        Presence { hours, services, off: Vec::new() }
    }

    fn booked(starts_at: &str, minutes: i64) -> Coming {
        let starts_at = at(starts_at);
        Coming {
            id: AppointmentId(id(9)),
            clinic_id: ClinicId(id(4)),
            service_id: ServiceId(id(3)),
            doctor_id: StaffId(id(2)),
            starts_at,
            ends_at: starts_at + Duration::minutes(minutes),
            state: AppointmentState::Booked,
            placed: Placed::InHours,
        }
    }

    #[test]
    fn an_appointment_stands_from_its_first_to_its_last_minute() {
        let there = mornings();
        // 09:00 and 11:40 in New York, in winter and in summer.
        assert!(there.holds(&booked("2026-11-23T14:00:00Z", 20)));
        assert!(there.holds(&booked("2026-11-23T16:40:00Z", 20)));
        assert!(there.holds(&booked("2026-07-06T13:00:00Z", 20)));
        assert!(!there.holds(&booked("2026-11-23T16:50:00Z", 20)), "it ends after the hours");
        assert!(!there.holds(&booked("2026-11-23T13:50:00Z", 20)), "it begins before the hours");
        assert!(!there.holds(&Coming { service_id: ServiceId(id(8)), ..booked("2026-11-23T14:00:00Z", 20) }), "another service");
    }

    #[test]
    fn leave_and_a_closed_clinic_take_what_they_touch() {
        let before = mornings();
        let coming = [booked("2026-11-23T14:00:00Z", 20), booked("2026-11-23T14:20:00Z", 20), booked("2026-11-24T14:00:00Z", 20)];
        let (from, to) = ("2026-11-23T14:10:00Z", "2026-11-23T14:20:00Z");
        let off = |of| Off { id: id(5), of, starts_at: at(from), ends_at: at(to), entered_at: at(from) };
        for (of, expected) in [
            (Away::Doctor(StaffId(id(2))), 1),
            (Away::Clinic(ClinicId(id(4))), 1),
            (Away::Doctor(StaffId(id(7))), 0),
            (Away::Clinic(ClinicId(id(7))), 0),
        ] {
            let after = Presence { off: vec![off(of)], ..before.clone() };
            assert_eq!(lost(&coming, &before, &after).len(), expected, "{of:?}");
            assert!(lost(&coming, &after, &before).is_empty(), "what comes back takes nothing away");
        }
    }

    #[test]
    fn shorter_hours_lose_what_is_after_them_and_not_what_was_outside_before() {
        let before = mornings();
        let mut after = before.clone();
        for hours in &mut after.hours {
            hours.end_minute = 600;
        }
        let coming = [booked("2026-11-23T14:00:00Z", 20), booked("2026-11-23T15:00:00Z", 20), booked("2026-11-23T20:00:00Z", 20)];
        assert_eq!(lost(&coming, &before, &after), [coming[1].clone()]);
    }

    #[test]
    fn what_stood_outside_of_hours_is_lost_by_new_leave_and_by_the_end_of_the_hours() {
        let kept = Coming { placed: Placed::Kept, ..booked("2026-11-23T20:00:00Z", 20) };
        let off = |number, of| Off {
            id: id(number),
            of,
            starts_at: at("2026-11-23T13:00:00Z"),
            ends_at: at("2026-11-23T23:00:00Z"),
            entered_at: at("2026-11-20T13:00:00Z"),
        };
        let ill = Presence { off: vec![off(5, Away::Doctor(StaffId(id(2))))], ..mornings() };
        let closed = Presence { off: vec![ill.off[0], off(6, Away::Clinic(ClinicId(id(4))))], ..mornings() };
        let mut left = mornings();
        for hours in &mut left.hours {
            hours.valid_to = Some("2026-11-22".parse().expect("a day"));
        }
        let all = [kept];
        assert_eq!(lost(&all, &mornings(), &ill), all, "leave");
        assert_eq!(lost(&all, &ill, &closed), all, "the clinic closes on a day on which it was kept in spite of leave");
        assert_eq!(lost(&all, &mornings(), &left), all, "the doctor leaves");
        assert!(lost(&all, &ill, &ill).is_empty() && lost(&all, &closed, &ill).is_empty(), "known before");
    }

    #[test]
    fn whole_days_end_where_the_next_begins_also_when_the_clock_changes() {
        let zone = Zone::named("America/New_York");
        let day = "2026-11-01".parse().expect("a day");
        let (from, to) = whole_days(zone, day, day);
        assert_eq!((from, (to - from).num_hours()), (at("2026-11-01T04:00:00Z"), 25));
    }
}
