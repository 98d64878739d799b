//! Acts on observations and their plan, and the choice of one's own patients.

use leptos::prelude::*;

use crate::{
    core::{AdmissionId, Error, IdempotencyKey, ObservationId, ObservationPlanId, Permission, Result, form::chosen},
    nursing::{
        observations::{self, ObservationForm, PlanForm},
        ward_list,
    },
    organisation::Typed,
    server::{Ctx, redirect_to},
};

/// Records a set of observations.
#[server(endpoint = "nursing/observe")]
pub async fn observe(
    admission_id: AdmissionId,
    #[server(default)] key: String,
    #[server(default)] time: String,
    #[server(flatten)] fields: Typed,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::RecordCare).await?;
    let id = ObservationId(chosen::<IdempotencyKey>("key", &key)?.into());
    let form = ObservationForm::read(&fields)?;
    observations::record(&mut ctx, admission_id, id, &form, &time).await?;
    ctx.commit().await?;
    redirect_to(&format!("/admissions/{admission_id}/nursing?done=observed"));
    Ok(())
}

/// Records that the patient refused a set.
#[server(endpoint = "nursing/refused")]
pub async fn refused(admission_id: AdmissionId, #[server(default)] key: String, #[server(default)] reason: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::RecordCare).await?;
    let id = ObservationId(chosen::<IdempotencyKey>("key", &key)?.into());
    observations::refuse(&mut ctx, admission_id, id, &reason).await?;
    ctx.commit().await?;
    redirect_to(&format!("/admissions/{admission_id}/nursing?done=refused"));
    Ok(())
}

/// Corrects the values of a set.
#[server(endpoint = "nursing/correct")]
pub async fn correct(
    observation_id: ObservationId,
    #[server(default)] reason: String,
    #[server(flatten)] fields: Typed,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::RecordCare).await?;
    let form = ObservationForm::read(&fields)?;
    let set = observations::correct(&mut ctx, observation_id, &form, &reason).await?;
    ctx.commit().await?;
    redirect_to(&format!("/observations/{}?done=corrected", set.set_id));
    Ok(())
}

/// Marks a set as entered in error.
#[server(endpoint = "nursing/wrong")]
pub async fn wrong(observation_id: ObservationId, #[server(default)] reason: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::RecordCare).await?;
    let set = observations::mark_wrong(&mut ctx, observation_id, &reason).await?;
    ctx.commit().await?;
    redirect_to(&format!("/observations/{}?done=marked", set.set_id));
    Ok(())
}

/// A doctor decides how the patient is observed.
#[server(endpoint = "nursing/plan")]
pub async fn plan(admission_id: AdmissionId, #[server(default)] key: String, #[server(flatten)] fields: Typed) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::PlanObservations).await?;
    let id = ObservationPlanId(chosen::<IdempotencyKey>("key", &key)?.into());
    let form = PlanForm::read(&fields)?;
    observations::plan(&mut ctx, admission_id, id, &form).await?;
    ctx.commit().await?;
    redirect_to(&format!("/admissions/{admission_id}/nursing?done=planned"));
    Ok(())
}

/// A nurse observes the patient more often, or marks a pregnancy.
#[server(endpoint = "nursing/more_often")]
pub async fn more_often(admission_id: AdmissionId, #[server(default)] key: String, #[server(flatten)] fields: Typed) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::RecordCare).await?;
    let id = ObservationPlanId(chosen::<IdempotencyKey>("key", &key)?.into());
    let form = PlanForm::read(&fields)?;
    observations::observe(&mut ctx, admission_id, id, &form).await?;
    ctx.commit().await?;
    redirect_to(&format!("/admissions/{admission_id}/nursing?done=planned"));
    Ok(())
}

/// Takes a patient as one's own in this shift, or gives the patient back.
#[server(endpoint = "nursing/mine")]
pub async fn mine(admission_id: AdmissionId, #[server(default)] give_back: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::RecordCare).await?;
    let ward = ward_list::allocate(&mut ctx, admission_id, give_back.is_empty()).await?;
    ctx.commit().await?;
    redirect_to(&format!("/nursing?ward={ward}&show=all"));
    Ok(())
}
