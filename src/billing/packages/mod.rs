//! Packages: an item that is sold for one price and covers so much of other items within days of its sale. Beyond that, the list price.

mod store;

use crate::{
    audit::Action,
    core::{ChargeId, Error, PriceItemId, Result},
    db::Tx,
    server::Ctx,
    tr,
};

use super::{Quantity, Service, prices};

pub use store::{contents, covered, days_of};

/// So much of an item that a package covers.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Content {
    pub item_id: PriceItemId,
    pub code: String,
    pub name: String,
    #[sqlx(rename = "quantity_milli")]
    pub quantity: Quantity,
}

/// A sold package that covers a service, as far as it is not used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Covered {
    /// The charge of the package.
    pub package: ChargeId,
    /// At most the quantity of the service.
    pub quantity: Quantity,
}

/// Finds the patient's oldest package that covers the item on the day; the charge `except` does not count as use.
///
/// # Errors
/// When the database refuses.
pub(super) async fn covering(tx: &mut Tx, service: &Service, item: PriceItemId, except: Option<ChargeId>) -> Result<Option<Covered>> {
    for sold in store::sold(tx, service.patient, item).await? {
        let since = (service.day - sold.service_day).num_days();
        if !(0..=sold.days).contains(&since) {
            continue;
        }
        let left = sold.listed - store::used(tx, sold.id, item, except).await?;
        if left > 0 {
            return Ok(Some(Covered { package: sold.id, quantity: Quantity(left.min(service.quantity.0)) }));
        }
    }
    Ok(None)
}

/// Makes the item a package of so many days, or changes them.
///
/// # Errors
/// [`Error::Invalid`] with the field.
pub async fn set_days(ctx: &mut Ctx, item: PriceItemId, days: i64) -> Result<()> {
    if !(0..=730).contains(&days) {
        return Err(Error::invalid("package_days", tr!(billing.package_days_wrong)));
    }
    ctx.tx.lock(item).await?;
    let stamp = ctx.stamp();
    store::set_days(&mut ctx.tx, item, days, stamp).await?;
    ctx.did(Action::Update, "price_item", item, None);
    Ok(())
}

/// Puts so much of another item into the package. What is listed is never lowered below what sold packages have used.
///
/// # Errors
/// [`Error::Invalid`] with the field.
pub async fn put(ctx: &mut Ctx, package: PriceItemId, item: PriceItemId, quantity: Quantity) -> Result<()> {
    ctx.tx.lock(package).await?;
    if store::days_of(&mut ctx.tx, package).await?.is_none() {
        return Err(Error::NotFound);
    }
    let known = prices::item(&mut ctx.tx, item).await?.is_some_and(|known| !known.retired);
    if !known || item == package || store::days_of(&mut ctx.tx, item).await?.is_some() {
        return Err(Error::invalid("content_id", tr!(errors.choose)));
    }
    if store::contents(&mut ctx.tx, package).await?.iter().any(|content| content.item_id == item && content.quantity > quantity)
        && store::is_sold(&mut ctx.tx, package).await?
    {
        return Err(Error::invalid("content_quantity", tr!(billing.package_is_sold)));
    }
    store::put(&mut ctx.tx, package, item, quantity).await?;
    ctx.did(Action::Update, "price_item", package, None);
    Ok(())
}

/// Takes an item out of a package that was never sold.
///
/// # Errors
/// [`Error::Conflict`] when it was sold.
pub async fn take_out(ctx: &mut Ctx, package: PriceItemId, item: PriceItemId) -> Result<()> {
    ctx.tx.lock(package).await?;
    if store::is_sold(&mut ctx.tx, package).await? {
        return Err(Error::conflict(tr!(billing.package_is_sold)));
    }
    store::take_out(&mut ctx.tx, package, item).await?;
    ctx.did(Action::Update, "price_item", package, None);
    Ok(())
}
