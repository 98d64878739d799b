//! The SQL of care plans.

use chrono::NaiveDate;

use super::{CareAction, CareEvaluation, CarePlan, CarePlanForm};
use crate::{
    core::{AdmissionId, CarePlanId, ClinicId, PatientId, Result, Stamp, TaskPlanId, time::Instant},
    db::{DbError, Sql, Tx, sql},
    keys::{CARE_PLAN_EVALUATIONS, CARE_PLANS as FIELDS, Sealed, Unopened},
    nursing::{
        bedside::Whose,
        vocabulary::{CareOutcome, CarePlanState},
    },
};

#[derive(sqlx::FromRow)]
struct CarePlanRow {
    id: CarePlanId,
    admission_id: AdmissionId,
    patient_id: PatientId,
    clinic_id: ClinicId,
    sealed: Sealed,
    target_on: Option<NaiveDate>,
    state: CarePlanState,
    opened_at: Instant,
    opener: String,
    closed_at: Option<Instant>,
}

const PLANS: &str = "SELECT c.id, c.admission_id, c.patient_id, c.clinic_id, c.sealed, c.target_on, c.state, c.opened_at, \
                     u.display_name AS opener, c.closed_at FROM care_plans c JOIN users u ON u.id = c.opened_by WHERE ";

async fn opened(tx: &mut Tx, query: Sql) -> Result<Vec<CarePlan>> {
    let rows: Vec<CarePlanRow> = tx.all(query).await?;
    let keys = tx.keys();
    let open = |row: CarePlanRow| {
        let [problem, goal] = FIELDS.open(keys, row.id, row.patient_id, &row.sealed)?;
        Ok(CarePlan {
            id: row.id,
            admission_id: row.admission_id,
            patient_id: row.patient_id,
            clinic_id: row.clinic_id,
            problem,
            goal,
            target_on: row.target_on,
            state: row.state,
            opened_at: row.opened_at,
            opener: row.opener,
            closed_at: row.closed_at,
        })
    };
    Ok(rows.into_iter().map(open).collect::<Result<_, Unopened>>()?)
}

pub(super) async fn find(tx: &mut Tx, id: CarePlanId) -> Result<Option<CarePlan>> {
    Ok(opened(tx, sql(PLANS).push("c.id = ").push_bind(id)).await?.pop())
}

/// Reads the plans of an admission, the latest first.
///
/// # Errors
/// When the database refuses.
pub async fn of_admission(tx: &mut Tx, admission: AdmissionId) -> Result<Vec<CarePlan>> {
    opened(tx, sql(PLANS).push("c.admission_id = ").push_bind(admission).push(" ORDER BY c.opened_at DESC, c.id DESC")).await
}

/// Reads the actions of the plans of an admission.
///
/// # Errors
/// When the database refuses.
pub async fn actions_of(tx: &mut Tx, admission: AdmissionId) -> Result<Vec<CareAction>> {
    let query = sql("SELECT a.care_plan_id, a.task_plan_id, p.detail, p.repeats, p.ended_at FROM care_plans c
        JOIN care_plan_actions a ON a.care_plan_id = c.id JOIN nursing_task_plans p ON p.id = a.task_plan_id WHERE c.admission_id = ");
    Ok(tx.all(query.push_bind(admission).push(" ORDER BY p.created_at, p.id")).await?)
}

#[derive(sqlx::FromRow)]
struct EvaluationRow {
    id: uuid::Uuid,
    care_plan_id: CarePlanId,
    outcome: CareOutcome,
    sealed: Sealed,
    at: Instant,
    by_name: String,
}

/// Reads the evaluations of the plans of an admission, the latest first.
///
/// # Errors
/// When the database refuses.
pub async fn evaluations_of(tx: &mut Tx, admission: AdmissionId) -> Result<Vec<CareEvaluation>> {
    let query = sql("SELECT v.id, v.care_plan_id, v.outcome, v.sealed, v.at, u.display_name AS by_name FROM care_plans c
        JOIN care_plan_evaluations v ON v.care_plan_id = c.id JOIN users u ON u.id = v.by_user WHERE c.admission_id = ");
    let rows: Vec<EvaluationRow> = tx.all(query.push_bind(admission).push(" ORDER BY v.at DESC, v.id DESC")).await?;
    let keys = tx.keys();
    let open = |row: EvaluationRow| {
        let [remark] = CARE_PLAN_EVALUATIONS.open(keys, row.id, row.care_plan_id, &row.sealed)?;
        Ok(CareEvaluation { care_plan_id: row.care_plan_id, outcome: row.outcome, remark, at: row.at, by: row.by_name })
    };
    Ok(rows.into_iter().map(open).collect::<Result<_, Unopened>>()?)
}

pub(super) async fn insert(tx: &mut Tx, id: CarePlanId, whose: Whose, form: &CarePlanForm, stamp: Stamp) -> Result<(), DbError> {
    let query = sql("INSERT INTO care_plans (id, admission_id, patient_id, clinic_id, sealed, target_on, state, opened_at, opened_by)
        VALUES ($1, $2, $3, $4, $5, $6, 'open', $7, $8)")
    .bind(id)
    .bind(whose.admission)
    .bind(whose.patient)
    .bind(whose.clinic)
    .bind(FIELDS.seal(id, whose.patient, [&form.problem, &form.goal]))
    .bind(form.target_on)
    .bind(stamp.at)
    .bind(stamp.by);
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn insert_action(tx: &mut Tx, id: CarePlanId, task: TaskPlanId) -> Result<()> {
    let query = sql("INSERT INTO care_plan_actions (id, care_plan_id, task_plan_id) VALUES ($1, $2, $3)");
    tx.execute(query.bind(uuid::Uuid::now_v7()).bind(id).bind(task)).await?;
    Ok(())
}

pub(super) async fn insert_evaluation(tx: &mut Tx, plan: CarePlanId, (outcome, remark): (CareOutcome, &str), stamp: Stamp) -> Result<()> {
    let id = uuid::Uuid::now_v7();
    let query = sql("INSERT INTO care_plan_evaluations (id, care_plan_id, outcome, sealed, at, by_user) VALUES ($1, $2, $3, $4, $5, $6)")
        .bind(id)
        .bind(plan)
        .bind(outcome)
        .bind(CARE_PLAN_EVALUATIONS.seal(id, plan, [remark]))
        .bind(stamp.at)
        .bind(stamp.by);
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn close(tx: &mut Tx, id: CarePlanId, state: CarePlanState, stamp: Stamp) -> Result<()> {
    let query = sql("UPDATE care_plans SET state = $2, closed_at = $3, closed_by = $4 WHERE id = $1 AND state = 'open'")
        .bind(id)
        .bind(state)
        .bind(stamp.at)
        .bind(stamp.by);
    tx.execute(query).await?;
    Ok(())
}
