//! The SQL of article numbers and scanners.

use chrono::NaiveDate;

use super::ItemCode;
use crate::{
    core::{ClinicId, Result, Stamp, StockBatchId, StockItemId, UserId, gs1::Scanner},
    db::{DbError, Tx, sql},
};

const CODES: &str = "SELECT gtin, item_id, units, added_at FROM stock_codes WHERE ";

/// Reads the numbers of an item's packs, the smallest pack first.
///
/// # Errors
/// When the database refuses.
pub async fn of_item(tx: &mut Tx, item: StockItemId) -> Result<Vec<ItemCode>> {
    Ok(tx.all(sql(CODES).push("item_id = ").push_bind(item).push(" ORDER BY units, gtin")).await?)
}

pub(super) async fn code(tx: &mut Tx, gtin: &str) -> Result<Option<ItemCode>> {
    Ok(tx.optional(sql(CODES).push("gtin = ").push_bind(gtin)).await?)
}

pub(super) async fn item_by_code(tx: &mut Tx, code: &str) -> Result<Option<StockItemId>> {
    let query = sql("SELECT id FROM stock_items WHERE retired_at IS NULL AND upper(code) = ").push_bind(code.to_uppercase());
    Ok(tx.optional::<(StockItemId,)>(query).await?.map(|(id,)| id))
}

/// Reads the batch of an item with a number; with the expiry date, when the code has one. Two batches with one number are none.
pub(super) async fn batch(tx: &mut Tx, item: StockItemId, number: &str, expires_on: Option<NaiveDate>) -> Result<Option<StockBatchId>> {
    let key: String = number.chars().filter(|letter| !letter.is_whitespace()).flat_map(char::to_uppercase).collect();
    let mut query = sql("SELECT id FROM stock_batches WHERE item_id = ").push_bind(item).push(" AND batch_key = ").push_bind(key);
    if let Some(day) = expires_on {
        query = query.push(" AND expires_on = ").push_bind(day);
    }
    let found: Vec<(StockBatchId,)> = tx.all(query.push(" LIMIT 2")).await?;
    Ok(if let [(id,)] = found.as_slice() { Some(*id) } else { None })
}

pub(super) async fn insert(tx: &mut Tx, code: &ItemCode, by: UserId) -> Result<(), DbError> {
    let query = sql("INSERT INTO stock_codes (gtin, item_id, units, added_at, added_by) VALUES ($1, $2, $3, $4, $5)")
        .bind(&code.gtin)
        .bind(code.item_id)
        .bind(code.units)
        .bind(code.added_at)
        .bind(by);
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn delete(tx: &mut Tx, item: StockItemId, gtin: &str) -> Result<bool> {
    let query = sql("DELETE FROM stock_codes WHERE gtin = $1 AND item_id = $2").bind(gtin).bind(item);
    Ok(tx.execute(query).await? == 1)
}

/// Reads the scanner of a clinic; none when it was not tried.
///
/// # Errors
/// When the database refuses.
pub async fn scanner(tx: &mut Tx, clinic: ClinicId) -> Result<Option<Scanner>> {
    let found = tx.optional::<(String,)>(sql("SELECT separator FROM stock_scanners WHERE clinic_id = ").push_bind(clinic)).await?;
    Ok(found.map(|(separator,)| Scanner { separator, is_tried: true }))
}

/// Writes what the scanners of a clinic type for the separator.
///
/// # Errors
/// When the database refuses.
pub async fn set_scanner(tx: &mut Tx, clinic: ClinicId, scanner: &Scanner, stamp: Stamp) -> Result<()> {
    let query = sql("INSERT INTO stock_scanners (clinic_id, separator, tried_at, tried_by) VALUES ($1, $2, $3, $4)
        ON CONFLICT (clinic_id) DO UPDATE SET separator = excluded.separator, tried_at = excluded.tried_at, tried_by = excluded.tried_by")
    .bind(clinic)
    .bind(&scanner.separator)
    .bind(stamp.at)
    .bind(stamp.by);
    tx.execute(query).await?;
    Ok(())
}
