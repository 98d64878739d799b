//! The next time that fits each appointment which lost its hours, and moving it there.

use std::collections::HashMap;

use chrono::{Duration, NaiveDateTime};

use super::store::{self, Line};
use crate::{
    appointments::{
        Appointment, BOOKED_AHEAD, Booking, BookingDetails, FreeSlot, SlotQuery, Through, VisitTypeFilter, booking,
        search::{self, SEARCHED},
    },
    core::{AppointmentId, IdempotencyKey, PatientId, Result, SettlementId, StaffId, time::Instant},
    server::Ctx,
    tr,
};

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
    let appointments: Vec<AppointmentId> = lines.iter().map(|line| line.appointment_id).collect();
    let types = store::visit_types(&mut ctx.tx, &appointments).await?;
    let kind = |line: &Line| (line.service_id, types.get(&line.appointment_id).copied());
    let mut kinds: Vec<_> = lines.iter().map(kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let last = ctx.today() + BOOKED_AHEAD;
    let (mut found, mut given) = (HashMap::new(), HashMap::<StaffId, Vec<FreeSlot>>::new());
    for (service, visit_type) in kinds {
        let mut left: Vec<&Line> = lines.iter().filter(|line| kind(line) == (service, visit_type)).collect();
        let Some(first) = left.iter().map(|line| line.starts_at).min() else { continue };
        let mut from = ctx.zone().day(first.max(ctx.now));
        // After long leave the next free time is weeks after the first line.
        while !left.is_empty() && from <= last {
            let to = last.min(from + Duration::days(SEARCHED - 1));
            let query = SlotQuery {
                clinic: ctx.clinic.id,
                zone: ctx.zone(),
                service: Some(service),
                specialty: None,
                doctor: None,
                from,
                to,
                open: false,
                visit_type: VisitTypeFilter::of_staff(visit_type),
                now: ctx.now,
            };
            let mut free = search::free_slots(&mut ctx.tx, query).await?;
            free.retain(|slot| given.get(&slot.doctor_id).is_none_or(|given| given.iter().all(|other| !meet(slot, other))));
            left.retain(|line| {
                let Some(patient) = patients.get(&line.appointment_id) else { return false };
                let taken = busy.entry(*patient).or_default();
                let fits = |slot: &&FreeSlot| {
                    slot.starts_at >= line.starts_at
                        && !taken.iter().any(|(id, from, to)| *id != line.appointment_id && *from < slot.ends_at && slot.starts_at < *to)
                };
                let Some(slot) = free.iter().find(fits).cloned() else { return true };
                free.retain(|other| !meet(&slot, other));
                taken.push((line.appointment_id, slot.starts_at, slot.ends_at));
                found.insert(line.id, Proposal::from(&slot));
                given.entry(slot.doctor_id).or_default().push(slot);
                false
            });
            from = to + Duration::days(1);
        }
    }
    Ok(found)
}

/// Whether two times of one doctor overlap.
fn meet(one: &FreeSlot, other: &FreeSlot) -> bool {
    one.doctor_id == other.doctor_id && one.starts_at < other.ends_at && other.starts_at < one.ends_at
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
        details: BookingDetails {
            visit_type: old.visit_type_id,
            move_reason: tr!(appointments.hours_changed).to_owned(),
            ..BookingDetails::default()
        },
    };
    let stamp = ctx.stamp();
    booking::book(&mut ctx.tx, &wish, stamp).await
}
