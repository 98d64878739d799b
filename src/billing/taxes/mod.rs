//! Taxes: classes with rates in hundredths of a percent, each from a day on. An item of the price list has a class, or no tax; its prices
//! contain the tax or not. The rate of the service day counts. Before its first rate a class has no tax.

pub mod api;
mod store;

use chrono::NaiveDate;

use crate::{
    audit::{Action, FieldChange},
    core::{ChargeId, Error, Money, PriceItemId, Result, TaxClassId},
    db::DbError,
    server::Ctx,
    tr,
};

use super::{ChargeState, arithmetic, prices};

pub use store::{class, classes, item_tax, rates, tax_of, taxed_charges};

/// The tax on a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct Tax {
    /// Hundredths of a percent.
    pub rate_bp: i64,
    /// Whether the price contains it.
    pub included: bool,
}

/// The amount of a line, divided into the net amount and the tax.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Taxed {
    pub net: Money,
    pub tax: Money,
}

impl Tax {
    /// Divides the price of a line after its discount: the tax is in it, or comes on top of it. Each is rounded once, half to even.
    #[must_use]
    pub fn on(self, price: Money) -> Taxed {
        if self.included {
            let net = arithmetic::without_tax(price, self.rate_bp);
            Taxed { net, tax: price - net }
        } else {
            Taxed { net: price, tax: arithmetic::part(price, self.rate_bp) }
        }
    }
}

impl Taxed {
    /// Returns the amount to pay.
    #[must_use]
    pub const fn total(self) -> Money {
        Money(self.net.0 + self.tax.0)
    }
}

/// A tax class, with its rate of a day.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct TaxClass {
    pub id: TaxClassId,
    pub name: String,
    /// `None` before its first rate.
    pub rate_bp: Option<i64>,
    /// Whether no item may take it any more.
    pub retired: bool,
    pub version: i64,
}

/// A rate of a class from a day on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct TaxRate {
    pub class_id: TaxClassId,
    pub rate_bp: i64,
    pub valid_from: NaiveDate,
}

/// A charge that no invoice has, with the tax of its service day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct TaxedCharge {
    pub id: ChargeId,
    pub state: ChargeState,
    pub net: Money,
    /// `None` without a class, or before its first rate.
    pub rate_bp: Option<i64>,
    pub tax_included: Option<bool>,
}

impl TaxedCharge {
    /// Returns the tax of its service day.
    pub fn tax(&self) -> Tax {
        let included = self.tax_included.unwrap_or_default();
        self.rate_bp.map_or_else(Tax::default, |rate_bp| Tax { rate_bp, included })
    }

    /// Returns the amount as an invoice would have it.
    pub fn total(&self) -> Money {
        self.tax().on(self.net).total()
    }
}

/// The tax of an item of the price list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct ItemTax {
    pub tax_class_id: Option<TaxClassId>,
    pub tax_included: bool,
}

/// Turns the refusals of the schema into errors of the fields.
fn refused(error: DbError) -> Error {
    if error.violates("tax_rates_later") {
        return Error::invalid("valid_from", tr!(billing.tax_from_later));
    }
    if error.violates("tax_class_in_use") {
        return Error::conflict(tr!(billing.tax_class_in_use));
    }
    if error.violates("tax_class_retired") {
        return Error::conflict(tr!(billing.tax_class_is_retired));
    }
    if error.is_unique() {
        return Error::invalid("name", tr!(billing.tax_name_taken));
    }
    error.into()
}

/// Adds a class with its first rate. The same id again adds nothing.
///
/// # Errors
/// [`Error::Invalid`] when another class has the name.
pub async fn add_class(ctx: &mut Ctx, id: TaxClassId, name: &str, rate: (i64, NaiveDate)) -> Result<()> {
    ctx.tx.take_turn("price list", "").await?;
    let stamp = ctx.stamp();
    if store::class_name(&mut ctx.tx, id).await?.is_none() {
        store::insert_class(&mut ctx.tx, id, name, stamp).await.map_err(refused)?;
        store::insert_rate(&mut ctx.tx, id, rate, stamp).await.map_err(refused)?;
    }
    ctx.did(Action::Create, "tax_class", id, None);
    Ok(())
}

/// Renames a class. The lines of issued invoices keep their words.
///
/// # Errors
/// [`Error::Invalid`] when another class has the name; [`Error::Conflict`] when another user saved the class since `version` was shown.
pub async fn rename_class(ctx: &mut Ctx, id: TaxClassId, version: &str, name: &str) -> Result<()> {
    let lock = ctx.tx.lock(id).await?;
    let class = shown(ctx, id, version).await?;
    if class.name == name {
        return Ok(());
    }
    let stamp = ctx.stamp();
    store::rename_class(&mut ctx.tx, lock, name, stamp).await.map_err(refused)?;
    let change = FieldChange { field: "name".to_owned(), before: class.name, after: name.to_owned() };
    ctx.did_change(Action::Update, "tax_class", id, &[change]);
    Ok(())
}

/// Retires a class that no item of the price list has, or brings it back. Its rates stay.
///
/// # Errors
/// [`Error::Conflict`] while an item has it, and when another user saved the class since `version` was shown.
pub async fn set_class_retired(ctx: &mut Ctx, id: TaxClassId, version: &str, retired: bool) -> Result<()> {
    let lock = ctx.tx.lock(id).await?;
    if shown(ctx, id, version).await?.retired == retired {
        return Ok(());
    }
    let stamp = ctx.stamp();
    store::set_class_retired(&mut ctx.tx, lock, retired, stamp).await.map_err(refused)?;
    let word = |retired: bool| if retired { "true" } else { "" }.to_owned();
    let change = FieldChange { field: "retired".to_owned(), before: word(!retired), after: word(retired) };
    ctx.did_change(Action::Update, "tax_class", id, &[change]);
    Ok(())
}

/// Returns the class, when its version is the one that was shown.
async fn shown(ctx: &mut Ctx, id: TaxClassId, version: &str) -> Result<TaxClass> {
    let today = ctx.today();
    let class = class(&mut ctx.tx, id, today).await?.ok_or(Error::NotFound)?;
    if class.version.to_string() == version { Ok(class) } else { Err(Error::conflict(tr!(errors.newer_version))) }
}

/// Adds a rate from a day on, which ends the one before it.
///
/// # Errors
/// [`Error::Invalid`] with the field: the day has gone, or a later rate is there; [`Error::Conflict`] when the class is retired.
pub async fn add_rate(ctx: &mut Ctx, id: TaxClassId, rate: (i64, NaiveDate)) -> Result<()> {
    ctx.tx.lock(id).await?;
    let today = ctx.today();
    if class(&mut ctx.tx, id, today).await?.ok_or(Error::NotFound)?.retired {
        return Err(Error::conflict(tr!(billing.tax_class_is_retired)));
    }
    if rate.1 < ctx.today() {
        return Err(Error::invalid("valid_from", tr!(billing.tax_from_past)));
    }
    let stamp = ctx.stamp();
    store::insert_rate(&mut ctx.tx, id, rate, stamp).await.map_err(refused)?;
    ctx.did(Action::Update, "tax_class", id, None);
    Ok(())
}

/// Gives an item of the price list its tax class, or none.
///
/// # Errors
/// [`Error::Invalid`] when there is no such class; [`Error::Conflict`] when another user saved the item since `version` was shown.
pub async fn set_item(ctx: &mut Ctx, id: PriceItemId, version: &str, tax: ItemTax) -> Result<()> {
    let lock = ctx.tx.lock(id).await?;
    let item = prices::item(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    if item.version.to_string() != version {
        return Err(Error::conflict(tr!(errors.newer_version)));
    }
    let before = item_tax(&mut ctx.tx, id).await?;
    let (was, is) = (class_words(ctx, before).await?, class_words(ctx, tax).await?);
    if tax.tax_class_id.is_some() && is.is_empty() {
        return Err(Error::invalid("tax_class_id", tr!(errors.choose)));
    }
    let stamp = ctx.stamp();
    store::set_item(&mut ctx.tx, lock, tax, stamp).await.map_err(refused)?;
    let flag = |included: bool| if included { "true" } else { "" }.to_owned();
    let mut changes = vec![
        FieldChange { field: "tax_class".to_owned(), before: was, after: is },
        FieldChange { field: "tax_included".to_owned(), before: flag(before.tax_included), after: flag(tax.tax_included) },
    ];
    changes.retain(|change| change.before != change.after);
    ctx.did_change(Action::Update, "price_item", id, &changes);
    Ok(())
}

/// The name of an item's class; empty when it has none.
async fn class_words(ctx: &mut Ctx, tax: ItemTax) -> Result<String> {
    match tax.tax_class_id {
        Some(class) => Ok(store::class_name(&mut ctx.tx, class).await?.unwrap_or_default()),
        None => Ok(String::new()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn taxed(rate_bp: i64, included: bool, price: i64) -> (i64, i64) {
        let Taxed { net, tax } = Tax { rate_bp, included }.on(Money(price));
        (net.0, tax.0)
    }

    /// Section 4 of the specification, examples 3, 4, 5 and 7, in minor units.
    #[test]
    fn tax_comes_on_top_of_the_price_or_is_in_it() {
        assert_eq!(taxed(1_900, false, 99), (99, 19), "3: 19 % on a line of 0.99");
        assert_eq!(taxed(700, true, 10_700), (10_000, 700), "4: 107.00 with 7 %");
        let (first, second) = (taxed(500, true, 9_000), taxed(500, true, 5_500));
        assert_eq!((first.0, second.0), (8_571, 5_238), "4: 90.00 and 55.00 with 5 %");
        assert_eq!((first.0 + second.0, first.1 + second.1), (13_809, 691), "4: the sums are those of the lines");
        assert_eq!(taxed(1_800, true, 130_000), (110_169, 19_831), "5: 1,300.00 with 18 %");
        assert_eq!(taxed(1_800, true, 0), (0, 0), "5: after a discount of 100 %");
        assert_eq!(taxed(1_900, false, 5_287), (5_287, 1_005), "7: 19 % of 52.87");
        assert_eq!(taxed(0, false, 500), (500, 0), "without a class");
    }

    proptest! {
        #[test]
        fn net_and_tax_are_what_the_database_accepts(rate in 0_i64..=10_000, included in proptest::bool::ANY, price in 0_i64..1_000_000_000) {
            let (net, tax) = taxed(rate, included, price);
            prop_assert!(net >= 0 && tax >= 0);
            let total = net + tax;
            if included {
                prop_assert_eq!(total, price);
                prop_assert!(2 * (net * (10_000 + rate) - total * 10_000).abs() <= 10_000 + rate);
            } else {
                prop_assert_eq!(net, price);
                prop_assert!(2 * (tax * 10_000 - net * rate).abs() <= 10_000);
            }
        }
    }
}
