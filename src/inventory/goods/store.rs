//! The SQL of items.

use super::{ItemDraft, StockItem};
use crate::{
    core::{DrugId, Result, Stamp, StockItemId, StoreroomId, SupplierId, list::PAGE_SIZE},
    db::{DbError, Lockable, Locked, Sql, Tx, sql},
};

impl Lockable for StockItemId {
    const TABLE: &'static str = "stock_items";
}

const ITEMS: &str =
    "SELECT i.id, i.code, i.kind, i.drug_id, i.name, i.name_es, i.unit, i.pack_size, i.expires, coalesce(d.schedule, '') AS schedule,
        i.retired_at, i.version
    FROM stock_items i LEFT JOIN drugs d ON d.id = i.drug_id WHERE ";

/// Reads an item.
///
/// # Errors
/// When the database refuses.
pub async fn item(tx: &mut Tx, id: StockItemId) -> Result<Option<StockItem>> {
    Ok(tx.optional(sql(ITEMS).push("i.id = ").push_bind(id)).await?)
}

/// Reads the items of a drug that are in use, also of a name that means the drug.
///
/// # Errors
/// When the database refuses.
pub async fn items_of_drug(tx: &mut Tx, drug: DrugId) -> Result<Vec<StockItem>> {
    let query = sql(ITEMS)
        .push("i.retired_at IS NULL AND i.drug_id IN (SELECT coalesce(n.same_as, n.id) FROM drugs n WHERE n.id = ")
        .push_bind(drug)
        .push(") ORDER BY i.name, i.id");
    Ok(tx.all(query).await?)
}

/// The pattern for names and codes that contain a text.
pub(in crate::inventory) fn containing(text: &str) -> String {
    let text: String = text.trim().to_lowercase().chars().filter(|letter| !"%_\\".contains(*letter)).collect();
    format!("%{text}%")
}

/// Adds the search for a text in code and names to a query.
pub(in crate::inventory) fn searched(query: Sql, sought: &str) -> Sql {
    if sought.trim().is_empty() {
        return query;
    }
    let pattern = containing(sought);
    query
        .push(" AND (lower(i.name) LIKE ")
        .push_bind(&pattern)
        .push(" OR lower(i.name_es) LIKE ")
        .push_bind(&pattern)
        .push(" OR lower(i.code) LIKE ")
        .push_bind(&pattern)
        .push(")")
}

/// Reads a page of the items in use, with one row more than the page has.
///
/// # Errors
/// When the database refuses.
pub async fn list(tx: &mut Tx, sought: &str, offset: i64) -> Result<Vec<StockItem>> {
    let query = searched(sql(ITEMS).push("i.retired_at IS NULL"), sought);
    Ok(tx.all(query.push(" ORDER BY i.name, i.id LIMIT ").push_bind(PAGE_SIZE + 1).push(" OFFSET ").push_bind(offset)).await?)
}

/// Reads the medicines in use, by name.
///
/// # Errors
/// When the database refuses.
pub async fn medicines(tx: &mut Tx) -> Result<Vec<StockItem>> {
    Ok(tx.all(sql(ITEMS).push("i.retired_at IS NULL AND i.kind = 'medicine' ORDER BY i.name, i.id")).await?)
}

/// Reads the items in use that have this usual supplier, by name.
///
/// # Errors
/// When the database refuses.
pub async fn items_of_supplier(tx: &mut Tx, supplier: SupplierId) -> Result<Vec<StockItem>> {
    let query = sql(ITEMS).push("i.retired_at IS NULL AND i.supplier_id = ").push_bind(supplier).push(" ORDER BY i.name, i.id LIMIT 500");
    Ok(tx.all(query).await?)
}

/// Reads the quantity, the value and the low mark of an item in each storeroom.
///
/// # Errors
/// When the database refuses.
pub async fn rooms_of(tx: &mut Tx, id: StockItemId) -> Result<Vec<(StoreroomId, i64, i64, i64)>> {
    let query = sql("SELECT store_id, quantity, value, low_at FROM store_items WHERE item_id = ").push_bind(id);
    Ok(tx.all(query).await?)
}

/// Reads the low and the high mark of an item in each storeroom.
///
/// # Errors
/// When the database refuses.
pub async fn marks_of(tx: &mut Tx, id: StockItemId) -> Result<Vec<(StoreroomId, i64, i64)>> {
    Ok(tx.all(sql("SELECT store_id, low_at, max_at FROM store_items WHERE item_id = ").push_bind(id)).await?)
}

pub(super) async fn drugs_without_item(tx: &mut Tx) -> Result<Vec<(DrugId, String, String, String, String)>> {
    let query = sql("SELECT d.id, d.code, d.name, d.name_es, d.dispensing_unit FROM drugs d
        WHERE d.status IN ('formulary', 'restricted') AND d.retired_at IS NULL AND d.dispensing_unit IS NOT NULL
            AND NOT EXISTS (SELECT 1 FROM stock_items i WHERE i.drug_id = d.id OR upper(i.code) = upper(d.code)) ORDER BY d.name");
    Ok(tx.all(query).await?)
}

pub(super) async fn insert(tx: &mut Tx, id: StockItemId, draft: &ItemDraft, stamp: Stamp) -> Result<(), DbError> {
    let query = sql("INSERT INTO stock_items (id, code, kind, drug_id, name, name_es, unit, pack_size, expires, created_at, created_by, updated_at, updated_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $10, $11)")
    .bind(id)
    .bind(&draft.code)
    .bind(draft.kind)
    .bind(draft.drug)
    .bind(&draft.name)
    .bind(&draft.name_es)
    .bind(draft.unit)
    .bind(draft.pack_size)
    .bind(draft.expires)
    .bind(stamp.at)
    .bind(stamp.by);
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn update(tx: &mut Tx, item: Locked<StockItemId>, version: i64, draft: &ItemDraft, stamp: Stamp) -> Result<bool, DbError> {
    let query =
        sql("UPDATE stock_items SET code = $3, kind = $4, drug_id = $5, name = $6, name_es = $7, unit = $8, pack_size = $9, expires = $10,
            updated_at = $11, updated_by = $12, version = version + 1 WHERE id = $1 AND version = $2")
        .bind(item.id())
        .bind(version)
        .bind(&draft.code)
        .bind(draft.kind)
        .bind(draft.drug)
        .bind(&draft.name)
        .bind(&draft.name_es)
        .bind(draft.unit)
        .bind(draft.pack_size)
        .bind(draft.expires)
        .bind(stamp.at)
        .bind(stamp.by);
    Ok(tx.execute(query).await? == 1)
}
