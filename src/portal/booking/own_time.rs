//! Times that overlap the appointment which a patient moves: a long visit can be moved by less than it takes. Such a time cannot be held
//! beside the appointment, because the patient would be at two places: it is booked at once, in the place of the old one.

use crate::{
    appointments::{self, Appointment, FreeSlot, SlotQuery, VisitTypeFilter},
    core::{Result, ServiceId, StaffId, VisitTypeId, time::Instant},
    db::Tx,
    organisation,
};

/// Returns the free times of the search that overlap the appointment, which gives up its own seat for them.
///
/// # Errors
/// When the database refuses.
pub async fn over_own_time(tx: &mut Tx, query: SlotQuery, moved: &Appointment) -> Result<Vec<FreeSlot>> {
    let day = query.zone.day(moved.starts_at);
    if !moved.state.takes_slot() || moved.clinic_id != query.clinic || !(query.from..=query.to).contains(&day) {
        return Ok(Vec::new());
    }
    let of_day = SlotQuery { from: day, to: day, ..query };
    let mut slots = appointments::free_slots_without(tx, of_day, Some(moved)).await?;
    slots.retain(|slot| slot.starts_at < moved.ends_at && slot.ends_at > moved.starts_at);
    Ok(slots)
}

/// Returns the chosen time where it overlaps the appointment that is moved; of several doctors, that of the appointment comes first.
///
/// # Errors
/// When the database refuses.
pub async fn chosen_over_own_time(
    tx: &mut Tx,
    moved: &Appointment,
    (service, doctor, starts_at): (ServiceId, Option<StaffId>, Instant),
    visit_type: Option<VisitTypeId>,
    now: Instant,
) -> Result<Option<FreeSlot>> {
    let clinic = organisation::clinic(tx, moved.clinic_id).await?;
    let day = clinic.zone.day(moved.starts_at);
    let query = SlotQuery {
        clinic: clinic.id,
        zone: clinic.zone,
        service: Some(service),
        specialty: None,
        doctor,
        from: day,
        to: day,
        open: true,
        visit_type: VisitTypeFilter::Chosen(visit_type),
        now,
    };
    let mut slots = over_own_time(tx, query, moved).await?;
    slots.retain(|slot| slot.starts_at == starts_at);
    slots.sort_by_key(|slot| (slot.doctor_id != moved.doctor_id, slot.doctor_id));
    Ok(slots.into_iter().next())
}
