//! Offering a freed seat to the first in order, and the answers.

use chrono::Duration;

use super::{
    LEAST_ANSWER, WaitState, on_the_clock,
    store::{self, FreedSeat},
    wait_entry,
};
use crate::{
    appointments::{Appointment, SlotQuery, VisitTypeFilter, search, store as appointments},
    core::{AppointmentId, Error, Result, StaffId, Stamp, WaitlistId, time::Instant},
    db::{Locked, Tx},
    organisation, tr,
};

impl From<&Appointment> for FreedSeat {
    fn from(one: &Appointment) -> Self {
        Self {
            clinic_id: one.clinic_id,
            service_id: one.service_id,
            doctor_id: one.doctor_id,
            starts_at: one.starts_at,
            ends_at: one.ends_at,
            from: Some(one.patient_id),
        }
    }
}

/// Holds a seat that is free again for the first in order whom it suits; without anybody it is free for all. Runs in the transaction
/// that freed it, so that nobody else comes between.
pub(in crate::appointments) async fn seat_freed(tx: &mut Tx, seat: FreedSeat, now: Instant) -> Result<()> {
    if seat.starts_at <= now + LEAST_ANSWER {
        return Ok(());
    }
    let clinic = organisation::clinic(tx, seat.clinic_id).await?;
    let rules = organisation::booking_rules(tx, seat.clinic_id, None).await?;
    let until = (now + Duration::minutes(rules.offer_minutes)).min(seat.starts_at - Duration::minutes(rules.notice_minutes));
    let on = on_the_clock(clinic.zone, seat.starts_at);
    if until < now + LEAST_ANSWER || store::suited(tx, &seat, on).await?.is_empty() {
        return Ok(());
    }
    // Two freed seats of a service are offered one after the other, so that the first in order gets the first.
    tx.take_turn("waitlist", &seat.service_id.to_string()).await?;
    let query = SlotQuery {
        clinic: clinic.id,
        zone: clinic.zone,
        service: Some(seat.service_id),
        specialty: None,
        doctor: Some(seat.doctor_id),
        from: on.0,
        to: on.0,
        open: false,
        visit_type: VisitTypeFilter::Any,
        now,
    };
    // Hours may be gone, or the doctor is away: such a seat is nobody's. A long visit gives several slots back.
    let slots = search::slots(tx, query).await?;
    for slot in slots.iter().filter(|slot| slot.starts_at >= seat.starts_at && slot.ends_at <= seat.ends_at && slot.is_free()) {
        let part = FreedSeat { starts_at: slot.starts_at, ends_at: slot.ends_at, ..seat };
        offer_slot(tx, &part, query, (until, now)).await?;
    }
    Ok(())
}

/// Offers a slot to the first in order who finds the time, with as many slots after it as the visit takes.
async fn offer_slot(tx: &mut Tx, seat: &FreedSeat, query: SlotQuery, (until, now): (Instant, Instant)) -> Result<()> {
    for one in store::suited(tx, seat, on_the_clock(query.zone, seat.starts_at)).await? {
        // Hours may be kept for certain visit types.
        let own = SlotQuery { visit_type: VisitTypeFilter::Chosen(one.visit_type_id), ..query };
        let slot = search::slots(tx, own).await?.into_iter().find(|slot| slot.starts_at == seat.starts_at);
        let Some((slot, number)) = slot.and_then(|slot| slot.free_seats.first().copied().map(|number| (slot, number))) else { continue };
        let seat = FreedSeat { ends_at: slot.ends_at, ..*seat };
        if store::is_busy(tx, one.patient_id, (seat.starts_at, seat.ends_at)).await? {
            continue;
        }
        let Some(hold) = store::hold(tx, &seat, (number, &one), until, now).await? else { continue };
        if store::offer(tx, &one, hold, until, now).await? {
            return Ok(());
        }
        store::unhold(tx, hold, now).await?;
    }
    Ok(())
}

/// Gives back what was held too long at the doctor's. Each such seat goes to the first in order.
pub(in crate::appointments) async fn settle_stale(tx: &mut Tx, doctor: Locked<StaffId>, now: Instant) -> Result<()> {
    for (id, seat) in store::stale_seats(tx, doctor, now).await? {
        if !store::release_stale(tx, id, now).await? {
            continue;
        }
        if let Some(entry) = store::offered(tx, id).await? {
            store::settle(tx, entry, WaitState::Offered, WaitState::Expired, Stamp::system(now)).await?;
        }
        seat_freed(tx, seat, now).await?;
    }
    Ok(())
}

/// A held time was booked: if it was an offer, it is taken.
pub(in crate::appointments) async fn answered_by_booking(tx: &mut Tx, id: AppointmentId, stamp: Stamp) -> Result<()> {
    if let Some(entry) = store::offered(tx, id).await? {
        store::settle(tx, entry, WaitState::Offered, WaitState::Taken, stamp).await?;
    }
    Ok(())
}

/// An appointment was given back: if it was an offer, its patient passes, and the seat goes to the first in order.
pub(in crate::appointments) async fn given_back(tx: &mut Tx, of: &Appointment, stamp: Stamp) -> Result<()> {
    if let Some(entry) = store::offered(tx, of.id).await? {
        store::settle(tx, entry, WaitState::Offered, WaitState::Passed, stamp).await?;
    }
    seat_freed(tx, FreedSeat::from(of), stamp.at).await
}

/// Takes the seat that is offered: it is booked.
///
/// # Errors
/// [`Error::Conflict`] when the offer is over.
pub async fn take(tx: &mut Tx, id: WaitlistId, stamp: Stamp) -> Result<Appointment> {
    let hold = lock_offer(tx, id).await?;
    let entry = wait_entry(tx, id).await?;
    let Some(hold) = hold.filter(|_| entry.state == WaitState::Offered) else { return Err(over()) };
    let held = appointments::find(tx, hold.id()).await?;
    if held.starts_at <= stamp.at || !appointments::confirm(tx, hold, &entry.note, (None, 0), stamp).await? {
        return Err(over());
    }
    store::settle(tx, id, WaitState::Offered, WaitState::Taken, stamp).await?;
    appointments::find(tx, hold.id()).await
}

/// Lets the offered seat pass; it goes to the next in order.
///
/// # Errors
/// [`Error::Conflict`] when the offer is over.
pub async fn pass(tx: &mut Tx, id: WaitlistId, stamp: Stamp) -> Result<()> {
    end(tx, id, WaitState::Passed, "", stamp).await
}

/// Ends a wish. A seat that is held for it goes to the next in order.
pub(super) async fn end(tx: &mut Tx, id: WaitlistId, to: WaitState, because: &str, stamp: Stamp) -> Result<()> {
    let hold = lock_offer(tx, id).await?;
    let locked = tx.lock(id).await?;
    let entry = wait_entry(tx, id).await?;
    if entry.state.is_over() || (to == WaitState::Passed && entry.state != WaitState::Offered) {
        return Err(over());
    }
    let freed = match hold.filter(|_| entry.state == WaitState::Offered) {
        Some(hold) => {
            let held = appointments::find(tx, hold.id()).await?;
            store::unhold(tx, hold.id(), stamp.at).await?.then_some(held)
        }
        None => None,
    };
    if !store::settle(tx, id, entry.state, to, stamp).await? {
        return Err(over());
    }
    store::say_why(tx, locked, because).await?;
    match freed {
        Some(held) => seat_freed(tx, FreedSeat::from(&held), stamp.at).await,
        None => Ok(()),
    }
}

/// Locks the patient, and of an offer its doctor and its appointment.
async fn lock_offer(tx: &mut Tx, id: WaitlistId) -> Result<Option<Locked<AppointmentId>>> {
    let entry = wait_entry(tx, id).await?;
    tx.lock(entry.patient_id).await?;
    let Some(appointment) = entry.appointment_id else { return Ok(None) };
    let doctor = appointments::find(tx, appointment).await?.doctor_id;
    tx.lock(doctor).await?;
    Ok(Some(tx.lock(appointment).await?))
}

fn over() -> Error {
    Error::conflict(tr!(appointments.offer_over))
}
