//! The SQL of results that are judged anew.

use std::collections::HashSet;

use super::{NotedResult, Rejudgement, RejudgementState};
use crate::{
    core::{ClinicId, LabResultId, Result, Stamp},
    db::{DbError, Sql, Tx, sql},
    lab::{
        flag::Flag,
        results::{LabResult, store},
    },
};

/// Reads the noted results that wait, those that are not released first.
pub(super) async fn waiting(tx: &mut Tx, limit: i64) -> Result<Vec<NotedResult>> {
    let query = sql("SELECT j.result_id, j.clinic_id, j.was_sex, j.was_birth_date, j.was_birth_precision, j.state, j.noticed_at
        FROM lab_rejudgements j JOIN lab_results r ON r.id = j.result_id WHERE j.state = 'waiting'
        ORDER BY CASE WHEN r.released_at IS NULL THEN 1 ELSE 2 END, j.noticed_at, j.result_id LIMIT ")
    .push_bind(limit);
    Ok(tx.all(query).await?)
}

/// Whether a result waits to be judged anew.
///
/// # Errors
/// When the database refuses.
pub async fn is_waiting(tx: &mut Tx, result: LabResultId) -> Result<bool> {
    let query = sql("SELECT count(*) FROM lab_rejudgements WHERE state = 'waiting' AND result_id = ").push_bind(result);
    Ok(tx.count(query).await? > 0)
}

/// Settles a noted result, unless the facts were corrected once more. A listed one gets the flag, the value and the range of today.
pub(super) async fn settle_waiting(
    tx: &mut Tx,
    noted: &NotedResult,
    to: RejudgementState,
    said: Option<(Flag, &str, &str)>,
    stamp: Stamp,
) -> Result<bool, DbError> {
    let (flag, value, range) = said.unwrap_or((Flag::Unjudged, "", ""));
    let query = sql("UPDATE lab_rejudgements SET state = $4, settled_at = $5, settled_by = $6, flag = $7, value_text = $8, range_text = $9
        WHERE result_id = $1 AND state = $2 AND noticed_at = $3")
    .bind(noted.result_id)
    .bind(noted.state)
    .bind(noted.noticed_at)
    .bind(to)
    .bind(stamp.at)
    .bind(stamp.by)
    .bind(flag)
    .bind(value)
    .bind(range);
    Ok(tx.execute(query).await? == 1)
}

/// Settles a listed result: it is corrected, or left as it is with a reason.
pub(super) async fn settle_listed(
    tx: &mut Tx,
    result: LabResultId,
    to: RejudgementState,
    reason: &str,
    stamp: Stamp,
) -> Result<bool, DbError> {
    let query = sql(
        "UPDATE lab_rejudgements SET state = $2, settled_at = $3, settled_by = $4, reason = $5 WHERE result_id = $1 AND state = 'listed'",
    )
    .bind(result)
    .bind(to)
    .bind(stamp.at)
    .bind(stamp.by)
    .bind(reason);
    Ok(tx.execute(query).await? == 1)
}

/// Lists a result again whose correction was taken back.
///
/// # Errors
/// When the database refuses.
pub async fn list_again(tx: &mut Tx, result: LabResultId) -> Result<()> {
    let query = sql("UPDATE lab_rejudgements SET state = 'listed' WHERE state = 'corrected' AND result_id = ").push_bind(result);
    tx.execute(query).await?;
    Ok(())
}

/// The listed results that are still current.
const LISTED: &str = " FROM lab_rejudgements j JOIN lab_results r ON r.id = j.result_id AND r.superseded_at IS NULL";

/// Reads the listed results of a clinic with their patients, the oldest note first.
pub(super) async fn listed(tx: &mut Tx, clinic: ClinicId, limit: i64, offset: i64) -> Result<Vec<Rejudgement>> {
    let query =
        sql("SELECT j.result_id, j.patient_id, p.given_names, p.family_name, p.preferred_name, p.mrn, p.birth_date, p.birth_precision,
        p.sex, j.was_sex, j.was_birth_date, j.was_birth_precision, j.noticed_at, j.flag, j.value_text, j.range_text")
        .push(LISTED)
        .push(" JOIN patients p ON p.id = j.patient_id WHERE j.state = 'listed' AND j.clinic_id = ")
        .push_bind(clinic)
        .push(" ORDER BY j.noticed_at, j.result_id LIMIT ")
        .push_bind(limit);
    Ok(tx.all(query.push(" OFFSET ").push_bind(offset)).await?)
}

/// The query for the number of listed results of a clinic.
pub fn count_listed(clinic: ClinicId) -> Sql {
    sql("SELECT count(*)").push(LISTED).push(" WHERE j.state = 'listed' AND j.clinic_id = ").push_bind(clinic)
}

/// Reads results by their ids.
pub(super) async fn results(tx: &mut Tx, ids: HashSet<LabResultId>) -> Result<Vec<LabResult>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    store::opened(tx, sql(store::RESULTS).push("r.id IN ").push_list(ids)).await
}

/// Reads the results from which one was calculated.
pub(super) async fn inputs_of(tx: &mut Tx, result: LabResultId) -> Result<Vec<LabResult>> {
    let query = sql(store::RESULTS).push("r.id IN (SELECT i.input_id FROM lab_result_inputs i WHERE i.result_id = ").push_bind(result);
    store::opened(tx, query.push(")")).await
}

/// Reads the analyser that measured a result, and its own flag.
pub(super) async fn sent_by(tx: &mut Tx, result: LabResultId) -> Result<(String, String)> {
    Ok(tx.one(sql("SELECT device, sender_flag FROM lab_results WHERE id = ").push_bind(result)).await?)
}
