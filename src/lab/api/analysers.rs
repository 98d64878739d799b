//! The functions of analysers and of unmatched values.

use leptos::prelude::*;

use crate::{
    core::{AnalyserMessageId, AnalyserValueId, Error, LabAnalyserControlId, LabAnalyserId, LabCodeMapId, Permission, form::chosen},
    lab::{
        analysers::{self, AnalyserForm, CodeForm},
        catalogue::Catalogue,
    },
    organisation::Typed,
    server::{Ctx, redirect_to},
    tr,
};

fn back(analyser: LabAnalyserId, done: &str) {
    redirect_to(&format!("/lab/analysers/{analyser}?done={done}"));
}

/// Adds an analyser, or changes one.
#[server(endpoint = "lab/save_analyser")]
pub async fn save_analyser(
    /// The analyser's id, made with the form.
    #[server(default)]
    key: String,
    #[server(default)] version: i64,
    #[server(flatten)] fields: Typed,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageCatalogue).await?;
    let id: LabAnalyserId = chosen("key", &key)?;
    let form = AnalyserForm::read(&fields)?;
    analysers::save(&mut ctx, id, version, &form).await?;
    ctx.commit().await?;
    back(id, "saved");
    Ok(())
}

/// Retires an analyser, or brings it back.
#[server(endpoint = "lab/retire_analyser")]
pub async fn retire_analyser(
    lab_analyser_id: LabAnalyserId,
    #[server(default)] version: i64,
    #[server(default)] retired: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageCatalogue).await?;
    analysers::retire(&mut ctx, lab_analyser_id, version, !retired.is_empty()).await?;
    ctx.commit().await?;
    back(lab_analyser_id, "saved");
    Ok(())
}

/// Maps a code of an analyser to a test.
#[server(endpoint = "lab/map_code")]
pub async fn map_code(
    lab_analyser_id: LabAnalyserId,
    /// The map's id, made with the form.
    #[server(default)]
    key: String,
    #[server(flatten)] fields: Typed,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageCatalogue).await?;
    let key: LabCodeMapId = chosen("key", &key)?;
    let form = CodeForm::read(&fields, &Catalogue::read(&mut ctx.tx).await?)?;
    analysers::map_code(&mut ctx, lab_analyser_id, key, &form).await?;
    ctx.commit().await?;
    back(lab_analyser_id, "saved");
    Ok(())
}

/// Removes a code of an analyser.
#[server(endpoint = "lab/unmap_code")]
pub async fn unmap_code(lab_analyser_id: LabAnalyserId, lab_code_map_id: LabCodeMapId) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageCatalogue).await?;
    analysers::unmap_code(&mut ctx, lab_analyser_id, lab_code_map_id).await?;
    ctx.commit().await?;
    back(lab_analyser_id, "saved");
    Ok(())
}

/// Adds the name under which an analyser sends a level of control material.
#[server(endpoint = "lab/add_analyser_control")]
pub async fn add_analyser_control(
    lab_analyser_id: LabAnalyserId,
    /// Its id, made with the form.
    #[server(default)]
    key: String,
    #[server(default)] sample: String,
    #[server(default)] level: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageCatalogue).await?;
    let key: LabAnalyserControlId = chosen("key", &key)?;
    analysers::add_control(&mut ctx, lab_analyser_id, key, &sample, &level).await?;
    ctx.commit().await?;
    back(lab_analyser_id, "saved");
    Ok(())
}

/// Removes such a name.
#[server(endpoint = "lab/remove_analyser_control")]
pub async fn remove_analyser_control(lab_analyser_id: LabAnalyserId, lab_analyser_control_id: LabAnalyserControlId) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageCatalogue).await?;
    analysers::remove_control(&mut ctx, lab_analyser_id, lab_analyser_control_id).await?;
    ctx.commit().await?;
    back(lab_analyser_id, "saved");
    Ok(())
}

/// Files the unmatched values of a message again.
#[server(endpoint = "lab/retry_message")]
pub async fn retry_message(analyser_message_id: AnalyserMessageId) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::WorkLab).await?;
    let filed = analysers::retry(&mut ctx, analyser_message_id).await?;
    ctx.commit().await?;
    redirect_to(if filed > 0 { "/lab/unmatched?done=filed" } else { "/lab/unmatched?done=still_unmatched" });
    Ok(())
}

/// Assigns an unmatched value to a sample.
#[server(endpoint = "lab/assign_value")]
pub async fn assign_value(analyser_value_id: AnalyserValueId, #[server(default)] number: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::WorkLab).await?;
    analysers::assign(&mut ctx, analyser_value_id, &number).await?;
    ctx.commit().await?;
    redirect_to("/lab/unmatched?done=assigned");
    Ok(())
}

/// Discards an unmatched value.
#[server(endpoint = "lab/discard_value")]
pub async fn discard_value(analyser_value_id: AnalyserValueId, #[server(default)] reason: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::WorkLab).await?;
    analysers::discard(&mut ctx, analyser_value_id, &reason).await?;
    ctx.commit().await?;
    redirect_to("/lab/unmatched?done=discarded_value");
    Ok(())
}

/// Imports a file of an analyser, when the user saw these very effects.
#[server(endpoint = "lab/import_measured")]
pub async fn import_measured(
    lab_analyser_id: LabAnalyserId,
    #[server(default)] text: String,
    #[server(default)] seen: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::WorkLab).await?;
    let imported = analysers::import_file(&mut ctx, lab_analyser_id, &text).await?;
    if seen != imported.digest() {
        return Err(Error::invalid("seen", tr!(lab.measured_tick)));
    }
    ctx.commit().await?;
    back(lab_analyser_id, "measured");
    Ok(())
}
