//! Hours that are kept for certain visit types: patients who book themselves find them only for these types; the desk finds all.

use std::collections::HashMap;

use super::{
    hours,
    search::{self, SlotQuery},
    slots::{Busy, Hours, Slot, slots_of_day},
};
use crate::{
    core::{
        Error, Result, ScheduleId, VisitTypeId,
        time::{Instant, show_minutes},
    },
    db::Tx,
    organisation, tr,
};

/// The visit types whose hours a search includes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VisitTypeFilter {
    /// All hours: the desk may book any visit type.
    Any,
    /// All hours, for a visit that takes as long as this type.
    Staff(VisitTypeId),
    /// The hours in which a patient can book this visit type, or, without one, the hours of every visit type.
    Chosen(Option<VisitTypeId>),
}

impl VisitTypeFilter {
    /// The filter of the desk for a visit type, or for visits without one.
    pub fn of_staff(visit_type: Option<VisitTypeId>) -> Self {
        visit_type.map_or(Self::Any, Self::Staff)
    }

    /// The minutes that a visit takes at least; 0 for one without a type, which takes a slot.
    pub(super) async fn minutes(self, tx: &mut Tx) -> Result<i64> {
        match self {
            Self::Staff(id) | Self::Chosen(Some(id)) => organisation::visit_minutes(tx, id).await,
            Self::Any | Self::Chosen(None) => Ok(0),
        }
    }
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
    let hours = search::hours_of(tx, query).await?;
    Ok(!types_of(tx, &hours).await?.is_empty())
}

/// The reason why a time is not offered: the visit is too long for what follows, its hours are kept for other visit types, or it is gone.
pub(super) async fn no_slot(tx: &mut Tx, query: SlotQuery, starts_at: Instant) -> Result<Error> {
    let all = search::slots(tx, SlotQuery { visit_type: VisitTypeFilter::Any, ..query }).await?;
    let kept = all.iter().any(|slot| slot.starts_at == starts_at && slot.starts_at > query.now);
    let minutes = query.visit_type.minutes(tx).await?;
    let mut hours = search::hours_of(tx, query).await?;
    keep_for(tx, query.visit_type, &mut hours).await?;
    let is_short = slots_of_day(query.zone, query.from, &hours, &Busy::default()).iter().any(|slot| slot.starts_at == starts_at);
    if kept && is_short && minutes > 0 {
        return Ok(too_long(minutes));
    }
    Ok(Error::conflict(if kept { tr!(appointments.other_visit_type) } else { tr!(appointments.slot_gone) }))
}

/// A visit of so many minutes does not fit: another appointment, or the end of the hours, comes before its end.
pub(super) fn too_long(minutes: i64) -> Error {
    Error::conflict(tr!(appointments.visit_too_long, time = show_minutes(minutes)))
}

/// The reason why a slot has no seat: it is taken, or for a long visit a slot after it is, or its seats are kept until the day.
pub(super) async fn taken(tx: &mut Tx, query: SlotQuery, of: &Slot) -> Result<Error> {
    let all = search::slots(tx, SlotQuery { visit_type: VisitTypeFilter::Any, ..query }).await?;
    let begins = all.iter().any(|slot| slot.starts_at == of.starts_at && slot.ends_at < of.ends_at && slot.is_free());
    if begins {
        return Ok(too_long(query.visit_type.minutes(tx).await?));
    }
    let on_the_day = search::slots(tx, SlotQuery { now: of.starts_at, ..query }).await?;
    let is_kept = on_the_day.iter().any(|slot| slot.starts_at == of.starts_at && slot.is_free());
    Ok(Error::conflict(if is_kept { tr!(appointments.kept_for_walk_ins) } else { tr!(appointments.slot_taken) }))
}
