//! The functions of the devices that read the worklist.

use leptos::prelude::*;

use crate::{
    core::{Error, ImagingStationId, Permission, form::chosen},
    imaging::worklist::{self, StationForm},
    server::{Ctx, redirect_to},
};

/// Adds a device, or changes its room and addresses.
#[server(endpoint = "imaging/save_station")]
pub async fn save_station(
    /// The device's id, made with the form.
    #[server(default)]
    key: String,
    #[server(default)] version: i64,
    #[server(default)] room: String,
    #[server(default)] ae_title: String,
    #[server(default)] peers: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageImaging).await?;
    let id: ImagingStationId = chosen("key", &key)?;
    let form = StationForm::read(&room, &ae_title, &peers)?;
    worklist::save_station(&mut ctx, id, version, &form).await?;
    ctx.commit().await?;
    redirect_to("/imaging/stations?done=saved");
    Ok(())
}

/// Retires a device, or brings it back.
#[server(endpoint = "imaging/retire_station")]
pub async fn retire_station(
    imaging_station_id: ImagingStationId,
    #[server(default)] version: i64,
    #[server(default)] retired: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageImaging).await?;
    worklist::retire_station(&mut ctx, imaging_station_id, version, !retired.is_empty()).await?;
    ctx.commit().await?;
    redirect_to("/imaging/stations?done=saved");
    Ok(())
}
