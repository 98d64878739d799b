//! The functions that write the leaflet of a ward, and release the summary of a stay.

use leptos::prelude::*;

use crate::{
    core::{AdmissionId, Error, Permission, Result, WardId, error::FieldErrors},
    organisation::Typed,
    server::{Ctx, redirect_to},
    wards::{
        leaflets::{self, Leaflet},
        own_stay::{self, SummaryReaders},
    },
};

/// Writes what a ward tells its patients.
#[server(endpoint = "wards/write_leaflet")]
pub async fn write_leaflet(ward_id: WardId, #[server(default)] version: i64, #[server(flatten)] fields: Typed) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageWards).await?;
    let new = Leaflet::read(&fields, version)?;
    leaflets::write(&mut ctx, ward_id, &new).await?;
    ctx.commit().await?;
    redirect_to(&format!("/wards/{ward_id}/leaflet?done=leaflet_written"));
    Ok(())
}

/// Decides who reads the signed summary of a stay in the portal.
#[server(endpoint = "wards/release_summary")]
pub async fn release_summary(
    admission_id: AdmissionId,
    #[server(default)] version: i64,
    #[server(default)] readers: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::DischargeClinical).await?;
    let mut errors = FieldErrors::new();
    let readers = errors.chosen::<SummaryReaders>("readers", &readers);
    errors.finish()?;
    let Some(readers) = readers else { return Err(Error::NotFound) };
    own_stay::release(&mut ctx, admission_id, readers, version).await?;
    ctx.commit().await?;
    redirect_to(&format!("/admissions/{admission_id}?done=summary_released"));
    Ok(())
}
