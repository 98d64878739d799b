//! Changes of prices: a new price from a day on, the last day of a price, a price withdrawn before it began.

use chrono::{Days, NaiveDate};
use uuid::Uuid;

use super::{Master, Price, PriceFor, items::shown, store};
use crate::{
    audit::{Action, FieldChange},
    core::{Error, Money, PriceId, PriceItemId, Result, error::FieldErrors, locale::Locale, time::show_date},
    server::Ctx,
    tr,
};

/// A price to be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewPrice {
    pub of: PriceFor,
    pub amount: Money,
    /// The quantity that the amount is for.
    pub per: i64,
    pub from: NaiveDate,
    /// The last day; `None` until the next price begins.
    pub until: Option<NaiveDate>,
}

/// The largest price, in minor units.
pub const MOST: Money = Money(100_000_000_000);

/// The rows that a new price changes: those that end, those that are withdrawn, and those that are added.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Placed {
    pub close: Vec<(PriceId, NaiveDate)>,
    pub withdraw: Vec<PriceId>,
    pub add: Vec<NewPrice>,
}

fn before(day: NaiveDate) -> NaiveDate {
    day.checked_sub_days(Days::new(1)).unwrap_or(day)
}

fn after(day: NaiveDate) -> NaiveDate {
    day.checked_add_days(Days::new(1)).unwrap_or(day)
}

/// Inserts a new price among those of the same item, clinic, insurer, doctor and visit type. A price in force ends on the day before. A price
/// that begins on the same day is withdrawn. If the new price has a last day, the former price continues after it.
///
/// # Errors
/// [`Error::Invalid`] of `from` when past days would change, of `until` when another price begins before it.
pub fn place(rows: &[Price], new: NewPrice, today: NaiveDate) -> Result<Placed> {
    if new.until.is_some_and(|until| until < new.from) {
        return Err(Error::invalid("valid_to", tr!(billing.until_before_from)));
    }
    let covering = rows.iter().find(|row| row.holds_on(new.from));
    if covering.is_some() && new.from < today {
        return Err(Error::invalid("valid_from", tr!(billing.from_in_the_past, today = show_date(today))));
    }
    let next = rows.iter().map(|row| row.valid_from).filter(|from| *from > new.from).min();
    let until = match (new.until, next) {
        (Some(until), Some(next)) if next <= until => {
            return Err(Error::invalid("valid_to", tr!(billing.next_price_begins, day = show_date(next))));
        }
        (Some(until), _) => Some(until),
        (None, next) => next.map(before),
    };
    let mut placed = Placed { add: vec![NewPrice { until, ..new }], ..Placed::default() };
    if let Some(row) = covering {
        if row.valid_from == new.from {
            placed.withdraw.push(row.id);
        } else {
            placed.close.push((row.id, before(new.from)));
        }
        if let Some(until) = new.until.filter(|until| row.valid_to.is_none_or(|to| to > *until)) {
            placed.add.push(NewPrice { amount: row.amount, per: row.per, from: after(until), until: row.valid_to, ..new });
        }
    }
    Ok(placed)
}

/// Adds an error for the clinic, the insurer, the doctor or the visit type of a price that is not in use.
///
/// # Errors
/// When the database refuses.
pub(super) async fn known(ctx: &mut Ctx, of: PriceFor, errors: &mut FieldErrors) -> Result<()> {
    let masters = store::masters(&mut ctx.tx).await?;
    let asked: [(&str, Option<Uuid>, &[Master]); 4] = [
        ("clinic_id", of.clinic.map(Into::into), &masters.clinics),
        ("insurer_id", of.insurer.map(Into::into), &masters.insurers),
        ("provider_id", of.provider.map(Into::into), &masters.doctors),
        ("visit_type_id", of.visit_type.map(Into::into), &masters.visit_types),
    ];
    for (field, id, rows) in asked {
        if id.is_some_and(|id| !rows.iter().any(|row| row.id == id && !row.retired)) {
            errors.add(field, tr!(errors.choose));
        }
    }
    Ok(())
}

/// Sets a price of the item from a day on. The same key again changes nothing.
///
/// # Errors
/// [`Error::Invalid`] with the field, as [`place`]; [`Error::Conflict`] when another user changed the item since `version` was
/// shown.
pub async fn set_price(ctx: &mut Ctx, item: PriceItemId, (key, version): (PriceId, &str), new: NewPrice) -> Result<()> {
    let lock = ctx.tx.lock(item).await?;
    if store::price(&mut ctx.tx, key).await?.is_some() {
        // The form was sent twice.
        ctx.did(Action::Update, "price_item", item, None);
        return Ok(());
    }
    let shown = shown(ctx, item, version).await?;
    if shown.retired {
        return Err(Error::conflict(tr!(billing.item_retired)));
    }
    if new.amount > MOST {
        return Err(Error::invalid("amount", tr!(errors.not_an_amount)));
    }
    if !(1..=1_000).contains(&new.per) {
        return Err(Error::invalid("per", tr!(billing.per_wrong)));
    }
    let (stamp, today) = (ctx.stamp(), ctx.today());
    let rows = store::prices_of(&mut ctx.tx, item).await?;
    let rows: Vec<Price> = rows.into_iter().filter(|row| row.stands_for() == new.of).collect();
    let placed = place(&rows, new, today)?;
    for (price, last) in &placed.close {
        store::close(&mut ctx.tx, *price, *last, stamp).await?;
    }
    for price in &placed.withdraw {
        store::withdraw(&mut ctx.tx, *price, stamp).await?;
    }
    let mut id = key;
    for add in &placed.add {
        store::insert_price(&mut ctx.tx, (id, item), add, stamp)
            .await
            .map_err(|error| if error.violates("prices_overlap") { Error::conflict(tr!(errors.newer_version)) } else { error.into() })?;
        id = PriceId::new();
    }
    store::touch(&mut ctx.tx, lock, stamp).await?;
    let old = rows.iter().find(|row| row.holds_on(new.from));
    let masters = store::masters(&mut ctx.tx).await?;
    let currency = ctx.state().hospital().currency;
    let amount = |amount: Money, per: i64| {
        let plain = format!("{} {}", currency.plain(amount, Locale::en), currency.code());
        if per == 1 { plain } else { format!("{plain} / {per}") }
    };
    let change = |field: &str, before: String, after: String| FieldChange { field: field.to_owned(), before, after };
    let mut changes = vec![
        change("amount", old.map(|old| amount(old.amount, old.per)).unwrap_or_default(), amount(new.amount, new.per)),
        change("valid_from", String::new(), new.from.to_string()),
    ];
    if let Some(until) = new.until {
        changes.push(change("valid_to", String::new(), until.to_string()));
    }
    if new.of != PriceFor::default() {
        changes.push(change("stands_for", String::new(), masters.words(new.of)));
    }
    ctx.did_change(Action::Update, "price_item", item, &changes);
    Ok(())
}

/// Sets the last day of a price, today or later; the item has no price afterwards unless another one begins.
///
/// # Errors
/// [`Error::Invalid`] of `valid_to`; [`Error::Conflict`] when another user changed the item since `version` was shown.
pub async fn end_price(ctx: &mut Ctx, id: PriceId, version: &str, last: NaiveDate) -> Result<PriceItemId> {
    let (stamp, today) = (ctx.stamp(), ctx.today());
    let item = store::price(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?.item_id;
    let lock = ctx.tx.lock(item).await?;
    shown(ctx, item, version).await?;
    let price = store::price(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    if last < today || last < price.valid_from || price.valid_to.is_some_and(|to| last > to) {
        return Err(Error::invalid("valid_to", tr!(billing.last_day_wrong)));
    }
    if price.valid_to != Some(last) {
        store::close(&mut ctx.tx, id, last, stamp).await?;
        store::touch(&mut ctx.tx, lock, stamp).await?;
    }
    let before = price.valid_to.map(|to| to.to_string()).unwrap_or_default();
    let change = FieldChange { field: "valid_to".to_owned(), before, after: last.to_string() };
    ctx.did_change(Action::Update, "price_item", item, &[change]);
    Ok(item)
}

/// Withdraws a price that has not begun. The price that ended the day before it continues instead, as a new row.
///
/// # Errors
/// [`Error::Conflict`] when it has begun, or another user changed the item since `version` was shown.
pub async fn withdraw_price(ctx: &mut Ctx, id: PriceId, version: &str) -> Result<PriceItemId> {
    let (stamp, today) = (ctx.stamp(), ctx.today());
    let item = store::price(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?.item_id;
    let lock = ctx.tx.lock(item).await?;
    shown(ctx, item, version).await?;
    let price = store::price(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    if price.valid_from <= today {
        return Err(Error::conflict(tr!(billing.price_has_begun)));
    }
    let rows = store::prices_of(&mut ctx.tx, item).await?;
    store::withdraw(&mut ctx.tx, id, stamp).await?;
    let former = rows.iter().find(|row| row.stands_for() == price.stands_for() && row.valid_to == Some(before(price.valid_from)));
    if let Some(former) = former {
        let again =
            NewPrice { of: former.stands_for(), amount: former.amount, per: former.per, from: price.valid_from, until: price.valid_to };
        store::insert_price(&mut ctx.tx, (PriceId::new(), item), &again, stamp).await?;
    }
    store::touch(&mut ctx.tx, lock, stamp).await?;
    let change = FieldChange { field: "valid_from".to_owned(), before: price.valid_from.to_string(), after: String::new() };
    ctx.did_change(Action::Update, "price_item", item, &[change]);
    Ok(item)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(number: u64) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, 1).expect("a day") + Days::new(number)
    }

    fn new(amount: i64, from: u64, until: Option<u64>) -> NewPrice {
        NewPrice { of: PriceFor::default(), amount: Money(amount), per: 1, from: day(from), until: until.map(day) }
    }

    /// Applies a placed price as the store does.
    fn apply(rows: &mut Vec<Price>, placed: Placed) {
        for (id, last) in placed.close {
            rows.iter_mut().filter(|row| row.id == id).for_each(|row| row.valid_to = Some(last));
        }
        rows.retain(|row| !placed.withdraw.contains(&row.id));
        rows.extend(placed.add.into_iter().map(|add| Price {
            id: PriceId::new(),
            item_id: PriceItemId(uuid::Uuid::nil()),
            clinic_id: None,
            insurer_id: None,
            provider_id: None,
            visit_type_id: None,
            amount: add.amount,
            per: add.per,
            valid_from: add.from,
            valid_to: add.until,
        }));
    }

    fn on(rows: &[Price], number: u64) -> Option<i64> {
        rows.iter().find(|row| row.holds_on(day(number))).map(|row| row.amount.0)
    }

    #[test]
    fn a_change_closes_the_row_before_it_and_a_temporary_price_returns() {
        let mut rows = Vec::new();
        for price in [new(100, 0, None), new(120, 10, None), new(90, 20, Some(24))] {
            let placed = place(&rows, price, day(5)).expect("placed");
            apply(&mut rows, placed);
        }
        for (number, amount) in [(0, 100), (9, 100), (10, 120), (19, 120), (20, 90), (24, 90), (25, 120), (999, 120)] {
            assert_eq!(on(&rows, number), Some(amount), "day {number}");
        }
        let field = |error: Error| match error {
            Error::Invalid(errors) => errors[0].field.clone(),
            other => panic!("{other:?}"),
        };
        assert_eq!(field(place(&rows, new(1, 4, None), day(5)).expect_err("days gone by")), "valid_from");
        assert_eq!(field(place(&rows, new(1, 15, Some(22)), day(5)).expect_err("another begins")), "valid_to");
        assert_eq!(field(place(&rows, new(1, 15, Some(14)), day(5)).expect_err("backwards")), "valid_to");
    }

    proptest! {
        #[test]
        fn prices_never_overlap_and_days_gone_by_never_change(
            steps in proptest::collection::vec((1_i64..1_000, 0_u64..60, proptest::option::of(0_u64..20), 0_u64..40), 1..20)
        ) {
            let mut rows: Vec<Price> = Vec::new();
            let mut today = 0;
            for (amount, from, length, later) in steps {
                let past: Vec<_> = (0..today).map(|number| on(&rows, number)).collect();
                let before: Vec<_> = (0..150).map(|number| on(&rows, number)).collect();
                let asked = new(amount, from, length.map(|length| from + length));
                if let Ok(placed) = place(&rows, asked, day(today)) {
                    apply(&mut rows, placed);
                    prop_assert_eq!(on(&rows, from), Some(amount));
                }
                for number in 0..150 {
                    let holding = rows.iter().filter(|row| row.holds_on(day(number))).count();
                    prop_assert!(holding <= 1, "day {} has {} prices", number, holding);
                    let index = usize::try_from(number).unwrap_or_default();
                    prop_assert!(before[index].is_none() || holding == 1, "day {} lost its price", number);
                    if number < today {
                        prop_assert!(past[index].is_none() || past[index] == on(&rows, number));
                    }
                }
                today = today.max(later);
            }
        }
    }
}
