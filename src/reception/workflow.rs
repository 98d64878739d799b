//! Checks a patient in and undoes it: appointment, visit and queue in one transaction.

use super::Expected;
use crate::{
    appointments::{self, AppointmentState, EXPECTED_WITHIN},
    audit::Action,
    core::{
        AppointmentId, Error, IdempotencyKey, PatientId, Permission, Result, ServiceId, StaffId, VisitId,
        time::{self, Instant, Zone},
    },
    opd::{self, CheckIn, Priority, Visit},
    organisation, patients,
    server::{Ctx, Event, hooks::Priced},
    tr,
};

/// The patient at the desk, and the purpose of the visit.
#[derive(Clone, Debug)]
pub struct Coming {
    pub patient: PatientId,
    /// `None` for a walk-in.
    pub appointment: Option<AppointmentId>,
    /// The service of a walk-in; an appointment has its own.
    pub service: Option<ServiceId>,
    /// The doctor that a walk-in asks for; `None` when any doctor will do.
    pub doctor: Option<StaffId>,
    pub priority: Priority,
    pub priority_reason: String,
    pub reason: String,
    /// Whether the desk has confirmed that the patient has died.
    pub after_death: bool,
    pub key: IdempotencyKey,
}

/// Checks a patient in. Pressing twice (the same key) returns the same visit.
///
/// # Errors
/// [`Error::Conflict`] when the patient is in the queue already, or the appointment is not for today or its state does
/// not allow it.
pub async fn check_in(ctx: &mut Ctx, coming: Coming) -> Result<Visit> {
    let stamp = ctx.stamp();
    // A patient outside the clinic's care must be taken in first, in an action of its own that is audited.
    ctx.reach([coming.patient]).await?;
    // The patient is locked before the appointment, as a booking does, so that a check-in and a move of one appointment
    // do not wait for each other.
    ctx.tx.lock(coming.patient).await?;
    if let Some(visit) = opd::checked_in_before(&mut ctx.tx, coming.patient, coming.key).await? {
        return Ok(visit);
    }
    let today = ctx.today();
    if let Some(died) = patients::death(&mut ctx.tx, coming.patient).await?
        && died.day <= today
        && (!coming.after_death || coming.reason.is_empty())
    {
        return Err(Error::invalid("after_death", tr!(reception.has_died, died = died.sentence(None))));
    }
    let mut reason = coming.reason;
    let (service, doctor) = match coming.appointment {
        Some(id) => {
            let appointment = appointments::find(&mut ctx.tx, id).await?;
            ctx.at_clinic(Permission::CheckIn, appointment.clinic_id)?;
            if appointment.patient_id != coming.patient {
                return Err(Error::NotFound);
            }
            // The reader's clinic may lie in another zone.
            let zone = organisation::clinic(&mut ctx.tx, appointment.clinic_id).await?.zone;
            if !comes_now(zone, stamp.at, appointment.starts_at) {
                let date = time::show_date(zone.day(appointment.starts_at));
                return Err(Error::conflict(tr!(reception.not_today, date = date)));
            }
            appointments::check_in(&mut ctx.tx, id, stamp).await?;
            if reason.is_empty() {
                reason.clone_from(&appointment.reason);
            }
            ctx.did(Action::Update, "appointment", id, Some(coming.patient));
            (appointment.service_id, Some(appointment.doctor_id))
        }
        None => {
            let service = coming.service.ok_or_else(|| Error::invalid("service", tr!(errors.choose)))?;
            let service = organisation::service(&mut ctx.tx, service).await?;
            ctx.at_clinic(Permission::CheckIn, service.clinic_id)?;
            if let Some(doctor) = coming.doctor
                && !organisation::doctors(&mut ctx.tx, service.clinic_id).await?.iter().any(|one| one.id == doctor)
            {
                return Err(Error::invalid("doctor", tr!(errors.choose)));
            }
            (service.id, coming.doctor)
        }
    };
    let arrival = CheckIn {
        patient: coming.patient,
        service,
        appointment: coming.appointment,
        doctor,
        priority: coming.priority,
        priority_reason: coming.priority_reason,
        reason,
        key: coming.key,
    };
    let visit = opd::check_in(&mut ctx.tx, &arrival, stamp).await?;
    ctx.did(Action::Create, "visit", visit.id, Some(visit.patient_id));
    if visit.appointment_id.is_none() {
        let departments = ctx.state().departments;
        departments.tell_price(ctx, Priced::Visit(visit.id)).await?;
    }
    tell(ctx, &visit);
    Ok(visit)
}

/// Undoes a check-in, within 30 seconds and before the patient is called.
///
/// # Errors
/// [`Error::Conflict`] when it is too late.
pub async fn undo_check_in(ctx: &mut Ctx, id: VisitId) -> Result<Visit> {
    without_check_in(ctx, id, None).await
}

/// Cancels a wrong check-in later, with a reason, as long as the visit has no clinical record.
///
/// # Errors
/// [`Error::Conflict`] when the visit is over or has vital signs or a consultation.
pub async fn take_back(ctx: &mut Ctx, id: VisitId, reason: &str) -> Result<Visit> {
    without_check_in(ctx, id, Some(reason)).await
}

/// Undoes a check-in and its effect on the appointment; without a reason only within 30 seconds.
async fn without_check_in(ctx: &mut Ctx, id: VisitId, reason: Option<&str>) -> Result<Visit> {
    let stamp = ctx.stamp();
    let before = opd::visit(&mut ctx.tx, id).await?;
    ctx.at_clinic(Permission::CheckIn, before.clinic_id)?;
    ctx.tx.lock(before.patient_id).await?;
    if let Some(appointment) = before.appointment_id {
        ctx.tx.lock(appointment).await?;
    }
    let visit = match reason {
        Some(reason) => opd::take_check_in_back(&mut ctx.tx, id, reason, stamp).await?,
        None => opd::undo_check_in(&mut ctx.tx, id, stamp).await?,
    };
    if let Some(appointment) = visit.appointment_id {
        appointments::undo_check_in(&mut ctx.tx, appointment, stamp).await?;
        ctx.did(Action::Update, "appointment", appointment, Some(visit.patient_id));
    }
    ctx.did(Action::Update, "visit", visit.id, Some(visit.patient_id));
    tell(ctx, &visit);
    Ok(visit)
}

/// The corrections of a check-in: the reason, and while the patient waits also the priority. The `seen` values are those that the page
/// showed when the user decided.
#[derive(Debug)]
pub struct Correction {
    pub visit: VisitId,
    pub seen_reason: String,
    pub reason: String,
    pub seen_priority: Priority,
    pub priority: Priority,
    pub priority_reason: String,
}

/// Corrects a check-in.
///
/// # Errors
/// [`Error::Conflict`] when it changed meanwhile, or when the priority would change for a patient who was called.
pub async fn correct(ctx: &mut Ctx, correction: Correction) -> Result<Visit> {
    let stamp = ctx.stamp();
    let Correction { visit, seen_reason, reason, seen_priority, priority, priority_reason } = correction;
    let before = opd::visit(&mut ctx.tx, visit).await?;
    ctx.at_clinic(Permission::CheckIn, before.clinic_id)?;
    let visit = opd::correct_reason(&mut ctx.tx, visit, &seen_reason, &reason, stamp).await?;
    if priority != seen_priority {
        let entry = opd::prioritise(&mut ctx.tx, visit.id, seen_priority, priority, &priority_reason).await?;
        ctx.did(Action::Update, "priority", entry.id, Some(entry.patient_id));
    }
    ctx.did(Action::Update, "visit", visit.id, Some(visit.patient_id));
    tell(ctx, &visit);
    Ok(visit)
}

fn tell(ctx: &mut Ctx, visit: &Visit) {
    ctx.tell(Event::new(&opd::QUEUE).at(visit.clinic_id).of(visit.patient_id).about(visit.id));
    if let Some(appointment) = visit.appointment_id {
        ctx.tell(Event::new(&appointments::APPOINTMENTS).at(visit.clinic_id).of(visit.patient_id).about(appointment));
    }
}

/// Whether an appointment at that time can be checked in: today's, and around midnight also those in the list of
/// arrivals.
pub(super) fn comes_now(zone: Zone, now: Instant, starts_at: Instant) -> bool {
    zone.day(starts_at) == zone.day(now) || (starts_at - now).abs() <= EXPECTED_WITHIN
}

/// Returns the patients expected in the next two hours, or late by up to two, ready for display. The audit log records
/// them as seen.
///
/// # Errors
/// When the database refuses.
pub async fn expected(ctx: &mut Ctx) -> Result<Vec<Expected>> {
    let (clinic, now, zone) = (ctx.clinic.id, ctx.now, ctx.zone());
    let arrivals = appointments::arrivals(&mut ctx.tx, clinic, now - EXPECTED_WITHIN, now + EXPECTED_WITHIN).await?;
    let ids: Vec<_> = arrivals.iter().map(|arrival| arrival.patient_id).collect();
    let alike = patients::namesakes(&mut ctx.tx, &ids).await?;
    ctx.saw_live(arrivals.iter().map(|arrival| arrival.patient_id), "arrivals").await?;
    Ok(arrivals
        .into_iter()
        .filter(|arrival| arrival.state == AppointmentState::Booked)
        .map(|arrival| {
            let late = (now - arrival.starts_at).num_minutes();
            let here = arrival.here_at.map(|at| tr!(reception.here_since, time = time::show_time(zone.local(at).time())));
            Expected {
                appointment: arrival.appointment_id.to_string(),
                time: time::show_time(zone.local(arrival.starts_at).time()),
                name: arrival.patient_name,
                doctor: match alike.contains(&arrival.patient_id) {
                    true => format!("{} · {}", patients::namesake_sign(), arrival.doctor),
                    false => arrival.doctor,
                },
                here: here.unwrap_or_default(),
                late: if late > 0 { tr!(reception.late, count = late) } else { String::new() },
                remark: arrival.remark,
            }
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_comes_around_midnight_is_checked_in_too() {
        let zone = Zone::named("America/New_York");
        let at = |text: &str| text.parse::<Instant>().expect("an instant");
        let late = at("2026-11-22T04:30:00Z"); // 23:30
        assert!(comes_now(zone, late, at("2026-11-22T05:20:00Z")), "00:20, in the arrivals");
        assert!(comes_now(zone, late, at("2026-11-21T14:00:00Z")), "this morning, very late");
        assert!(!comes_now(zone, late, at("2026-11-22T14:00:00Z")), "tomorrow morning");
        assert!(comes_now(zone, at("2026-11-22T05:10:00Z"), late), "late by 40 minutes, over midnight");
    }
}
