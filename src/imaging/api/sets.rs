//! The functions of sets of tests and studies: keep them, and order one.

use leptos::prelude::*;

use crate::{
    clinical,
    core::{Error, Permission, Result, TestSetId, VisitId, form::chosen},
    imaging::sets,
    organisation::Typed,
    server::{Ctx, redirect_to},
};

/// Adds a set, or changes one.
#[server(endpoint = "imaging/save_set")]
pub async fn save_set(
    #[server(default)] key: String,
    #[server(default)] version: i64,
    #[server(flatten)] fields: Typed,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageOrderSets).await?;
    let id: TestSetId = chosen("key", &key)?;
    sets::save(&mut ctx, id, version, &fields).await?;
    ctx.commit().await?;
    redirect_to(&format!("/orders/sets/{id}?done=saved"));
    Ok(())
}

/// Retires a set, or takes it back into use.
#[server(endpoint = "imaging/retire_set")]
pub async fn retire_set(test_set_id: TestSetId, #[server(default)] version: i64, #[server(default)] retired: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageOrderSets).await?;
    sets::retire(&mut ctx, test_set_id, version, !retired.is_empty()).await?;
    ctx.commit().await?;
    redirect_to(&format!("/orders/sets/{test_set_id}?done=saved"));
    Ok(())
}

/// Orders the ticked lines of a set for the patient of a visit.
#[server(endpoint = "imaging/order_set")]
pub async fn order_set(visit_id: VisitId, #[server(flatten)] fields: Typed) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::PlaceOrders).await?;
    let (patient, place) = clinical::order_place(&mut ctx, visit_id).await?;
    sets::order(&mut ctx, patient, place, &fields).await?;
    ctx.commit().await?;
    let is_draft = fields.get("draft").is_some_and(|draft| !draft.is_empty());
    redirect_to(&format!("/consultation/{visit_id}?done={}", if is_draft { "drafted" } else { "ordered" }));
    Ok(())
}
