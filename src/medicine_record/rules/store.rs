//! The SQL of the checks of the medicine record.

use std::collections::BTreeMap;

use crate::{
    core::{CareOrderId, Result, time::Instant},
    db::{Tx, sql},
};

/// Reads the ids of all signed orders.
pub(super) async fn signed(tx: &mut Tx) -> Result<Vec<CareOrderId>> {
    let rows: Vec<(CareOrderId,)> = tx.all(sql("SELECT id FROM care_orders WHERE signed_at IS NOT NULL ORDER BY id")).await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// The times at which a medicine was given as needed, with its limit.
#[derive(Debug, Default)]
pub(super) struct GivenAsNeeded {
    pub interval_min: i64,
    pub most_in_day: i64,
    pub times: Vec<Instant>,
}

/// Reads the standing doses of the orders that are given as needed, in order.
pub(super) async fn given_as_needed(tx: &mut Tx) -> Result<BTreeMap<CareOrderId, GivenAsNeeded>> {
    let query = sql("SELECT o.id, o.interval_min, o.most_in_day, a.given_at FROM care_orders o JOIN administrations a ON a.order_id = o.id
        WHERE o.timing = 'as_needed' AND a.outcome = 'given' AND a.superseded_at IS NULL ORDER BY o.id, a.given_at");
    let mut all: BTreeMap<CareOrderId, GivenAsNeeded> = BTreeMap::new();
    for (order, interval_min, most_in_day, at) in tx.all::<(CareOrderId, i64, i64, Instant)>(query).await? {
        let known = all.entry(order).or_default();
        known.interval_min = interval_min;
        known.most_in_day = most_in_day;
        known.times.push(at);
    }
    Ok(all)
}
