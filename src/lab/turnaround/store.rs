//! The SQL of the turnaround.

use super::FirstRelease;
use crate::{
    core::{ClinicId, Result, time::Instant},
    db::{Tx, sql},
};

/// Reads the first releases of a clinic in a span of time, along their index.
pub(super) async fn released(tx: &mut Tx, clinic: ClinicId, (from, until): (Instant, Instant), limit: i64) -> Result<Vec<FirstRelease>> {
    let query = sql("SELECT a.test_id, a.priority, o.requested_at, s.collected_at, s.received_at, a.due_at, r.released_at
        FROM (SELECT analysis_id, released_at FROM lab_results WHERE released_at IS NOT NULL AND correction = '' AND clinic_id = ")
    .push_bind(clinic)
    .push(" AND released_at >= ")
    .push_bind(from)
    .push(" AND released_at < ")
    .push_bind(until)
    .push(" ORDER BY released_at LIMIT ")
    .push_bind(limit)
    .push(
        ") r JOIN lab_analyses a ON a.id = r.analysis_id JOIN orders o ON o.id = a.order_id LEFT JOIN lab_samples s ON s.id = a.sample_id",
    );
    Ok(tx.all(query).await?)
}
