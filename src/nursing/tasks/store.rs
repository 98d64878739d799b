//! The SQL of nurses' tasks.

use super::{NursingTask, NursingTaskPlan};
use crate::{
    core::{AdmissionId, NursingTaskId, Result, Stamp, TaskPlanId, UserId, WardId, time::Instant},
    db::{DbError, Tx, sql},
    nursing::vocabulary::NursingTaskState,
    row,
};

const PLANS: &str = "SELECT id, admission_id, patient_id, clinic_id, kind, detail, repeats, starts_at, created_at, ended_at, settled_with \
     FROM nursing_task_plans WHERE ";
const TASKS: &str = "SELECT t.id, t.origin_id, t.admission_id, t.patient_id, t.clinic_id, p.kind, p.detail, t.due_at, t.state, t.settled_at, \
                     u.display_name AS settler, t.reason, t.version FROM nursing_tasks t JOIN nursing_task_plans p ON p.id = t.origin_id \
                     LEFT JOIN users u ON u.id = t.settled_by WHERE ";

pub(super) async fn plan(tx: &mut Tx, id: TaskPlanId) -> Result<Option<NursingTaskPlan>> {
    Ok(tx.optional(sql(PLANS).push("id = ").push_bind(id)).await?)
}

/// Reads the open plans of an admission.
///
/// # Errors
/// When the database refuses.
pub async fn open_plans(tx: &mut Tx, admission: AdmissionId) -> Result<Vec<NursingTaskPlan>> {
    let query = sql(PLANS).push("ended_at IS NULL AND admission_id = ").push_bind(admission);
    Ok(tx.all(query.push(" ORDER BY created_at, id")).await?)
}

/// Reads the repeating plans whose tasks end before a time.
pub(super) async fn short_plans(tx: &mut Tx, until: Instant) -> Result<Vec<(TaskPlanId, AdmissionId)>> {
    let query = sql("SELECT p.id, p.admission_id FROM nursing_task_plans p WHERE p.ended_at IS NULL AND p.repeats <> 'once'
        AND NOT EXISTS (SELECT 1 FROM nursing_tasks t WHERE t.origin_id = p.id AND t.due_at >= ")
    .push_bind(until);
    Ok(tx.all(query.push(") AND p.starts_at < ").push_bind(until).push(" ORDER BY p.starts_at, p.id LIMIT 500")).await?)
}

pub(super) async fn insert_plan(tx: &mut Tx, plan: &NursingTaskPlan, by: UserId) -> Result<(), DbError> {
    let query =
        sql("INSERT INTO nursing_task_plans (id, admission_id, patient_id, clinic_id, kind, detail, repeats, starts_at, created_at,
            created_by, settled_with) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)")
        .bind(plan.id)
        .bind(plan.admission_id)
        .bind(plan.patient_id)
        .bind(plan.clinic_id)
        .bind(plan.kind)
        .bind(&plan.detail)
        .bind(plan.repeats)
        .bind(plan.starts_at)
        .bind(plan.created_at)
        .bind(by)
        .bind(&plan.settled_with);
    tx.execute(query).await?;
    Ok(())
}

/// Adds the tasks at these times that are not there yet; returns their number.
pub(super) async fn insert_tasks(tx: &mut Tx, plan: &NursingTaskPlan, times: Vec<Instant>) -> Result<u64> {
    if times.is_empty() {
        return Ok(0);
    }
    let rows = times
        .into_iter()
        .map(|at| row![NursingTaskId::new(), plan.admission_id, plan.patient_id, plan.clinic_id, plan.id, at, NursingTaskState::Due]);
    let query = sql("INSERT INTO nursing_tasks (id, admission_id, patient_id, clinic_id, origin_id, due_at, state) VALUES ");
    Ok(tx.execute(query.push_rows(rows).push(" ON CONFLICT (origin_id, due_at) DO NOTHING")).await?)
}

/// Returns when the last task of a plan is due.
pub(super) async fn last_due(tx: &mut Tx, plan: TaskPlanId) -> Result<Option<Instant>> {
    let query = sql("SELECT max(due_at) FROM nursing_tasks WHERE origin_id = ").push_bind(plan);
    Ok(tx.one::<(Option<Instant>,)>(query).await?.0)
}

pub(super) async fn task(tx: &mut Tx, id: NursingTaskId) -> Result<Option<NursingTask>> {
    Ok(tx.optional(sql(TASKS).push("t.id = ").push_bind(id)).await?)
}

/// Reads the tasks of an admission: those that are due until a time, and those that were due since another.
///
/// # Errors
/// When the database refuses.
pub async fn of_admission(tx: &mut Tx, admission: AdmissionId, since: Instant, until: Instant) -> Result<Vec<NursingTask>> {
    let query = sql(TASKS).push("t.state <> 'cancelled' AND t.admission_id = ").push_bind(admission);
    let query = query.push(" AND t.due_at < ").push_bind(until).push(" AND (t.state = 'due' OR t.due_at >= ").push_bind(since);
    Ok(tx.all(query.push(") ORDER BY t.due_at, t.id LIMIT 300")).await?)
}

/// Reads the tasks of a ward's patients that are due until a time.
///
/// # Errors
/// When the database refuses.
pub async fn due_on(tx: &mut Tx, ward: WardId, until: Instant) -> Result<Vec<NursingTask>> {
    let query = sql(TASKS).push("t.state = 'due' AND t.due_at < ").push_bind(until);
    let query = query.push(
        " AND t.admission_id IN (SELECT b.admission_id FROM bed_uses b JOIN beds d ON d.id = b.bed_id
        JOIN ward_rooms r ON r.id = d.room_id WHERE b.kind = 'stay' AND b.ended_at IS NULL AND b.voided_at IS NULL AND r.ward_id = ",
    );
    Ok(tx.all(query.push_bind(ward).push(") ORDER BY t.due_at, t.id LIMIT 1000")).await?)
}

pub(super) async fn end_plan(tx: &mut Tx, id: TaskPlanId, stamp: Stamp) -> Result<bool> {
    let query = sql("UPDATE nursing_task_plans SET ended_at = $2, ended_by = $3 WHERE id = $1 AND ended_at IS NULL")
        .bind(id)
        .bind(stamp.at)
        .bind(stamp.by);
    Ok(tx.execute(query).await? == 1)
}

/// Cancels the tasks of a plan that are due after a time.
pub(super) async fn cancel_after(tx: &mut Tx, origin: TaskPlanId, stamp: Stamp) -> Result<()> {
    let query = sql("UPDATE nursing_tasks SET state = 'cancelled', settled_at = $2, settled_by = $3, version = version + 1
        WHERE origin_id = $1 AND state = 'due' AND due_at > $4")
    .bind(origin)
    .bind(stamp.at)
    .bind(stamp.by)
    .bind(stamp.at);
    tx.execute(query).await?;
    Ok(())
}

/// Settles all due tasks of a plan.
pub(super) async fn settle_all(tx: &mut Tx, origin: TaskPlanId, state: NursingTaskState, stamp: Stamp) -> Result<()> {
    let query = sql("UPDATE nursing_tasks SET state = $2, settled_at = $3, settled_by = $4, version = version + 1
        WHERE origin_id = $1 AND state = 'due'")
    .bind(origin)
    .bind(state)
    .bind(stamp.at)
    .bind(stamp.by);
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn settle(tx: &mut Tx, id: NursingTaskId, (state, reason): (NursingTaskState, &str), stamp: Stamp) -> Result<bool> {
    let query = sql("UPDATE nursing_tasks SET state = $2, reason = $3, settled_at = $4, settled_by = $5, version = version + 1
        WHERE id = $1 AND state = 'due'")
    .bind(id)
    .bind(state)
    .bind(reason)
    .bind(stamp.at)
    .bind(stamp.by);
    Ok(tx.execute(query).await? == 1)
}
