//! The functions of purchase requests.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    core::{Error, Permission, PurchaseRequestId, Result, StockItemId, StoreroomId, error::FieldErrors, form::chosen},
    inventory::{self, whole},
    organisation::Typed,
    purchasing::{
        PurchaseRequestState,
        orders::MOST,
        reorder,
        requests::{self, NewPurchaseRequest},
    },
    server::{Ctx, redirect_to},
    tr,
};

/// The form by which somebody asks for goods.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct PurchaseRequestForm {
    /// The request's id, made with the form.
    pub key: String,
    pub storeroom: String,
    pub scan: String,
    pub quantity: String,
    pub reason: String,
}

/// Asks to buy an item for a storeroom.
#[server(endpoint = "purchasing/request")]
pub async fn request(#[server(flatten)] form: PurchaseRequestForm) -> Result<(), Error> {
    let PurchaseRequestForm { key, storeroom, scan, quantity, reason } = form;
    let mut ctx = Ctx::write(Permission::OrderGoods).await?;
    let (clinic, today) = (ctx.clinic.id, ctx.today());
    let mut errors = FieldErrors::new();
    let id = errors.chosen::<PurchaseRequestId>("key", &key);
    let store = errors.chosen::<StoreroomId>("storeroom", &storeroom);
    let quantity = whole(&mut errors, "quantity", &quantity, 1, MOST);
    let reason = errors.required_line("reason", &reason, 500);
    errors.finish()?;
    let (Some(id), Some(store), Some(quantity)) = (id, store, quantity) else { return Err(Error::NotFound) };
    let item = inventory::scan(&mut ctx.tx, clinic, &scan, today).await?.item;
    if requests::submit(&mut ctx, &[NewPurchaseRequest { id, store, item: item.id, quantity, reason }]).await? > 0 {
        ctx.commit().await?;
    }
    redirect_to("/purchasing?done=requested");
    Ok(())
}

/// Asks to buy what is proposed for a storeroom: `quantity-ITEM`. Empty fields are left out.
#[server(endpoint = "purchasing/request_proposed")]
pub async fn request_proposed(#[server(default)] storeroom: String, #[server(flatten)] fields: Typed) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::OrderGoods).await?;
    let store: StoreroomId = chosen("storeroom", &storeroom)?;
    let today = ctx.today();
    let room = inventory::room(&mut ctx.tx, store).await?.ok_or(Error::NotFound)?;
    ctx.at_clinic(Permission::OrderGoods, room.clinic_id)?;
    let proposed = reorder::proposals(&mut ctx.tx, store, today).await?;
    let (mut errors, mut wanted) = (FieldErrors::new(), Vec::new());
    for (field, typed) in fields.iter().filter(|(_, typed)| !typed.trim().is_empty()) {
        let Some(item) = field.strip_prefix("quantity-").and_then(|item| item.parse::<StockItemId>().ok()) else { continue };
        let Some(quantity) = whole(&mut errors, field, typed, 0, MOST).filter(|quantity| *quantity > 0) else { continue };
        let reason = proposed.iter().find(|proposal| proposal.level.item_id == item).map(reorder::Proposal::reason);
        let reason = reason.unwrap_or_else(|| tr!(purchasing.why_by_hand).to_owned());
        wanted.push(NewPurchaseRequest { id: PurchaseRequestId::new(), store, item, quantity, reason });
    }
    errors.finish()?;
    if requests::submit(&mut ctx, &wanted).await? > 0 {
        ctx.commit().await?;
    }
    redirect_to("/purchasing?done=requested");
    Ok(())
}

/// Approves, rejects or cancels a request.
#[server(endpoint = "purchasing/decide_request")]
pub async fn decide_request(purchase_request_id: PurchaseRequestId, #[server(default)] decision: String) -> Result<(), Error> {
    let cancels = decision == PurchaseRequestState::Cancelled.as_str();
    let mut ctx = Ctx::write(if cancels { Permission::OrderGoods } else { Permission::ApprovePurchases }).await?;
    let next: PurchaseRequestState = chosen("decision", &decision)?;
    requests::decide(&mut ctx, purchase_request_id, next).await?;
    ctx.commit().await?;
    redirect_to("/purchasing?done=decided");
    Ok(())
}
