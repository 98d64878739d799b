//! "Any doctor": a time is offered as long as one of the doctors is free, and which one it is, is settled when it is taken.

use super::{Appointment, Booking, SlotQuery, VisitTypeFilter, booking, search, store};
use crate::{
    core::{Error, Result, SpecialtyId, StaffId, Stamp},
    db::Tx,
    organisation, tr,
};

/// Books or holds the time with one of the doctors of the service who are free then: the one with the fewest appointments that day. The
/// doctor of the wish counts for nothing.
///
/// # Errors
/// As [`booking::book`]; [`Error::Conflict`] when none of them is free any more.
pub async fn book_any(tx: &mut Tx, wish: &Booking, specialty: Option<SpecialtyId>, stamp: Stamp) -> Result<Appointment> {
    let patient = tx.lock(wish.patient).await?;
    if let Some(same) = store::by_key(tx, wish.key).await?
        && (same.patient_id, same.starts_at) == (wish.patient, wish.starts_at)
        && same.state.takes_slot()
    {
        return Ok(same);
    }
    // The time that the patient holds is free for this wish.
    store::release_own_holds(tx, patient, stamp.at).await?;
    let service = organisation::service(tx, wish.service).await?;
    let clinic = organisation::clinic(tx, service.clinic_id).await?;
    let day = clinic.zone.day(wish.starts_at);
    let query = SlotQuery {
        clinic: clinic.id,
        zone: clinic.zone,
        service: specialty.is_none().then_some(wish.service),
        specialty,
        doctor: None,
        from: day,
        to: day,
        open: true,
        visit_type: VisitTypeFilter::Chosen(wish.details.visit_type),
        now: stamp.at,
    };
    // All of them, in the order of their ids: two who book any doctor do not wait for each other in a circle.
    let all = free_doctors(tx, query, wish).await?;
    tx.lock_all(all).await?;
    for doctor in free_doctors(tx, query, wish).await? {
        match booking::book(tx, &Booking { doctor, ..wish.clone() }, stamp).await {
            Err(Error::Conflict(words)) if words == tr!(appointments.slot_taken) => {}
            settled => return settled,
        }
    }
    Err(Error::conflict(tr!(appointments.slot_taken)))
}

/// The doctors who are free at the time, those with the fewest appointments that day first.
async fn free_doctors(tx: &mut Tx, query: SlotQuery, wish: &Booking) -> Result<Vec<StaffId>> {
    let slots = search::free_slots(tx, query).await?;
    let free = slots.into_iter().filter(|slot| slot.starts_at == wish.starts_at && slot.service_id == wish.service);
    let free: Vec<StaffId> = free.map(|slot| slot.doctor_id).collect();
    let (from, to) = query.zone.day_bounds(query.from);
    let taken = store::taken(tx, (query.clinic, &free), from, to, query.now).await?;
    let mut counted: Vec<(usize, StaffId)> =
        free.into_iter().map(|doctor| (taken.iter().filter(|one| one.doctor_id == doctor).count(), doctor)).collect();
    counted.sort_unstable();
    Ok(counted.into_iter().map(|(_, doctor)| doctor).collect())
}
