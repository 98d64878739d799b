//! Acts on lines and devices.

use leptos::prelude::*;

use crate::{
    core::{AdmissionId, Error, IdempotencyKey, Permission, Result, StayDeviceId, form::chosen},
    nursing::{
        devices::{self, DeviceForm},
        vocabulary::{DeviceAct, DeviceRemoval},
    },
    organisation::Typed,
    server::{Ctx, redirect_to},
};

/// Records a device.
#[server(endpoint = "nursing/insert_device")]
pub async fn insert_device(
    admission_id: AdmissionId,
    #[server(default)] key: String,
    #[server(flatten)] fields: Typed,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::RecordCare).await?;
    let id = StayDeviceId(chosen::<IdempotencyKey>("key", &key)?.into());
    let form = DeviceForm::read(&fields)?;
    devices::insert(&mut ctx, admission_id, id, &form).await?;
    ctx.commit().await?;
    redirect_to(&format!("/admissions/{admission_id}/devices?done=device"));
    Ok(())
}

/// Records a check or a dressing.
#[server(endpoint = "nursing/check_device")]
pub async fn check_device(
    stay_device_id: StayDeviceId,
    #[server(default)] act: String,
    #[server(default)] vip: String,
    #[server(default)] remark: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::RecordCare).await?;
    let act: DeviceAct = chosen("act", &act)?;
    let admission = devices::check(&mut ctx, stay_device_id, act, &vip, &remark).await?;
    ctx.commit().await?;
    redirect_to(&format!("/admissions/{admission}/devices?done=device_checked"));
    Ok(())
}

/// Records a removal.
#[server(endpoint = "nursing/remove_device")]
pub async fn remove_device(stay_device_id: StayDeviceId, #[server(default)] removal: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::RecordCare).await?;
    let removal: DeviceRemoval = chosen("removal", &removal)?;
    let admission = devices::remove(&mut ctx, stay_device_id, removal).await?;
    ctx.commit().await?;
    redirect_to(&format!("/admissions/{admission}/devices?done=device_removed"));
    Ok(())
}
