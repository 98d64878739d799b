//! The functions of the problem list.

use leptos::prelude::*;

use super::ProblemForm;
use crate::{
    clinical::problems,
    core::{
        Error, PatientId, Permission, ProblemId, Result,
        form::{chosen, line},
    },
    server::{Ctx, redirect_to},
};

/// Adds a problem to the list of a patient.
#[server(endpoint = "clinical/add_problem")]
pub async fn add_problem(
    patient_id: PatientId,
    /// An id created with the form: a problem that is sent twice is recorded once.
    #[server(default)]
    key: String,
    #[server(default)] problem: String,
    #[server(default)] status: String,
    #[server(default)] onset: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::WriteNotes).await?;
    ctx.reach([patient_id]).await?;
    let key = chosen("key", &key)?;
    let form = ProblemForm::read(&ctx, &problem, &status, &onset)?;
    problems::add(&mut ctx, patient_id, key, &form).await?;
    ctx.commit().await?;
    redirect_to(&format!("/patients/{patient_id}/problems"));
    Ok(())
}

/// Changes an entry of the problem list: a new version replaces it.
#[server(endpoint = "clinical/change_problem")]
pub async fn change_problem(
    problem_id: ProblemId,
    #[server(default)] problem: String,
    #[server(default)] status: String,
    #[server(default)] onset: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::WriteNotes).await?;
    let form = ProblemForm::read(&ctx, &problem, &status, &onset)?;
    let patient = problems::change(&mut ctx, problem_id, &form).await?;
    ctx.commit().await?;
    redirect_to(&format!("/patients/{patient}/problems"));
    Ok(())
}

/// Marks an entry of the problem list as entered in error.
#[server(endpoint = "clinical/problem_in_error")]
pub async fn problem_in_error(problem_id: ProblemId, #[server(default)] reason: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::WriteNotes).await?;
    let reason = line("reason", &reason, 500)?;
    let patient = problems::enter_in_error(&mut ctx, problem_id, &reason).await?;
    ctx.commit().await?;
    redirect_to(&format!("/patients/{patient}/problems"));
    Ok(())
}
