//! The functions of article numbers, scanners, levels and opening stock.

use leptos::prelude::*;

use crate::{
    core::{Error, Permission, Result, StockItemId, StoreroomId, error::FieldErrors, form::chosen},
    inventory::{
        acts::{self, MOST},
        codes,
        goods::whole,
        opening::{self, OpeningEffect},
        usage::{self, ItemNeed},
    },
    server::{Ctx, redirect_to},
    tr,
};

fn to_packs(item: StockItemId) {
    redirect_to(&format!("/stock/items/{item}/packs?done=saved"));
}

/// Gives the pack of an item its article number.
#[server(endpoint = "stock/add_code")]
pub async fn add_code(stock_item_id: StockItemId, #[server(default)] gtin: String, #[server(default)] units: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageStock).await?;
    let mut errors = FieldErrors::new();
    let units = whole(&mut errors, "units", &units, 1, codes::LARGEST);
    errors.finish()?;
    codes::add(&mut ctx, stock_item_id, &gtin, units.ok_or(Error::NotFound)?).await?;
    ctx.commit().await?;
    to_packs(stock_item_id);
    Ok(())
}

/// Takes an article number away from an item.
#[server(endpoint = "stock/remove_code")]
pub async fn remove_code(stock_item_id: StockItemId, #[server(default)] gtin: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageStock).await?;
    codes::remove(&mut ctx, stock_item_id, &gtin).await?;
    ctx.commit().await?;
    to_packs(stock_item_id);
    Ok(())
}

/// Learns what the clinic's scanners type for the separator.
#[server(endpoint = "stock/learn_scanner")]
pub async fn learn_scanner(#[server(default)] scan: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageStock).await?;
    codes::learn_scanner(&mut ctx, &scan).await?;
    ctx.commit().await?;
    redirect_to("/stock/scan?done=learned");
    Ok(())
}

/// Sets how much it matters that an item is there.
#[server(endpoint = "stock/set_need")]
pub async fn set_need(stock_item_id: StockItemId, #[server(default)] need: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageStock).await?;
    let need: ItemNeed = chosen("need", &need)?;
    usage::set_need(&mut ctx, stock_item_id, need).await?;
    ctx.commit().await?;
    to_packs(stock_item_id);
    Ok(())
}

/// Sets the levels at which an item is ordered for a storeroom, and to which it is filled up.
#[server(endpoint = "stock/set_levels")]
pub async fn set_levels(
    stock_item_id: StockItemId,
    #[server(default)] storeroom: String,
    #[server(default)] low_at: String,
    #[server(default)] max_at: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageStock).await?;
    let mut errors = FieldErrors::new();
    let store = errors.chosen::<StoreroomId>("storeroom", &storeroom);
    let low_at = whole(&mut errors, "low_at", &low_at, 0, MOST);
    let max_at = whole(&mut errors, "max_at", &max_at, 0, MOST);
    if let (Some(low), Some(max)) = (low_at, max_at)
        && max > 0
        && max <= low
    {
        errors.add("max_at", tr!(inventory.max_above_low));
    }
    errors.finish()?;
    let (Some(store), Some(low_at), Some(max_at)) = (store, low_at, max_at) else { return Err(Error::NotFound) };
    acts::set_low(&mut ctx, store, stock_item_id, low_at).await?;
    usage::set_levels(&mut ctx.tx, store, stock_item_id, (low_at, max_at)).await?;
    ctx.commit().await?;
    to_packs(stock_item_id);
    Ok(())
}

/// Takes opening stock over from a file.
#[server(endpoint = "stock/import_opening")]
pub async fn import_opening(#[server(default)] text: String, #[server(default)] seen: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageStock).await?;
    let file = opening::import(&mut ctx, &text).await?;
    if file.count(OpeningEffect::Refused) > 0 {
        return Err(Error::invalid("text", tr!(inventory.opening_wrong)));
    }
    if seen != file.digest() {
        return Err(Error::invalid("seen", tr!(inventory.opening_tick)));
    }
    if file.count(OpeningEffect::New) > 0 {
        ctx.commit().await?;
    }
    redirect_to("/stock?done=opened");
    Ok(())
}
