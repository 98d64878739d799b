//! The SQL of observations and their plans.

use super::{ObservationPlan, ObservationSet, Observed};
use crate::{
    core::{AdmissionId, ObservationId, ObservationPlanId, Result, Stamp, time::Instant},
    db::{DbError, Tx, sql},
    nursing::{
        bedside::Whose,
        vocabulary::{SetKind, Unscored},
    },
    opd::News2,
    patients::Birth,
};

const SETS: &str = "SELECT o.id, o.set_id, o.version, o.admission_id, o.patient_id, o.clinic_id, o.kind, o.taken_at, o.recorded_at, \
                    u.display_name AS recorder, o.respiration, o.spo2, o.oxygen, o.systolic, o.diastolic, o.pulse, o.consciousness, \
                    o.temperature, o.weight, o.worried, o.spo2_scale, o.score, o.single_red, o.unscored, o.reason, o.superseded_at \
                    FROM observations o JOIN users u ON u.id = o.recorded_by WHERE ";

/// Reads a version of a set.
///
/// # Errors
/// When the database refuses.
pub async fn find(tx: &mut Tx, id: ObservationId) -> Result<Option<ObservationSet>> {
    Ok(tx.optional(sql(SETS).push("o.id = ").push_bind(id)).await?)
}

/// Reads the versions of a set, the first one first.
///
/// # Errors
/// When the database refuses.
pub async fn versions(tx: &mut Tx, set: ObservationId) -> Result<Vec<ObservationSet>> {
    Ok(tx.all(sql(SETS).push("o.set_id = ").push_bind(set).push(" ORDER BY o.version")).await?)
}

/// Reads the current versions of the sets of an admission between two times, the latest first; those entered in error are left out.
///
/// # Errors
/// When the database refuses.
pub async fn between(tx: &mut Tx, admission: AdmissionId, from: Instant, to: Instant) -> Result<Vec<ObservationSet>> {
    let query = sql(SETS).push("o.superseded_at IS NULL AND o.kind <> 'error' AND o.admission_id = ").push_bind(admission);
    let query = query.push(" AND o.taken_at >= ").push_bind(from).push(" AND o.taken_at <= ").push_bind(to);
    Ok(tx.all(query.push(" ORDER BY o.taken_at DESC, o.recorded_at DESC, o.id DESC LIMIT 500")).await?)
}

/// Reads the last set of an admission, with or without a score. A weight alone is none.
///
/// # Errors
/// When the database refuses.
pub async fn latest(tx: &mut Tx, admission: AdmissionId) -> Result<Option<ObservationSet>> {
    let query =
        sql(SETS).push("o.superseded_at IS NULL AND o.kind <> 'error' AND NOT o.weighed_only AND o.admission_id = ").push_bind(admission);
    Ok(tx.optional(query.push(" ORDER BY o.taken_at DESC, o.recorded_at DESC, o.id DESC LIMIT 1")).await?)
}

/// Reads the last set of an admission that has a score.
///
/// # Errors
/// When the database refuses.
pub async fn latest_scored(tx: &mut Tx, admission: AdmissionId) -> Result<Option<ObservationSet>> {
    let query = sql(SETS).push("o.superseded_at IS NULL AND o.score IS NOT NULL AND o.admission_id = ").push_bind(admission);
    Ok(tx.optional(query.push(" ORDER BY o.taken_at DESC, o.recorded_at DESC, o.id DESC LIMIT 1")).await?)
}

/// A version to be added.
#[derive(Clone, Debug)]
pub(super) struct NewSet<'a> {
    pub id: ObservationId,
    pub set: ObservationId,
    pub version: i64,
    pub kind: SetKind,
    pub taken_at: Instant,
    pub values: Observed,
    pub worried: bool,
    pub spo2_scale: i64,
    pub score: Result<News2, Unscored>,
    pub reason: &'a str,
}

pub(super) async fn insert(tx: &mut Tx, whose: Whose, new: &NewSet<'_>, stamp: Stamp) -> Result<(), DbError> {
    let values = &new.values;
    let query =
        sql("INSERT INTO observations (id, admission_id, patient_id, clinic_id, set_id, version, kind, taken_at, recorded_at, recorded_by,
            respiration, spo2, oxygen, systolic, diastolic, pulse, consciousness, temperature, worried, spo2_scale, score, single_red,
            unscored, reason, weight, weighed_only)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26)")
        .bind(new.id)
        .bind(whose.admission)
        .bind(whose.patient)
        .bind(whose.clinic)
        .bind(new.set)
        .bind(new.version)
        .bind(new.kind)
        .bind(new.taken_at)
        .bind(stamp.at)
        .bind(stamp.by)
        .bind(values.respiration)
        .bind(values.spo2)
        .bind(values.oxygen)
        .bind(values.systolic)
        .bind(values.diastolic)
        .bind(values.pulse)
        .bind(values.consciousness)
        .bind(values.temperature)
        .bind(new.worried)
        .bind(new.spo2_scale)
        .bind(new.score.ok().map(|score| score.total))
        .bind(new.score.is_ok_and(|score| score.single_red))
        .bind(new.score.err())
        .bind(new.reason)
        .bind(values.weight)
        .bind(values.is_weight_alone() && !new.worried);
    tx.execute(query).await?;
    Ok(())
}

/// Supersedes a version; `false` when it was superseded before.
pub(super) async fn supersede(tx: &mut Tx, id: ObservationId, now: Instant) -> Result<bool> {
    let query = sql("UPDATE observations SET superseded_at = $2 WHERE id = $1 AND superseded_at IS NULL").bind(id).bind(now);
    Ok(tx.execute(query).await? == 1)
}

const PLANS: &str = "SELECT p.id, p.admission_id, p.nth, p.spo2_scale, p.pregnant, p.interval_min, p.stopped_until, p.reason, p.set_at, \
                     u.display_name AS setter FROM observation_plans p JOIN users u ON u.id = p.set_by WHERE p.admission_id = ";

/// Reads the versions of an admission's plan, the last one first.
pub(super) async fn plans(tx: &mut Tx, admission: AdmissionId, limit: i64) -> Result<Vec<ObservationPlan>> {
    Ok(tx.all(sql(PLANS).push_bind(admission).push(" ORDER BY p.nth DESC LIMIT ").push_bind(limit)).await?)
}

pub(super) async fn insert_plan(
    tx: &mut Tx,
    whose: Whose,
    id: ObservationPlanId,
    plan: &ObservationPlan,
    stamp: Stamp,
) -> Result<(), DbError> {
    let query = sql("INSERT INTO observation_plans (id, admission_id, patient_id, clinic_id, nth, spo2_scale, pregnant, interval_min,
            stopped_until, reason, set_at, set_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)")
    .bind(id)
    .bind(whose.admission)
    .bind(whose.patient)
    .bind(whose.clinic)
    .bind(plan.nth)
    .bind(plan.spo2_scale)
    .bind(plan.pregnant)
    .bind(plan.interval_min)
    .bind(plan.stopped_until)
    .bind(&plan.reason)
    .bind(stamp.at)
    .bind(stamp.by);
    tx.execute(query).await?;
    Ok(())
}

/// A scored set with the birth date of its patient.
#[derive(sqlx::FromRow)]
struct Judged {
    id: ObservationId,
    zone: String,
    taken_at: Instant,
    #[sqlx(flatten)]
    birth: Birth,
    #[sqlx(flatten)]
    values: Observed,
    spo2_scale: i64,
    score: Option<i64>,
    single_red: bool,
    unscored: Option<Unscored>,
}

/// Returns the sets whose stored score is not the score of their values, and the scored sets of children.
///
/// # Errors
/// When the database refuses.
pub async fn wrongly_scored(tx: &mut Tx) -> Result<Vec<ObservationId>> {
    use crate::{
        core::time::Zone,
        opd::vitals::{ADULT_MONTHS, Ages, news2::Scale},
    };
    let query =
        sql("SELECT o.id, c.time_zone AS zone, o.taken_at, p.birth_date, p.birth_precision, o.respiration, o.spo2, o.oxygen, o.systolic,
            o.diastolic, o.pulse, o.consciousness, o.temperature, o.weight, o.spo2_scale, o.score, o.single_red, o.unscored
        FROM observations o JOIN patients p ON p.id = o.patient_id JOIN clinics c ON c.id = o.clinic_id WHERE o.kind = 'values'");
    let sets: Vec<Judged> = tx.all(query).await?;
    let is_wrong = |one: &Judged| {
        let child = Ages::new(one.birth.date, Zone::named(&one.zone)).at(one.taken_at, None) < ADULT_MONTHS;
        let kept = one.score.map(|total| News2 { total, single_red: one.single_red });
        match kept {
            Some(score) => child || one.values.score(Scale::numbered(one.spo2_scale)) != Some(score),
            None => one.unscored == Some(Unscored::Partial) && one.values.score(Scale::numbered(one.spo2_scale)).is_some(),
        }
    };
    Ok(sets.iter().filter(|one| is_wrong(one)).map(|one| one.id).collect())
}
