//! The SQL of insurers and coverage.

use super::{Coverage, Insurer, NewCoverage};
use crate::{
    core::{CoverageId, PatientId, Result, Stamp, UserId, time::Instant},
    db::{DbError, Locked, Tx, sql},
    keys::{COVERAGES, POLICY_INDEX, Sealed, Unopened},
};

pub(super) async fn insurers(tx: &mut Tx) -> Result<Vec<Insurer>> {
    Ok(tx.all(sql("SELECT id, name, self_pay FROM insurers WHERE retired_at IS NULL ORDER BY self_pay, name")).await?)
}

#[derive(sqlx::FromRow)]
struct CoverageRow {
    #[sqlx(flatten)]
    coverage: Coverage,
    sealed: Sealed,
}

pub(super) async fn of(tx: &mut Tx, patient: PatientId) -> Result<Vec<Coverage>> {
    let query = sql("SELECT c.id, c.insurer_id, i.name AS insurer, i.self_pay, c.plan, c.sealed, c.holder, c.valid_from, c.valid_to,
            c.copay_percent, c.priority, c.ended_at
        FROM coverages c JOIN insurers i ON i.id = c.insurer_id
        WHERE c.patient_id = $1 ORDER BY c.priority, c.created_at DESC, c.id DESC")
    .bind(patient);
    let rows: Vec<CoverageRow> = tx.all(query).await?;
    let opened = |CoverageRow { coverage, sealed }| {
        let [policy_number] = COVERAGES.open(tx.keys(), coverage.id, patient, &sealed)?;
        Ok(Coverage { policy_number, ..coverage })
    };
    Ok(rows.into_iter().map(opened).collect::<Result<_, Unopened>>()?)
}

/// Returns the user who added the cover.
pub(super) async fn added_by(tx: &mut Tx, id: CoverageId) -> Result<Option<UserId>> {
    let row: Option<(UserId,)> = tx.optional(sql("SELECT created_by FROM coverages WHERE id = $1").bind(id)).await?;
    Ok(row.map(|(user,)| user))
}

pub(super) async fn insert(tx: &mut Tx, patient: Locked<PatientId>, coverage: &NewCoverage, priority: i64, stamp: Stamp) -> Result<()> {
    let query = sql("INSERT INTO coverages (id, patient_id, insurer_id, plan, sealed, policy_index, holder, valid_from, valid_to,
            copay_percent, priority, created_at, created_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)")
    .bind(coverage.id)
    .bind(patient.id())
    .bind(coverage.insurer_id)
    .bind(&coverage.plan)
    .bind(COVERAGES.seal(coverage.id, patient.id(), [&coverage.policy_number]))
    .bind(POLICY_INDEX.of(&coverage.policy_number))
    .bind(&coverage.holder)
    .bind(coverage.valid_from)
    .bind(coverage.valid_to)
    .bind(coverage.copay_percent)
    .bind(priority)
    .bind(stamp.at)
    .bind(stamp.by);
    tx.execute(query).await.map_err(DbError::of_form_key)?;
    Ok(())
}

pub(super) async fn end(tx: &mut Tx, patient: Locked<PatientId>, coverage: CoverageId, now: Instant) -> Result<bool> {
    let query = sql("UPDATE coverages SET ended_at = $3 WHERE id = $1 AND patient_id = $2 AND ended_at IS NULL")
        .bind(coverage)
        .bind(patient.id())
        .bind(now);
    Ok(tx.execute(query).await? == 1)
}
