//! The SQL of critical calls.

use super::{AttemptForm, CallAttempt, CriticalCall};
use crate::{
    core::{ClinicId, LabAnalysisId, LabCallId, LabResultId, OrderId, PatientId, Result, Stamp, UserId, time::Instant},
    db::{DbError, Lockable, Locked, Sql, Tx, sql},
    lab::results::LabResult,
};

impl Lockable for LabCallId {
    const TABLE: &'static str = "lab_critical_calls";
}

const CALLS: &str =
    "SELECT c.id, c.result_id, r.test_id, c.patient_id, p.given_names, p.family_name, p.preferred_name, p.mrn, c.clinic_id, c.value,
        c.opened_at, c.level, c.closed_at, c.read_back_name, c.corrected, u.display_name AS orderer, q.number AS requisition
    FROM lab_critical_calls c JOIN lab_results r ON r.id = c.result_id JOIN lab_analyses a ON a.id = r.analysis_id
    JOIN orders o ON o.id = a.order_id JOIN requisitions q ON q.id = o.requisition_id JOIN users u ON u.id = o.ordered_by
    JOIN patients p ON p.id = c.patient_id WHERE ";

pub(super) async fn call(tx: &mut Tx, id: LabCallId) -> Result<Option<CriticalCall>> {
    Ok(tx.optional(sql(CALLS).push("c.id = ").push_bind(id)).await?)
}

/// Reads the open calls of a clinic; with a time, the calls that were closed since then.
pub(super) async fn list(tx: &mut Tx, clinic: ClinicId, closed_since: Option<Instant>) -> Result<Vec<CriticalCall>> {
    let mut query = sql(CALLS).push("c.clinic_id = ").push_bind(clinic);
    query = match closed_since {
        None => query.push(" AND c.closed_at IS NULL ORDER BY c.opened_at, c.id LIMIT 200"),
        Some(since) => query.push(" AND c.closed_at >= ").push_bind(since).push(" ORDER BY c.closed_at DESC, c.id LIMIT 200"),
    };
    Ok(tx.all(query).await?)
}

/// Reads the open calls of a patient.
///
/// # Errors
/// When the database refuses.
pub async fn open_of_patient(tx: &mut Tx, patient: PatientId) -> Result<Vec<CriticalCall>> {
    let query = sql(CALLS).push("c.closed_at IS NULL AND c.patient_id = ").push_bind(patient).push(" ORDER BY c.opened_at, c.id");
    Ok(tx.all(query).await?)
}

/// The query for the number of open calls of a clinic.
pub fn count_open(clinic: ClinicId) -> Sql {
    sql("SELECT count(*) FROM lab_critical_calls WHERE closed_at IS NULL AND clinic_id = ").push_bind(clinic)
}

/// Reads the attempts of calls, in order.
///
/// # Errors
/// When the database refuses.
pub async fn attempts_of(tx: &mut Tx, calls: &[LabCallId]) -> Result<Vec<CallAttempt>> {
    if calls.is_empty() {
        return Ok(Vec::new());
    }
    let query = sql("SELECT t.call_id, t.at, u.display_name AS by_name, t.whom, t.how, t.outcome FROM lab_call_attempts t
        JOIN users u ON u.id = t.by_user WHERE t.call_id IN ")
    .push_list(calls.iter().copied());
    Ok(tx.all(query.push(" ORDER BY t.at, t.id")).await?)
}

pub(super) async fn insert(tx: &mut Tx, id: LabCallId, result: &LabResult, value: &str, now: Instant) -> Result<(), DbError> {
    let query =
        sql("INSERT INTO lab_critical_calls (id, result_id, patient_id, clinic_id, value, opened_at) VALUES ($1, $2, $3, $4, $5, $6)")
            .bind(id)
            .bind(result.id)
            .bind(result.patient_id)
            .bind(result.clinic_id)
            .bind(value)
            .bind(now);
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn insert_attempt(tx: &mut Tx, call: Locked<LabCallId>, form: &AttemptForm, stamp: Stamp) -> Result<()> {
    let query = sql("INSERT INTO lab_call_attempts (id, call_id, at, by_user, whom, how, outcome) VALUES ($1, $2, $3, $4, $5, $6, $7)")
        .bind(uuid::Uuid::now_v7())
        .bind(call.id())
        .bind(stamp.at)
        .bind(stamp.by)
        .bind(&form.whom)
        .bind(form.how)
        .bind(form.outcome);
    tx.execute(query).await?;
    Ok(())
}

/// Closes a call: the person named read the value back, or the result is withdrawn.
pub(super) async fn close(tx: &mut Tx, call: Locked<LabCallId>, whom: &str, corrected: bool, stamp: Stamp) -> Result<bool> {
    let query = sql("UPDATE lab_critical_calls SET closed_at = $2, closed_by = $3, read_back_name = $4, corrected = $5
        WHERE id = $1 AND closed_at IS NULL")
    .bind(call.id())
    .bind(stamp.at)
    .bind(stamp.by)
    .bind(whom)
    .bind(corrected);
    Ok(tx.execute(query).await? == 1)
}

pub(super) async fn open_of_analysis(tx: &mut Tx, analysis: LabAnalysisId) -> Result<Vec<(LabCallId, PatientId)>> {
    let query = sql("SELECT c.id, c.patient_id FROM lab_critical_calls c JOIN lab_results r ON r.id = c.result_id
        WHERE c.closed_at IS NULL AND r.analysis_id = ")
    .push_bind(analysis);
    Ok(tx.all(query.push(" ORDER BY c.id")).await?)
}

pub(super) async fn withdrawn_of(tx: &mut Tx, result: LabResultId) -> Result<Vec<LabCallId>> {
    let query = sql("SELECT id FROM lab_critical_calls WHERE corrected AND closed_at IS NOT NULL AND result_id = ").push_bind(result);
    Ok(tx.all::<(LabCallId,)>(query).await?.into_iter().map(|(id,)| id).collect())
}

pub(super) async fn reopen(tx: &mut Tx, call: Locked<LabCallId>) -> Result<()> {
    let query = sql("UPDATE lab_critical_calls SET closed_at = NULL, closed_by = NULL, corrected = FALSE WHERE corrected AND id = ");
    tx.execute(query.push_bind(call.id())).await?;
    Ok(())
}

/// Reads the user who ordered, and the number of the requisition.
pub(super) async fn orderer(tx: &mut Tx, order: OrderId) -> Result<Option<(UserId, String)>> {
    let query =
        sql("SELECT o.ordered_by, q.number FROM orders o JOIN requisitions q ON q.id = o.requisition_id WHERE o.id = ").push_bind(order);
    Ok(tx.optional(query).await?)
}

/// Reads the open calls below a level that were opened before a time.
pub(super) async fn due(tx: &mut Tx, level: i64, opened_before: Instant) -> Result<Vec<LabCallId>> {
    let query = sql(
        "SELECT id FROM lab_critical_calls WHERE closed_at IS NULL AND level < $1 AND opened_at <= $2 ORDER BY opened_at, id LIMIT 100",
    )
    .bind(level)
    .bind(opened_before);
    Ok(tx.all::<(LabCallId,)>(query).await?.into_iter().map(|(id,)| id).collect())
}

/// Reads the clinic of the ward where a patient lies.
pub(super) async fn lies_at(tx: &mut Tx, patient: PatientId) -> Result<Option<ClinicId>> {
    let query = sql("SELECT w.clinic_id FROM bed_uses u JOIN beds b ON b.id = u.bed_id JOIN ward_rooms r ON r.id = b.room_id
        JOIN wards w ON w.id = r.ward_id WHERE u.kind = 'stay' AND u.ended_at IS NULL AND u.voided_at IS NULL AND u.patient_id = ")
    .push_bind(patient);
    Ok(tx.optional::<(ClinicId,)>(query).await?.map(|(clinic,)| clinic))
}

pub(super) async fn set_level(tx: &mut Tx, call: Locked<LabCallId>, level: i64, now: Instant) -> Result<bool> {
    let query = sql("UPDATE lab_critical_calls SET level = $2, escalated_at = $3 WHERE id = $1 AND closed_at IS NULL AND level < $4")
        .bind(call.id())
        .bind(level)
        .bind(now)
        .bind(level);
    Ok(tx.execute(query).await? == 1)
}
