//! Hours that are kept for certain visit types: patients who book themselves find them only for these types; the desk finds all.

use std::collections::HashMap;

use super::{
    booking::{self, SlotQuery},
    hours,
    slots::Hours,
};
use crate::{
    core::{Error, Result, ScheduleId, VisitTypeId, time::Instant},
    db::Tx,
    tr,
};

/// The visit types whose hours a search includes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VisitTypeFilter {
    /// All hours: the desk may book any visit type.
    Any,
    /// The hours in which a patient can book this visit type, or, without one, the hours of every visit type.
    Chosen(Option<VisitTypeId>),
}

/// Removes the hours in which the visit type cannot be booked.
pub(super) async fn keep_for(tx: &mut Tx, filter: VisitTypeFilter, hours: &mut Vec<Hours>) -> Result<()> {
    let VisitTypeFilter::Chosen(chosen) = filter else { return Ok(()) };
    let kept = types_of(tx, hours).await?;
    let fits = |types: &Vec<VisitTypeId>| chosen.is_some_and(|chosen| types.contains(&chosen));
    hours.retain(|stretch| kept.get(&stretch.schedule_id).is_none_or(fits));
    Ok(())
}

/// Returns the visit types that the hours are kept for; hours of every visit type are not in the map.
async fn types_of(tx: &mut Tx, hours: &[Hours]) -> Result<HashMap<ScheduleId, Vec<VisitTypeId>>> {
    let mut schedules: Vec<ScheduleId> = hours.iter().map(|stretch| stretch.schedule_id).collect();
    schedules.sort_unstable();
    schedules.dedup();
    hours::visit_types_of(tx, &schedules).await
}

/// Whether some hours of the search are kept for certain visit types.
///
/// # Errors
/// When the database refuses.
pub async fn has_kept_hours(tx: &mut Tx, query: SlotQuery) -> Result<bool> {
    let hours = booking::hours_of(tx, query).await?;
    Ok(!types_of(tx, &hours).await?.is_empty())
}

/// The reason why a time is not offered: its hours are kept for other visit types, or it is gone.
pub(super) async fn no_slot(tx: &mut Tx, query: SlotQuery, starts_at: Instant) -> Result<Error> {
    let all = booking::slots(tx, SlotQuery { visit_type: VisitTypeFilter::Any, ..query }).await?;
    let kept = all.iter().any(|slot| slot.starts_at == starts_at && slot.starts_at > query.now);
    Ok(Error::conflict(if kept { tr!(appointments.other_visit_type) } else { tr!(appointments.slot_gone) }))
}
