//! Acts on the fluid balance.

use leptos::prelude::*;

use crate::{
    core::{AdmissionId, Error, FluidEntryId, IdempotencyKey, Permission, Result, form::chosen},
    nursing::fluids::{self, FluidForm},
    organisation::Typed,
    server::{Ctx, redirect_to},
};

/// Records an entry.
#[server(endpoint = "nursing/fluid")]
pub async fn fluid(
    admission_id: AdmissionId,
    #[server(default)] key: String,
    #[server(default)] time: String,
    #[server(flatten)] fields: Typed,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::RecordCare).await?;
    let id = FluidEntryId(chosen::<IdempotencyKey>("key", &key)?.into());
    let form = FluidForm::read(&fields)?;
    fluids::record(&mut ctx, admission_id, id, form, &time).await?;
    ctx.commit().await?;
    redirect_to(&format!("/admissions/{admission_id}/fluids?done=fluid"));
    Ok(())
}

/// Corrects an entry, or marks it as entered in error.
#[server(endpoint = "nursing/correct_fluid")]
pub async fn correct_fluid(
    fluid_entry_id: FluidEntryId,
    #[server(default)] reason: String,
    /// The entry is marked as entered in error.
    #[server(default)]
    void: String,
    #[server(flatten)] fields: Typed,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::RecordCare).await?;
    let form = if void.is_empty() { Some(FluidForm::read(&fields)?) } else { None };
    let entry = fluids::correct(&mut ctx, fluid_entry_id, form, &reason).await?;
    ctx.commit().await?;
    redirect_to(&format!("/admissions/{}/fluids?done=corrected", entry.admission_id));
    Ok(())
}
