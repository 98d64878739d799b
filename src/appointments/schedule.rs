//! The schedule as it is shown: columns with a day's appointments and free times, in rows of ten minutes. The texts are
//! prepared on the server, so that the browser needs no time zones.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::core::{ServiceId, ServicePointId, StaffId};

use super::AppointmentState;

/// The minutes of a row.
pub const ROW_MINUTES: i64 = 10;

/// The most lanes that the style sheet knows: twenty seats of a session, and those added to it.
const LANES: i64 = 30;

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
    /// A day with a column for each room instead of each doctor.
    #[serde(default)]
    pub rooms: bool,
    /// Only the column of this room.
    #[serde(default)]
    pub room: Option<ServicePointId>,
}

/// The whole grid.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScheduleView {
    /// The row and the text of each full hour.
    pub hours: Vec<(i64, String)>,
    pub columns: Vec<ScheduleColumn>,
    pub week: bool,
}

impl ScheduleView {
    /// Returns the CSS classes of the grid: its columns are as wide as the most lanes need.
    pub fn class(&self) -> String {
        let places = |column: &ScheduleColumn| {
            let cards = column.cards.iter().map(|card| card.place.lanes);
            let free = column.free.iter().map(|free| free.place.lanes);
            cards.chain(free).chain(column.away.iter().map(|away| away.place.lanes)).max()
        };
        let lanes = self.columns.iter().filter_map(places).max().unwrap_or(1).clamp(1, LANES);
        let week = if self.week { "schedule--week " } else { "" };
        format!("schedule {week}lanes-{lanes}")
    }
}

/// A doctor's day, or a room's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScheduleColumn {
    /// The doctor or the room, or in a week the day.
    pub name: String,
    /// The address that the name opens.
    pub href: String,
    /// The number of bookings, in words.
    pub count: String,
    pub cards: Vec<ScheduleCard>,
    pub free: Vec<FreeTime>,
    pub away: Vec<AwayTime>,
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
    /// The desk's remark.
    pub remark: String,
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

/// A time at which the doctor is on leave or the clinic is closed.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AwayTime {
    pub place: Place,
    pub words: String,
    /// The address of the list of leave and closed times, for users who keep it.
    pub href: Option<String>,
}

/// The rows that an entry takes up, and its lane beside other entries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Place {
    pub row: i64,
    pub rows: i64,
    /// From 0 to one less than `lanes`.
    pub lane: i64,
    /// The equal parts of the width.
    pub lanes: i64,
}

impl Place {
    /// Creates a place from minutes after the grid's first hour. Consecutive entries never share a row unless both are
    /// shorter than one.
    pub fn of(start: i64, end: i64) -> Self {
        let row = start.div_euclid(ROW_MINUTES).clamp(0, 144);
        let last = end.div_euclid(ROW_MINUTES).clamp(row + 1, row + 24);
        Self { row, rows: last - row, lane: 0, lanes: 1 }
    }

    /// Whether two places overlap.
    pub const fn touches(self, other: Self) -> bool {
        self.row < other.row + other.rows && other.row < self.row + self.rows
    }

    /// Returns the CSS classes for this place.
    pub fn class(self) -> String {
        let Self { row, rows, lane, lanes } = self;
        format!("from-{row} for-{rows} lane-{} lanes-{}", lane.min(LANES - 1), lanes.clamp(1, LANES))
    }
}

/// Puts overlapping places side by side, each in the first lane that is free. Those that touch each other, also through others, share the
/// width in equal parts.
pub fn side_by_side(places: &mut [&mut Place]) {
    places.sort_by_key(|place| (place.row, place.rows));
    let mut first = 0;
    // The row at which each lane is free again.
    let mut free_at: Vec<i64> = Vec::new();
    for index in 0..places.len() {
        let row = places[index].row;
        if free_at.iter().all(|free| *free <= row) {
            share(&mut places[first..index], free_at.len());
            (first, free_at) = (index, Vec::new());
        }
        let lane = free_at.iter().position(|free| *free <= row).unwrap_or(free_at.len());
        let end = row + places[index].rows;
        match free_at.get_mut(lane) {
            Some(free) => *free = end,
            None => free_at.push(end),
        }
        places[index].lane = i64::try_from(lane).unwrap_or(0);
    }
    share(&mut places[first..], free_at.len());
}

fn share(together: &mut [&mut Place], lanes: usize) {
    for place in together {
        place.lanes = i64::try_from(lanes).unwrap_or(1);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn quarters_follow_each_other_without_a_gap() {
        let places: Vec<_> = (0..4).map(|quarter| Place::of(quarter * 15, quarter * 15 + 15)).collect();
        assert!(places.windows(2).all(|pair| !pair[0].touches(pair[1]) && pair[0].row + pair[0].rows == pair[1].row));
        assert_eq!(Place::of(0, 5), Place { row: 0, rows: 1, lane: 0, lanes: 1 });
    }

    #[test]
    fn three_at_one_time_stand_side_by_side() {
        let (mut a, mut b, mut c, mut d) = (Place::of(0, 20), Place::of(0, 20), Place::of(0, 20), Place::of(20, 40));
        side_by_side(&mut [&mut d, &mut c, &mut a, &mut b]);
        let mut lanes = [a.lane, b.lane, c.lane];
        lanes.sort_unstable();
        assert_eq!((lanes, a.lanes, b.lanes, c.lanes), ([0, 1, 2], 3, 3, 3));
        assert_eq!(d.class(), "from-2 for-2 lane-0 lanes-1");
    }

    proptest! {
        #[test]
        fn no_entry_lies_on_another(all in prop::collection::vec((0_i64..1_000, 5_i64..200), 0..40)) {
            let mut places: Vec<Place> = all.iter().map(|(start, minutes)| Place::of(*start, start + minutes)).collect();
            side_by_side(&mut places.iter_mut().collect::<Vec<_>>());
            for (index, one) in places.iter().enumerate() {
                prop_assert!((0..one.lanes).contains(&one.lane));
                for other in places.iter().skip(index + 1).filter(|other| other.touches(*one)) {
                    prop_assert!(other.lane != one.lane && other.lanes == one.lanes);
                }
                if places.iter().filter(|other| other.touches(*one)).count() == 1 {
                    prop_assert_eq!(one.lanes, 1, "alone it has the whole width");
                }
            }
        }
    }
}
