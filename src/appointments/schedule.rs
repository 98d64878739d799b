//! The schedule as it is shown: columns with a day's appointments and free times, in rows of ten minutes. The texts are
//! prepared on the server, so that the browser needs no time zones.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::core::{ServiceId, StaffId};

use super::AppointmentState;

/// The minutes of a row.
pub const ROW_MINUTES: i64 = 10;

/// The query for a schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScheduleAsk {
    pub day: NaiveDate,
    #[serde(default)]
    pub service: Option<ServiceId>,
    #[serde(default)]
    pub doctor: Option<StaffId>,
    /// Seven days of one doctor instead of one day.
    #[serde(default)]
    pub week: bool,
}

/// The whole grid.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScheduleView {
    /// The row and the text of each full hour.
    pub hours: Vec<(i64, String)>,
    pub columns: Vec<ScheduleColumn>,
    pub week: bool,
}

/// A doctor's day.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScheduleColumn {
    /// The doctor, or in a week the day.
    pub name: String,
    /// The address that the name opens.
    pub href: String,
    /// The number of bookings, in words.
    pub count: String,
    pub cards: Vec<ScheduleCard>,
    pub free: Vec<FreeTime>,
    /// The row of the present time, in today's column.
    pub now: Option<i64>,
    pub today: bool,
}

/// An appointment in the grid.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ScheduleCard {
    pub place: Place,
    pub state: AppointmentState,
    /// The appointment is booked and its time has begun, but the patient has not come.
    pub late: bool,
    pub time: String,
    pub name: String,
    /// The state, and further remarks.
    pub word: String,
    /// The reason for the visit.
    pub reason: String,
    pub href: String,
    /// The query with which the address of a free time moves the appointment there, for users who may move it.
    pub moves: Option<String>,
    /// The address of the page that offers free times for it: the key `m` opens it.
    pub choose: Option<String>,
}

/// A free time in the grid.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct FreeTime {
    pub place: Place,
    pub time: String,
    /// The address for booking it, for users who may book.
    pub href: Option<String>,
}

/// The rows that an entry takes up, and its lane beside other entries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Place {
    pub row: i64,
    pub rows: i64,
    /// 0 is the full width, 1 and 2 are its halves.
    pub lane: i64,
}

impl Place {
    /// Creates a place from minutes after the grid's first hour. Consecutive entries never share a row unless both are
    /// shorter than one.
    pub fn of(start: i64, end: i64) -> Self {
        let row = start.div_euclid(ROW_MINUTES).clamp(0, 144);
        let last = end.div_euclid(ROW_MINUTES).clamp(row + 1, row + 24);
        Self { row, rows: last - row, lane: 0 }
    }

    /// Whether two places overlap.
    pub const fn touches(self, other: Self) -> bool {
        self.row < other.row + other.rows && other.row < self.row + self.rows
    }

    /// Returns the CSS classes for this place.
    pub fn class(self) -> String {
        match self.lane {
            0 => format!("from-{} for-{}", self.row, self.rows),
            lane => format!("from-{} for-{} is-half-{lane}", self.row, self.rows),
        }
    }
}

/// Puts overlapping places side by side.
pub fn side_by_side(places: &mut [&mut Place]) {
    places.sort_by_key(|place| (place.row, place.rows));
    for index in 1..places.len() {
        let (before, rest) = places.split_at_mut(index);
        let place = &mut *rest[0];
        let mut lanes = [false; 3];
        for other in before.iter_mut().rev().take(4).filter(|other| other.touches(*place)) {
            if other.lane == 0 {
                other.lane = 1;
            }
            lanes[usize::try_from(other.lane).unwrap_or(0)] = true;
        }
        if lanes[1] || lanes[2] {
            place.lane = if lanes[1] { 2 } else { 1 };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quarters_follow_each_other_without_a_gap() {
        let places: Vec<_> = (0..4).map(|quarter| Place::of(quarter * 15, quarter * 15 + 15)).collect();
        assert!(places.windows(2).all(|pair| !pair[0].touches(pair[1]) && pair[0].row + pair[0].rows == pair[1].row));
        assert_eq!(Place::of(0, 5), Place { row: 0, rows: 1, lane: 0 });
    }

    #[test]
    fn two_at_one_time_stand_side_by_side() {
        let (mut a, mut b, mut c) = (Place::of(0, 20), Place::of(0, 20), Place::of(20, 40));
        side_by_side(&mut [&mut c, &mut a, &mut b]);
        assert_eq!((a.lane + b.lane, c.lane), (3, 0));
    }
}
