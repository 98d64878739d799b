//! The next time that fits each appointment which lost its hours, and moving it there.

use std::collections::HashMap;

use chrono::{Duration, NaiveDateTime};

use super::store::{self, Line};
use crate::{
    appointments::{Appointment, Booking, BookingDetails, FreeSlot, SlotQuery, Through, VisitTypeFilter, booking},
    core::{AppointmentId, IdempotencyKey, PatientId, Result, SettlementId, StaffId, time::Instant},
    server::Ctx,
    tr,
};

/// How many days ahead another time is looked for.
const LOOK_AHEAD: Duration = Duration::days(42);

/// Another time for an appointment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    pub doctor_id: StaffId,
    /// The doctor's name.
    pub doctor: String,
    pub starts_at: Instant,
    pub ends_at: Instant,
    /// The start on the clinic's wall clock.
    pub local: NaiveDateTime,
}

impl From<&FreeSlot> for Proposal {
    fn from(slot: &FreeSlot) -> Self {
        Self { doctor_id: slot.doctor_id, doctor: slot.doctor.clone(), starts_at: slot.starts_at, ends_at: slot.ends_at, local: slot.local }
    }
}

/// Another time for each line: the first free one of the service that is not before the old one, with any of its doctors. No time is
/// proposed twice, and none at which the patient is booked already.
pub async fn proposals(
    ctx: &mut Ctx,
    lines: &[Line],
    patients: &HashMap<AppointmentId, PatientId>,
) -> Result<HashMap<SettlementId, Proposal>> {
    let ids: Vec<PatientId> = patients.values().copied().collect();
    let mut busy = store::busy(&mut ctx.tx, &ids, ctx.now).await?;
    let mut services: Vec<_> = lines.iter().map(|line| line.service_id).collect();
    services.sort_unstable();
    services.dedup();
    let mut found = HashMap::new();
    for service in services {
        let of_service: Vec<&Line> = lines.iter().filter(|line| line.service_id == service).collect();
        let Some(first) = of_service.iter().map(|line| line.starts_at).min() else { continue };
        let from = ctx.zone().day(first.max(ctx.now));
        let query = SlotQuery {
            clinic: ctx.clinic.id,
            zone: ctx.zone(),
            service: Some(service),
            specialty: None,
            doctor: None,
            from,
            to: from + LOOK_AHEAD,
            open: false,
            visit_type: VisitTypeFilter::Any,
            now: ctx.now,
        };
        let mut free = booking::free_slots(&mut ctx.tx, query).await?;
        for line in of_service {
            let Some(patient) = patients.get(&line.appointment_id) else { continue };
            let taken = busy.entry(*patient).or_default();
            let fits = |slot: &FreeSlot| {
                slot.starts_at >= line.starts_at
                    && !taken.iter().any(|(id, from, to)| *id != line.appointment_id && *from < slot.ends_at && slot.starts_at < *to)
            };
            let Some(at) = free.iter().position(fits) else { continue };
            let slot = free.remove(at);
            taken.push((line.appointment_id, slot.starts_at, slot.ends_at));
            found.insert(line.id, Proposal::from(&slot));
        }
    }
    Ok(found)
}

/// Moves the line's appointment to another time of its service.
///
/// # Errors
/// [`crate::core::Error::Conflict`] when somebody else has the time by now, or the appointment was settled meanwhile.
pub async fn move_to(ctx: &mut Ctx, old: &Appointment, doctor: StaffId, starts_at: Instant) -> Result<Appointment> {
    let wish = Booking {
        patient: old.patient_id,
        doctor,
        service: old.service_id,
        starts_at,
        reason: old.reason.clone(),
        through: Through::Reception,
        key: IdempotencyKey::new(),
        hold: false,
        replaces: Some(old.id),
        details: BookingDetails { visit_type: old.visit_type_id, move_reason: tr!(appointments.hours_changed).to_owned(), overbook: None },
    };
    let stamp = ctx.stamp();
    booking::book(&mut ctx.tx, &wish, stamp).await
}
