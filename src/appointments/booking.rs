//! Books times, holds them, and moves appointments.

use chrono::Duration;

use crate::{
    core::{
        AppointmentId, ClinicId, Error, IdempotencyKey, PatientId, Result, ServiceId, StaffId, Stamp, VisitTypeId,
        time::{self, Instant},
    },
    db::{Locked, Tx},
    organisation, patients, tr,
};

use super::{
    Act, Appointment, Arrival, BOOKED_AHEAD, DayCounts,
    kept_hours::{self, VisitTypeFilter},
    limits::{OwnWish, held_until, refuse_beyond_rules},
    overbooking::{Overbooked, one_more},
    remarks,
    search::{SlotQuery, slots_without},
    steps::step,
    store::{self, Whose},
    symptoms, waitlist,
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
    /// The desk's remark; `None` takes over that of the appointment that this one replaces.
    pub remark: Option<String>,
    /// Symptoms; `None` takes over those of the appointment that this one replaces.
    pub symptoms: Option<String>,
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
    // A moved appointment gives its own time back; while a time is only held, it keeps both.
    let slot = slots_without(tx, query, replaced.as_ref().filter(|_| !wish.hold))
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
        take_place_of(tx, old, id).await?;
    }
    if let Some(remark) = &wish.details.remark {
        remarks::write(tx, id, remark).await?;
    }
    if !wish.hold {
        symptoms::keep(tx, (id, wish.patient), wish.details.symptoms.as_deref(), wish.replaces, stamp).await?;
    }
    freed_by_moving(tx, old.and(replaced.as_ref()), stamp.at).await?;
    store::find(tx, id).await
}

/// The new appointment takes the place of the old one, with the desk's remark.
async fn take_place_of(tx: &mut Tx, old: Locked<AppointmentId>, id: AppointmentId) -> Result<()> {
    store::set_replacement(tx, old, id).await?;
    remarks::carry_over(tx, old, id).await
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

/// Turns a time that the patient holds into an appointment, with its reason and the symptoms. A second call changes nothing.
///
/// # Errors
/// [`Error::NotFound`] when it is not the patient's; [`Error::Conflict`] when another patient got the time meanwhile.
pub async fn confirm(
    tx: &mut Tx,
    id: AppointmentId,
    patient: PatientId,
    (reason, told): (&str, Option<&str>),
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
        take_place_of(tx, old, id).await?;
    }
    symptoms::keep(tx, (id, patient.id()), told, replaces, stamp).await?;
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
