//! The SQL of the proposal: what is ordered, what is requested, and how long suppliers took.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    core::{Result, StockItemId, StoreroomId, SupplierId, time::Instant},
    db::{Tx, sql},
};

/// Reads the units of items that are on orders for a storeroom and have not come.
pub(super) async fn ordered(tx: &mut Tx, room: StoreroomId) -> Result<BTreeMap<StockItemId, i64>> {
    let query = sql("SELECT l.item_id, CAST(sum(CASE WHEN l.received < l.ordered THEN l.ordered - l.received ELSE 0 END) AS BIGINT)
        FROM purchase_orders o JOIN purchase_order_lines l ON l.order_id = o.id
        WHERE o.state IN ('draft', 'approved', 'sent', 'part_received') AND o.store_id = ")
    .push_bind(room)
    .push(" GROUP BY l.item_id");
    Ok(tx.all::<(StockItemId, i64)>(query).await?.into_iter().collect())
}

/// Reads the items for which a request of a storeroom is open.
pub(super) async fn requested(tx: &mut Tx, room: StoreroomId) -> Result<BTreeSet<StockItemId>> {
    let query = sql("SELECT item_id FROM purchase_requests WHERE state IN ('submitted', 'approved') AND store_id = ").push_bind(room);
    Ok(tx.all::<(StockItemId,)>(query).await?.into_iter().map(|(id,)| id).collect())
}

/// Reads the whole days from sending to the last delivery of a supplier's latest six orders.
pub(super) async fn lead_times(tx: &mut Tx, supplier: SupplierId) -> Result<Vec<i64>> {
    let query = sql("SELECT sent_at, ended_at FROM purchase_orders WHERE state = 'received' AND supplier_id = ")
        .push_bind(supplier)
        .push(" AND ended_at IS NOT NULL ORDER BY ended_at DESC LIMIT 6");
    let found: Vec<(Instant, Instant)> = tx.all(query).await?;
    Ok(found.into_iter().map(|(sent, ended)| (ended - sent).num_days()).collect())
}
