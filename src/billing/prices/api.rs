//! The acts of those who set prices on the price list.

use leptos::prelude::*;

use super::{ItemForm, NewPrice, Outcome, PriceFor, items::ItemTyped};
use crate::{
    billing::{Quantity, packages},
    core::{
        ClinicId, Error, IdempotencyKey, InsurerId, Permission, PriceId, PriceItemId, Result, StaffId, VisitTypeId, error::FieldErrors,
        form::chosen, time::parse_date,
    },
    server::{Ctx, redirect_to},
    tr,
};

/// Opens a write transaction for a user who may set the prices of the whole hospital.
async fn setting() -> Result<Ctx> {
    let ctx = Ctx::write(Permission::SetPrices).await?;
    if super::sets_prices(&ctx.who) { Ok(ctx) } else { Err(Error::Forbidden) }
}

/// Saves an item of the price list; without an `id` a new one, under the `key` that was created with its form.
#[server(endpoint = "billing/save_price_item")]
pub async fn save_price_item(
    #[server(default)] id: String,
    #[server(default)] key: String,
    #[server(default)] version: String,
    #[server(default)] code: String,
    #[server(default)] name: String,
    #[server(default)] kind: String,
    #[server(default)] department_id: String,
    #[server(default)] unit: String,
    #[server(default)] discountable: String,
) -> Result<(), Error> {
    let mut ctx = setting().await?;
    let id: Option<PriceItemId> = if id.is_empty() { None } else { Some(chosen("id", &id)?) };
    let key = match id {
        Some(id) => id,
        None => PriceItemId(chosen::<IdempotencyKey>("key", &key)?.into()),
    };
    let typed = ItemTyped {
        code: &code,
        name: &name,
        kind: &kind,
        department_id: &department_id,
        unit: &unit,
        discountable: !discountable.is_empty(),
    };
    let form = ItemForm::read(&typed)?;
    let item = super::save_item(&mut ctx, id, (key, &version), &form).await?;
    ctx.commit().await?;
    redirect_to(&format!("/prices/{item}?done=saved"));
    Ok(())
}

/// Retires an item of the price list.
#[server(endpoint = "billing/retire_price_item")]
pub async fn retire_price_item(#[server(default)] id: String, #[server(default)] version: String) -> Result<(), Error> {
    let mut ctx = setting().await?;
    super::retire_item(&mut ctx, chosen("id", &id)?, &version).await?;
    ctx.commit().await?;
    redirect_to("/prices?done=retired");
    Ok(())
}

/// Brings a retired item back.
#[server(endpoint = "billing/bring_back_price_item")]
pub async fn bring_back_price_item(#[server(default)] id: String, #[server(default)] version: String) -> Result<(), Error> {
    let mut ctx = setting().await?;
    let id: PriceItemId = chosen("id", &id)?;
    super::bring_back_item(&mut ctx, id, &version).await?;
    ctx.commit().await?;
    redirect_to(&format!("/prices/{id}?done=back"));
    Ok(())
}

/// Sets a price of an item from a day on.
#[server(endpoint = "billing/set_price")]
pub async fn set_price(
    #[server(default)] item_id: String,
    #[server(default)] key: String,
    #[server(default)] version: String,
    #[server(default)] amount: String,
    #[server(default)] per: String,
    #[server(default)] valid_from: String,
    #[server(default)] valid_to: String,
    #[server(default)] clinic_id: String,
    #[server(default)] insurer_id: String,
    #[server(default)] provider_id: String,
    #[server(default)] visit_type_id: String,
) -> Result<(), Error> {
    let mut ctx = setting().await?;
    let item: PriceItemId = chosen("item_id", &item_id)?;
    let key = PriceId(chosen::<IdempotencyKey>("key", &key)?.into());
    let mut errors = FieldErrors::new();
    let amount = errors.check(ctx.state().hospital().currency.parse("amount", &amount));
    let per = errors.check(per.trim().parse::<i64>().map_err(|_| Error::invalid("per", tr!(billing.per_wrong))));
    let from = errors.check(parse_date("valid_from", &valid_from));
    let until = if valid_to.is_empty() { None } else { errors.check(parse_date("valid_to", &valid_to)) };
    let clinic = if clinic_id.is_empty() { None } else { errors.chosen::<ClinicId>("clinic_id", &clinic_id) };
    let insurer = if insurer_id.is_empty() { None } else { errors.chosen::<InsurerId>("insurer_id", &insurer_id) };
    let provider = if provider_id.is_empty() { None } else { errors.chosen::<StaffId>("provider_id", &provider_id) };
    let visit_type = if visit_type_id.is_empty() { None } else { errors.chosen::<VisitTypeId>("visit_type_id", &visit_type_id) };
    let of = PriceFor { clinic, insurer, provider, visit_type };
    super::change::known(&mut ctx, of, &mut errors).await?;
    errors.finish()?;
    let (Some(amount), Some(per), Some(from)) = (amount, per, from) else {
        return Err(Error::invalid("form", tr!(errors.field_unreadable)));
    };
    super::set_price(&mut ctx, item, (key, &version), NewPrice { of, amount, per, from, until }).await?;
    ctx.commit().await?;
    redirect_to(&format!("/prices/{item}?done=saved"));
    Ok(())
}

/// Sets the last day of a price.
#[server(endpoint = "billing/end_price")]
pub async fn end_price(
    #[server(default)] price_id: String,
    #[server(default)] version: String,
    #[server(default)] valid_to: String,
) -> Result<(), Error> {
    let mut ctx = setting().await?;
    let item = super::end_price(&mut ctx, chosen("price_id", &price_id)?, &version, parse_date("valid_to", &valid_to)?).await?;
    ctx.commit().await?;
    redirect_to(&format!("/prices/{item}?done=saved"));
    Ok(())
}

/// Withdraws a price that has not begun.
#[server(endpoint = "billing/withdraw_price")]
pub async fn withdraw_price(#[server(default)] price_id: String, #[server(default)] version: String) -> Result<(), Error> {
    let mut ctx = setting().await?;
    let item = super::withdraw_price(&mut ctx, chosen("price_id", &price_id)?, &version).await?;
    ctx.commit().await?;
    redirect_to(&format!("/prices/{item}?done=saved"));
    Ok(())
}

/// Imports the price list from a file, when no row is refused and the user saw these very changes.
#[server(endpoint = "billing/import_prices")]
pub async fn import_prices(#[server(default)] text: String, #[server(default)] seen: String) -> Result<(), Error> {
    let mut ctx = setting().await?;
    let imported = super::import(&mut ctx, &text).await?;
    if imported.count(Outcome::Refused) > 0 {
        return Err(Error::invalid("text", tr!(billing.import_refused_text)));
    }
    if seen != imported.digest() {
        return Err(Error::invalid("seen", tr!(billing.import_tick)));
    }
    ctx.commit().await?;
    redirect_to("/prices?done=imported");
    Ok(())
}

/// Makes an item a package of so many days, or changes them.
#[server(endpoint = "billing/set_package_days")]
pub async fn set_package_days(#[server(default)] id: String, #[server(default)] package_days: String) -> Result<(), Error> {
    let mut ctx = setting().await?;
    let item: PriceItemId = chosen("id", &id)?;
    let wrong = || Error::invalid("package_days", tr!(billing.package_days_wrong));
    let days = package_days.trim().parse().map_err(|_| wrong())?;
    packages::set_days(&mut ctx, item, days).await?;
    ctx.commit().await?;
    redirect_to(&format!("/prices/{item}?done=saved"));
    Ok(())
}

/// Puts so much of another item into a package.
#[server(endpoint = "billing/put_in_package")]
pub async fn put_in_package(
    #[server(default)] id: String,
    #[server(default)] content_id: String,
    #[server(default)] content_quantity: String,
) -> Result<(), Error> {
    let mut ctx = setting().await?;
    let package: PriceItemId = chosen("id", &id)?;
    let mut errors = FieldErrors::new();
    let item = errors.chosen::<PriceItemId>("content_id", &content_id);
    let quantity = errors.check(Quantity::parse("content_quantity", &content_quantity));
    errors.finish()?;
    let (Some(item), Some(quantity)) = (item, quantity) else { return Err(Error::NotFound) };
    packages::put(&mut ctx, package, item, quantity).await?;
    ctx.commit().await?;
    redirect_to(&format!("/prices/{package}?done=saved"));
    Ok(())
}

/// Takes an item out of a package that was never sold.
#[server(endpoint = "billing/take_out_of_package")]
pub async fn take_out_of_package(#[server(default)] id: String, #[server(default)] content_id: String) -> Result<(), Error> {
    let mut ctx = setting().await?;
    let package: PriceItemId = chosen("id", &id)?;
    packages::take_out(&mut ctx, package, chosen("content_id", &content_id)?).await?;
    ctx.commit().await?;
    redirect_to(&format!("/prices/{package}?done=saved"));
    Ok(())
}
