//! Finds free times and books them.

use std::collections::HashMap;

use chrono::{Duration, NaiveDate, NaiveDateTime};

use crate::{
    core::{
        AppointmentId, ClinicId, Error, IdempotencyKey, PatientId, Result, ServiceId, SpecialtyId, StaffId, Stamp, VisitTypeId,
        time::{self, Instant, Zone},
    },
    db::{Locked, Tx},
    organisation::{self, Specialty},
    patients, tr,
};

use super::{
    Act, Appointment, Arrival, BOOKED_AHEAD, Busy, DayCounts, Hours, Slot,
    kept_hours::{self, VisitTypeFilter},
    limits::{OwnWish, held_until, refuse_beyond_rules},
    overbooking::{Overbooked, one_more},
    slots::slots_for,
    steps::step,
    store::{self, Whose},
    waitlist,
};

crate::text_enum! {
    /// The way in which an appointment was booked.
    pub enum Through("through") {
        Portal = "portal",
        Reception = "reception",
        Import = "import",
        Demo = "demo",
    }
}

/// An appointment to insert. Bookings of one patient, and of one doctor, run one after the other.
#[derive(Clone, Debug)]
pub struct NewAppointment {
    pub patient: Locked<PatientId>,
    pub doctor: Locked<StaffId>,
    pub clinic: ClinicId,
    pub service: ServiceId,
    pub starts_at: Instant,
    pub ends_at: Instant,
    pub seat: i64,
    /// Set for a time that is held for a while and not booked yet.
    pub held_until: Option<Instant>,
    pub reason: String,
    pub visit_type: Option<VisitTypeId>,
    pub through: Through,
    pub key: IdempotencyKey,
    /// The calendar entry that it goes on with, and how often that changed.
    pub calendar: (Option<AppointmentId>, i64),
    pub overbooked: Option<Overbooked>,
}

/// A request for a time.
#[derive(Clone, Debug)]
pub struct Booking {
    pub patient: PatientId,
    pub doctor: StaffId,
    pub service: ServiceId,
    /// The start of a slot.
    pub starts_at: Instant,
    pub reason: String,
    pub through: Through,
    /// Pressing twice sends the same key twice: the second request gets the result of the first.
    pub key: IdempotencyKey,
    /// Only hold it for the minutes of the clinic's rules.
    pub hold: bool,
    /// The appointment that this one replaces.
    pub replaces: Option<AppointmentId>,
    pub details: BookingDetails,
}

/// The facts of a booking that most have none of.
#[derive(Clone, Debug, Default)]
pub struct BookingDetails {
    pub visit_type: Option<VisitTypeId>,
    /// Why staff moves the appointment that this one takes the place of.
    pub move_reason: String,
    /// Why staff adds it to a full session; the caller checked the permission.
    pub overbook: Option<String>,
}

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
    let slots = slots(tx, query).await?;
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
    let to = query.to.min(query.from + Duration::days(SEARCHED - 1));
    let mut hours = hours_of(tx, SlotQuery { to, ..query }).await?;
    kept_hours::keep_for(tx, query.visit_type, &mut hours).await?;
    let (minutes, today) = (query.visit_type.minutes(tx).await?, query.zone.day(query.now));
    let mut doctors: Vec<StaffId> = hours.iter().map(|stretch| stretch.doctor_id).collect();
    doctors.dedup();
    let (begin, end) = (query.zone.day_bounds(query.from).0, query.zone.day_bounds(to).1);
    let busy = Busy::new(store::taken(tx, (query.clinic, &doctors), begin, end, query.now).await?);
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

/// Books a time, or holds it for a while. When many requests want the last seat, exactly one gets it.
///
/// # Errors
/// [`Error::Conflict`] with a sentence: the time is taken, no longer offered or too far ahead, or the patient is busy then or
/// has enough bookings.
pub async fn book(tx: &mut Tx, wish: &Booking, stamp: Stamp) -> Result<Appointment> {
    let service = organisation::service(tx, wish.service).await?;
    let clinic = organisation::clinics(tx).await?.into_iter().find(|clinic| clinic.id == service.clinic_id).ok_or(Error::NotFound)?;
    let day = clinic.zone.day(wish.starts_at);
    let by_patient = wish.through == Through::Portal;
    let rules = organisation::booking_rules(tx, clinic.id, wish.details.visit_type).await?;
    let last = clinic.zone.day(stamp.at) + if by_patient { Duration::days(rules.days) } else { BOOKED_AHEAD };
    if day > last {
        return Err(Error::conflict(tr!(appointments.too_far_ahead, date = time::show_date(last))));
    }
    // The patient is locked first, so that two bookings do not wait for each other.
    let (patient, doctor) = (tx.lock(wish.patient).await?, tx.lock(wish.doctor).await?);
    patients::refuse_the_dead(tx, wish.patient, day).await?;
    let before = store::by_key(tx, wish.key).await?;
    if before.as_ref().is_some_and(|other| other.patient_id != wish.patient) {
        return Err(Error::key_used());
    }
    if let Some(same) = &before
        && (same.patient_id, same.doctor_id, same.starts_at) == (wish.patient, wish.doctor, wish.starts_at)
        && same.state.takes_slot()
    {
        return Ok(same.clone());
    }
    waitlist::settle_stale(tx, doctor, stamp.at).await?;
    store::release_own_holds(tx, patient, stamp.at).await?;
    let replaced = match wish.replaces {
        Some(old) => Some(of_this_patient(tx, old, wish.patient).await?),
        None => None,
    };
    let visit_type = wish.details.visit_type;
    if by_patient {
        let (patient, clinic, rules, replaces) = (wish.patient, &clinic, &rules, replaced.as_ref());
        let own = OwnWish { patient, clinic, rules, visit_type, starts_at: wish.starts_at, replaces };
        refuse_beyond_rules(tx, own, stamp.at).await?;
    }
    let query = SlotQuery {
        clinic: clinic.id,
        zone: clinic.zone,
        service: Some(wish.service),
        specialty: None,
        doctor: Some(wish.doctor),
        from: day,
        to: day,
        open: by_patient,
        visit_type: if by_patient { VisitTypeFilter::Chosen(visit_type) } else { VisitTypeFilter::of_staff(visit_type) },
        now: stamp.at,
    };
    let slot = slots(tx, query)
        .await?
        .into_iter()
        // Staff may still fill a slot that has begun.
        .find(|slot| slot.starts_at == wish.starts_at && (slot.starts_at > stamp.at || (!by_patient && slot.ends_at > stamp.at)));
    let Some(slot) = slot else { return Err(kept_hours::no_slot(tx, query, wish.starts_at).await?) };
    let (seat, overbooked) = match (slot.free_seats.first(), &wish.details.overbook) {
        (Some(seat), _) => (*seat, None),
        (None, Some(reason)) if !by_patient => {
            let (seat, more) = one_more(tx, doctor, (query, &slot), (rules.overbook_limit, reason)).await?;
            (seat, Some(more))
        }
        (None, _) => return Err(kept_hours::taken(tx, query, &slot).await?),
    };
    let old = match wish.replaces.filter(|_| !wish.hold) {
        Some(old) => Some(give_way(tx, old, patient, &wish.details.move_reason, stamp).await?),
        None => None,
    };
    let new = NewAppointment {
        patient,
        doctor,
        clinic: clinic.id,
        service: wish.service,
        starts_at: slot.starts_at,
        ends_at: slot.ends_at,
        seat,
        held_until: wish.hold.then(|| held_until(&rules, stamp.at)),
        reason: wish.reason.clone(),
        visit_type,
        calendar: calendar_of(replaced.as_ref()),
        overbooked,
        through: wish.through,
        // The same page was used again to book another time.
        key: if before.is_some() { IdempotencyKey::new() } else { wish.key },
    };
    let id = AppointmentId::new();
    store::insert(tx, id, &new, stamp).await?;
    if let Some(old) = old {
        store::set_replacement(tx, old, id).await?;
    }
    freed_by_moving(tx, old.and(replaced.as_ref()), stamp.at).await?;
    store::find(tx, id).await
}

/// The time of a moved appointment is offered to the waitlist.
async fn freed_by_moving(tx: &mut Tx, old: Option<&Appointment>, now: Instant) -> Result<()> {
    match old.filter(|old| old.state.takes_slot()) {
        Some(old) => waitlist::seat_freed(tx, old.into(), now).await,
        None => Ok(()),
    }
}

/// The calendar entry that the appointment's successor goes on with. The successor's first version comes after its last.
fn calendar_of(replaced: Option<&Appointment>) -> (Option<AppointmentId>, i64) {
    replaced.map_or((None, 0), |old| (Some(old.calendar_entry()), old.calendar_sequence() + 1))
}

/// Turns a time that the patient holds into an appointment. A second call changes nothing.
///
/// # Errors
/// [`Error::NotFound`] when it is not the patient's; [`Error::Conflict`] when another patient got the time meanwhile.
pub async fn confirm(
    tx: &mut Tx,
    id: AppointmentId,
    patient: PatientId,
    reason: &str,
    replaces: Option<AppointmentId>,
    stamp: Stamp,
) -> Result<Appointment> {
    let held = of_this_patient(tx, id, patient).await?;
    let patient = tx.lock(patient).await?;
    tx.lock(held.doctor_id).await?;
    let hold = tx.lock(id).await?;
    let held = store::find(tx, id).await?;
    if held.state == super::AppointmentState::Booked {
        return Ok(held);
    }
    if held.starts_at <= stamp.at {
        return Err(Error::conflict(tr!(appointments.hold_over)));
    }
    let replaced = match replaces {
        Some(old) => Some(of_this_patient(tx, old, patient.id()).await?),
        None => None,
    };
    let clinic = organisation::clinic(tx, held.clinic_id).await?;
    let rules = organisation::booking_rules(tx, held.clinic_id, held.visit_type_id).await?;
    // The time was chosen in good time: while it is held, the notice runs on.
    let rules = organisation::BookingRules { notice_minutes: 0, ..rules };
    let (visit_type, starts_at) = (held.visit_type_id, held.starts_at);
    let own = OwnWish { patient: patient.id(), clinic: &clinic, rules: &rules, visit_type, starts_at, replaces: replaced.as_ref() };
    refuse_beyond_rules(tx, own, stamp.at).await?;
    let old = match replaces {
        Some(old) => Some(give_way(tx, old, patient, "", stamp).await?),
        None => None,
    };
    if !store::confirm(tx, hold, reason, calendar_of(replaced.as_ref()), stamp).await? {
        return Err(Error::conflict(tr!(appointments.hold_over)));
    }
    if let Some(old) = old {
        store::set_replacement(tx, old, id).await?;
    }
    waitlist::answered_by_booking(tx, id, stamp).await?;
    freed_by_moving(tx, old.and(replaced.as_ref()), stamp.at).await?;
    store::find(tx, id).await
}

async fn of_this_patient(tx: &mut Tx, id: AppointmentId, patient: PatientId) -> Result<Appointment> {
    let found = store::find(tx, id).await?;
    if found.patient_id == patient { Ok(found) } else { Err(Error::NotFound) }
}

/// Marks the old appointment as rescheduled, so that its time becomes free for others.
async fn give_way(
    tx: &mut Tx,
    old: AppointmentId,
    patient: Locked<PatientId>,
    reason: &str,
    stamp: Stamp,
) -> Result<Locked<AppointmentId>> {
    of_this_patient(tx, old, patient.id()).await?;
    let old = tx.lock(old).await?;
    step(tx, old, Act::Reschedule, stamp).await?;
    store::say_why(tx, old, reason).await?;
    Ok(old)
}

/// Returns one appointment.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn find(tx: &mut Tx, id: AppointmentId) -> Result<Appointment> {
    store::find(tx, id).await
}

/// Returns the patient's appointments, latest first.
///
/// # Errors
/// When the database refuses.
pub async fn of_patient(tx: &mut Tx, patient: PatientId) -> Result<Vec<Appointment>> {
    store::of_patient(tx, patient).await
}

/// Returns the patient's next appointment, or the one for which the patient is here now.
///
/// # Errors
/// When the database refuses.
pub async fn next_for_patient(tx: &mut Tx, patient: PatientId, now: Instant) -> Result<Option<Appointment>> {
    store::next_for_patient(tx, patient, now).await
}

/// Returns a doctor's appointments at a clinic from `from` until before `to`, in order, without cancelled ones.
///
/// # Errors
/// When the database refuses.
pub async fn of_doctor(tx: &mut Tx, clinic: ClinicId, doctor: StaffId, from: Instant, to: Instant) -> Result<Vec<Arrival>> {
    store::booked(tx, clinic, Whose::Doctor(doctor), from, to).await
}

/// Returns the appointments from `from` until before `to` whose patients have not come yet, in order of time.
///
/// # Errors
/// When the database refuses.
pub async fn arrivals(tx: &mut Tx, clinic: ClinicId, from: Instant, to: Instant) -> Result<Vec<Arrival>> {
    store::arrivals(tx, clinic, from, to).await
}

/// Returns the numbers of the day.
///
/// # Errors
/// When the database refuses.
pub async fn day_counts(tx: &mut Tx, clinic: ClinicId, from: Instant, to: Instant) -> Result<DayCounts> {
    store::day_counts(tx, clinic, from, to).await
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
