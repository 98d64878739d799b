//! The functions of the catalogue and of the rooms.

use leptos::prelude::*;

use crate::{
    core::{Error, ImagingProcedureId, ImagingRoomId, Permission, Result, form::chosen},
    imaging::{
        catalogue::{self, ProcedureForm, ProcedureOutcome},
        rooms,
    },
    organisation::Typed,
    server::{Ctx, redirect_to},
    tr,
};

/// Puts the starter catalogue into an empty one.
#[server(endpoint = "imaging/adopt_starter")]
pub async fn adopt_starter() -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageImaging).await?;
    catalogue::adopt(&mut ctx).await?;
    ctx.commit().await?;
    redirect_to("/imaging/catalogue?done=adopted");
    Ok(())
}

/// Adds a procedure, or changes one.
#[server(endpoint = "imaging/save_procedure")]
pub async fn save_procedure(
    /// The procedure's id, made with the form.
    #[server(default)]
    key: String,
    #[server(default)] version: i64,
    #[server(flatten)] fields: Typed,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageImaging).await?;
    let id: ImagingProcedureId = chosen("key", &key)?;
    let form = ProcedureForm::read(&fields)?;
    catalogue::save(&mut ctx, id, version, &form).await?;
    ctx.commit().await?;
    redirect_to(&format!("/imaging/catalogue/{id}?done=saved"));
    Ok(())
}

/// Imports procedures from a file, when no row is refused and the user saw these very changes.
#[server(endpoint = "imaging/import_procedures")]
pub async fn import_procedures(#[server(default)] text: String, #[server(default)] seen: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageImaging).await?;
    let imported = catalogue::import(&mut ctx, &text).await?;
    if imported.count(ProcedureOutcome::Refused) > 0 {
        return Err(Error::invalid("text", tr!(imaging.import_refused)));
    }
    if seen != imported.digest() {
        return Err(Error::invalid("seen", tr!(imaging.import_tick)));
    }
    ctx.commit().await?;
    redirect_to("/imaging/catalogue?done=imported");
    Ok(())
}

/// Confirms a procedure.
#[server(endpoint = "imaging/confirm_procedure")]
pub async fn confirm_procedure(imaging_procedure_id: ImagingProcedureId, #[server(default)] version: i64) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageImaging).await?;
    catalogue::confirm(&mut ctx, imaging_procedure_id, version).await?;
    ctx.commit().await?;
    redirect_to(&format!("/imaging/catalogue/{imaging_procedure_id}?done=confirmed"));
    Ok(())
}

/// Retires a procedure, or takes it back into use.
#[server(endpoint = "imaging/retire_procedure")]
pub async fn retire_procedure(
    imaging_procedure_id: ImagingProcedureId,
    #[server(default)] version: i64,
    #[server(default)] retired: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageImaging).await?;
    catalogue::retire(&mut ctx, imaging_procedure_id, version, !retired.is_empty()).await?;
    ctx.commit().await?;
    redirect_to(&format!("/imaging/catalogue/{imaging_procedure_id}?done=saved"));
    Ok(())
}

/// Adds a room, or changes its name.
#[server(endpoint = "imaging/save_room")]
pub async fn save_room(
    /// The room's id, made with the form.
    #[server(default)]
    key: String,
    #[server(default)] version: i64,
    #[server(default)] name: String,
    #[server(default)] modality: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageImaging).await?;
    let id: ImagingRoomId = chosen("key", &key)?;
    rooms::save(&mut ctx, id, version, &name, &modality).await?;
    ctx.commit().await?;
    redirect_to("/imaging/rooms?done=saved");
    Ok(())
}

/// Retires a room, or takes it back into use.
#[server(endpoint = "imaging/retire_room")]
pub async fn retire_room(
    imaging_room_id: ImagingRoomId,
    #[server(default)] version: i64,
    #[server(default)] retired: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageImaging).await?;
    rooms::retire(&mut ctx, imaging_room_id, version, !retired.is_empty()).await?;
    ctx.commit().await?;
    redirect_to("/imaging/rooms?done=saved");
    Ok(())
}

/// Adds hours of a room: `weekday-1` is Monday.
#[server(endpoint = "imaging/add_room_hours")]
pub async fn add_room_hours(
    imaging_room_id: ImagingRoomId,
    #[server(default)] from: String,
    #[server(default)] to: String,
    #[server(flatten)] fields: Typed,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageImaging).await?;
    let weekdays: Vec<i64> = (1..=7).filter(|day| fields.contains_key(&format!("weekday-{day}"))).collect();
    rooms::add_hours(&mut ctx, imaging_room_id, &weekdays, (&from, &to)).await?;
    ctx.commit().await?;
    redirect_to("/imaging/rooms?done=saved");
    Ok(())
}

/// Removes hours of a room.
#[server(endpoint = "imaging/remove_room_hours")]
pub async fn remove_room_hours(imaging_room_id: ImagingRoomId, #[server(default)] part: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageImaging).await?;
    let part = chosen("part", &part)?;
    rooms::remove_hours(&mut ctx, imaging_room_id, part).await?;
    ctx.commit().await?;
    redirect_to("/imaging/rooms?done=saved");
    Ok(())
}
