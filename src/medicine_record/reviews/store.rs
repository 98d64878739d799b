//! The SQL of reviews of orders.

use uuid::Uuid;

use super::OrderReview;
use crate::{
    core::{CareOrderId, Result, Stamp, time::Instant},
    db::{DbError, Tx, sql},
};

pub(super) async fn insert(tx: &mut Tx, id: Uuid, (order, due_at): (CareOrderId, Instant), stamp: Stamp) -> Result<(), DbError> {
    let query = sql("INSERT INTO order_reviews (id, order_id, due_at, set_at, set_by) VALUES ($1, $2, $3, $4, $5)")
        .bind(id)
        .bind(order)
        .bind(due_at)
        .bind(stamp.at)
        .bind(stamp.by);
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn supersede(tx: &mut Tx, order: CareOrderId, now: Instant) -> Result<()> {
    let query = sql("UPDATE order_reviews SET superseded_at = $2 WHERE order_id = $1 AND superseded_at IS NULL").bind(order).bind(now);
    tx.execute(query).await?;
    Ok(())
}

/// Returns the order of the review with this key.
pub(super) async fn order_of(tx: &mut Tx, id: Uuid) -> Result<Option<CareOrderId>> {
    let row: Option<(CareOrderId,)> = tx.optional(sql("SELECT order_id FROM order_reviews WHERE id = ").push_bind(id)).await?;
    Ok(row.map(|(order,)| order))
}

/// Returns the reviews that were set for an order, the first one first.
///
/// # Errors
/// When the database refuses.
pub async fn of_order(tx: &mut Tx, order: CareOrderId) -> Result<Vec<OrderReview>> {
    let query = sql("SELECT r.due_at, r.set_at, u.display_name AS setter FROM order_reviews r JOIN users u ON u.id = r.set_by
        WHERE r.order_id = ")
    .push_bind(order);
    Ok(tx.all(query.push(" ORDER BY r.set_at, r.id LIMIT 100")).await?)
}
