//! The SQL of tax classes and rates.

use chrono::NaiveDate;

use super::{ItemTax, Tax, TaxClass, TaxRate, TaxedCharge};
use crate::{
    core::{BillingAccountId, PriceItemId, Result, Stamp, TaxClassId},
    db::{DbError, Lockable, Locked, Tx, sql},
};

impl Lockable for TaxClassId {
    const TABLE: &'static str = "tax_classes";
}

const CLASS: &str = "SELECT c.id, c.name, (c.retired_at IS NOT NULL) AS retired, c.version,
        (SELECT r.rate_bp FROM tax_rates r WHERE r.class_id = c.id AND r.valid_from <= $1 ORDER BY r.valid_from DESC LIMIT 1) AS rate_bp
    FROM tax_classes c ";

/// Returns all classes by name, each with its rate of the day; those that are retired come last.
///
/// # Errors
/// When the database refuses.
pub async fn classes(tx: &mut Tx, day: NaiveDate) -> Result<Vec<TaxClass>> {
    Ok(tx.all(sql(CLASS).bind(day).push("ORDER BY (c.retired_at IS NOT NULL), c.name")).await?)
}

/// Returns one class with its rate of the day.
///
/// # Errors
/// When the database refuses.
pub async fn class(tx: &mut Tx, id: TaxClassId, day: NaiveDate) -> Result<Option<TaxClass>> {
    Ok(tx.optional(sql(CLASS).bind(day).push("WHERE c.id = ").push_bind(id)).await?)
}

/// Returns all rates, the latest first.
///
/// # Errors
/// When the database refuses.
pub async fn rates(tx: &mut Tx) -> Result<Vec<TaxRate>> {
    Ok(tx.all(sql("SELECT class_id, rate_bp, valid_from FROM tax_rates ORDER BY valid_from DESC, class_id")).await?)
}

/// Returns the tax on an item on a day; without a class, or before its first rate, there is none.
///
/// # Errors
/// When the database refuses.
pub async fn tax_of(tx: &mut Tx, item: PriceItemId, day: NaiveDate) -> Result<Tax> {
    let query = sql("SELECT r.rate_bp, i.tax_included AS included FROM price_items i JOIN tax_rates r ON r.class_id = i.tax_class_id
        WHERE i.id = $1 AND r.valid_from <= $2 ORDER BY r.valid_from DESC LIMIT 1")
    .bind(item)
    .bind(day);
    let tax: Option<Tax> = tx.optional(query).await?;
    Ok(tax.unwrap_or_default())
}

/// Returns the account's charges that no invoice has, each with its net amount and the tax of its service day.
///
/// # Errors
/// When the database refuses.
pub async fn taxed_charges(tx: &mut Tx, account: BillingAccountId) -> Result<Vec<TaxedCharge>> {
    let query = sql("SELECT c.id, c.state, c.net, r.rate_bp, i.tax_included FROM charges c LEFT JOIN price_items i ON i.id = c.item_id
            LEFT JOIN tax_rates r ON r.class_id = i.tax_class_id AND r.valid_from = (SELECT max(d.valid_from) FROM tax_rates d
                WHERE d.class_id = i.tax_class_id AND d.valid_from <= c.service_day)
        WHERE c.account_id = $1 AND c.state IN ('planned', 'billable')");
    Ok(tx.all(query.bind(account)).await?)
}

/// Returns the tax class of an item.
///
/// # Errors
/// When the database refuses.
pub async fn item_tax(tx: &mut Tx, item: PriceItemId) -> Result<ItemTax> {
    let tax: Option<ItemTax> = tx.optional(sql("SELECT tax_class_id, tax_included FROM price_items WHERE id = $1").bind(item)).await?;
    Ok(tax.unwrap_or_default())
}

pub(super) async fn class_name(tx: &mut Tx, id: TaxClassId) -> Result<Option<String>> {
    let row: Option<(String,)> = tx.optional(sql("SELECT name FROM tax_classes WHERE id = $1").bind(id)).await?;
    Ok(row.map(|(name,)| name))
}

pub(super) async fn insert_class(tx: &mut Tx, id: TaxClassId, name: &str, stamp: Stamp) -> Result<(), DbError> {
    let query = sql("INSERT INTO tax_classes (id, name, created_at, created_by) VALUES ($1, $2, $3, $4)")
        .bind(id)
        .bind(name)
        .bind(stamp.at)
        .bind(stamp.by);
    tx.execute(query).await.map(|_| ())
}

pub(super) async fn rename_class(tx: &mut Tx, id: Locked<TaxClassId>, name: &str, stamp: Stamp) -> Result<(), DbError> {
    let query = sql("UPDATE tax_classes SET name = $2, updated_at = $3, updated_by = $4, version = version + 1 WHERE id = $1")
        .bind(id.id())
        .bind(name)
        .bind(stamp.at)
        .bind(stamp.by);
    tx.execute(query).await.map(|_| ())
}

pub(super) async fn set_class_retired(tx: &mut Tx, id: Locked<TaxClassId>, retired: bool, stamp: Stamp) -> Result<(), DbError> {
    let query = sql("UPDATE tax_classes SET retired_at = $2, updated_at = $3, updated_by = $4, version = version + 1 WHERE id = $1")
        .bind(id.id())
        .bind(retired.then_some(stamp.at))
        .bind(stamp.at)
        .bind(stamp.by);
    tx.execute(query).await.map(|_| ())
}

pub(super) async fn insert_rate(tx: &mut Tx, class: TaxClassId, (rate_bp, from): (i64, NaiveDate), stamp: Stamp) -> Result<(), DbError> {
    let query = sql("INSERT INTO tax_rates (class_id, rate_bp, valid_from, created_at, created_by) VALUES ($1, $2, $3, $4, $5)")
        .bind(class)
        .bind(rate_bp)
        .bind(from)
        .bind(stamp.at)
        .bind(stamp.by);
    tx.execute(query).await.map(|_| ())
}

pub(super) async fn set_item(tx: &mut Tx, item: Locked<PriceItemId>, tax: ItemTax, stamp: Stamp) -> Result<(), DbError> {
    let query = sql("UPDATE price_items SET tax_class_id = $2, tax_included = $3, updated_at = $4, updated_by = $5, version = version + 1
        WHERE id = $1")
    .bind(item.id())
    .bind(tax.tax_class_id)
    .bind(tax.tax_included)
    .bind(stamp.at)
    .bind(stamp.by);
    tx.execute(query).await.map(|_| ())
}
