//! The function that writes the usual dose times of a ward.

use leptos::prelude::*;

use crate::{
    core::{Error, Permission, Result, WardId},
    medicine_record::usual_times::{self, UsualTimes},
    organisation::Typed,
    server::{Ctx, redirect_to},
};

/// Writes the usual dose times of a ward, or of all wards of its clinic: a field for each timing.
#[server(endpoint = "medicine_record/write_usual_times")]
pub async fn write_usual_times(
    ward_id: WardId,
    #[server(default)] version: i64,
    #[server(default)] for_all: String,
    #[server(flatten)] fields: Typed,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageWards).await?;
    let new = UsualTimes::read(&fields, version)?;
    usual_times::write(&mut ctx, ward_id, &new, !for_all.is_empty()).await?;
    ctx.commit().await?;
    redirect_to(&format!("/wards/{ward_id}/dose-times?done=times_written"));
    Ok(())
}
