//! The SQL of the rooms of hours.

use std::collections::HashMap;

use super::Room;
use crate::{
    core::{Result, ScheduleId, ServicePointId},
    db::{Tx, sql},
};

/// The rooms of these hours, also those that are retired by now; hours without a room are not in the map.
pub async fn rooms(tx: &mut Tx, schedules: &[ScheduleId]) -> Result<HashMap<ScheduleId, Room>> {
    if schedules.is_empty() {
        return Ok(HashMap::new());
    }
    let query = sql("SELECT h.id, r.id, r.name FROM schedules h JOIN service_points r ON r.id = h.service_point_id WHERE h.id IN ")
        .push_list(schedules.iter().copied());
    let rows: Vec<(ScheduleId, ServicePointId, String)> = tx.all(query).await?;
    Ok(rows.into_iter().map(|(schedule, room, name)| (schedule, (room, name))).collect())
}
