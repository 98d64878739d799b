//! The function that writes the shifts of a ward.

use leptos::prelude::*;

use crate::{
    core::{Error, Permission, Result, WardId},
    organisation::{self, Typed},
    server::{Ctx, redirect_to},
    wards::{
        plan,
        shifts::{self, ShiftPlan},
    },
};

/// Writes when the shifts of a ward, or of all wards of its clinic, begin from a day on.
#[server(endpoint = "wards/write_shifts")]
pub async fn write_shifts(ward_id: WardId, #[server(default)] for_all: String, #[server(flatten)] fields: Typed) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageWards).await?;
    let ward = plan::ward(&mut ctx.tx, ward_id).await?;
    ctx.at_clinic(Permission::ManageWards, ward.clinic_id)?;
    let zone = organisation::clinic(&mut ctx.tx, ward.clinic_id).await?.zone;
    let new = ShiftPlan::read(&fields, zone.day(ctx.now))?;
    shifts::write(&mut ctx, ward_id, &new, !for_all.is_empty()).await?;
    ctx.commit().await?;
    redirect_to(&format!("/wards/{ward_id}/shifts?done=shifts_written"));
    Ok(())
}
