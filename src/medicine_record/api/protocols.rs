//! Protocols: kept by the head of a ward, started by a nurse.

use leptos::prelude::*;

use crate::{
    core::{AdmissionId, CareOrderId, Error, IdempotencyKey, Permission, WardId, WardProtocolId, form::chosen},
    medicine_record::{orders, protocols},
    organisation::Typed,
    server::{Ctx, redirect_to},
};

/// Keeps a protocol of a ward as a new version.
#[server(endpoint = "medicine_record/keep_protocol")]
pub async fn keep_protocol(ward_id: WardId, #[server(default)] key: String, #[server(flatten)] fields: Typed) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageWards).await?;
    let id = WardProtocolId(chosen::<IdempotencyKey>("key", &key)?.into());
    let before = match fields.get("version").map(String::as_str).unwrap_or_default() {
        "" => None,
        before => Some(chosen::<WardProtocolId>("version", before)?),
    };
    protocols::keep(&mut ctx, id, ward_id, before, &fields).await?;
    ctx.commit().await?;
    redirect_to(&format!("/wards/{ward_id}/protocols?done=saved"));
    Ok(())
}

/// A nurse starts a protocol: the order is in force at once, and a doctor signs it.
#[server(endpoint = "medicine_record/start_protocol")]
pub async fn start_protocol(
    admission_id: AdmissionId,
    ward_protocol_id: WardProtocolId,
    #[server(default)] key: String,
    #[server(flatten)] fields: Typed,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::GiveMedicines).await?;
    let turn = orders::turn(&mut ctx, Permission::GiveMedicines, admission_id).await?;
    let order = CareOrderId(chosen::<IdempotencyKey>("key", &key)?.into());
    protocols::start(&mut ctx, &turn, ward_protocol_id, order, &fields).await?;
    ctx.commit().await?;
    redirect_to(&format!("/admissions/{admission_id}/medicines?done=started"));
    Ok(())
}
