//! The server functions of the front desk.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::core::{Error, IdempotencyKey, PatientId, VisitId};

#[cfg(feature = "ssr")]
use crate::{
    core::{Permission, error::FieldErrors, form},
    opd::parse_priority,
    reception::{self, Coming, Correction},
    server::{Ctx, redirect_to},
    tr,
};

/// The form of an arrival.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CheckInForm {
    /// Empty for a walk-in.
    pub appointment: String,
    pub service: String,
    /// The doctor that a walk-in asks for; empty when any doctor will do.
    pub doctor: String,
    pub priority: String,
    pub priority_reason: String,
    pub reason: String,
    /// Set when the user confirms that the patient has died and is checked in all the same.
    pub after_death: String,
}

/// Checks a patient in: by the appointment, or as a walk-in to a service.
#[server(endpoint = "reception/check_in")]
pub async fn check_in(patient: PatientId, idempotency_key: IdempotencyKey, #[server(flatten)] form: CheckInForm) -> Result<(), Error> {
    let CheckInForm { appointment, service, doctor, priority, priority_reason, reason, after_death } = form;
    let mut ctx = Ctx::write(Permission::CheckIn).await?;
    let mut errors = FieldErrors::new();
    let urgency = errors.check(parse_priority(&priority, &priority_reason));
    let reason = errors.check(form::text("reason", &reason, 500)).unwrap_or_default();
    let appointment = if appointment.is_empty() { None } else { Some(appointment.parse().map_err(|_| Error::NotFound)?) };
    // A walk-in has no appointment that names the service.
    let service = if service.is_empty() && appointment.is_some() { None } else { errors.chosen("service", &service) };
    let doctor = if doctor.is_empty() { None } else { errors.chosen("doctor", &doctor) };
    errors.finish()?;
    let (priority, priority_reason) = urgency.ok_or(Error::NotFound)?;
    let after_death = !after_death.is_empty();
    let coming = Coming { patient, appointment, service, doctor, priority, priority_reason, reason, after_death, key: idempotency_key };
    let visit = reception::check_in(&mut ctx, coming).await?;
    ctx.commit().await?;
    redirect_to(&format!("/reception?done=checked_in&visit={}", visit.id));
    Ok(())
}

/// Undoes a check-in, within 30 seconds.
#[server(endpoint = "reception/undo_check_in")]
pub async fn undo_check_in(visit: VisitId) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::CheckIn).await?;
    let visit = reception::undo_check_in(&mut ctx, visit).await?;
    ctx.commit().await?;
    redirect_to(&format!("/reception?done=undone&visit={}&patient={}", visit.id, visit.patient_id));
    Ok(())
}

/// Cancels a wrong check-in later, with a reason.
#[server(endpoint = "reception/take_back")]
pub async fn take_back(visit: VisitId, #[server(default)] reason: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::CheckIn).await?;
    let reason = form::text("reason", &reason, 500)?;
    if reason.is_empty() {
        return Err(Error::invalid("reason", tr!(errors.required)));
    }
    let visit = reception::take_back(&mut ctx, visit, &reason).await?;
    ctx.commit().await?;
    redirect_to(&format!("/reception?done=undone&visit={}&patient={}", visit.id, visit.patient_id));
    Ok(())
}

/// The form that corrects an arrival.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CorrectionForm {
    pub reason: String,
    pub priority: String,
    pub priority_reason: String,
    /// The reason that the page showed when the user decided.
    pub seen_reason: String,
    /// The priority that the page showed when the user decided.
    pub seen: String,
}

/// Corrects the reason and the priority of a check-in.
#[server(endpoint = "reception/correct")]
pub async fn correct(visit: VisitId, #[server(flatten)] form: CorrectionForm) -> Result<(), Error> {
    let CorrectionForm { reason, priority, priority_reason, seen_reason, seen } = form;
    let mut ctx = Ctx::write(Permission::CheckIn).await?;
    let mut errors = FieldErrors::new();
    let urgency = errors.check(parse_priority(&priority, &priority_reason));
    let reason = errors.check(form::text("reason", &reason, 500)).unwrap_or_default();
    let seen_priority = errors.chosen("seen", &seen);
    errors.finish()?;
    let ((priority, priority_reason), seen_priority) = urgency.zip(seen_priority).ok_or(Error::NotFound)?;
    let correction = Correction { visit, seen_reason, reason, seen_priority, priority, priority_reason };
    let visit = reception::correct(&mut ctx, correction).await?;
    ctx.commit().await?;
    redirect_to(&format!("/reception?done=corrected&visit={}&patient={}", visit.id, visit.patient_id));
    Ok(())
}
