//! Overbooking: an appointment that is added to a full session of a doctor, with a permission of its own and a reason. The clinic limits
//! how many a session takes; each has a number within its session, which the schema guards (`appointments_overbooked_once`,
//! `appointments_overbook_limit`).

use chrono::{NaiveTime, Timelike as _};

use super::{
    Busy, FreeSlot, Slot, SlotQuery, search,
    store::{self, Whose},
};
use crate::{
    core::{Error, Result, StaffId, time::Instant},
    db::{Locked, Tx},
    tr,
};

/// The highest seat that the schema knows.
const LAST_SEAT: i64 = 20;

/// The place of an overbooked appointment in its session.
#[derive(Clone, Debug)]
pub struct Overbooked {
    /// When the session begins.
    pub session_at: Instant,
    /// From 1 to the clinic's limit.
    pub number: i64,
    pub reason: String,
}

/// Finds a place for one more in a full slot: its seat, and its number in the session.
///
/// # Errors
/// [`Error::Conflict`] when the session has as many as the clinic allows, or the doctor is away.
pub(super) async fn one_more(
    tx: &mut Tx,
    doctor: Locked<StaffId>,
    (query, slot): (SlotQuery, &Slot),
    (limit, reason): (i64, &str),
) -> Result<(i64, Overbooked)> {
    let taken = store::taken(tx, (query.clinic, &[doctor.id()]), slot.starts_at, slot.ends_at, query.now).await?;
    if taken.iter().any(|other| other.seat.is_none()) {
        return Err(Error::conflict(tr!(appointments.slot_gone)));
    }
    let seat = (slot.capacity + 1..=LAST_SEAT).find(|seat| taken.iter().all(|other| other.seat != Some(*seat)));
    let seat = seat.ok_or_else(|| Error::conflict(tr!(appointments.slot_taken)))?;
    let session_at = session_of(tx, query, slot).await?;
    let used = store::overbooked_numbers(tx, doctor.id(), session_at).await?;
    let number = (1..=limit).find(|number| !used.contains(number));
    let number = number.ok_or_else(|| Error::conflict(tr!(appointments.overbook_full, count = limit)))?;
    Ok((seat, Overbooked { session_at, number, reason: reason.to_owned() }))
}

/// The beginning of the stretch of hours that the slot is in.
async fn session_of(tx: &mut Tx, query: SlotQuery, slot: &Slot) -> Result<Instant> {
    let day = slot.local.date();
    let minute = i64::from(slot.local.time().num_seconds_from_midnight() / 60);
    let hours = store::hours(tx, query.clinic, Whose::Doctor(slot.doctor_id), day, day, false).await?;
    let stretch = hours.into_iter().find(|stretch| {
        stretch.service_id == slot.service_id && stretch.hold_on(day) && (stretch.start_minute..stretch.end_minute).contains(&minute)
    });
    let begins = stretch.map_or(minute, |stretch| stretch.start_minute);
    // Where the clock change skips the beginning, the first slot stands for it.
    Ok(query.zone.instant(day.and_time(NaiveTime::MIN) + chrono::Duration::minutes(begins)).unwrap_or(slot.starts_at))
}

/// The slots that are full because they are booked, and not because the doctor is away.
///
/// # Errors
/// When the database refuses.
pub async fn full_slots(tx: &mut Tx, query: SlotQuery) -> Result<Vec<FreeSlot>> {
    let full: Vec<Slot> =
        search::slots(tx, query).await?.into_iter().filter(|slot| !slot.is_free() && slot.starts_at > query.now).collect();
    let (Some(first), Some(last)) = (full.first(), full.last()) else { return Ok(Vec::new()) };
    let mut doctors: Vec<StaffId> = full.iter().map(|slot| slot.doctor_id).collect();
    doctors.sort_unstable();
    doctors.dedup();
    let taken = store::taken(tx, (query.clinic, &doctors), first.starts_at, last.ends_at, query.now).await?;
    let absences = Busy::new(taken.into_iter().filter(|one| one.seat.is_none()));
    let full = full.into_iter().filter(|slot| !absences.touches(slot.doctor_id, slot.starts_at, slot.ends_at)).collect();
    search::with_names(tx, full).await
}
