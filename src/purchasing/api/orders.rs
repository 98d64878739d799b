//! The functions of purchase orders.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    core::{
        Error, Money, Permission, PurchaseLineId, PurchaseOrderId, Result, StoreroomId, SupplierId,
        error::FieldErrors,
        form::{self, chosen},
    },
    inventory::{self, whole},
    purchasing::{
        PurchaseOrderState,
        orders::{self, MOST, NewPurchaseLine},
    },
    server::{Ctx, redirect_to},
};

fn to_order(order: PurchaseOrderId, done: &str) {
    redirect_to(&format!("/purchasing/orders/{order}?done={done}"));
}

/// The form that begins an order.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct PurchaseOrderForm {
    /// The order's id, made with the form.
    pub key: String,
    pub supplier: String,
    pub storeroom: String,
    pub note: String,
}

/// Begins a purchase order.
#[server(endpoint = "purchasing/begin_order")]
pub async fn begin_order(#[server(flatten)] form: PurchaseOrderForm) -> Result<(), Error> {
    let PurchaseOrderForm { key, supplier, storeroom, note } = form;
    let mut ctx = Ctx::write(Permission::OrderGoods).await?;
    let mut errors = FieldErrors::new();
    let key = errors.chosen::<PurchaseOrderId>("key", &key);
    let supplier = errors.chosen::<SupplierId>("supplier", &supplier);
    let room = errors.chosen::<StoreroomId>("storeroom", &storeroom);
    let note = errors.line("note", &note, 500);
    errors.finish()?;
    let (Some(key), Some(supplier), Some(room)) = (key, supplier, room) else { return Err(Error::NotFound) };
    if orders::begin(&mut ctx, key, supplier, room, &note).await? {
        ctx.commit().await?;
    }
    to_order(key, "begun");
    Ok(())
}

/// The form of a line of an order.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct PurchaseLineForm {
    /// The line's id, made with the form.
    pub key: String,
    pub scan: String,
    pub packs: String,
    pub quantity: String,
    pub price: String,
}

/// Puts an item on a draft: its code or its scanned pack, units or packs, and the price of a pack.
#[server(endpoint = "purchasing/put_line")]
pub async fn put_line(purchase_order_id: PurchaseOrderId, #[server(flatten)] form: PurchaseLineForm) -> Result<(), Error> {
    let PurchaseLineForm { key, scan, packs, quantity, price } = form;
    let mut ctx = Ctx::write(Permission::OrderGoods).await?;
    let (clinic, today) = (ctx.clinic.id, ctx.today());
    let id: PurchaseLineId = chosen("key", &key)?;
    let item = inventory::scan(&mut ctx.tx, clinic, &scan, today).await?.item;
    let mut errors = FieldErrors::new();
    // Packs are typed, units are stored.
    let ordered = match packs.trim() {
        "" => whole(&mut errors, "quantity", &quantity, 1, MOST),
        packs => whole(&mut errors, "packs", packs, 1, MOST / item.pack_size).map(|packs| packs * item.pack_size),
    };
    let currency = ctx.state().hospital().currency;
    let price = match price.trim() {
        "" => Some(Money::ZERO),
        typed => errors.check(currency.parse("price", typed)),
    };
    errors.finish()?;
    let (Some(ordered), Some(price)) = (ordered, price) else { return Err(Error::NotFound) };
    let line = NewPurchaseLine { id, item: item.id, ordered, price, price_per: item.pack_size };
    orders::put_line(&mut ctx, purchase_order_id, &line).await?;
    ctx.commit().await?;
    to_order(purchase_order_id, "saved");
    Ok(())
}

/// Takes a line off a draft.
#[server(endpoint = "purchasing/remove_line")]
pub async fn remove_line(purchase_order_id: PurchaseOrderId, purchase_line_id: PurchaseLineId) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::OrderGoods).await?;
    orders::remove_line(&mut ctx, purchase_order_id, purchase_line_id).await?;
    ctx.commit().await?;
    to_order(purchase_order_id, "saved");
    Ok(())
}

/// Puts the approved requests for the storeroom on a draft.
#[server(endpoint = "purchasing/take_requests")]
pub async fn take_requests(purchase_order_id: PurchaseOrderId) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::OrderGoods).await?;
    if orders::take_requests(&mut ctx, purchase_order_id).await? > 0 {
        ctx.commit().await?;
    }
    to_order(purchase_order_id, "taken");
    Ok(())
}

/// Approves a draft of another person.
#[server(endpoint = "purchasing/approve_order")]
pub async fn approve_order(purchase_order_id: PurchaseOrderId, #[server(default)] version: i64) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ApprovePurchases).await?;
    orders::decide(&mut ctx, purchase_order_id, version, PurchaseOrderState::Approved).await?;
    ctx.commit().await?;
    to_order(purchase_order_id, "approved");
    Ok(())
}

/// Makes an approved order a draft again.
#[server(endpoint = "purchasing/reopen_order")]
pub async fn reopen_order(purchase_order_id: PurchaseOrderId, #[server(default)] version: i64) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::OrderGoods).await?;
    orders::decide(&mut ctx, purchase_order_id, version, PurchaseOrderState::Draft).await?;
    ctx.commit().await?;
    to_order(purchase_order_id, "reopened");
    Ok(())
}

/// Records that an approved order was sent to the supplier.
#[server(endpoint = "purchasing/send_order")]
pub async fn send_order(purchase_order_id: PurchaseOrderId, #[server(default)] version: i64) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::OrderGoods).await?;
    orders::decide(&mut ctx, purchase_order_id, version, PurchaseOrderState::Sent).await?;
    ctx.commit().await?;
    to_order(purchase_order_id, "sent");
    Ok(())
}

/// Cancels what has not come.
#[server(endpoint = "purchasing/cancel_order")]
pub async fn cancel_order(
    purchase_order_id: PurchaseOrderId,
    #[server(default)] version: i64,
    #[server(default)] reason: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::OrderGoods).await?;
    let reason = form::line("reason", &reason, 500)?;
    orders::cancel(&mut ctx, purchase_order_id, version, &reason).await?;
    ctx.commit().await?;
    to_order(purchase_order_id, "cancelled");
    Ok(())
}
