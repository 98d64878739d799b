//! Finds free times: the slots of doctors' hours that nobody has taken.

use std::collections::HashMap;

use chrono::{Duration, NaiveDate, NaiveDateTime};

use crate::{
    core::{
        ClinicId, Result, ServiceId, SpecialtyId, StaffId,
        time::{Instant, Zone},
    },
    db::Tx,
    organisation::{self, Specialty},
};

use super::{
    Appointment, Busy, Hours, Slot,
    kept_hours::{self, VisitTypeFilter},
    slots::slots_for,
    store::{self, Whose},
};

/// A query for free times.
#[derive(Clone, Copy, Debug)]
pub struct SlotQuery {
    pub clinic: ClinicId,
    pub zone: Zone,
    pub service: Option<ServiceId>,
    pub specialty: Option<SpecialtyId>,
    pub doctor: Option<StaffId>,
    /// The first and the last day, both included.
    pub from: NaiveDate,
    pub to: NaiveDate,
    /// Only doctors who accept bookings by patients; staff also see the others.
    pub open: bool,
    /// The visit types whose hours are searched.
    pub visit_type: VisitTypeFilter,
    pub now: Instant,
}

/// A free time.
#[derive(Clone, Debug)]
pub struct FreeSlot {
    pub doctor_id: StaffId,
    /// The doctor's name.
    pub doctor: String,
    pub service_id: ServiceId,
    pub starts_at: Instant,
    pub ends_at: Instant,
    /// The start in the clinic's local time.
    pub local: NaiveDateTime,
}

/// The most days of one search for slots.
pub(super) const SEARCHED: i64 = 62;

/// Returns the free times, earliest first. It searches at most 62 days.
///
/// # Errors
/// When the database refuses.
pub async fn free_slots(tx: &mut Tx, query: SlotQuery) -> Result<Vec<FreeSlot>> {
    free_slots_without(tx, query, None).await
}

/// Returns the free times to which an appointment can be moved, also those that overlap its present time.
///
/// # Errors
/// When the database refuses.
pub async fn free_slots_without(tx: &mut Tx, query: SlotQuery, moved: Option<&Appointment>) -> Result<Vec<FreeSlot>> {
    let mut slots = slots_without(tx, query, moved).await?;
    // Its own time is no other time.
    slots.retain(|slot| {
        moved.is_none_or(|own| (own.doctor_id, own.starts_at, own.ends_at) != (slot.doctor_id, slot.starts_at, slot.ends_at))
    });
    with_names(tx, slots.into_iter().filter(|slot| slot.is_free() && slot.starts_at > query.now).collect()).await
}

/// Slots with the names of their doctors.
pub(super) async fn with_names(tx: &mut Tx, slots: Vec<Slot>) -> Result<Vec<FreeSlot>> {
    let mut doctors: Vec<StaffId> = slots.iter().map(|slot| slot.doctor_id).collect();
    doctors.sort_unstable();
    doctors.dedup();
    let names: HashMap<StaffId, String> = store::doctor_names(tx, &doctors).await?.into_iter().collect();
    let named = slots.into_iter().map(|slot| FreeSlot {
        doctor: names.get(&slot.doctor_id).cloned().unwrap_or_default(),
        doctor_id: slot.doctor_id,
        service_id: slot.service_id,
        starts_at: slot.starts_at,
        ends_at: slot.ends_at,
        local: slot.local,
    });
    Ok(named.collect())
}

/// The first free time that does not begin before `after`. The next days are looked through first: most often it is there.
///
/// # Errors
/// When the database refuses.
pub async fn earliest_free(tx: &mut Tx, query: SlotQuery, after: Instant) -> Result<Option<FreeSlot>> {
    let mut from = query.from;
    let mut days = 2;
    while from <= query.to {
        let to = query.to.min(from + Duration::days(days - 1));
        if let Some(first) = free_slots(tx, SlotQuery { from, to, ..query }).await?.into_iter().find(|slot| slot.starts_at >= after) {
            return Ok(Some(first));
        }
        from = to + Duration::days(1);
        days = (days * 3).min(SEARCHED);
    }
    Ok(None)
}

/// Returns the hours of the search, of every visit type.
pub(super) async fn hours_of(tx: &mut Tx, query: SlotQuery) -> Result<Vec<Hours>> {
    let whose = match query {
        SlotQuery { doctor: Some(doctor), .. } => Whose::Doctor(doctor),
        SlotQuery { service: Some(service), .. } => Whose::Service(service),
        SlotQuery { specialty: Some(specialty), .. } => Whose::Specialty(specialty),
        _ => Whose::Anybody,
    };
    let mut hours = store::hours(tx, query.clinic, whose, query.from, query.to, query.open).await?;
    if let Some(service) = query.service {
        hours.retain(|stretch| stretch.service_id == service);
    }
    Ok(hours)
}

/// Returns all slots, including taken ones, in order of time.
///
/// # Errors
/// When the database refuses.
pub(super) async fn slots(tx: &mut Tx, query: SlotQuery) -> Result<Vec<Slot>> {
    slots_without(tx, query, None).await
}

/// As [`slots`], where the seat of an appointment that is moved counts as free: a long visit can be moved by less than it takes.
pub(super) async fn slots_without(tx: &mut Tx, query: SlotQuery, moved: Option<&Appointment>) -> Result<Vec<Slot>> {
    let to = query.to.min(query.from + Duration::days(SEARCHED - 1));
    let mut hours = hours_of(tx, SlotQuery { to, ..query }).await?;
    kept_hours::keep_for(tx, query.visit_type, &mut hours).await?;
    let (minutes, today) = (query.visit_type.minutes(tx).await?, query.zone.day(query.now));
    let mut doctors: Vec<StaffId> = hours.iter().map(|stretch| stretch.doctor_id).collect();
    doctors.dedup();
    let (begin, end) = (query.zone.day_bounds(query.from).0, query.zone.day_bounds(to).1);
    let mut taken = store::taken(tx, (query.clinic, &doctors), begin, end, query.now).await?;
    if let Some(own) = moved.filter(|own| own.state.takes_slot()) {
        taken.retain(|one| {
            (one.doctor_id, one.starts_at, one.ends_at, one.seat) != (own.doctor_id, own.starts_at, own.ends_at, Some(own.seat))
        });
    }
    let busy = Busy::new(taken);
    Ok(query
        .from
        .iter_days()
        .take_while(|day| *day <= to)
        .flat_map(|day| slots_for((minutes, today), query.zone, day, &hours, &busy))
        .collect())
}

/// Returns one offer per time of the day: where several doctors are free, they are offered in turn, so that the first doctor
/// of the alphabet does not get all patients.
pub fn one_per_time(slots: &[FreeSlot], day: NaiveDate) -> Vec<FreeSlot> {
    let of_day: Vec<&FreeSlot> = slots.iter().filter(|slot| slot.local.date() == day).collect();
    of_day
        .chunk_by(|one, other| one.starts_at == other.starts_at)
        .enumerate()
        .map(|(index, together)| together[index % together.len()].clone())
        .collect()
}

/// Returns the specialties of doctors who can be booked at the clinic.
///
/// # Errors
/// When the database refuses.
pub async fn bookable_specialties(tx: &mut Tx, clinic: ClinicId, today: NaiveDate) -> Result<Vec<Specialty>> {
    store::bookable_specialties(tx, clinic, today).await
}

/// Services with hours in the time asked for, by name.
///
/// # Errors
/// When the database refuses.
pub async fn bookable_services(tx: &mut Tx, query: SlotQuery) -> Result<Vec<(ServiceId, String)>> {
    let whose = query.specialty.map_or(Whose::Anybody, Whose::Specialty);
    let hours = store::hours(tx, query.clinic, whose, query.from, query.to, query.open).await?;
    let services = organisation::services(tx, query.clinic).await?;
    let known = services.into_iter().filter(|service| hours.iter().any(|stretch| stretch.service_id == service.id));
    Ok(known.map(|service| (service.id, service.name)).collect())
}

/// Returns the doctors with hours in the period of the query, by name.
///
/// # Errors
/// When the database refuses.
pub async fn bookable_doctors(tx: &mut Tx, query: SlotQuery) -> Result<Vec<(StaffId, String)>> {
    let whose = match query {
        SlotQuery { service: Some(service), .. } => Whose::Service(service),
        SlotQuery { specialty: Some(specialty), .. } => Whose::Specialty(specialty),
        _ => Whose::Anybody,
    };
    let mut doctors: Vec<StaffId> =
        store::hours(tx, query.clinic, whose, query.from, query.to, query.open).await?.iter().map(|hours| hours.doctor_id).collect();
    doctors.dedup();
    store::doctor_names(tx, &doctors).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doctors_take_turns() {
        let slot = |minute: i64, doctor: u128| {
            let local = "2026-11-24T09:00:00".parse::<chrono::NaiveDateTime>().expect("a time") + Duration::minutes(minute);
            FreeSlot {
                doctor_id: StaffId(uuid::Uuid::from_u128(doctor)),
                doctor: format!("Dr {doctor}"),
                service_id: ServiceId(uuid::Uuid::from_u128(9)),
                starts_at: local.and_utc(),
                ends_at: local.and_utc() + Duration::minutes(20),
                local,
            }
        };
        let slots = [slot(0, 1), slot(0, 2), slot(20, 1), slot(20, 2), slot(40, 2)];
        let day = slots[0].local.date();
        let names: Vec<_> = one_per_time(&slots, day).into_iter().map(|slot| slot.doctor).collect();
        assert_eq!(names, ["Dr 1", "Dr 2", "Dr 2"]);
        assert!(one_per_time(&slots, day + Duration::days(1)).is_empty());
    }
}
