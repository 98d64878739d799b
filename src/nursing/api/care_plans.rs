//! Acts on care plans.

use leptos::prelude::*;

use crate::{
    core::{AdmissionId, CarePlanId, Error, IdempotencyKey, Permission, Result, form::chosen},
    nursing::{
        care_plans::{self, CarePlanForm},
        vocabulary::CareOutcome,
    },
    organisation::Typed,
    server::{Ctx, redirect_to},
};

/// Opens a care plan.
#[server(endpoint = "nursing/open_care_plan")]
pub async fn open_care_plan(
    admission_id: AdmissionId,
    #[server(default)] key: String,
    #[server(flatten)] fields: Typed,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::RecordCare).await?;
    let id = CarePlanId(chosen::<IdempotencyKey>("key", &key)?.into());
    let form = CarePlanForm::read(&fields)?;
    care_plans::open(&mut ctx, admission_id, id, &form).await?;
    ctx.commit().await?;
    redirect_to(&format!("/admissions/{admission_id}/care-plans?done=care_planned"));
    Ok(())
}

/// Evaluates a care plan.
#[server(endpoint = "nursing/evaluate_care_plan")]
pub async fn evaluate_care_plan(
    care_plan_id: CarePlanId,
    #[server(default)] outcome: String,
    #[server(default)] remark: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::RecordCare).await?;
    let outcome: CareOutcome = chosen("outcome", &outcome)?;
    let admission = care_plans::evaluate(&mut ctx, care_plan_id, outcome, &remark).await?;
    ctx.commit().await?;
    redirect_to(&format!("/admissions/{admission}/care-plans?done=evaluated"));
    Ok(())
}
