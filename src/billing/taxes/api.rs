//! The server functions of taxes.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::{ItemTax, add_class, add_rate, rename_class, set_class_retired, set_item};
use crate::{
    billing::{Quantity, prices::sets_prices},
    core::{Error, IdempotencyKey, Permission, PriceItemId, Result, TaxClassId, error::FieldErrors, form::chosen, time::parse_date},
    server::{Ctx, redirect_to},
    tr,
};

/// Opens a write transaction for a user who may set the prices of the whole hospital.
async fn setting() -> Result<Ctx> {
    let ctx = Ctx::write(Permission::SetPrices).await?;
    if sets_prices(&ctx.who) { Ok(ctx) } else { Err(Error::Forbidden) }
}

/// Reads a rate in percent, with two decimals at most, as hundredths of a percent.
fn basis_points(typed: &str) -> Result<i64> {
    let wrong = || Error::invalid("rate", tr!(billing.percent_wrong));
    let percent = typed.trim().trim_end_matches('%').trim();
    let milli = if percent == "0" { 0 } else { Quantity::parse("rate", percent).map_err(|_| wrong())?.0 };
    if milli % 10 == 0 && milli <= 100_000 { Ok(milli / 10) } else { Err(wrong()) }
}

/// The form of a new tax class with its first rate.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct TaxClassForm {
    pub key: String,
    pub name: String,
    pub rate: String,
    pub valid_from: String,
}

/// Adds a tax class with its first rate.
#[server(endpoint = "billing/add_tax_class")]
pub async fn add_tax_class(#[server(flatten)] form: TaxClassForm) -> Result<(), Error> {
    let mut ctx = setting().await?;
    let id = TaxClassId(chosen::<IdempotencyKey>("key", &form.key)?.into());
    let mut errors = FieldErrors::new();
    let name = errors.required_line("name", &form.name, 100);
    let rate = errors.check(basis_points(&form.rate));
    let from = errors.check(parse_date("valid_from", &form.valid_from));
    errors.finish()?;
    let (Some(rate), Some(from)) = (rate, from) else { return Err(Error::NotFound) };
    add_class(&mut ctx, id, &name, (rate, from)).await?;
    ctx.commit().await?;
    redirect_to("/prices/rules?done=saved");
    Ok(())
}

/// Renames a tax class.
#[server(endpoint = "billing/rename_tax_class")]
pub async fn rename_tax_class(
    #[server(default)] id: String,
    #[server(default)] version: String,
    #[server(default)] name: String,
) -> Result<(), Error> {
    let mut ctx = setting().await?;
    let id: TaxClassId = chosen("id", &id)?;
    let mut errors = FieldErrors::new();
    let name = errors.required_line("name", &name, 100);
    errors.finish()?;
    rename_class(&mut ctx, id, &version, &name).await?;
    ctx.commit().await?;
    redirect_to(&format!("/prices/taxes/{id}?done=saved"));
    Ok(())
}

/// Retires a tax class that no item has.
#[server(endpoint = "billing/retire_tax_class")]
pub async fn retire_tax_class(#[server(default)] id: String, #[server(default)] version: String) -> Result<(), Error> {
    retired(&id, &version, true).await
}

/// Brings a retired tax class back.
#[server(endpoint = "billing/bring_back_tax_class")]
pub async fn bring_back_tax_class(#[server(default)] id: String, #[server(default)] version: String) -> Result<(), Error> {
    retired(&id, &version, false).await
}

async fn retired(id: &str, version: &str, retired: bool) -> Result<()> {
    let mut ctx = setting().await?;
    let id: TaxClassId = chosen("id", id)?;
    set_class_retired(&mut ctx, id, version, retired).await?;
    ctx.commit().await?;
    redirect_to(&format!("/prices/taxes/{id}?done=saved"));
    Ok(())
}

/// Adds a rate of a tax class from a day on.
#[server(endpoint = "billing/add_tax_rate")]
pub async fn add_tax_rate(
    #[server(default)] tax_class_id: String,
    #[server(default)] rate: String,
    #[server(default)] valid_from: String,
) -> Result<(), Error> {
    let mut ctx = setting().await?;
    let mut errors = FieldErrors::new();
    let class = errors.chosen::<TaxClassId>("tax_class_id", &tax_class_id);
    let rate = errors.check(basis_points(&rate));
    let from = errors.check(parse_date("valid_from", &valid_from));
    errors.finish()?;
    let (Some(class), Some(rate), Some(from)) = (class, rate, from) else { return Err(Error::NotFound) };
    add_rate(&mut ctx, class, (rate, from)).await?;
    ctx.commit().await?;
    redirect_to("/prices/rules?done=saved");
    Ok(())
}

/// The form of the tax of an item: without a `tax_class_id` it has none.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ItemTaxForm {
    pub id: String,
    pub version: String,
    pub tax_class_id: String,
    pub tax_included: String,
}

/// Gives an item of the price list its tax class, or none.
#[server(endpoint = "billing/set_item_tax")]
pub async fn set_item_tax(#[server(flatten)] form: ItemTaxForm) -> Result<(), Error> {
    let mut ctx = setting().await?;
    let id: PriceItemId = chosen("id", &form.id)?;
    let class = if form.tax_class_id.is_empty() { None } else { Some(chosen::<TaxClassId>("tax_class_id", &form.tax_class_id)?) };
    let tax = ItemTax { tax_class_id: class, tax_included: !form.tax_included.is_empty() };
    set_item(&mut ctx, id, &form.version, tax).await?;
    ctx.commit().await?;
    redirect_to(&format!("/prices/{id}?done=saved"));
    Ok(())
}
