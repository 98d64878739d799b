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
        let Some((clinic, zone)) = self.services.get(&one.service_id) else { return false };
        let is_off = |off: &Off| {
            let concerned = match off.of {
                Away::Doctor(doctor) => doctor == one.doctor_id,
                Away::Clinic(closed) => closed == *clinic,
            };
            concerned && off.starts_at < one.ends_at && off.ends_at > one.starts_at
        };
        if self.off.iter().any(is_off) {
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
}

/// The appointments that stand in hours before the change and do not after it, in order of time.
pub fn lost(coming: &[Coming], before: &Presence, after: &Presence) -> Vec<Coming> {
    let mut lost: Vec<Coming> = coming.iter().filter(|one| before.holds(one) && !after.holds(one)).cloned().collect();
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
        let off = |of| Off { id: id(5), of, starts_at: at("2026-11-23T14:10:00Z"), ends_at: at("2026-11-23T14:20:00Z") };
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
    fn whole_days_end_where_the_next_begins_also_when_the_clock_changes() {
        let zone = Zone::named("America/New_York");
        let day = "2026-11-01".parse().expect("a day");
        let (from, to) = whole_days(zone, day, day);
        assert_eq!((from, (to - from).num_hours()), (at("2026-11-01T04:00:00Z"), 25));
    }
}
