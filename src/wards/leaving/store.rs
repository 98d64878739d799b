//! The SQL of discharges.

use chrono::NaiveDate;
use uuid::Uuid;

use super::{Blockers, DischargeForm, DischargeKind, DischargeStep, StepState};
use crate::{
    core::{AdmissionId, ClinicId, PatientId, Result, Stamp, UserId, time::Instant},
    db::{DbError, Locked, Tx, sql},
};

/// A discharge.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Discharge {
    pub id: Uuid,
    pub kind: DischargeKind,
    pub decided_at: Instant,
    pub decided_by: String,
    pub diagnosis: String,
    pub course: String,
    pub medicines: String,
    pub follow_up: String,
    pub pending: String,
    pub place: String,
    pub acceptor: String,
    pub capacity: bool,
    pub witness: String,
    pub last_seen_at: Option<Instant>,
    pub told: String,
    pub died_at: Option<Instant>,
    pub verified_by: String,
    pub cause: String,
    pub coroner: bool,
    pub left_at: Option<Instant>,
}

/// Returns the discharge of an admission that was not taken back.
///
/// # Errors
/// When the database refuses.
pub async fn open_of(tx: &mut Tx, admission: AdmissionId) -> Result<Option<Discharge>> {
    let query =
        sql("SELECT d.id, d.kind, d.decided_at, u.display_name AS decided_by, d.diagnosis, d.course, d.medicines, d.follow_up, d.pending,
            d.place, d.acceptor, d.capacity, d.witness, d.last_seen_at, d.told, d.died_at, d.verified_by, d.cause, d.coroner, d.left_at
        FROM discharges d JOIN users u ON u.id = d.decided_by WHERE d.voided_at IS NULL AND d.admission_id = ");
    Ok(tx.optional(query.push_bind(admission)).await?)
}

/// A step of a discharge.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct StepRow {
    pub step: DischargeStep,
    pub state: StepState,
    pub reason: String,
    pub done_at: Option<Instant>,
    pub done_by: Option<String>,
}

/// Returns the steps of a discharge as they are stored, in order.
pub(super) async fn steps(tx: &mut Tx, discharge: Uuid) -> Result<Vec<StepRow>> {
    let query = sql("SELECT s.step, s.state, s.reason, s.done_at, u.display_name AS done_by FROM discharge_steps s
        LEFT JOIN users u ON u.id = s.done_by WHERE s.discharge_id = ");
    let mut steps: Vec<StepRow> = tx.all(query.push_bind(discharge)).await?;
    steps.sort_by_key(|row| row.step);
    Ok(steps)
}

pub(super) async fn insert(
    tx: &mut Tx,
    id: Uuid,
    admission: Locked<AdmissionId>,
    admitted_at: Instant,
    form: &DischargeForm,
    stamp: Stamp,
) -> Result<(), DbError> {
    let query =
        sql("INSERT INTO discharges (id, admission_id, kind, admitted_at, decided_at, decided_by, diagnosis, course, medicines, follow_up,
            pending, place, acceptor, capacity, witness, last_seen_at, told, died_at, verified_by, cause, coroner)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)")
        .bind(id)
        .bind(admission.id())
        .bind(form.kind)
        .bind(admitted_at)
        .bind(stamp.at)
        .bind(stamp.by)
        .bind(&form.diagnosis)
        .bind(&form.course)
        .bind(&form.medicines)
        .bind(&form.follow_up)
        .bind(&form.pending)
        .bind(&form.place)
        .bind(&form.acceptor)
        .bind(form.capacity)
        .bind(&form.witness)
        .bind(form.last_seen_at)
        .bind(&form.told)
        .bind(form.died_at)
        .bind(&form.verified_by)
        .bind(&form.cause)
        .bind(form.coroner);
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn insert_step(
    tx: &mut Tx,
    discharge: Uuid,
    step: DischargeStep,
    state: StepState,
    done: Option<(Instant, UserId)>,
) -> Result<(), DbError> {
    let query = sql("INSERT INTO discharge_steps (id, discharge_id, step, state, done_at, done_by) VALUES ($1, $2, $3, $4, $5, $6)")
        .bind(Uuid::now_v7())
        .bind(discharge)
        .bind(step)
        .bind(state)
        .bind(done.map(|(at, _)| at))
        .bind(done.map(|(_, by)| by));
    tx.execute(query).await?;
    Ok(())
}

/// Takes the steps over that were done for the discharge in whose place this one was decided.
pub(super) async fn carry_steps(tx: &mut Tx, before: Uuid, discharge: Uuid) -> Result<(), DbError> {
    let query = sql("UPDATE discharge_steps SET (state, reason, done_at, done_by) = (SELECT o.state, o.reason, o.done_at, o.done_by
            FROM discharge_steps o WHERE o.discharge_id = $1 AND o.step = discharge_steps.step)
        WHERE discharge_id = $2 AND state = 'open' AND step <> 'physical' AND EXISTS (SELECT 1 FROM discharge_steps o
            WHERE o.discharge_id = $3 AND o.step = discharge_steps.step AND o.state IN ('done', 'overridden'))")
    .bind(before)
    .bind(discharge)
    .bind(before);
    tx.execute(query).await?;
    Ok(())
}

/// Ends an open step; returns `false` when it is not open.
pub(super) async fn set_step(
    tx: &mut Tx,
    discharge: Uuid,
    step: DischargeStep,
    (state, reason): (StepState, &str),
    (now, by): (Instant, UserId),
) -> Result<bool, DbError> {
    let query = sql("UPDATE discharge_steps SET state = $3, reason = $4, done_at = $5, done_by = $6
        WHERE discharge_id = $1 AND step = $2 AND state = 'open'")
    .bind(discharge)
    .bind(step)
    .bind(state)
    .bind(reason)
    .bind(now)
    .bind(by);
    Ok(tx.execute(query).await? == 1)
}

pub(super) async fn set_left(tx: &mut Tx, discharge: Uuid, at: Instant) -> Result<(), DbError> {
    tx.execute(sql("UPDATE discharges SET left_at = $2 WHERE id = $1").bind(discharge).bind(at)).await?;
    Ok(())
}

pub(super) async fn void(tx: &mut Tx, admission: Locked<AdmissionId>, now: Instant) -> Result<(), DbError> {
    let query = sql("UPDATE discharges SET voided_at = $2 WHERE admission_id = $1 AND voided_at IS NULL").bind(admission.id()).bind(now);
    tx.execute(query).await?;
    Ok(())
}

/// Returns the number of the patient's charges that wait for a price.
pub(super) async fn unpriced(tx: &mut Tx, patient: PatientId) -> Result<i64> {
    let query = sql("SELECT count(*) FROM charges c JOIN billing_accounts b ON b.id = c.account_id
        WHERE c.state = 'planned' AND c.waits_for = 'price' AND b.patient_id = ");
    Ok(tx.count(query.push_bind(patient)).await?)
}

/// Counts the open work of a patient.
pub(super) async fn blockers(tx: &mut Tx, admission: AdmissionId, now: Instant) -> Result<Blockers> {
    let query = sql("SELECT (SELECT count(*) FROM stay_devices v WHERE v.admission_id = $1 AND v.removed_at IS NULL) AS devices,
            (SELECT count(*) FROM care_orders o JOIN doses d ON d.order_id = o.id WHERE o.admission_id = $2
                AND (o.state = 'active' OR o.state = 'on_hold') AND d.state = 'due' AND d.due_at <= $3) AS doses,
            (SELECT count(*) FROM orders o WHERE o.admission_id = $4 AND o.state IN ('requested', 'accepted', 'on_hold')) AS orders,
            (SELECT count(*) FROM requisitions r JOIN lab_samples s ON s.requisition_id = r.id WHERE r.admission_id = $5
                AND s.state IN ('expected', 'collected')) AS samples")
    .bind(admission)
    .bind(admission)
    .bind(now)
    .bind(admission)
    .bind(admission);
    Ok(tx.one(query).await?)
}

/// A patient who is about to leave.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Leaving {
    pub admission_id: AdmissionId,
    pub patient_id: PatientId,
    pub number: String,
    pub ward: String,
    pub kind: DischargeKind,
    pub decided_at: Instant,
}

/// Returns the patients of a clinic whose stay is to be settled, the oldest decision first.
///
/// # Errors
/// When the database refuses.
pub async fn to_settle(tx: &mut Tx, clinic: ClinicId) -> Result<Vec<Leaving>> {
    let query = sql("SELECT a.id AS admission_id, a.patient_id, a.number, w.name AS ward, d.kind, d.decided_at
        FROM admissions a JOIN discharges d ON d.admission_id = a.id AND d.voided_at IS NULL
        JOIN discharge_steps s ON s.discharge_id = d.id AND s.step = 'billing' AND s.state = 'open'
        JOIN wards w ON w.id = a.accepted_ward_id WHERE a.state = 'admitted' AND a.clinic_id = ");
    Ok(tx.all(query.push_bind(clinic).push(" ORDER BY d.decided_at, a.id LIMIT 200")).await?)
}

/// A patient who leaves: a discharge is decided, or the day on which the patient was expected to leave has come.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Outgoing {
    pub admission_id: AdmissionId,
    pub patient_id: PatientId,
    pub ward: String,
    pub bed: Option<String>,
    /// None while no discharge is decided.
    pub kind: Option<DischargeKind>,
    pub decided_at: Option<Instant>,
    pub expected_on: Option<NaiveDate>,
}

/// Returns the patients of a clinic who leave until that day: the oldest decision first, then those without one.
///
/// # Errors
/// When the database refuses.
pub async fn outgoing(tx: &mut Tx, clinic: ClinicId, day: NaiveDate) -> Result<Vec<Outgoing>> {
    let query = sql("SELECT a.id AS admission_id, a.patient_id, w.name AS ward, b.name AS bed, d.kind, d.decided_at, a.expected_on
        FROM admissions a JOIN wards w ON w.id = a.accepted_ward_id
        LEFT JOIN discharges d ON d.admission_id = a.id AND d.voided_at IS NULL
        LEFT JOIN bed_uses u ON u.admission_id = a.id AND u.kind = 'stay' AND u.ended_at IS NULL AND u.voided_at IS NULL
        LEFT JOIN beds b ON b.id = u.bed_id
        WHERE a.state = 'admitted' AND a.clinic_id = $1 AND (d.id IS NOT NULL OR a.expected_on <= $2)
        ORDER BY CASE WHEN d.id IS NULL THEN 1 ELSE 0 END, d.decided_at, a.expected_on, a.id LIMIT 200")
    .bind(clinic)
    .bind(day);
    Ok(tx.all(query).await?)
}

/// Returns the open steps of the discharges of a clinic's patients as they are stored, without the last one.
pub(super) async fn open_steps(tx: &mut Tx, clinic: ClinicId) -> Result<Vec<(AdmissionId, DischargeStep)>> {
    let query = sql("SELECT a.id, s.step FROM admissions a JOIN discharges d ON d.admission_id = a.id AND d.voided_at IS NULL
        JOIN discharge_steps s ON s.discharge_id = d.id AND s.state = 'open' AND s.step <> 'physical'
        WHERE a.state = 'admitted' AND a.clinic_id = ");
    Ok(tx.all(query.push_bind(clinic)).await?)
}
