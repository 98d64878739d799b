//! The server functions with which staff handle appointments, and the present schedule.

use leptos::prelude::*;

use super::schedule::ScheduleView;
use crate::core::{Answer, AppointmentId, Error, IdempotencyKey, PatientId, ServiceId, ServicePointId, StaffId, VisitTypeId};

#[cfg(feature = "ssr")]
use chrono::Duration;

#[cfg(feature = "ssr")]
use crate::{
    appointments::{
        APPOINTMENTS, Appointment, AppointmentState, Booking, BookingDetails, LONGEST_SYMPTOMS, Through, booking, day, missed,
        pages::at_the_services_clinic, remarks, reminders, schedule::ScheduleAsk, steps, undo,
    },
    audit::Action,
    core::{
        Permission, Result, form,
        time::{Instant, parse_date, parse_time},
    },
    messages::{self, MessageKind},
    notifications::Notice,
    patients::{Death, DeathPrecision},
    server::{Ctx, Event, hooks::Priced, redirect_to},
    tr,
};

/// Returns the schedule's grid again, after an event.
#[server(endpoint = "appointments/schedule", output = Answer)]
pub async fn schedule(
    #[server(default)] day: String,
    #[server(default)] service: Option<ServiceId>,
    #[server(default)] doctor: Option<StaffId>,
    #[server(default)] week: bool,
    #[server(default)] rooms: bool,
    #[server(default)] room: Option<ServicePointId>,
) -> Result<ScheduleView, Error> {
    let mut ctx = Ctx::read(Permission::ReadSchedules).await?;
    let ask = ScheduleAsk { day: parse_date("day", &day)?, service, doctor, week, rooms, room };
    at_the_services_clinic(&mut ctx, Permission::ReadSchedules, service).await?;
    Ok(day::schedule(&mut ctx, ask).await?.view)
}

/// Books a free time for a patient, at the desk or on the phone; `replaces` is the appointment that it replaces.
#[server(endpoint = "appointments/book")]
pub async fn book(
    patient_id: PatientId,
    doctor_id: StaffId,
    service_id: ServiceId,
    /// The slot's start in seconds since 1970.
    #[server(default)]
    at: String,
    #[server(default)] reason: String,
    /// For staff alone; the page begins with that of the appointment that is moved.
    #[server(default)]
    remark: String,
    /// Sealed, for the doctor; the page begins with those of the appointment that is moved.
    #[server(default)]
    symptoms: String,
    #[server(default)] replaces: Option<AppointmentId>,
    #[server(default)] visit_type: Option<VisitTypeId>,
    /// Why the appointment is moved; required where one is replaced.
    #[server(default)]
    move_reason: String,
    /// Filled in to add it to a full session.
    #[server(default)]
    overbook: String,
    #[server(default)] overbook_reason: String,
    /// The schedule, when the appointment was moved there.
    #[server(default)]
    back: String,
    idempotency_key: IdempotencyKey,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::BookAppointments).await?;
    let reason = form::text("reason", &reason, 500)?;
    let remark = Some(form::text("remark", &remark, 500)?);
    let symptoms = Some(form::text("symptoms", &symptoms, LONGEST_SYMPTOMS)?);
    let move_reason = form::text("move_reason", &move_reason, 500)?;
    if replaces.is_some() && move_reason.is_empty() {
        return Err(Error::invalid("move_reason", tr!(appointments.say_why_moved)));
    }
    let overbook_reason = form::text("overbook_reason", &overbook_reason, 500)?;
    if !overbook.is_empty() && overbook_reason.is_empty() {
        return Err(Error::invalid("overbook_reason", tr!(appointments.say_why_overbooked)));
    }
    let starts_at = instant(&at)?;
    let service = crate::organisation::service(&mut ctx.tx, service_id).await?;
    ctx.at_clinic(Permission::BookAppointments, service.clinic_id)?;
    let overbook = (!overbook.is_empty()).then_some(overbook_reason);
    if overbook.is_some() && !ctx.who.may_at(Permission::Overbook, service.clinic_id) {
        return Err(Error::Forbidden);
    }
    // A patient outside the clinic's care must be taken in first, in an action of its own that is audited.
    ctx.reach([patient_id]).await?;
    if let Some(old) = replaces {
        let old = booking::find(&mut ctx.tx, old).await?;
        ctx.at_clinic(Permission::BookAppointments, old.clinic_id)?;
    }
    let wish = Booking {
        patient: patient_id,
        doctor: doctor_id,
        service: service_id,
        starts_at,
        reason,
        through: Through::Reception,
        key: idempotency_key,
        hold: false,
        replaces,
        details: BookingDetails { visit_type, move_reason, overbook, remark, symptoms },
    };
    let stamp = ctx.stamp();
    let made = booking::book(&mut ctx.tx, &wish, stamp).await?;
    changed(&mut ctx, Action::Create, &made);
    tell_price(&mut ctx, &made).await?;
    tell_patient(&mut ctx, &made).await?;
    let day = day_of(&mut ctx, &made).await?;
    ctx.commit().await?;
    let done = if replaces.is_some() { "moved" } else { "booked" };
    redirect_to(&match back.as_str() {
        "schedule" => format!("/schedules?day={day}&service={}&done={done}&about={}", made.service_id, made.id),
        _ => format!("/appointments/{}?done={done}", made.id),
    });
    Ok(())
}

/// Changes the remark of the desk, which patients never see. `before` is the remark that the page showed.
#[server(endpoint = "appointments/remark")]
pub async fn remark(
    appointment_id: AppointmentId,
    #[server(default)] before: String,
    #[server(default)] remark: String,
) -> Result<(), Error> {
    let mut ctx = at_desk(appointment_id).await?;
    let remark = form::text("remark", &remark, 500)?;
    let locked = ctx.tx.lock(appointment_id).await?;
    remarks::change(&mut ctx.tx, locked, &before, &remark).await?;
    let found = booking::find(&mut ctx.tx, appointment_id).await?;
    ctx.did(Action::Update, "desk_remark", appointment_id, Some(found.patient_id));
    ctx.tell(Event::new(&APPOINTMENTS).at(found.clinic_id).of(found.patient_id).about(found.id));
    ctx.commit().await?;
    redirect_to(&format!("/appointments/{appointment_id}?done=remark"));
    Ok(())
}

/// Undoes a move or a cancellation within 30 seconds.
#[server(endpoint = "appointments/undo")]
pub async fn undo(appointment_id: AppointmentId, #[server(default)] act: String, #[server(default)] back: String) -> Result<(), Error> {
    let mut ctx = at_desk(appointment_id).await?;
    let act = form::chosen("act", &act)?;
    let stamp = ctx.stamp();
    let undone = undo::undo(&mut ctx.tx, act, appointment_id, stamp).await?;
    let restored = &undone.restored;
    ctx.at_clinic(Permission::BookAppointments, restored.clinic_id)?;
    if let Some(gone) = &undone.gone {
        changed(&mut ctx, Action::Update, gone);
    }
    changed(&mut ctx, Action::Update, restored);
    tell_patient(&mut ctx, restored).await?;
    let day = day_of(&mut ctx, restored).await?;
    ctx.commit().await?;
    redirect_to(&match back.as_str() {
        "schedule" => format!("/schedules?day={day}&service={}&done=restored&about={}", restored.service_id, restored.id),
        _ => format!("/appointments/{}?done=restored", restored.id),
    });
    Ok(())
}

/// Cancels an appointment, so that its time becomes free. The reason is stored; the patient can read it.
#[server(endpoint = "appointments/cancel")]
pub async fn cancel(
    appointment_id: AppointmentId,
    #[server(default)] reason: String,
    #[server(default)] back: String,
) -> Result<(), Error> {
    let mut ctx = at_desk(appointment_id).await?;
    let reason = form::text("reason", &reason, 500)?;
    if reason.is_empty() {
        return Err(Error::invalid("reason", tr!(appointments.say_why)));
    }
    let stamp = ctx.stamp();
    let cancelled = steps::cancel(&mut ctx.tx, appointment_id, &reason, stamp).await?;
    changed(&mut ctx, Action::Update, &cancelled);
    tell_patient(&mut ctx, &cancelled).await?;
    ctx.commit().await?;
    go_on(&back, &cancelled, "cancelled");
    Ok(())
}

/// Records that the patient did not come.
#[server(endpoint = "appointments/no_show")]
pub async fn no_show(appointment_id: AppointmentId, #[server(default)] back: String) -> Result<(), Error> {
    let mut ctx = at_desk(appointment_id).await?;
    let stamp = ctx.stamp();
    let missed = steps::mark_no_show(&mut ctx.tx, appointment_id, stamp).await?;
    changed(&mut ctx, Action::Update, &missed);
    ctx.commit().await?;
    go_on(&back, &missed, "no_show");
    Ok(())
}

/// Undoes on the same day that the patient did not come.
#[server(endpoint = "appointments/undo_no_show")]
pub async fn undo_no_show(appointment_id: AppointmentId, #[server(default)] back: String) -> Result<(), Error> {
    let mut ctx = at_desk(appointment_id).await?;
    let stamp = ctx.stamp();
    let undone = missed::undo_no_show(&mut ctx.tx, appointment_id, stamp).await?;
    changed(&mut ctx, Action::Update, &undone);
    ctx.commit().await?;
    go_on(&back, &undone, "undone");
    Ok(())
}

/// Records afterwards that the patient was seen.
#[server(endpoint = "appointments/attended")]
pub async fn attended(appointment_id: AppointmentId, #[server(default)] back: String) -> Result<(), Error> {
    let mut ctx = at_desk(appointment_id).await?;
    let stamp = ctx.stamp();
    let seen = missed::attended(&mut ctx.tx, appointment_id, stamp).await?;
    changed(&mut ctx, Action::Update, &seen);
    ctx.commit().await?;
    go_on(&back, &seen, "attended");
    Ok(())
}

/// Strikes out an appointment that was entered by mistake.
#[server(endpoint = "appointments/strike_out")]
pub async fn strike_out(appointment_id: AppointmentId, #[server(default)] reason: String) -> Result<(), Error> {
    let mut ctx = at_desk(appointment_id).await?;
    let reason = form::text("reason", &reason, 500)?;
    if reason.is_empty() {
        return Err(Error::invalid("reason", tr!(appointments.say_why_error)));
    }
    let stamp = ctx.stamp();
    let struck = steps::mark_error(&mut ctx.tx, appointment_id, &reason, stamp).await?;
    changed(&mut ctx, Action::Update, &struck);
    ctx.commit().await?;
    go_on("", &struck, "struck_out");
    Ok(())
}

/// Cancels all coming appointments of a patient at the clinics where the user may.
#[server(endpoint = "appointments/cancel_coming")]
pub async fn cancel_coming(patient_id: PatientId, #[server(default)] reason: String, #[server(default)] back: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::BookAppointments).await?;
    ctx.reach([patient_id]).await?;
    let reason = form::text("reason", &reason, 500)?;
    if reason.is_empty() {
        return Err(Error::invalid("reason", tr!(appointments.say_why)));
    }
    let clinics = crate::organisation::all_clinics(&mut ctx.tx).await?;
    let clinics = clinics.into_iter().map(|clinic| clinic.id).filter(|id| ctx.who.may_at(Permission::BookAppointments, *id));
    let clinics = clinics.collect::<Vec<_>>();
    let stamp = ctx.stamp();
    let cancelled = steps::cancel_coming(&mut ctx.tx, patient_id, &clinics, &reason, stamp).await?;
    if cancelled.is_empty() {
        return Err(Error::conflict(tr!(appointments.none_coming)));
    }
    for one in &cancelled {
        changed(&mut ctx, Action::Update, one);
        tell_patient(&mut ctx, one).await?;
    }
    ctx.commit().await?;
    redirect_to(&match back.as_str() {
        "desk" => format!("/reception?patient={patient_id}&done=all_cancelled"),
        _ => format!("/patients/{patient_id}?done=all_cancelled"),
    });
    Ok(())
}

/// Records a patient's death as far as it is known: coming appointments end. `day` is any day of the month or year that is known.
#[server(endpoint = "appointments/record_death")]
pub async fn record_death(
    patient_id: PatientId,
    #[server(default)] day: String,
    #[server(default)] precision: String,
    #[server(default)] time: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::BookAppointments).await?;
    ctx.reach([patient_id]).await?;
    let day = parse_date("day", &day)?;
    let precision = match precision.as_str() {
        "" => DeathPrecision::Day,
        word => crate::core::form::chosen("precision", word)?,
    };
    let death = match (precision, time.trim()) {
        (_, "") => Death::within(day, precision),
        (DeathPrecision::Day, time) => {
            let local = day.and_time(parse_time("time", time)?);
            let at = ctx.zone().instant(local).ok_or_else(|| Error::invalid("time", tr!(errors.field_unreadable)))?;
            Death { at: Some(at), ..Death::on(day) }
        }
        _ => return Err(Error::invalid("time", tr!(appointments.death_time_needs_day))),
    };
    let (stamp, today) = (ctx.stamp(), ctx.today());
    let cancelled = super::record_death(&mut ctx.tx, patient_id, (death, today), stamp).await?;
    ctx.did(Action::Update, "death", patient_id, Some(patient_id));
    // The patient's bell stays silent.
    for one in &cancelled {
        changed(&mut ctx, Action::Update, one);
    }
    ctx.commit().await?;
    redirect_to(&format!("/patients/{patient_id}?done=death"));
    Ok(())
}

/// The death was recorded in error.
#[server(endpoint = "appointments/death_in_error")]
pub async fn death_in_error(patient_id: PatientId) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::BookAppointments).await?;
    ctx.reach([patient_id]).await?;
    let (stamp, today) = (ctx.stamp(), ctx.today());
    super::death_in_error(&mut ctx.tx, patient_id, today, stamp).await?;
    ctx.did(Action::Update, "death", patient_id, Some(patient_id));
    ctx.commit().await?;
    redirect_to(&format!("/patients/{patient_id}?done=not_dead"));
    Ok(())
}

/// Checks the permission to change an appointment at its clinic.
#[cfg(feature = "ssr")]
async fn at_desk(id: AppointmentId) -> Result<Ctx> {
    let mut ctx = Ctx::write(Permission::BookAppointments).await?;
    let found = booking::find(&mut ctx.tx, id).await?;
    ctx.at_clinic(Permission::BookAppointments, found.clinic_id)?;
    Ok(ctx)
}

/// The day of an appointment on its clinic's calendar.
#[cfg(feature = "ssr")]
async fn day_of(ctx: &mut Ctx, appointment: &Appointment) -> Result<chrono::NaiveDate> {
    let clinic = crate::organisation::clinic(&mut ctx.tx, appointment.clinic_id).await?;
    Ok(clinic.zone.day(appointment.starts_at))
}

/// Redirects after a change: to the list on which it was made ([`super::ListedAt`]), or to the appointment's own page.
#[cfg(feature = "ssr")]
fn go_on(back: &str, appointment: &Appointment, done: &str) {
    let (id, patient) = (appointment.id, appointment.patient_id);
    redirect_to(&match back {
        "desk" => format!("/reception?patient={patient}&done={done}"),
        "record" => format!("/patients/{patient}?done={done}"),
        _ => format!("/appointments/{id}?done={done}"),
    });
}

/// Writes the audit entry and the event of a change.
#[cfg(feature = "ssr")]
pub(crate) fn changed(ctx: &mut Ctx, action: Action, appointment: &Appointment) {
    ctx.did(action, "appointment", appointment.id, Some(appointment.patient_id));
    ctx.tell(Event::new(&APPOINTMENTS).at(appointment.clinic_id).of(appointment.patient_id).about(appointment.id));
}

/// Keeps the price that is told with a booking; the first one told stands.
///
/// # Errors
/// When the database refuses.
#[cfg(feature = "ssr")]
pub async fn tell_price(ctx: &mut Ctx, appointment: &Appointment) -> Result<()> {
    let departments = ctx.state().departments;
    departments.tell_price(ctx, Priced::Appointment(appointment.id)).await
}

/// Notifies the patient in the portal of the desk's action on an appointment.
#[cfg(feature = "ssr")]
pub(super) async fn tell_patient(ctx: &mut Ctx, appointment: &Appointment) -> Result<()> {
    let clinic = crate::organisation::clinic(&mut ctx.tx, appointment.clinic_id).await?;
    let (doctor, when) = (appointment.doctor.clone(), clinic.zone.local(appointment.starts_at));
    let notice = match appointment.state {
        AppointmentState::Booked if appointment.calendar_id.is_some() => Notice::AppointmentMoved { doctor, clinic: clinic.name, when },
        AppointmentState::Booked => Notice::AppointmentBooked { doctor, clinic: clinic.name, when },
        AppointmentState::Cancelled => Notice::AppointmentCancelled { doctor, when },
        _ => return Ok(()),
    };
    let now = ctx.now;
    let Some(about) = reminders::about(&mut ctx.tx, appointment, true, now).await? else { return Ok(()) };
    // A message about an act that the desk can still undo waits so long.
    let wait = match about.kind {
        MessageKind::Cancelled | MessageKind::Moved => undo::UNDO_FOR,
        _ => Duration::zero(),
    };
    messages::tell_after(ctx, appointment.patient_id, (&notice, &about), wait).await
}

/// Parses a slot's start as addresses and forms contain it.
///
/// # Errors
/// [`Error::Invalid`] when the time is not a valid one.
#[cfg(feature = "ssr")]
pub(crate) fn instant(seconds: &str) -> Result<Instant> {
    let at = seconds.trim().parse().ok().and_then(|seconds| Instant::from_timestamp(seconds, 0));
    at.filter(|at| (2000..=2200).contains(&chrono::Datelike::year(at))).ok_or_else(|| Error::invalid("at", tr!(errors.field_unreadable)))
}
