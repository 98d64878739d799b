//! The functions of transfers.

use std::collections::BTreeMap;

use leptos::prelude::*;

use super::{
    GoodsTransferState, MissingGoods,
    back::{BackCondition, SentBack},
};
use crate::{
    core::{
        Error, Permission, Result, StockBatchId, StockTransferId, StoreroomId, TransferLineId, WantedLineId, WardRequisitionId,
        error::FieldErrors,
        form::{self, chosen},
    },
    inventory::{goods::whole, requisitions::MOST},
    organisation::Typed,
    server::{Ctx, redirect_to},
    tr,
};

fn to_transfer(id: StockTransferId, done: &str) {
    redirect_to(&format!("/stock/transfers/{id}?done={done}"));
}

/// Picks goods for a requisition: `pick-LINE` with the units. Empty fields are not picked.
#[server(endpoint = "stock/pick")]
pub async fn pick(
    ward_requisition_id: WardRequisitionId,
    /// The transfer's id, made with the form.
    #[server(default)]
    key: String,
    #[server(default)] storeroom: String,
    #[server(flatten)] fields: Typed,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::MoveStock).await?;
    let id: StockTransferId = chosen("key", &key)?;
    let (mut errors, mut picks) = (FieldErrors::new(), Vec::new());
    let room = errors.chosen::<StoreroomId>("storeroom", &storeroom);
    for (field, typed) in fields.iter().filter(|(_, typed)| !typed.trim().is_empty()) {
        let Some(line) = field.strip_prefix("pick-").and_then(|line| line.parse::<WantedLineId>().ok()) else { continue };
        let quantity = whole(&mut errors, field, typed, 0, MOST);
        picks.extend(quantity.filter(|quantity| *quantity > 0).map(|quantity| (line, quantity)));
    }
    errors.finish()?;
    if super::pick(&mut ctx, id, ward_requisition_id, room.ok_or(Error::NotFound)?, &picks).await? {
        ctx.commit().await?;
    }
    to_transfer(id, "picked");
    Ok(())
}

/// Sends picked goods.
#[server(endpoint = "stock/send_transfer")]
pub async fn send_transfer(stock_transfer_id: StockTransferId, #[server(default)] version: i64) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::MoveStock).await?;
    super::send(&mut ctx, stock_transfer_id, version).await?;
    ctx.commit().await?;
    to_transfer(stock_transfer_id, "sent");
    Ok(())
}

/// Receives goods: `received-LINE` with the units that came.
#[server(endpoint = "stock/receive_transfer")]
pub async fn receive_transfer(
    stock_transfer_id: StockTransferId,
    #[server(default)] version: i64,
    #[server(flatten)] fields: Typed,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::AskStock).await?;
    let (mut errors, mut counts) = (FieldErrors::new(), BTreeMap::new());
    for (field, typed) in &fields {
        let Some(line) = field.strip_prefix("received-").and_then(|line| line.parse::<TransferLineId>().ok()) else { continue };
        counts.extend(whole(&mut errors, field, typed, 0, MOST).map(|received| (line, received)));
    }
    errors.finish()?;
    let state = super::receive(&mut ctx, stock_transfer_id, version, &counts).await?;
    ctx.commit().await?;
    let done = if state == GoodsTransferState::Received { "received" } else { "differs" };
    redirect_to(&format!("/ward-stock/transfers/{stock_transfer_id}?done={done}"));
    Ok(())
}

/// Explains goods that were sent and not received.
#[server(endpoint = "stock/explain_transfer")]
pub async fn explain_transfer(
    stock_transfer_id: StockTransferId,
    #[server(default)] version: i64,
    #[server(default)] outcome: String,
    #[server(default)] explanation: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageStock).await?;
    let missing: MissingGoods = chosen("outcome", &outcome)?;
    let explanation = form::line("explanation", &explanation, 500)?;
    super::explain(&mut ctx, stock_transfer_id, version, missing, &explanation).await?;
    ctx.commit().await?;
    to_transfer(stock_transfer_id, "explained");
    Ok(())
}

/// Calls goods back.
#[server(endpoint = "stock/call_back")]
pub async fn call_back(
    stock_transfer_id: StockTransferId,
    #[server(default)] version: i64,
    #[server(default)] explanation: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::MoveStock).await?;
    let why = form::line("explanation", &explanation, 500)?;
    if why.is_empty() {
        return Err(Error::invalid("explanation", tr!(errors.required)));
    }
    super::call_back(&mut ctx, stock_transfer_id, version, &why).await?;
    ctx.commit().await?;
    to_transfer(stock_transfer_id, "called_back");
    Ok(())
}

/// Sends supplies of a ward back to a pharmacy.
#[server(endpoint = "stock/send_back")]
pub async fn send_back(
    storeroom: StoreroomId,
    /// The transfer's id, made with the form.
    #[server(default)]
    key: String,
    #[server(default)] batch: String,
    #[server(default)] quantity: String,
    #[server(default)] condition: String,
    #[server(default)] to: String,
    #[server(default)] reason: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::AskStock).await?;
    let mut errors = FieldErrors::new();
    let id = errors.chosen::<StockTransferId>("key", &key);
    let batch = errors.chosen::<StockBatchId>("batch", &batch);
    let quantity = whole(&mut errors, "quantity", &quantity, 1, MOST);
    let condition = errors.chosen::<BackCondition>("condition", &condition);
    let to = errors.chosen::<StoreroomId>("to", &to);
    let reason = errors.required_line("reason", &reason, 500);
    errors.finish()?;
    let (Some(id), Some(batch), Some(quantity), Some(condition), Some(to)) = (id, batch, quantity, condition, to) else {
        return Err(Error::NotFound);
    };
    if super::back::send_back(&mut ctx, id, &SentBack { from: storeroom, to, batch, quantity, condition, reason }).await? {
        ctx.commit().await?;
    }
    redirect_to(&format!("/ward-stock?room={storeroom}&done=sent_back"));
    Ok(())
}
