//! Acts on follow-ups.

use chrono::{Duration, NaiveDate};

use super::{FollowUp, store};
use crate::{
    appointments::{
        self, Appointment, AppointmentState, BOOKED_AHEAD, Booking, BookingDetails, FreeSlot, SlotQuery, Through, VisitTypeFilter,
    },
    audit::{self, Action, AuditRow},
    clinical::{NotePart, OutsideReader, holds},
    core::{
        AdmissionId, Error, FollowUpId, IdempotencyKey, PatientId, Result, ServiceId, StaffId, UserId, VisitTypeId, error::FieldErrors,
        form::text, time::show_date,
    },
    db::Tx,
    organisation,
    organisation::Typed,
    patients,
    rounds::{ROUNDS, vocabulary::FollowUpState},
    server::{AppState, Ctx, Event},
    tr,
};

/// Weeks after the day that was proposed until it can be booked (our own default).
const STANDS_WEEKS: i64 = 8;
/// The most weeks ahead.
const MOST_WEEKS: i64 = 104;

/// The fields of a follow-up, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FollowUpForm {
    pub weeks: i64,
    pub service: ServiceId,
    pub doctor: Option<StaffId>,
    pub visit_type: Option<VisitTypeId>,
    pub reason: String,
}

impl FollowUpForm {
    /// Reads the form.
    ///
    /// # Errors
    /// [`Error::Invalid`] with every field that is wrong.
    pub fn read(typed: &Typed) -> Result<Self> {
        let value = |name: &str| typed.get(name).map_or("", |value| value.trim());
        let mut errors = FieldErrors::new();
        let weeks = value("weeks").parse::<i64>().ok().filter(|weeks| (0..=MOST_WEEKS).contains(weeks));
        if weeks.is_none() {
            errors.add("weeks", tr!(rounds.weeks_wrong, most = MOST_WEEKS));
        }
        let service = errors.chosen::<ServiceId>("service", value("service"));
        let doctor = match value("doctor") {
            "" => None,
            typed => errors.chosen::<StaffId>("doctor", typed),
        };
        let visit_type = match value("visit_type") {
            "" => None,
            typed => errors.chosen::<VisitTypeId>("visit_type", typed),
        };
        let reason = errors.check(text("follow_up_reason", value("follow_up_reason"), 500)).unwrap_or_default();
        errors.finish()?;
        let (Some(weeks), Some(service)) = (weeks, service) else { return Err(Error::NotFound) };
        Ok(Self { weeks, service, doctor, visit_type, reason })
    }
}

/// Proposes a follow-up. The same form again changes nothing.
///
/// # Errors
/// [`Error::NotFound`] for another clinic's service; [`Error::Conflict`] for a patient who has died.
pub async fn propose(ctx: &mut Ctx, id: FollowUpId, patient: PatientId, stay: Option<AdmissionId>, form: &FollowUpForm) -> Result<()> {
    ctx.reach([patient]).await?;
    ctx.tx.lock(patient).await?;
    if let Some(known) = store::find(&mut ctx.tx, id).await? {
        return if known.patient_id == patient { Ok(()) } else { Err(Error::key_used()) };
    }
    let service = organisation::service(&mut ctx.tx, form.service).await?;
    if service.clinic_id != ctx.clinic.id {
        return Err(Error::invalid("service", tr!(errors.choose)));
    }
    if let Some(chosen) = form.visit_type
        && organisation::visit_types(&mut ctx.tx).await?.iter().all(|known| known.id != chosen)
    {
        return Err(Error::invalid("visit_type", tr!(errors.choose)));
    }
    let today = ctx.today();
    patients::refuse_the_dead(&mut ctx.tx, patient, today).await?;
    let due = today + Duration::weeks(form.weeks);
    let days = (due, due + Duration::weeks(STANDS_WEEKS));
    let (now, by) = (ctx.now, ctx.user());
    store::insert(&mut ctx.tx, id, (patient, service.clinic_id, stay), form, days, (now, by)).await?;
    ctx.did(Action::Create, "follow_up", id, Some(patient));
    tell(ctx, patient);
    Ok(())
}

fn tell(ctx: &mut Ctx, patient: PatientId) {
    let clinic = ctx.clinic.id;
    ctx.tell(Event::new(&ROUNDS).at(clinic).of(patient));
    ctx.tell(Event::new(&patients::CHART).at(clinic).of(patient));
}

/// Returns the first free time of a follow-up, from its day on; `None` when there is none until its last day.
///
/// # Errors
/// When the database refuses.
pub async fn first_free(ctx: &mut Ctx, of: &FollowUp, by_patient: bool) -> Result<Option<FreeSlot>> {
    let clinic = organisation::clinic(&mut ctx.tx, of.clinic_id).await?;
    let (now, today) = (ctx.now, clinic.zone.day(ctx.now));
    let (ahead, earliest) = if by_patient {
        let types = organisation::visit_types(&mut ctx.tx).await?;
        if types.iter().any(|known| Some(known.id) == of.visit_type_id && known.desk_only) {
            return Ok(None);
        }
        let rules = organisation::booking_rules(&mut ctx.tx, of.clinic_id, of.visit_type_id).await?;
        (Duration::days(rules.days), rules.earliest(now))
    } else {
        (BOOKED_AHEAD, now)
    };
    let from = of.due_on.max(today);
    let query = SlotQuery {
        clinic: of.clinic_id,
        zone: clinic.zone,
        service: Some(of.service_id),
        specialty: None,
        doctor: of.doctor_id,
        from,
        to: of.until_on.min(today + ahead),
        open: by_patient,
        visit_type: if by_patient { VisitTypeFilter::Chosen(of.visit_type_id) } else { VisitTypeFilter::of_staff(of.visit_type_id) },
        now,
    };
    appointments::earliest_free(&mut ctx.tx, query, earliest).await
}

/// Finds an appointment that was booked for the follow-up in another way: of the same patient and service, not long before its day.
async fn booked_already(ctx: &mut Ctx, of: &FollowUp, patient: PatientId) -> Result<Option<Appointment>> {
    let now = ctx.now;
    let zone = ctx.zone();
    let early: NaiveDate = of.due_on - Duration::weeks(2);
    let taken = store::attached(&mut ctx.tx, of.patient_id).await?;
    let all = appointments::of_patient(&mut ctx.tx, patient).await?;
    let fits = |one: &Appointment| {
        one.state == AppointmentState::Booked
            && one.service_id == of.service_id
            && one.starts_at > now
            && zone.day(one.starts_at) >= early
            && !taken.contains(&one.id)
    };
    Ok(all.into_iter().filter(fits).min_by_key(|one| one.starts_at))
}

/// Books a follow-up: the first free time from its day on, or an appointment of the service that the patient has already.
///
/// # Errors
/// [`Error::Conflict`] when it is settled already, or no time is free.
pub async fn book(ctx: &mut Ctx, id: FollowUpId, through: Through) -> Result<Appointment> {
    let (known, own) = turn(ctx, id).await?;
    if let (FollowUpState::Booked, Some(appointment)) = (known.state, known.appointment_id) {
        return appointments::find(&mut ctx.tx, appointment).await;
    }
    must_stand(&known)?;
    let stamp = ctx.stamp();
    // A record that was merged takes no appointment: it is made for the surviving one.
    let survivor = patients::merges::survivor_of(&mut ctx.tx, known.patient_id).await?;
    let patient = survivor.unwrap_or(known.patient_id);
    let appointment = match booked_already(ctx, &known, patient).await? {
        Some(there) => there,
        None => {
            let Some(slot) = first_free(ctx, &known, own).await? else {
                return Err(Error::conflict(tr!(rounds.no_time, day = show_date(known.until_on))));
            };
            // The portal shows the reason of an appointment, which may say what a held plan says.
            let records = patients::merges::family(&mut ctx.tx, patient).await?;
            let held = holds::held_encounters(&mut ctx.tx, &records, NotePart::Plan, OutsideReader::Paper).await?;
            let wish = Booking {
                patient,
                doctor: slot.doctor_id,
                service: known.service_id,
                starts_at: slot.starts_at,
                reason: if held.is_empty() { known.reason.clone() } else { String::new() },
                through,
                key: IdempotencyKey::new(),
                hold: false,
                replaces: None,
                details: BookingDetails { visit_type: known.visit_type_id, ..BookingDetails::default() },
            };
            let made = appointments::book(&mut ctx.tx, &wish, stamp).await?;
            appointments::changed(ctx, Action::Create, &made);
            appointments::tell_price(ctx, &made).await?;
            appointments::confirm_by_message(ctx, &made).await?;
            made
        }
    };
    if !store::settle(&mut ctx.tx, id, FollowUpState::Booked, Some(appointment.id), (stamp.at, stamp.by)).await? {
        return Err(Error::conflict(tr!(rounds.follow_up_settled)));
    }
    ctx.did(Action::Update, "follow_up", id, Some(known.patient_id));
    tell(ctx, known.patient_id);
    Ok(appointment)
}

/// Declines a follow-up: it is not wanted.
///
/// # Errors
/// [`Error::Conflict`] when it is settled already.
pub async fn decline(ctx: &mut Ctx, id: FollowUpId) -> Result<FollowUp> {
    let (known, _) = turn(ctx, id).await?;
    if known.state == FollowUpState::Declined {
        return Ok(known);
    }
    must_stand(&known)?;
    let (now, by) = (ctx.now, ctx.user());
    if !store::settle(&mut ctx.tx, id, FollowUpState::Declined, None, (now, by)).await? {
        return Err(Error::conflict(tr!(rounds.follow_up_settled)));
    }
    ctx.did(Action::Update, "follow_up", id, Some(known.patient_id));
    tell(ctx, known.patient_id);
    Ok(known)
}

/// Locks the patient of a follow-up, and reads it after that. Tells whether the user is the patient, or acts for the patient.
async fn turn(ctx: &mut Ctx, id: FollowUpId) -> Result<(FollowUp, bool)> {
    let known = store::find(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    let survivor = patients::merges::survivor_of(&mut ctx.tx, known.patient_id).await?;
    let own = ctx.own_patient().is_ok_and(|patient| patient == survivor.unwrap_or(known.patient_id));
    if !own {
        ctx.at_clinic(crate::core::Permission::BookAppointments, known.clinic_id)?;
        ctx.reach([known.patient_id]).await?;
    }
    ctx.tx.lock_all(survivor.into_iter().chain([known.patient_id])).await?;
    let known = store::find(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    Ok((known, own))
}

fn must_stand(of: &FollowUp) -> Result<()> {
    if of.state == FollowUpState::Proposed { Ok(()) } else { Err(Error::conflict(tr!(rounds.follow_up_settled))) }
}

/// Ends the follow-ups whose last day is over; returns their number.
///
/// # Errors
/// When the database refuses.
pub async fn expire(state: &AppState) -> Result<usize> {
    let now = state.clock.now();
    // A day ends last in the zone that is 12 hours behind.
    let day = (now - Duration::hours(12)).date_naive();
    let over = store::over(&mut state.db.read().await?, day).await?;
    let mut ended = 0;
    for (id, patient, clinic) in over {
        let mut tx: Tx = state.db.write().await?;
        tx.lock(patient).await?;
        if !store::settle(&mut tx, id, FollowUpState::Expired, None, (now, UserId::SYSTEM)).await? {
            continue;
        }
        let row = AuditRow {
            at: now,
            user: UserId::SYSTEM,
            roles: String::new(),
            action: Action::Update,
            what: "follow_up",
            subject: Some(id.into()),
            patient: Some(patient),
            clinic: Some(clinic),
            address: String::new(),
            request: String::new(),
            why: String::new(),
        };
        audit::write(&mut tx, &[row]).await?;
        let events = vec![Event::new(&ROUNDS).at(clinic).of(patient)];
        state.hub.store(&mut tx, now, &events).await?;
        tx.commit().await?;
        state.hub.announce(&events);
        ended += 1;
    }
    Ok(ended)
}
