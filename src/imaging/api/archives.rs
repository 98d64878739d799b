//! The functions of archives of images and of the studies that they hold.

use leptos::prelude::*;

use crate::{
    core::{ArchivedStudyId, Error, ImagingArchiveId, ImagingOrderId, Permission, form::chosen},
    imaging::archives::{self, ArchiveForm},
    server::{Ctx, redirect_to},
};

/// Adds an archive, or changes its name, address and password.
#[server(endpoint = "imaging/save_archive")]
pub async fn save_archive(
    /// The archive's id, made with the form.
    #[server(default)]
    key: String,
    #[server(default)] version: i64,
    #[server(default)] name: String,
    #[server(default)] base_url: String,
    #[server(default)] archive_login: String,
    #[server(default)] archive_password: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageImaging).await?;
    let id: ImagingArchiveId = chosen("key", &key)?;
    let form = ArchiveForm::read(&name, &base_url, &archive_login, &archive_password)?;
    archives::save(&mut ctx, id, version, &form).await?;
    ctx.commit().await?;
    redirect_to("/imaging/archives?done=saved");
    Ok(())
}

/// Retires an archive, or brings it back.
#[server(endpoint = "imaging/retire_archive")]
pub async fn retire_archive(
    imaging_archive_id: ImagingArchiveId,
    #[server(default)] version: i64,
    #[server(default)] retired: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageImaging).await?;
    archives::retire(&mut ctx, imaging_archive_id, version, !retired.is_empty()).await?;
    ctx.commit().await?;
    redirect_to("/imaging/archives?done=saved");
    Ok(())
}

/// Ties a study of an archive to an order, after both patients were compared.
#[server(endpoint = "imaging/tie_study")]
pub async fn tie_study(
    archived_study_id: ArchivedStudyId,
    imaging_order_id: ImagingOrderId,
    #[server(default)] version: i64,
    #[server(default)] compared: String,
    #[server(default)] remark: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::WorkImaging).await?;
    archives::tie(&mut ctx, archived_study_id, version, imaging_order_id, compared == "true", &remark).await?;
    ctx.commit().await?;
    redirect_to("/imaging/unmatched?done=tied");
    Ok(())
}

/// Unties a study from its order.
#[server(endpoint = "imaging/untie_study")]
pub async fn untie_study(
    archived_study_id: ArchivedStudyId,
    #[server(default)] version: i64,
    #[server(default)] reason: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::WorkImaging).await?;
    archives::untie(&mut ctx, archived_study_id, version, &reason).await?;
    ctx.commit().await?;
    redirect_to("/imaging/unmatched?done=untied");
    Ok(())
}

/// Dismisses an unmatched study.
#[server(endpoint = "imaging/dismiss_study")]
pub async fn dismiss_study(
    archived_study_id: ArchivedStudyId,
    #[server(default)] version: i64,
    #[server(default)] reason: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::WorkImaging).await?;
    archives::dismiss(&mut ctx, archived_study_id, version, &reason).await?;
    ctx.commit().await?;
    redirect_to(&format!("/imaging/unmatched/{archived_study_id}?done=dismissed"));
    Ok(())
}

/// Takes a dismissed study back onto the list.
#[server(endpoint = "imaging/reopen_study")]
pub async fn reopen_study(archived_study_id: ArchivedStudyId, #[server(default)] version: i64) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::WorkImaging).await?;
    archives::reopen(&mut ctx, archived_study_id, version).await?;
    ctx.commit().await?;
    redirect_to(&format!("/imaging/unmatched/{archived_study_id}?done=reopened"));
    Ok(())
}
