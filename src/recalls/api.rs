//! The functions of recalls.

use leptos::prelude::*;

use super::{RecallSource, ToldWay, acts};
use crate::{
    core::{Error, Permission, RecallId, RecallPatientId, StockBatchId, StockItemId, error::FieldErrors, form::chosen},
    organisation::Typed,
    server::{Ctx, redirect_to},
    tr,
};

fn to_recall(id: RecallId, done: &str) {
    redirect_to(&format!("/recalls/{id}?done={done}"));
}

/// Announces a recall of the ticked batches: `batch-BATCH`.
#[server(endpoint = "recalls/announce")]
pub async fn announce(
    stock_item_id: StockItemId,
    /// The recall's id, made with the form.
    #[server(default)]
    key: String,
    #[server(default)] source: String,
    #[server(default)] reference: String,
    #[server(default)] reason: String,
    #[server(flatten)] fields: Typed,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageStock).await?;
    let id: RecallId = chosen("key", &key)?;
    let mut errors = FieldErrors::new();
    let source = errors.chosen::<RecallSource>("source", &source);
    let reference = errors.required_line("reference", &reference, 100);
    let reason = errors.required_line("reason", &reason, 500);
    errors.finish()?;
    let Some(source) = source else { return Err(Error::invalid("source", tr!(errors.choose))) };
    let ticked = fields.keys().filter_map(|field| field.strip_prefix("batch-"));
    let batches: Vec<StockBatchId> = ticked.filter_map(|batch| batch.parse().ok()).collect();
    acts::announce(&mut ctx, id, &acts::NewNotice { item: stock_item_id, batches, source, reference, reason }).await?;
    ctx.commit().await?;
    to_recall(id, "announced");
    Ok(())
}

/// Blocks the stock of the batches in all storerooms.
#[server(endpoint = "recalls/block")]
pub async fn block(recall_id: RecallId) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageStock).await?;
    acts::block(&mut ctx, recall_id).await?;
    ctx.commit().await?;
    to_recall(recall_id, "blocked");
    Ok(())
}

/// Looks for the patients.
#[server(endpoint = "recalls/trace")]
pub async fn trace(recall_id: RecallId) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::Dispense).await?;
    acts::trace(&mut ctx, recall_id).await?;
    ctx.commit().await?;
    to_recall(recall_id, "traced");
    Ok(())
}

/// Records that a patient was told: `call`, `letter`, `in_person`, or `not_reached`.
#[server(endpoint = "recalls/settle")]
pub async fn settle(recall_patient_id: RecallPatientId, #[server(default)] way: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::Dispense).await?;
    let way = if way.trim() == "not_reached" { None } else { Some(chosen::<ToldWay>("way", &way)?) };
    let recall = acts::settle(&mut ctx, recall_patient_id, way).await?;
    ctx.commit().await?;
    to_recall(recall, "settled");
    Ok(())
}

/// Closes a recall.
#[server(endpoint = "recalls/close")]
pub async fn close(recall_id: RecallId) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageStock).await?;
    acts::close(&mut ctx, recall_id).await?;
    ctx.commit().await?;
    to_recall(recall_id, "closed");
    Ok(())
}
