//! The function of the treatment plan.

use leptos::prelude::*;

use super::PlanForm;
use crate::{
    clinical::treatment,
    core::{Error, Permission, Result, VisitId},
    server::{Ctx, redirect_to},
};

/// Writes the treatment plan of a visit.
#[server(endpoint = "clinical/write_plan")]
pub async fn write_plan(
    visit_id: VisitId,
    /// The version that the user saw.
    #[server(default)]
    version: i64,
    #[server(default)] goals: String,
    #[server(default)] instructions: String,
    #[server(default)] follow_up: String,
    #[server(default)] review_on: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::WriteNotes).await?;
    let form = PlanForm::read(version, [&goals, &instructions, &follow_up], &review_on)?;
    treatment::write(&mut ctx, visit_id, &form).await?;
    ctx.commit().await?;
    redirect_to(&format!("/consultation/{visit_id}/plan"));
    Ok(())
}
