//! The SQL of escalations.

use super::{Escalation, EscalationStepRow};
use crate::{
    core::{AdmissionId, AssessmentId, ClinicId, EscalationId, ObservationId, Result, Stamp, UserId, time::Instant},
    db::{DbError, Lockable, Locked, Sql, Tx, sql},
    keys::{ESCALATION_STEPS as FIELDS, Keyring, Sealed, Unopened},
    nursing::{
        bedside::Whose,
        vocabulary::{EscalationCause, EscalationStep},
    },
};

impl Lockable for EscalationId {
    const TABLE: &'static str = "escalations";
}

const ESCALATIONS: &str =
    "SELECT e.id, e.admission_id, e.patient_id, p.given_names, p.family_name, p.preferred_name, p.mrn, e.clinic_id, o.set_id, e.assessment_id,
        (o.id IS NULL OR coalesce(o.unscored, '') = 'child') AS of_child, e.because,
        e.score, e.level, e.state, e.opened_at, e.answer_by, e.attended_at, e.attended_by, e.closed_at, e.withdrawn, e.version,
        w.name || ' · ' || b.name AS place
    FROM escalations e LEFT JOIN observations o ON o.id = e.observation_id JOIN patients p ON p.id = e.patient_id
    LEFT JOIN bed_uses u ON u.patient_id = e.patient_id AND u.kind = 'stay' AND u.ended_at IS NULL AND u.voided_at IS NULL
    LEFT JOIN beds b ON b.id = u.bed_id LEFT JOIN ward_rooms r ON r.id = b.room_id LEFT JOIN wards w ON w.id = r.ward_id WHERE ";

pub(super) async fn find(tx: &mut Tx, id: EscalationId) -> Result<Option<Escalation>> {
    Ok(tx.optional(sql(ESCALATIONS).push("e.id = ").push_bind(id)).await?)
}

/// Reads the open escalation of an admission.
///
/// # Errors
/// When the database refuses.
pub async fn open_of(tx: &mut Tx, admission: AdmissionId) -> Result<Option<Escalation>> {
    Ok(tx.optional(sql(ESCALATIONS).push("e.state <> 'closed' AND e.admission_id = ").push_bind(admission)).await?)
}

/// Reads the open escalations of a clinic: those that need an answer first come first.
///
/// # Errors
/// When the database refuses.
pub async fn list(tx: &mut Tx, clinic: ClinicId) -> Result<Vec<Escalation>> {
    let query = sql(ESCALATIONS).push("e.state <> 'closed' AND e.clinic_id = ").push_bind(clinic);
    Ok(tx.all(query.push(" ORDER BY e.answer_by, e.id LIMIT 200")).await?)
}

/// The query for the number of escalations of a clinic that nobody attended yet.
pub fn count_open(clinic: ClinicId) -> Sql {
    let query = sql("SELECT count(*) FROM escalations WHERE state <> 'closed' AND attended_at IS NULL AND clinic_id = ");
    query.push_bind(clinic)
}

/// Reads the escalations that nobody attended in time.
pub(super) async fn unmet(tx: &mut Tx, now: Instant) -> Result<Vec<(EscalationId, AdmissionId)>> {
    let query = sql("SELECT id, admission_id FROM escalations WHERE state IN ('open', 'told') AND answer_by < ").push_bind(now);
    Ok(tx.all(query.push(" ORDER BY answer_by, id LIMIT 100")).await?)
}

/// An escalation to be opened.
#[derive(Clone, Copy, Debug)]
pub(super) struct NewEscalation {
    pub id: EscalationId,
    /// The set that opens it, or the assessment.
    pub set: Option<ObservationId>,
    pub assessment: Option<AssessmentId>,
    pub because: EscalationCause,
    pub score: Option<i64>,
    pub level: i64,
    pub answer_by: Instant,
}

pub(super) async fn insert(tx: &mut Tx, whose: Whose, new: &NewEscalation, stamp: Stamp) -> Result<()> {
    let query =
        sql("INSERT INTO escalations (id, admission_id, patient_id, clinic_id, observation_id, because, score, level, state, opened_at,
            answer_by, assessment_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'open', $9, $10, $11)")
        .bind(new.id)
        .bind(whose.admission)
        .bind(whose.patient)
        .bind(whose.clinic)
        .bind(new.set)
        .bind(new.because)
        .bind(new.score)
        .bind(new.level)
        .bind(stamp.at)
        .bind(new.answer_by)
        .bind(new.assessment);
    tx.execute(query).await?;
    let lock = tx.lock(new.id).await?;
    insert_step(tx, lock, &NewStep { step: EscalationStep::Opened, level: new.level, whom: "", note: "" }, stamp).await
}

/// A step to be added.
#[derive(Clone, Copy, Debug)]
pub(super) struct NewStep<'a> {
    pub step: EscalationStep,
    pub level: i64,
    pub whom: &'a str,
    pub note: &'a str,
}

pub(super) async fn insert_step(tx: &mut Tx, escalation: Locked<EscalationId>, new: &NewStep<'_>, stamp: Stamp) -> Result<()> {
    let id = uuid::Uuid::now_v7();
    let query = sql("INSERT INTO escalation_steps (id, escalation_id, nth, step, level, at, by_user, whom, sealed)
        SELECT $1, $2, coalesce((SELECT max(s.nth) FROM escalation_steps s WHERE s.escalation_id = $3), 0) + 1, $4, $5, $6, $7, $8, $9")
    .bind(id)
    .bind(escalation.id())
    .bind(escalation.id())
    .bind(new.step)
    .bind(new.level)
    .bind(stamp.at)
    .bind(stamp.by)
    .bind(new.whom)
    .bind(FIELDS.seal(id, escalation.id(), [new.note]));
    tx.execute(query).await?;
    Ok(())
}

/// Raises the level; an answer is due again.
pub(super) async fn raise(
    tx: &mut Tx,
    lock: Locked<EscalationId>,
    open: &Escalation,
    (level, score): (i64, Option<i64>),
    answer_by: Instant,
) -> Result<(), DbError> {
    let query =
        sql("UPDATE escalations SET level = $2, score = $3, answer_by = $4, version = version + 1, attended_at = NULL, attended_by = '',
            state = CASE WHEN state = 'attended' THEN 'open' ELSE state END WHERE id = $1 AND version = $5 AND state <> 'closed'")
        .bind(lock.id())
        .bind(level)
        .bind(score)
        .bind(answer_by)
        .bind(open.version);
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn set_told(tx: &mut Tx, lock: Locked<EscalationId>) -> Result<bool> {
    let query = sql("UPDATE escalations SET state = 'told', version = version + 1 WHERE state IN ('open', 'told') AND id = ");
    Ok(tx.execute(query.push_bind(lock.id())).await? == 1)
}

pub(super) async fn set_attended(tx: &mut Tx, lock: Locked<EscalationId>, whom: &str, at: Instant) -> Result<bool> {
    let query = sql("UPDATE escalations SET state = 'attended', attended_at = $2, attended_by = $3, version = version + 1
        WHERE id = $1 AND state IN ('open', 'told')")
    .bind(lock.id())
    .bind(at)
    .bind(whom);
    Ok(tx.execute(query).await? == 1)
}

pub(super) async fn set_closed(tx: &mut Tx, lock: Locked<EscalationId>, withdrawn: bool, stamp: Stamp) -> Result<bool> {
    let query = sql("UPDATE escalations SET state = 'closed', withdrawn = $2, closed_at = $3, closed_by = $4, version = version + 1
        WHERE id = $1 AND state <> 'closed'")
    .bind(lock.id())
    .bind(withdrawn)
    .bind(stamp.at)
    .bind(stamp.by);
    Ok(tx.execute(query).await? == 1)
}

#[derive(sqlx::FromRow)]
struct StepRow {
    id: uuid::Uuid,
    escalation_id: EscalationId,
    step: EscalationStep,
    level: i64,
    at: Instant,
    by_name: String,
    whom: String,
    sealed: Sealed,
}

impl StepRow {
    fn open(self, keys: &Keyring) -> Result<EscalationStepRow, Unopened> {
        let [note] = FIELDS.open(keys, self.id, self.escalation_id, &self.sealed)?;
        let Self { escalation_id, step, level, at, by_name: by, whom, .. } = self;
        Ok(EscalationStepRow { escalation_id, step, level, at, by, whom, note })
    }
}

/// Reads the steps of escalations, in order.
///
/// # Errors
/// When the database refuses, or a note cannot be opened.
pub async fn steps_of(tx: &mut Tx, escalations: &[EscalationId]) -> Result<Vec<EscalationStepRow>> {
    if escalations.is_empty() {
        return Ok(Vec::new());
    }
    let query =
        sql("SELECT s.id, s.escalation_id, s.step, s.level, s.at, u.display_name AS by_name, s.whom, s.sealed FROM escalation_steps s
        JOIN users u ON u.id = s.by_user WHERE s.escalation_id IN ")
        .push_list(escalations.iter().copied());
    let rows: Vec<StepRow> = tx.all(query.push(" ORDER BY s.escalation_id, s.nth")).await?;
    let keys = tx.keys();
    Ok(rows.into_iter().map(|row| row.open(keys)).collect::<Result<_, _>>()?)
}

/// Returns the user of an admission's doctor.
pub(super) async fn doctor_of(tx: &mut Tx, admission: AdmissionId) -> Result<Option<UserId>> {
    let query = sql("SELECT s.user_id FROM admissions a JOIN staff s ON s.id = a.doctor_id JOIN users u ON u.id = s.user_id
        WHERE u.status = 'active' AND a.id = ")
    .push_bind(admission);
    Ok(tx.optional::<(UserId,)>(query).await?.map(|(user,)| user))
}
