//! The server functions with which patients manage their own appointments.

use leptos::prelude::*;

use crate::core::{AppointmentId, Error, IdempotencyKey, PatientId, SpecialtyId, VisitTypeId};

#[cfg(feature = "ssr")]
use crate::{
    appointments::{self, Appointment, AppointmentState, Booking, BookingDetails, Through},
    audit::Action,
    core::{Permission, Result, ServiceId, StaffId, form, time::Instant},
    portal::{acting::still_for, booking::own_time::chosen_over_own_time},
    server::{Ctx, redirect_to},
    tr,
    ui::ListUrl,
};

/// Holds a time for the patient while the rest is filled in. `slot` is the value of the button: service, doctor and
/// start.
#[server(endpoint = "portal/hold")]
pub async fn hold(
    #[server(default)] slot: String,
    #[server(default)] replaces: Option<AppointmentId>,
    /// The patient for whom the times were shown.
    #[server(default)]
    patient: Option<PatientId>,
    #[server(default)] visit_type: Option<VisitTypeId>,
    /// The specialty that was searched for; any doctor is one of it.
    #[server(default)]
    specialty: Option<SpecialtyId>,
    idempotency_key: IdempotencyKey,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::OwnRecord).await?;
    let (service, chosen, starts_at) = parse_slot(&slot)?;
    let patient = still_for(&ctx, patient)?;
    let stamp = ctx.stamp();
    let old = match replaces {
        Some(old) => Some(own(&mut ctx, old).await?),
        None => None,
    };
    // A moved appointment stays a visit of its type.
    let visit_type = visit_type.or_else(|| old.as_ref().and_then(|old| old.visit_type_id));
    if let Some(old) = &old
        && let Some(over) = chosen_over_own_time(&mut ctx.tx, old, (service, chosen, starts_at), visit_type, ctx.now).await?
    {
        let url = ListUrl::new(format!("/portal/book/move/{}", old.id));
        let url = url.with("slot", format!("{service}.{}.{}", over.doctor_id, over.starts_at.timestamp()));
        redirect_to(&visit_type.into_iter().fold(url, |url, id| url.with("visit_type", id)).href());
        return Ok(());
    }
    let wish = Booking {
        patient,
        doctor: chosen.unwrap_or(StaffId(uuid::Uuid::nil())),
        service,
        starts_at,
        reason: String::new(),
        through: Through::Portal,
        key: idempotency_key,
        hold: true,
        replaces,
        details: BookingDetails { visit_type, ..BookingDetails::default() },
    };
    let held = match chosen {
        Some(_) => appointments::book(&mut ctx.tx, &wish, stamp).await?,
        None => appointments::book_any(&mut ctx.tx, &wish, specialty, stamp).await?,
    };
    appointments::changed(&mut ctx, Action::Create, &held);
    // The page that follows shows this price.
    appointments::tell_price(&mut ctx, &held).await?;
    ctx.commit().await?;
    let url = ListUrl::new(format!("/portal/book/{}", held.id));
    let url = replaces.into_iter().fold(url, |url, old| url.with("replaces", old));
    redirect_to(&specialty.into_iter().fold(url, |url, id| url.with("specialty", id)).href());
    Ok(())
}

/// Moves an appointment to a time that overlaps its own, which cannot be held beside it.
#[server(endpoint = "portal/move")]
pub async fn move_own(
    appointment_id: AppointmentId,
    /// The new time, as the value of its button.
    #[server(default)]
    slot: String,
    #[server(default)] visit_type: Option<VisitTypeId>,
    #[server(default)] reason: String,
    #[server(default)] symptoms: String,
    idempotency_key: IdempotencyKey,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::OwnRecord).await?;
    let reason = form::text("reason", &reason, 500)?;
    let symptoms = form::text("symptoms", &symptoms, appointments::LONGEST_SYMPTOMS)?;
    let (service, doctor, starts_at) = parse_slot(&slot)?;
    let doctor = doctor.ok_or_else(|| Error::invalid("slot", tr!(booking.choose_time)))?;
    let old = own(&mut ctx, appointment_id).await?;
    let wish = Booking {
        patient: old.patient_id,
        doctor,
        service,
        starts_at,
        reason,
        through: Through::Portal,
        key: idempotency_key,
        hold: false,
        replaces: Some(old.id),
        details: BookingDetails { visit_type: visit_type.or(old.visit_type_id), symptoms: Some(symptoms), ..BookingDetails::default() },
    };
    let stamp = ctx.stamp();
    let made = appointments::book(&mut ctx.tx, &wish, stamp).await?;
    appointments::changed(&mut ctx, Action::Create, &made);
    appointments::tell_price(&mut ctx, &made).await?;
    appointments::confirm_by_message(&mut ctx, &made).await?;
    ctx.commit().await?;
    redirect_to(&format!("/portal/appointments/{}?done=booked", made.id));
    Ok(())
}

/// Books the held time as an appointment.
#[server(endpoint = "portal/book")]
pub async fn confirm(
    appointment_id: AppointmentId,
    #[server(default)] reason: String,
    #[server(default)] symptoms: String,
    #[server(default)] replaces: Option<AppointmentId>,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::OwnRecord).await?;
    let reason = form::text("reason", &reason, 500)?;
    let symptoms = form::text("symptoms", &symptoms, appointments::LONGEST_SYMPTOMS)?;
    let patient = ctx.own_patient()?;
    let stamp = ctx.stamp();
    let words = (reason.as_str(), Some(symptoms.as_str()));
    let booked = appointments::confirm(&mut ctx.tx, appointment_id, patient, words, replaces, stamp).await?;
    appointments::changed(&mut ctx, Action::Update, &booked);
    appointments::tell_price(&mut ctx, &booked).await?;
    appointments::confirm_by_message(&mut ctx, &booked).await?;
    ctx.commit().await?;
    redirect_to(&format!("/portal/appointments/{appointment_id}?done=booked"));
    Ok(())
}

/// Cancels an appointment.
#[server(endpoint = "portal/cancel")]
pub async fn cancel(appointment_id: AppointmentId, #[server(default)] reason: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::OwnRecord).await?;
    let reason = form::text("reason", &reason, 500)?;
    let stamp = ctx.stamp();
    let found = own(&mut ctx, appointment_id).await?;
    if found.state == AppointmentState::Booked {
        appointments::refuse_late_change(&mut ctx.tx, &found, false, stamp.at).await?;
    }
    let cancelled = appointments::cancel(&mut ctx.tx, appointment_id, &reason, stamp).await?;
    appointments::changed(&mut ctx, Action::Update, &cancelled);
    appointments::confirm_by_message(&mut ctx, &cancelled).await?;
    ctx.commit().await?;
    redirect_to("/portal/appointments?done=cancelled");
    Ok(())
}

/// Records that the patient has arrived; reception sees it.
#[server(endpoint = "portal/here")]
pub async fn here(appointment_id: AppointmentId) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::OwnRecord).await?;
    own(&mut ctx, appointment_id).await?;
    let now = ctx.now;
    let said = appointments::say_here(&mut ctx.tx, appointment_id, now).await?;
    appointments::changed(&mut ctx, Action::Update, &said);
    ctx.commit().await?;
    redirect_to("/portal");
    Ok(())
}

/// Returns the patient's own appointment; another patient's gives `NotFound`.
#[cfg(feature = "ssr")]
pub(super) async fn own(ctx: &mut Ctx, id: AppointmentId) -> Result<Appointment> {
    let patient = ctx.own_patient()?;
    let found = appointments::find(&mut ctx.tx, id).await?;
    if found.patient_id == patient { Ok(found) } else { Err(Error::NotFound) }
}

/// `service.doctor.seconds`, as the slot's button sends it; `any` is any doctor.
#[cfg(feature = "ssr")]
pub(super) fn parse_slot(text: &str) -> Result<(ServiceId, Option<StaffId>, Instant)> {
    let unreadable = || Error::invalid("slot", tr!(booking.choose_time));
    let mut parts = text.splitn(3, '.');
    let service = parts.next().and_then(|part| part.parse().ok()).ok_or_else(unreadable)?;
    let doctor = match parts.next().ok_or_else(unreadable)? {
        "any" => None,
        part => Some(part.parse().map_err(|_| unreadable())?),
    };
    let starts_at = parts.next().and_then(|part| appointments::instant(part).ok()).ok_or_else(unreadable)?;
    Ok((service, doctor, starts_at))
}
