//! The SQL of packages.

use chrono::NaiveDate;

use super::Content;
use crate::{
    billing::Quantity,
    core::{ChargeId, PatientId, PriceItemId, Result, Stamp},
    db::{Tx, sql},
};

/// The days of a package; `None` when the item is no package.
///
/// # Errors
/// When the database refuses.
pub async fn days_of(tx: &mut Tx, item: PriceItemId) -> Result<Option<i64>> {
    let row: Option<(i64,)> = tx.optional(sql("SELECT days FROM packages WHERE item_id = $1").bind(item)).await?;
    Ok(row.map(|(days,)| days))
}

/// The contents of a package, by name.
///
/// # Errors
/// When the database refuses.
pub async fn contents(tx: &mut Tx, package: PriceItemId) -> Result<Vec<Content>> {
    let query = sql("SELECT c.item_id, i.code, i.name, c.quantity_milli FROM package_contents c JOIN price_items i ON i.id = c.item_id
        WHERE c.package_id = $1 ORDER BY i.name, i.code")
    .bind(package);
    Ok(tx.all(query).await?)
}

/// A package on a patient's account that lists an item.
#[derive(sqlx::FromRow)]
pub(super) struct Sold {
    pub id: ChargeId,
    pub service_day: NaiveDate,
    pub days: i64,
    /// So much of the item, in thousandths.
    pub listed: i64,
}

pub(super) async fn sold(tx: &mut Tx, patient: PatientId, item: PriceItemId) -> Result<Vec<Sold>> {
    let query = sql("SELECT c.id, c.service_day, p.days, t.quantity_milli * c.quantity_milli / 1000 AS listed
        FROM charges c JOIN billing_accounts a ON a.id = c.account_id JOIN packages p ON p.item_id = c.item_id
            JOIN package_contents t ON t.package_id = p.item_id
        WHERE a.patient_id = $1 AND t.item_id = $2 AND c.state IN ('billable', 'billed', 'paid')
        ORDER BY c.service_day, c.raised_at, c.id")
    .bind(patient)
    .bind(item);
    Ok(tx.all(query).await?)
}

/// How much of the item the package has covered, in thousandths.
pub(super) async fn used(tx: &mut Tx, package: ChargeId, item: PriceItemId, except: Option<ChargeId>) -> Result<i64> {
    let query = sql("SELECT CAST(coalesce(sum(covered_milli), 0) AS BIGINT) FROM charges WHERE package_id = ")
        .push_bind(package)
        .push(" AND state NOT IN ('cancelled', 'entered_in_error') AND item_id = ")
        .push_bind(item);
    let query = match except {
        Some(except) => query.push(" AND id <> ").push_bind(except),
        None => query,
    };
    Ok(tx.count(query).await?)
}

pub(super) async fn is_sold(tx: &mut Tx, package: PriceItemId) -> Result<bool> {
    let query = sql(
        "SELECT count(*) FROM (SELECT 1 FROM charges WHERE item_id = $1 AND state NOT IN ('cancelled', 'entered_in_error') LIMIT 1) AS sold",
    );
    Ok(tx.count(query.bind(package)).await? > 0)
}

pub(super) async fn set_days(tx: &mut Tx, item: PriceItemId, days: i64, stamp: Stamp) -> Result<()> {
    let query = sql("INSERT INTO packages (item_id, days, updated_at, updated_by) VALUES ($1, $2, $3, $4)
        ON CONFLICT (item_id) DO UPDATE SET days = excluded.days, updated_at = excluded.updated_at, updated_by = excluded.updated_by");
    tx.execute(query.bind(item).bind(days).bind(stamp.at).bind(stamp.by)).await?;
    Ok(())
}

pub(super) async fn put(tx: &mut Tx, package: PriceItemId, item: PriceItemId, quantity: Quantity) -> Result<()> {
    let query = sql("INSERT INTO package_contents (package_id, item_id, quantity_milli) VALUES ($1, $2, $3)
        ON CONFLICT (package_id, item_id) DO UPDATE SET quantity_milli = excluded.quantity_milli");
    tx.execute(query.bind(package).bind(item).bind(quantity.0)).await?;
    Ok(())
}

pub(super) async fn take_out(tx: &mut Tx, package: PriceItemId, item: PriceItemId) -> Result<()> {
    tx.execute(sql("DELETE FROM package_contents WHERE package_id = $1 AND item_id = $2").bind(package).bind(item)).await?;
    Ok(())
}

/// The live charges that the charge of a package covers.
///
/// # Errors
/// When the database refuses.
pub async fn covered(tx: &mut Tx, package: ChargeId) -> Result<Vec<ChargeId>> {
    let query = sql("SELECT id FROM charges WHERE state NOT IN ('cancelled', 'entered_in_error') AND package_id = ").push_bind(package);
    let rows: Vec<(ChargeId,)> = tx.all(query).await?;
    Ok(rows.into_iter().map(|(charge,)| charge).collect())
}
