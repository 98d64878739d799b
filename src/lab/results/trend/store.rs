//! The SQL of trends.

use std::collections::HashSet;

use crate::{
    core::{LabResultId, Result},
    db::{Tx, sql},
    lab::results::{LabResult, store},
};

/// The value that stands this many places before a result, along the index of patient, test and time.
const BEFORE: &str = "(SELECT x.id FROM lab_results x WHERE x.patient_id = r.patient_id AND x.test_id = r.test_id AND x.unit = r.unit
    AND x.kind = 'quantity' AND x.released_at IS NOT NULL AND x.superseded_at IS NULL AND x.measured_at < r.measured_at
    ORDER BY x.measured_at DESC, x.id DESC LIMIT 1 OFFSET ";

type Chain = (LabResultId, Option<LabResultId>, Option<LabResultId>, Option<LabResultId>, Option<LabResultId>);

/// Reads the ids of the values before each of these results, the latest first: four of each result, whatever the length of its record.
pub(super) async fn before(tx: &mut Tx, results: &[LabResultId]) -> Result<Vec<(LabResultId, Vec<LabResultId>)>> {
    if results.is_empty() {
        return Ok(Vec::new());
    }
    let mut query = sql("SELECT r.id");
    for place in ["0)", "1)", "2)", "3)"] {
        query = query.push(", ").push(BEFORE).push(place);
    }
    let query = query.push(" FROM lab_results r WHERE r.kind = 'quantity' AND r.id IN ").push_list(results.iter().copied());
    let rows: Vec<Chain> = tx.all(query).await?;
    Ok(rows.into_iter().map(|(id, one, two, three, four)| (id, [one, two, three, four].into_iter().flatten().collect())).collect())
}

/// Reads results by their ids.
pub(super) async fn read(tx: &mut Tx, ids: HashSet<LabResultId>) -> Result<Vec<LabResult>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    store::opened(tx, sql(store::RESULTS).push("r.id IN ").push_list(ids)).await
}
