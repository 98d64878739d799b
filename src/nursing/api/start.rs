//! The function that writes a ward's start list.

use leptos::prelude::*;

use crate::{
    core::{Error, Permission, Result, WardId},
    nursing::{assessments, start},
    organisation::Typed,
    server::{Ctx, redirect_to},
};

/// Writes the tasks that each admission to a ward begins with: `name-N`, `minutes-N` and `done-N`.
#[server(endpoint = "nursing/set_start_tasks")]
pub async fn set_start_tasks(ward_id: WardId, #[server(default)] version: i64, #[server(flatten)] fields: Typed) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageWards).await?;
    let tools: Vec<String> = assessments::tools(&mut ctx.tx).await?.into_iter().map(|tool| tool.code).collect();
    let list = start::read_list(&fields, &tools)?;
    start::set_list(&mut ctx, ward_id, version, &list).await?;
    ctx.commit().await?;
    redirect_to(&format!("/wards/{ward_id}/start-tasks?done=saved"));
    Ok(())
}
