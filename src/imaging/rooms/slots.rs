//! Free times of a room on a day.

use chrono::{Duration, NaiveDate};

use super::{ImagingRoom, RoomHours, is_open_at};
use crate::core::time::{Instant, Zone};

/// Minutes between two times that are offered.
const STEP: i64 = 15;

/// Returns the times of a day at which a room is open and free for so many minutes, the earliest first. `taken` has the bookings of the room.
pub fn free_times(
    room: &ImagingRoom,
    hours: &[RoomHours],
    taken: &[(Instant, Instant)],
    (zone, day): (Zone, NaiveDate),
    minutes: i64,
    now: Instant,
) -> Vec<Instant> {
    let (begin, end) = zone.day_bounds(day);
    let mut free = Vec::new();
    let mut at = begin;
    while at < end {
        let until = at + Duration::minutes(minutes);
        let overlaps = taken.iter().any(|(from, to)| *from < until && *to > at);
        if at >= now && !overlaps && is_open_at(hours, room.id, zone, at, until) {
            free.push(at);
        }
        at += Duration::minutes(STEP);
    }
    free
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        core::{ClinicId, ImagingRoomId},
        imaging::vocabulary::Modality,
    };

    #[test]
    fn a_free_time_is_open_not_taken_and_not_past() {
        let id = ImagingRoomId::new();
        let room =
            ImagingRoom { id, clinic_id: ClinicId::new(), name: "CT".to_owned(), modality: Modality::Ct, version: 1, retired_at: None };
        let hours = [RoomHours { id: uuid::Uuid::nil(), room_id: id, weekday: 5, from_minute: 480, to_minute: 600 }];
        let at = |text: &str| format!("2026-11-27T{text}:00Z").parse::<Instant>().expect("an instant");
        let day = NaiveDate::from_ymd_opt(2026, 11, 27).expect("a day");
        let taken = [(at("08:30"), at("09:00"))];
        let free = free_times(&room, &hours, &taken, (Zone::named("UTC"), day), 30, at("08:05"));
        assert_eq!(free, [at("09:00"), at("09:15"), at("09:30")]);
        assert_eq!(free_times(&room, &hours, &[], (Zone::named("UTC"), day), 121, at("00:00")), Vec::<Instant>::new());
    }
}
