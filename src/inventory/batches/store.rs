//! The SQL of batches over all storerooms.

use chrono::NaiveDate;

use crate::{
    core::{ClinicId, Result, StockBatchId, StockItemId, StockLineId, StoreroomId},
    db::{Tx, sql},
    inventory::BatchStatus,
};

/// A batch in a storeroom, as the page of its item shows it.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct LineRow {
    pub id: StockLineId,
    pub store_id: StoreroomId,
    pub store_name: String,
    pub batch_id: StockBatchId,
    pub batch_no: String,
    pub expires_on: Option<NaiveDate>,
    pub status: BatchStatus,
    pub status_reason: String,
    pub batch_version: i64,
    pub on_hand: i64,
}

/// A batch of which a clinic has nothing any more.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct UsedUp {
    pub batch_id: StockBatchId,
    pub batch_no: String,
    pub expires_on: Option<NaiveDate>,
    pub status: BatchStatus,
    pub status_reason: String,
    pub batch_version: i64,
}

/// Reads the batches of an item that a clinic has in stock, by storeroom.
///
/// # Errors
/// When the database refuses.
pub async fn lines_of(tx: &mut Tx, item: StockItemId, clinic: ClinicId) -> Result<Vec<LineRow>> {
    let query = sql("SELECT l.id, l.store_id, r.name AS store_name, l.batch_id, b.batch_no, b.expires_on, b.status, b.status_reason,
            b.version AS batch_version, l.on_hand
        FROM stock_lines l JOIN stock_batches b ON b.id = l.batch_id JOIN storerooms r ON r.id = l.store_id
        WHERE l.on_hand > 0 AND l.item_id = ")
    .push_bind(item)
    .push(" AND r.clinic_id = ")
    .push_bind(clinic)
    .push(" ORDER BY r.name, coalesce(b.expires_on, '9999-12-31'), l.id");
    Ok(tx.all(query).await?)
}

/// Reads the batches of an item that a clinic had and has used up, the last to expire first. They can be recalled, and their patients found.
///
/// # Errors
/// When the database refuses.
pub async fn used_up(tx: &mut Tx, item: StockItemId, clinic: ClinicId, limit: i64) -> Result<Vec<UsedUp>> {
    let query = sql("SELECT b.id AS batch_id, b.batch_no, b.expires_on, b.status, b.status_reason, b.version AS batch_version
        FROM (SELECT l.batch_id FROM stock_lines l JOIN storerooms r ON r.id = l.store_id WHERE l.item_id = ")
    .push_bind(item)
    .push(" AND r.clinic_id = ")
    .push_bind(clinic)
    .push(
        " GROUP BY l.batch_id HAVING sum(l.on_hand) = 0) u JOIN stock_batches b ON b.id = u.batch_id
        ORDER BY coalesce(b.expires_on, '9999-12-31') DESC, b.id DESC LIMIT ",
    )
    .push_bind(limit);
    Ok(tx.all(query).await?)
}

/// Reads the clinics that have, or had, something of a batch.
pub(in crate::inventory) async fn clinics_of(tx: &mut Tx, batch: StockBatchId) -> Result<Vec<ClinicId>> {
    let query = sql("SELECT DISTINCT r.clinic_id FROM stock_lines l JOIN storerooms r ON r.id = l.store_id WHERE l.batch_id = ");
    Ok(tx.all::<(ClinicId,)>(query.push_bind(batch)).await?.into_iter().map(|(clinic,)| clinic).collect())
}
