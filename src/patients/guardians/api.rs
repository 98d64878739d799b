//! Registering who acts for a patient, and ending it.

use leptos::prelude::*;

use crate::core::{Error, PatientId};

#[cfg(feature = "ssr")]
use super::{COMES_OF_AGE, Dependence, store};
#[cfg(feature = "ssr")]
use crate::{
    audit::Action,
    core::{Permission, error::FieldErrors, time::parse_date},
    patients,
    server::{Ctx, redirect_to},
    tr,
};

/// Registers that the person with that record number acts for the patient.
#[server(endpoint = "patients/add_guardian")]
pub async fn add_guardian(
    patient_id: PatientId,
    #[server(default)] guardian_mrn: String,
    #[server(default)] kind: String,
    /// The last day; a child's is the one before it comes of age, unless an earlier one is given.
    #[server(default)]
    until: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::RegisterPatients).await?;
    ctx.reach([patient_id]).await?;
    let (now, by, today) = (ctx.now, ctx.user(), ctx.today());
    let patient = patients::find(&mut ctx.tx, patient_id).await?;
    let mut errors = FieldErrors::new();
    let kind = errors.chosen::<Dependence>("kind", &kind);
    let until = if until.trim().is_empty() { None } else { errors.check(parse_date("until", &until)) };
    if until.is_some_and(|until| until < today) {
        errors.add("until", tr!(patients.guardian_past));
    }
    let mrn = match guardian_mrn.trim() {
        digits if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) => format!("{digits:0>8}"),
        other => other.to_uppercase(),
    };
    let guardian = store::by_mrn(&mut ctx.tx, &mrn).await?.filter(|guardian| *guardian != patient_id);
    if guardian.is_none() {
        errors.add("guardian_mrn", tr!(patients.guardian_unknown));
    }
    let of_age = patient.facts.birth.date.and_then(|born| born.checked_add_months(chrono::Months::new(12 * COMES_OF_AGE))?.pred_opt());
    if kind == Some(Dependence::Child) {
        match of_age {
            None => errors.add("kind", tr!(patients.guardian_no_birth)),
            Some(last) if last < today => errors.add("kind", tr!(patients.guardian_of_age)),
            Some(_) => {}
        }
    }
    errors.finish()?;
    let (Some(kind), Some(guardian)) = (kind, guardian) else { return Err(Error::NotFound) };
    let until = if kind == Dependence::Child { until.into_iter().chain(of_age).min() } else { until };
    let new = store::NewGuardian { patient: patient_id, guardian, kind, from: today, until };
    let id = store::insert(&mut ctx.tx, &new, now, by).await?;
    ctx.did(Action::Create, "guardian", id, Some(patient_id));
    ctx.commit().await?;
    redirect_to(&format!("/patients/{patient_id}?done=saved"));
    Ok(())
}

/// From now on the person acts for the patient no more.
#[server(endpoint = "patients/end_guardian")]
pub async fn end_guardian(patient_id: PatientId, guardian: uuid::Uuid) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::RegisterPatients).await?;
    ctx.reach([patient_id]).await?;
    let (now, by) = (ctx.now, ctx.user());
    if !store::end(&mut ctx.tx, patient_id, guardian, now, by).await? {
        return Err(Error::NotFound);
    }
    ctx.did(Action::Update, "guardian", guardian, Some(patient_id));
    ctx.commit().await?;
    redirect_to(&format!("/patients/{patient_id}?done=saved"));
    Ok(())
}
