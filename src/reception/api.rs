//! The functions of the front desk.

use leptos::prelude::*;

use crate::{
    core::{Answer, Error, IdempotencyKey, PatientId},
    reception::Expected,
};

#[cfg(feature = "ssr")]
use crate::{
    core::{Permission, VisitId, error::FieldErrors},
    opd::parse_priority,
    reception::{self, Coming},
    server::{Ctx, redirect_to},
    tr,
};

/// Checks a patient in: by the appointment, or as a walk-in to a service.
#[server(endpoint = "reception/check_in")]
pub async fn check_in(
    patient: PatientId,
    idempotency_key: IdempotencyKey,
    /// Empty for a walk-in.
    #[server(default)]
    appointment: String,
    #[server(default)] service: String,
    #[server(default)] priority: String,
    #[server(default)] priority_reason: String,
    #[server(default)] reason: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::CheckIn).await?;
    let mut errors = FieldErrors::new();
    let urgency = errors.check(parse_priority(&priority, &priority_reason));
    let reason = reason.trim();
    if reason.chars().count() > 500 {
        errors.add("reason", tr!(errors.too_long, limit = 500));
    }
    let appointment = if appointment.is_empty() { None } else { Some(appointment.parse().map_err(|_| Error::NotFound)?) };
    let service =
        if service.is_empty() { None } else { errors.check(service.parse().map_err(|_| Error::invalid("service", tr!(errors.choose)))) };
    if service.is_none() && appointment.is_none() {
        errors.check::<()>(Err(Error::invalid("service", tr!(errors.choose))));
    }
    errors.finish()?;
    let (priority, priority_reason) = urgency.ok_or(Error::NotFound)?;
    let coming = Coming { patient, appointment, service, priority, priority_reason, reason: reason.to_owned(), key: idempotency_key };
    let visit = reception::check_in(&mut ctx, coming).await?;
    ctx.commit().await?;
    redirect_to(&format!("/reception?done=checked_in&visit={}", visit.id));
    Ok(())
}

/// Takes a check-in back, within 30 seconds.
#[server(endpoint = "reception/undo_check_in")]
pub async fn undo_check_in(visit: crate::core::VisitId) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::CheckIn).await?;
    let id: VisitId = visit;
    let visit = reception::undo_check_in(&mut ctx, id).await?;
    ctx.commit().await?;
    redirect_to(&format!("/reception?done=undone&visit={}&patient={}", visit.id, visit.patient_id));
    Ok(())
}

/// Who is expected, for a list that moves by itself.
#[server(endpoint = "reception/expected", output = Answer)]
pub async fn who_is_expected() -> Result<Vec<Expected>, Error> {
    let mut ctx = Ctx::read(Permission::CheckIn).await?;
    reception::expected(&mut ctx).await
}
