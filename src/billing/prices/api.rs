//! The acts of those who set prices on the price list.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::{ItemForm, NewPrice, Outcome, PriceFor, items::ItemTyped};
use crate::{
    billing::{Quantity, packages},
    core::{
        ClinicId, Error, IdempotencyKey, InsurerId, Permission, PriceId, PriceItemId, Result, StaffId, VisitTypeId, error::FieldErrors,
        form::chosen, time::parse_date,
    },
    server::{Ctx, Event, SETTINGS, redirect_to},
    tr,
};

/// Opens a write transaction for a user who may set the prices of the whole hospital.
async fn setting() -> Result<Ctx> {
    let ctx = Ctx::write(Permission::SetPrices).await?;
    if super::sets_prices(&ctx.who) { Ok(ctx) } else { Err(Error::Forbidden) }
}

/// The form of an item of the price list: without an `id` a new one, under the `key` that was created with the form.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct PriceItemForm {
    pub id: String,
    pub key: String,
    pub version: String,
    pub code: String,
    pub name: String,
    pub name_es: String,
    pub kind: String,
    pub department_id: String,
    pub unit: String,
    pub discountable: String,
}

impl PriceItemForm {
    fn parse(&self) -> Result<ItemForm> {
        ItemForm::read(&ItemTyped {
            code: &self.code,
            name: &self.name,
            name_es: &self.name_es,
            kind: &self.kind,
            department_id: &self.department_id,
            unit: &self.unit,
            discountable: !self.discountable.is_empty(),
        })
    }
}

/// Saves an item of the price list.
#[server(endpoint = "billing/save_price_item")]
pub async fn save_price_item(#[server(flatten)] typed: PriceItemForm) -> Result<(), Error> {
    let mut ctx = setting().await?;
    let id: Option<PriceItemId> = if typed.id.is_empty() { None } else { Some(chosen("id", &typed.id)?) };
    let key = match id {
        Some(id) => id,
        None => PriceItemId(chosen::<IdempotencyKey>("key", &typed.key)?.into()),
    };
    let form = typed.parse()?;
    let item = super::save_item(&mut ctx, id, (key, &typed.version), &form).await?;
    // The Spanish names stand in memory.
    ctx.tell(Event::new(&SETTINGS));
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

/// The form of a price.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct PriceForm {
    pub item_id: String,
    pub key: String,
    pub version: String,
    pub amount: String,
    pub per: String,
    pub valid_from: String,
    pub valid_to: String,
    pub clinic_id: String,
    pub insurer_id: String,
    pub provider_id: String,
    pub visit_type_id: String,
}

impl PriceForm {
    async fn parse(&self, ctx: &mut Ctx) -> Result<NewPrice> {
        let mut errors = FieldErrors::new();
        let amount = errors.check(ctx.state().hospital().currency.parse("amount", &self.amount));
        let per = errors.check(self.per.trim().parse::<i64>().map_err(|_| Error::invalid("per", tr!(billing.per_wrong))));
        let from = errors.check(parse_date("valid_from", &self.valid_from));
        let until = if self.valid_to.is_empty() { None } else { errors.check(parse_date("valid_to", &self.valid_to)) };
        let clinic = if self.clinic_id.is_empty() { None } else { errors.chosen::<ClinicId>("clinic_id", &self.clinic_id) };
        let insurer = if self.insurer_id.is_empty() { None } else { errors.chosen::<InsurerId>("insurer_id", &self.insurer_id) };
        let provider = if self.provider_id.is_empty() { None } else { errors.chosen::<StaffId>("provider_id", &self.provider_id) };
        let visit_type =
            if self.visit_type_id.is_empty() { None } else { errors.chosen::<VisitTypeId>("visit_type_id", &self.visit_type_id) };
        let of = PriceFor { clinic, insurer, provider, visit_type };
        super::change::known(ctx, of, &mut errors).await?;
        errors.finish()?;
        let (Some(amount), Some(per), Some(from)) = (amount, per, from) else {
            return Err(Error::invalid("form", tr!(errors.field_unreadable)));
        };
        Ok(NewPrice { of, amount, per, from, until })
    }
}

/// Sets a price of an item from a day on.
#[server(endpoint = "billing/set_price")]
pub async fn set_price(#[server(flatten)] form: PriceForm) -> Result<(), Error> {
    let mut ctx = setting().await?;
    let item: PriceItemId = chosen("item_id", &form.item_id)?;
    let key = PriceId(chosen::<IdempotencyKey>("key", &form.key)?.into());
    let price = form.parse(&mut ctx).await?;
    super::set_price(&mut ctx, item, (key, &form.version), price).await?;
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
    ctx.tell(Event::new(&SETTINGS));
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
