//! The SQL of consumption and levels.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};

use super::{ItemNeed, WINDOW};
use crate::{
    core::{ClinicId, Result, StockItemId, StoreroomId, SupplierId, list::PAGE_SIZE},
    db::{Sql, Tx, sql},
    inventory::{StockUnit, acts::average, ledger},
};

/// An item in a storeroom with the levels at which it is ordered.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct ItemLevel {
    pub item_id: StockItemId,
    pub code: String,
    pub name: String,
    pub name_es: String,
    pub unit: StockUnit,
    pub pack_size: i64,
    pub need: ItemNeed,
    pub supplier_id: Option<SupplierId>,
    pub quantity: i64,
    /// Thousandths of a minor unit.
    pub value: i64,
    pub low_at: i64,
    pub max_at: i64,
}

/// The net use of an item in a storeroom on each day on which there was stock, in the [`WINDOW`] that ended yesterday.
pub type Consumption = BTreeMap<StockItemId, Vec<i64>>;

const LEVELS: &str =
    "SELECT s.item_id, i.code, i.name, i.name_es, i.unit, i.pack_size, i.need, i.supplier_id, s.quantity, s.value, s.low_at, s.max_at
    FROM store_items s JOIN stock_items i ON i.id = s.item_id WHERE i.retired_at IS NULL AND s.store_id = ";

/// Reads a page of the items of a storeroom by name, with one row more than the page has.
///
/// # Errors
/// When the database refuses.
pub async fn usage_list(tx: &mut Tx, room: StoreroomId, offset: i64) -> Result<Vec<ItemLevel>> {
    let query =
        sql(LEVELS).push_bind(room).push(" ORDER BY i.name, i.id LIMIT ").push_bind(PAGE_SIZE + 1).push(" OFFSET ").push_bind(offset);
    Ok(tx.all(query).await?)
}

/// Reads the items of a storeroom that were used since a day, or are low, by name.
///
/// # Errors
/// When the database refuses.
pub async fn levels(tx: &mut Tx, room: StoreroomId, today: NaiveDate) -> Result<Vec<ItemLevel>> {
    let since = first_day(today);
    let used = sql("SELECT DISTINCT l.item_id FROM stock_movements m JOIN stock_lines l ON l.id = m.line_id
        WHERE m.kind IN ('dispense', 'dispense_return', 'consume', 'consume_return') AND m.day >= ")
    .push_bind(since)
    .push(" AND l.store_id = ")
    .push_bind(room);
    let mut ids: Vec<StockItemId> = tx.all::<(StockItemId,)>(used).await?.into_iter().map(|(id,)| id).collect();
    let low = sql("SELECT s.item_id FROM store_items s WHERE s.low_at > 0 AND s.store_id = ").push_bind(room).push(" AND s.low_at >= ");
    let low = ledger::push_usable(low, today);
    ids.extend(tx.all::<(StockItemId,)>(low).await?.into_iter().map(|(id,)| id));
    ids.sort_unstable();
    ids.dedup();
    let mut found: Vec<ItemLevel> = Vec::new();
    for some in ids.chunks(200) {
        found.extend(tx.all::<ItemLevel>(sql(LEVELS).push_bind(room).push(" AND s.item_id IN ").push_list(some.iter().copied())).await?);
    }
    found.sort_by(|one, other| (&one.name, one.item_id).cmp(&(&other.name, other.item_id)));
    Ok(found)
}

fn first_day(today: NaiveDate) -> NaiveDate {
    today.checked_sub_days(Days::new(u64::try_from(WINDOW).unwrap_or_default())).unwrap_or(today)
}

/// Reads the consumption of items in a storeroom. Days on which there was no stock are left out; what comes back of a dispense is subtracted where
/// it went to.
///
/// # Errors
/// When the database refuses.
pub async fn consumption_of(tx: &mut Tx, room: StoreroomId, items: &[StockItemId], today: NaiveDate) -> Result<Consumption> {
    let since = first_day(today);
    let mut all = Consumption::new();
    for some in items.chunks(200) {
        // PostgreSQL is led from the lines to their movements by index: without statistics it would read all movements.
        let moved = sql("SELECT l.item_id, m.day, CAST(sum(m.quantity) AS BIGINT),
                CAST(sum(CASE WHEN m.kind IN ('dispense', 'dispense_return', 'consume', 'consume_return') THEN -m.quantity ELSE 0 END)
                    AS BIGINT) FROM stock_lines l")
        .push_for(
            " JOIN stock_movements m ON m.line_id = l.id",
            " CROSS JOIN LATERAL (SELECT x.day, x.kind, x.quantity FROM stock_movements x WHERE x.line_id = l.id OFFSET 0) m",
        )
        .push(" WHERE l.item_id IN ")
        .push_list(some.iter().copied())
        .push(" AND l.store_id = ")
        .push_bind(room)
        .push(" AND m.day >= ")
        .push_bind(since)
        .push(" GROUP BY l.item_id, m.day");
        let moved: Vec<(StockItemId, NaiveDate, i64, i64)> = tx.all(moved).await?;
        let held = sql("SELECT l.item_id, CAST(sum(l.on_hand) AS BIGINT) FROM stock_lines l WHERE l.item_id IN ")
            .push_list(some.iter().copied())
            .push(" AND l.store_id = ")
            .push_bind(room)
            .push(" GROUP BY l.item_id");
        let held: Vec<(StockItemId, i64)> = tx.all(held).await?;
        for (item, on_hand) in held {
            let mut days: BTreeMap<NaiveDate, (i64, i64)> = BTreeMap::new();
            for (_, day, net, used) in moved.iter().filter(|(id, ..)| *id == item) {
                days.insert(*day, (*net, *used));
            }
            let mut stock = on_hand - days.values().map(|(net, _)| net).sum::<i64>();
            let mut daily = Vec::new();
            for day in since.iter_days().take_while(|day| *day < today) {
                let (net, used) = days.get(&day).copied().unwrap_or_default();
                if stock > 0 || net != 0 || used != 0 {
                    daily.push(used);
                }
                stock += net;
            }
            all.insert(item, daily);
        }
    }
    Ok(all)
}

/// The released stock of items in a storeroom, by its batches.
fn released(columns: &'static str, room: StoreroomId, items: &[StockItemId]) -> Sql {
    sql(columns)
        .push_for(
            " FROM stock_lines l JOIN stock_batches b ON b.id = l.batch_id",
            " FROM stock_lines l CROSS JOIN LATERAL (SELECT x.status, x.expires_on FROM stock_batches x WHERE x.id = l.batch_id OFFSET 0) b",
        )
        .push(" WHERE l.item_id IN ")
        .push_list(items.iter().copied())
        .push(" AND l.on_hand > 0 AND b.status = 'released' AND l.store_id = ")
        .push_bind(room)
}

/// Reads the units of items in a storeroom that can be handed out on a day.
///
/// # Errors
/// When the database refuses.
pub async fn usable_of(tx: &mut Tx, room: StoreroomId, items: &[StockItemId], day: NaiveDate) -> Result<BTreeMap<StockItemId, i64>> {
    let mut all = BTreeMap::new();
    for some in items.chunks(200) {
        let query = released("SELECT l.item_id, CAST(sum(l.on_hand) AS BIGINT)", room, some);
        let query = query.push(" AND (b.expires_on IS NULL OR b.expires_on >= ").push_bind(day).push(") GROUP BY l.item_id");
        all.extend(tx.all::<(StockItemId, i64)>(query).await?);
    }
    Ok(all)
}

/// Reads the batches of items in a storeroom that expire: item, expiry date and units, the first to expire first.
///
/// # Errors
/// When the database refuses.
pub async fn stock_of_items(tx: &mut Tx, room: StoreroomId, items: &[StockItemId]) -> Result<Vec<(StockItemId, NaiveDate, i64)>> {
    let query = released("SELECT l.item_id, b.expires_on, l.on_hand", room, items);
    Ok(tx.all(query.push(" AND b.expires_on IS NOT NULL ORDER BY b.expires_on, l.id")).await?)
}

/// Reads the batches of a clinic that expire until a day, with their value: expiry date and thousandths of a minor unit.
///
/// # Errors
/// When the database refuses.
pub async fn expiring_value(tx: &mut Tx, clinic: ClinicId, until: NaiveDate) -> Result<Vec<(NaiveDate, i64)>> {
    let found = ledger::expiring_units(tx, clinic, until).await?;
    Ok(found.into_iter().map(|(day, units, value, quantity)| (day, average(value, units, quantity))).collect())
}

/// Writes the levels of an item in a storeroom.
///
/// # Errors
/// When the database refuses.
pub async fn set_levels(tx: &mut Tx, room: StoreroomId, item: StockItemId, (low_at, max_at): (i64, i64)) -> Result<()> {
    ledger::set_low(tx, room, item, low_at).await?;
    let query = sql("UPDATE store_items SET max_at = $3 WHERE store_id = $1 AND item_id = $2").bind(room).bind(item).bind(max_at);
    tx.execute(query).await?;
    Ok(())
}

/// Writes the usual supplier of an item, and how much it matters.
///
/// # Errors
/// When the database refuses.
pub async fn set_supplier(tx: &mut Tx, item: StockItemId, supplier: Option<SupplierId>, need: ItemNeed) -> Result<()> {
    let query = sql("UPDATE stock_items SET supplier_id = $2, need = $3 WHERE id = $1").bind(item).bind(supplier).bind(need);
    tx.execute(query).await?;
    Ok(())
}

/// Reads the usual supplier of an item, and how much it matters.
///
/// # Errors
/// When the database refuses.
pub async fn supplied_by(tx: &mut Tx, item: StockItemId) -> Result<Option<(Option<SupplierId>, ItemNeed)>> {
    Ok(tx.optional(sql("SELECT supplier_id, need FROM stock_items WHERE id = ").push_bind(item)).await?)
}
