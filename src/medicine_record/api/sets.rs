//! Order sets: kept by the head of the wards, ordered by a doctor in one press.

use leptos::prelude::*;
use uuid::Uuid;

use crate::{
    core::{AdmissionId, Error, IdempotencyKey, OrderSetId, Permission, form::chosen},
    medicine_record::{orders, sets},
    organisation::Typed,
    server::{Ctx, redirect_to},
};

/// Keeps a set as a new version.
#[server(endpoint = "medicine_record/keep_set")]
pub async fn keep_order_set(#[server(default)] key: String, #[server(flatten)] fields: Typed) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageWards).await?;
    let id = OrderSetId(chosen::<IdempotencyKey>("key", &key)?.into());
    let before = match fields.get("version").map(String::as_str).unwrap_or_default() {
        "" => None,
        before => Some(chosen::<OrderSetId>("version", before)?),
    };
    sets::keep(&mut ctx, id, before, &fields).await?;
    ctx.commit().await?;
    redirect_to("/order-sets?done=saved");
    Ok(())
}

/// Orders the ticked lines of a set.
#[server(endpoint = "medicine_record/order_set")]
pub async fn order_from_set(
    admission_id: AdmissionId,
    order_set_id: OrderSetId,
    #[server(default)] key: String,
    #[server(flatten)] fields: Typed,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::WriteOrders).await?;
    let turn = orders::turn(&mut ctx, Permission::WriteOrders, admission_id).await?;
    let key: Uuid = chosen::<IdempotencyKey>("key", &key)?.into();
    sets::order(&mut ctx, &turn, order_set_id, key, &fields).await?;
    ctx.commit().await?;
    redirect_to(&format!("/admissions/{admission_id}/orders?done=ordered"));
    Ok(())
}
