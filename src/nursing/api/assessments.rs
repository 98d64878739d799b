//! Acts on assessments and their tools.

use leptos::prelude::*;

use crate::{
    core::{AdmissionId, AssessmentId, AssessmentToolId, Error, IdempotencyKey, Permission, Result, form::chosen},
    nursing::{assessments, vocabulary::AssessmentCause},
    organisation::Typed,
    server::{Ctx, redirect_to},
};

/// Records an assessment.
#[server(endpoint = "nursing/assess")]
pub async fn assess(
    admission_id: AdmissionId,
    assessment_tool_id: AssessmentToolId,
    #[server(default)] key: String,
    #[server(default)] because: String,
    #[server(flatten)] fields: Typed,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::RecordCare).await?;
    let id = AssessmentId(chosen::<IdempotencyKey>("key", &key)?.into());
    let because: AssessmentCause = chosen("because", &because)?;
    assessments::assess(&mut ctx, admission_id, id, assessment_tool_id, because, &fields).await?;
    ctx.commit().await?;
    redirect_to(&format!("/admissions/{admission_id}/assessments?done=assessed"));
    Ok(())
}

/// Marks an assessment as entered in error.
#[server(endpoint = "nursing/assessment_wrong")]
pub async fn assessment_wrong(assessment_id: AssessmentId, #[server(default)] reason: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::RecordCare).await?;
    let admission = assessments::mark_wrong(&mut ctx, assessment_id, &reason).await?;
    ctx.commit().await?;
    redirect_to(&format!("/admissions/{admission}/assessments?done=marked"));
    Ok(())
}

/// Confirms that the hospital may use a tool.
#[server(endpoint = "nursing/confirm_tool")]
pub async fn confirm_tool(assessment_tool_id: AssessmentToolId) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageHospital).await?;
    assessments::confirm(&mut ctx, assessment_tool_id).await?;
    ctx.commit().await?;
    redirect_to("/nursing/tools?done=confirmed");
    Ok(())
}
