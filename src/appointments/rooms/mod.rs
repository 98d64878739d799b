//! The rooms in which doctors work: hours name them, and the schedule of a day has a column for each.

mod store;

use std::collections::HashMap;

use chrono::{NaiveDateTime, Timelike as _};

use super::slots::Hours;
use crate::{
    core::{Result, ScheduleId, ServiceId, ServicePointId, StaffId},
    db::Tx,
};

/// A room, and its name.
pub type Room = (ServicePointId, String);

/// The rooms of some hours.
pub struct Rooms<'h> {
    hours: &'h [Hours],
    of: HashMap<ScheduleId, Room>,
}

/// Returns the rooms of these hours.
///
/// # Errors
/// When the database refuses.
pub async fn rooms_of<'h>(tx: &mut Tx, hours: &'h [Hours]) -> Result<Rooms<'h>> {
    let mut schedules: Vec<ScheduleId> = hours.iter().map(|part| part.schedule_id).collect();
    schedules.sort_unstable();
    schedules.dedup();
    Ok(Rooms { hours, of: store::rooms(tx, &schedules).await? })
}

impl Rooms<'_> {
    /// The room in which the doctor works at that time of the clinic's clock; none outside of hours, and where the hours name none.
    pub fn at(&self, doctor: StaffId, service: ServiceId, local: NaiveDateTime) -> Option<&Room> {
        let minute = i64::from(local.time().num_seconds_from_midnight() / 60);
        let holds = |part: &&Hours| {
            (part.doctor_id, part.service_id) == (doctor, service)
                && part.hold_on(local.date())
                && (part.start_minute..part.end_minute).contains(&minute)
        };
        self.hours.iter().filter(holds).find_map(|part| self.of.get(&part.schedule_id))
    }
}
