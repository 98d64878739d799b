//! Acts on nurses' tasks.

use leptos::prelude::*;

use crate::{
    core::{AdmissionId, Error, IdempotencyKey, NursingTaskId, Permission, Result, TaskPlanId, form::chosen},
    nursing::tasks::{self, TaskForm},
    organisation::Typed,
    server::{Ctx, redirect_to},
};

/// Plans a task.
#[server(endpoint = "nursing/plan_task")]
pub async fn plan_task(admission_id: AdmissionId, #[server(default)] key: String, #[server(flatten)] fields: Typed) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::RecordCare).await?;
    let id = TaskPlanId(chosen::<IdempotencyKey>("key", &key)?.into());
    let form = TaskForm::read(&fields)?;
    tasks::plan(&mut ctx, admission_id, id, &form).await?;
    ctx.commit().await?;
    redirect_to(&format!("/admissions/{admission_id}/tasks?done=task_planned"));
    Ok(())
}

/// Ends a plan.
#[server(endpoint = "nursing/end_plan")]
pub async fn end_plan(task_plan_id: TaskPlanId) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::RecordCare).await?;
    let admission = tasks::end(&mut ctx, task_plan_id).await?;
    ctx.commit().await?;
    redirect_to(&format!("/admissions/{admission}/tasks?done=plan_ended"));
    Ok(())
}

/// Records that a task was done.
#[server(endpoint = "nursing/task_done")]
pub async fn task_done(nursing_task_id: NursingTaskId) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::RecordCare).await?;
    let admission = tasks::settle(&mut ctx, nursing_task_id, None).await?;
    ctx.commit().await?;
    redirect_to(&format!("/admissions/{admission}/tasks?done=task_done"));
    Ok(())
}

/// Records that a task was not done, with the reason.
#[server(endpoint = "nursing/task_not_done")]
pub async fn task_not_done(nursing_task_id: NursingTaskId, #[server(default)] reason: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::RecordCare).await?;
    let admission = tasks::settle(&mut ctx, nursing_task_id, Some(&reason)).await?;
    ctx.commit().await?;
    redirect_to(&format!("/admissions/{admission}/tasks?done=task_not_done"));
    Ok(())
}
