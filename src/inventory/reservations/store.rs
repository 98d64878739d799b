//! The SQL of reservations.

use uuid::Uuid;

use super::{ReservationState, Reserved, ToReserve};
use crate::{
    core::{ReservationId, Result, Stamp, StockBatchId, StockItemId, StockLineId, StoreroomId, time::Instant},
    db::{DbError, Tx, sql},
};

/// Purposes that one round of the job handles.
const AT_ONCE: i64 = 500;

pub(super) async fn insert(
    tx: &mut Tx,
    id: ReservationId,
    line: StockLineId,
    (new, quantity): (&ToReserve, i64),
    stamp: Stamp,
) -> Result<(), DbError> {
    let query = sql("INSERT INTO stock_reservations (id, line_id, purpose, purpose_id, quantity, state, until_at, at, by_user)
        VALUES ($1, $2, $3, $4, $5, 'open', $6, $7, $8)")
    .bind(id)
    .bind(line)
    .bind(new.purpose)
    .bind(new.of)
    .bind(quantity)
    .bind(new.until)
    .bind(stamp.at)
    .bind(stamp.by);
    tx.execute(query).await?;
    Ok(())
}

/// Reads the open reservations of a purpose, by storeroom and batch.
///
/// # Errors
/// When the database refuses.
pub async fn reserved_for(tx: &mut Tx, of: Uuid) -> Result<Vec<Reserved>> {
    let query = sql("SELECT l.store_id, s.name AS store_name, l.item_id, l.batch_id, b.batch_no, r.quantity, r.until_at
        FROM stock_reservations r JOIN stock_lines l ON l.id = r.line_id JOIN storerooms s ON s.id = l.store_id
        JOIN stock_batches b ON b.id = l.batch_id WHERE r.state = 'open' AND r.purpose_id = ")
    .push_bind(of)
    .push(" ORDER BY coalesce(b.expires_on, '9999-12-31'), r.id");
    Ok(tx.all(query).await?)
}

pub(super) async fn places_of(tx: &mut Tx, of: Uuid) -> Result<Vec<(StockItemId, StoreroomId)>> {
    let query = sql("SELECT l.item_id, l.store_id FROM stock_reservations r JOIN stock_lines l ON l.id = r.line_id WHERE r.state = 'open'
        AND r.purpose_id = ")
    .push_bind(of);
    Ok(tx.all(query).await?)
}

pub(super) async fn places_of_batch(tx: &mut Tx, batch: StockBatchId) -> Result<Vec<(StockItemId, StoreroomId)>> {
    Ok(tx.all(sql("SELECT item_id, store_id FROM stock_lines WHERE batch_id = ").push_bind(batch)).await?)
}

pub(super) async fn end(tx: &mut Tx, of: Uuid, state: ReservationState, now: Instant) -> Result<()> {
    let query = sql("UPDATE stock_reservations SET state = $2, ended_at = $3 WHERE purpose_id = $1 AND state = 'open'")
        .bind(of)
        .bind(state)
        .bind(now);
    tx.execute(query).await?;
    Ok(())
}

/// Releases those of a purpose whose time is over. Returns whether there were some.
pub(super) async fn end_due(tx: &mut Tx, of: Uuid, now: Instant) -> Result<bool> {
    let query =
        sql("UPDATE stock_reservations SET state = 'released', ended_at = $2 WHERE purpose_id = $1 AND state = 'open' AND until_at <= $2")
            .bind(of)
            .bind(now);
    Ok(tx.execute(query).await? > 0)
}

pub(super) async fn end_of_batch(tx: &mut Tx, batch: StockBatchId, now: Instant) -> Result<()> {
    let query = sql("UPDATE stock_reservations SET state = 'released', ended_at = $2 WHERE state = 'open'
        AND line_id IN (SELECT l.id FROM stock_lines l WHERE l.batch_id = $1)")
    .bind(batch)
    .bind(now);
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn due(tx: &mut Tx, now: Instant) -> Result<Vec<Uuid>> {
    let query = sql("SELECT DISTINCT purpose_id FROM stock_reservations WHERE state = 'open' AND until_at IS NOT NULL AND until_at <= ")
        .push_bind(now)
        .push(" LIMIT ")
        .push_bind(AT_ONCE);
    Ok(tx.all::<(Uuid,)>(query).await?.into_iter().map(|(of,)| of).collect())
}
