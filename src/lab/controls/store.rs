//! The SQL of quality control.

use super::{ControlLot, ControlPoint, ControlRule, ControlState, ControlVerdict, LotForm, LotState, LotTarget, ReleasedSince};
use crate::{
    core::{ClinicId, LabControlLotId, LabControlPointId, LabControlRunId, LabResultId, LabTestId, Result, Stamp, time::Instant},
    db::{DbError, Lockable, Locked, Tx, sql},
};

impl Lockable for LabControlLotId {
    const TABLE: &'static str = "lab_control_lots";
}

impl Lockable for LabControlPointId {
    const TABLE: &'static str = "lab_control_points";
}

const LOTS: &str = "SELECT id, test_id, clinic_id, material, level, lot, expires_on, target, mean, sd, state FROM lab_control_lots WHERE ";
const POINTS: &str = "SELECT p.id, p.run_id, r.nth, r.at, u.display_name AS by_name, r.verdict, r.rule, r.action, p.lot_id, l.level, l.lot,
        p.value_text, p.millionths, p.mean, p.sd, p.excluded_at, p.excluded_reason
    FROM lab_control_points p JOIN lab_control_runs r ON r.id = p.run_id JOIN lab_control_lots l ON l.id = p.lot_id
    JOIN users u ON u.id = r.by_user WHERE ";

/// Reads the lots of a clinic that are not closed; of one test, or of all.
///
/// # Errors
/// When the database refuses.
pub async fn lots_of(tx: &mut Tx, clinic: ClinicId, test: Option<LabTestId>) -> Result<Vec<ControlLot>> {
    let mut query = sql(LOTS).push("state <> 'closed' AND clinic_id = ").push_bind(clinic);
    if let Some(test) = test {
        query = query.push(" AND test_id = ").push_bind(test);
    }
    Ok(tx.all(query.push(" ORDER BY test_id, level, created_at, id")).await?)
}

pub(super) async fn lot(tx: &mut Tx, id: LabControlLotId) -> Result<Option<ControlLot>> {
    Ok(tx.optional(sql(LOTS).push("id = ").push_bind(id)).await?)
}

/// Reads the points of the last runs of a test at a clinic, in the order of time and level.
///
/// # Errors
/// When the database refuses.
pub async fn points_of(tx: &mut Tx, clinic: ClinicId, test: LabTestId, runs: i64) -> Result<Vec<ControlPoint>> {
    let first = last_nth(tx, clinic, test).await? - runs;
    let query = sql(POINTS).push("r.clinic_id = ").push_bind(clinic).push(" AND r.test_id = ").push_bind(test);
    Ok(tx.all(query.push(" AND r.nth > ").push_bind(first).push(" ORDER BY r.nth, l.level, p.id")).await?)
}

/// Reads the points of a lot that no one excluded, in the order of time.
pub(super) async fn points_of_lot(tx: &mut Tx, lot: LabControlLotId) -> Result<Vec<ControlPoint>> {
    let query = sql(POINTS).push("p.excluded_at IS NULL AND p.lot_id = ").push_bind(lot);
    Ok(tx.all(query.push(" ORDER BY r.nth, p.id")).await?)
}

pub(super) async fn point(tx: &mut Tx, id: LabControlPointId) -> Result<Option<(ControlPoint, ClinicId, LabTestId)>> {
    let Some(point) = tx.optional::<ControlPoint>(sql(POINTS).push("p.id = ").push_bind(id)).await? else { return Ok(None) };
    let query = sql("SELECT clinic_id, test_id FROM lab_control_runs WHERE id = ").push_bind(point.run_id);
    let (clinic, test): (ClinicId, LabTestId) = tx.one(query).await?;
    Ok(Some((point, clinic, test)))
}

/// Reads the number of the last run of a test at a clinic.
pub(super) async fn last_nth(tx: &mut Tx, clinic: ClinicId, test: LabTestId) -> Result<i64> {
    let query = sql("SELECT coalesce(max(nth), 0) FROM lab_control_runs WHERE clinic_id = $1 AND test_id = $2").bind(clinic).bind(test);
    Ok(tx.count(query).await?)
}

/// A level of a test whose last judged run was rejected.
#[derive(sqlx::FromRow)]
struct RejectedLevel {
    test_id: LabTestId,
    level: i64,
    rule: Option<ControlRule>,
    at: Instant,
}

/// Reads the levels of a clinic whose last judged run was rejected, the first rejection first. The trigger `rejected_holds` asks the same.
async fn rejected_levels(tx: &mut Tx, clinic: ClinicId) -> Result<Vec<RejectedLevel>> {
    let query = sql("SELECT c.test_id, l.level, c.rule, c.at FROM lab_control_runs c JOIN lab_control_points p ON p.run_id = c.id
        JOIN lab_control_lots l ON l.id = p.lot_id WHERE c.verdict = 'rejected' AND p.mean IS NOT NULL
            AND NOT EXISTS (SELECT 1 FROM lab_control_runs n JOIN lab_control_points q ON q.run_id = n.id JOIN lab_control_lots m ON m.id = q.lot_id
                WHERE n.clinic_id = c.clinic_id AND n.test_id = c.test_id AND n.nth > c.nth AND n.verdict <> 'establishing' AND q.mean IS NOT NULL
                    AND m.level = l.level) AND c.clinic_id = ")
    .push_bind(clinic);
    Ok(tx.all(query.push(" ORDER BY c.test_id, c.nth, l.level")).await?)
}

/// Reads the state of each test of a clinic that has a judged run.
///
/// # Errors
/// When the database refuses.
pub async fn states(tx: &mut Tx, clinic: ClinicId) -> Result<Vec<ControlState>> {
    let query = sql("SELECT r.test_id, r.verdict, r.rule, r.at FROM lab_control_runs r
        JOIN (SELECT test_id, max(nth) AS nth FROM lab_control_runs WHERE verdict <> 'establishing' AND clinic_id = $1 GROUP BY test_id) last
            ON last.test_id = r.test_id AND last.nth = r.nth WHERE r.clinic_id = $2 ORDER BY r.test_id")
    .bind(clinic)
    .bind(clinic);
    let mut states: Vec<ControlState> = tx.all(query).await?;
    for found in rejected_levels(tx, clinic).await? {
        let Some(state) = states.iter_mut().find(|state| state.test_id == found.test_id) else { continue };
        if state.rejected.is_empty() {
            (state.verdict, state.rule, state.at) = (ControlVerdict::Rejected, found.rule, found.at);
        }
        if !state.rejected.contains(&found.level) {
            state.rejected.push(found.level);
        }
    }
    Ok(states)
}

/// Whether a run with this id is there.
pub(super) async fn is_run(tx: &mut Tx, id: LabControlRunId) -> Result<bool> {
    Ok(tx.count(sql("SELECT count(*) FROM lab_control_runs WHERE id = ").push_bind(id)).await? > 0)
}

pub(super) async fn insert_lot(
    tx: &mut Tx,
    (id, clinic): (LabControlLotId, ClinicId),
    form: &LotForm,
    stamp: Stamp,
) -> Result<(), DbError> {
    let state = if form.target == LotTarget::Maker { LotState::Active } else { LotState::Establishing };
    let query =
        sql("INSERT INTO lab_control_lots (id, clinic_id, test_id, material, level, lot, expires_on, target, mean, sd, state, created_at,
        created_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)")
        .bind(id)
        .bind(clinic)
        .bind(form.test)
        .bind(&form.material)
        .bind(form.level)
        .bind(&form.lot)
        .bind(form.expires_on)
        .bind(form.target)
        .bind(form.mean)
        .bind(form.sd)
        .bind(state)
        .bind(stamp.at)
        .bind(stamp.by);
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn set_target(tx: &mut Tx, lot: Locked<LabControlLotId>, mean: i64, sd: i64) -> Result<bool, DbError> {
    let query = sql("UPDATE lab_control_lots SET mean = $2, sd = $3, state = 'active' WHERE id = $1 AND state = 'establishing'")
        .bind(lot.id())
        .bind(mean)
        .bind(sd);
    Ok(tx.execute(query).await? == 1)
}

pub(super) async fn close(tx: &mut Tx, lot: Locked<LabControlLotId>, stamp: Stamp) -> Result<bool> {
    let query = sql("UPDATE lab_control_lots SET state = 'closed', closed_at = $2, closed_by = $3 WHERE id = $1 AND state <> 'closed'")
        .bind(lot.id())
        .bind(stamp.at)
        .bind(stamp.by);
    Ok(tx.execute(query).await? == 1)
}

/// A run to be written.
pub(super) struct NewRun<'n> {
    pub id: LabControlRunId,
    pub clinic: ClinicId,
    pub test: LabTestId,
    pub nth: i64,
    pub verdict: ControlVerdict,
    pub rule: Option<ControlRule>,
    pub action: &'n str,
}

pub(super) async fn insert_run(tx: &mut Tx, new: &NewRun<'_>, stamp: Stamp) -> Result<(), DbError> {
    let query = sql("INSERT INTO lab_control_runs (id, clinic_id, test_id, nth, at, by_user, verdict, rule, action)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)")
    .bind(new.id)
    .bind(new.clinic)
    .bind(new.test)
    .bind(new.nth)
    .bind(stamp.at)
    .bind(stamp.by)
    .bind(new.verdict)
    .bind(new.rule)
    .bind(new.action);
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn insert_point(tx: &mut Tx, run: LabControlRunId, lot: &ControlLot, text: &str, millionths: i64) -> Result<()> {
    let query =
        sql("INSERT INTO lab_control_points (id, run_id, lot_id, value_text, millionths, mean, sd) VALUES ($1, $2, $3, $4, $5, $6, $7)")
            .bind(LabControlPointId::new())
            .bind(run)
            .bind(lot.id)
            .bind(text)
            .bind(millionths)
            .bind(lot.mean)
            .bind(lot.sd);
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn exclude(tx: &mut Tx, point: Locked<LabControlPointId>, reason: &str, stamp: Stamp) -> Result<bool> {
    let query = sql("UPDATE lab_control_points SET excluded_at = $2, excluded_by = $3, excluded_reason = $4
        WHERE id = $1 AND excluded_at IS NULL")
    .bind(point.id())
    .bind(stamp.at)
    .bind(stamp.by)
    .bind(reason);
    Ok(tx.execute(query).await? == 1)
}

pub(super) async fn insert_override(tx: &mut Tx, result: LabResultId, reason: &str, stamp: Stamp) -> Result<(), DbError> {
    let query = sql("INSERT INTO lab_hold_overrides (result_id, at, by_user, reason) VALUES ($1, $2, $3, $4)")
        .bind(result)
        .bind(stamp.at)
        .bind(stamp.by)
        .bind(reason);
    tx.execute(query).await?;
    Ok(())
}

/// Reads which of these results may be released although their control was rejected.
///
/// # Errors
/// When the database refuses.
pub async fn overridden(tx: &mut Tx, results: &[LabResultId]) -> Result<Vec<LabResultId>> {
    if results.is_empty() {
        return Ok(Vec::new());
    }
    let query = sql("SELECT result_id FROM lab_hold_overrides WHERE result_id IN ").push_list(results.iter().copied());
    Ok(tx.all::<(LabResultId,)>(query).await?.into_iter().map(|(id,)| id).collect())
}

/// Reads the results of a test that were entered after the last run in control before a rejection and are released: the latest first.
///
/// # Errors
/// When the database refuses.
pub async fn released_since(
    tx: &mut Tx,
    clinic: ClinicId,
    (test, rejected_at): (LabTestId, Instant),
    limit: i64,
) -> Result<Vec<ReleasedSince>> {
    let good = sql("SELECT max(at) FROM lab_control_runs WHERE verdict = 'in_control' AND clinic_id = $1 AND test_id = $2 AND at <= $3")
        .bind(clinic)
        .bind(test)
        .bind(rejected_at);
    let (since,): (Option<Instant>,) = tx.one(good).await?;
    let mut query = sql("SELECT r.id AS result_id, r.patient_id, p.mrn, r.value_text, r.unit, r.released_at FROM lab_results r
        JOIN patients p ON p.id = r.patient_id WHERE r.released_at IS NOT NULL AND r.superseded_at IS NULL AND r.clinic_id = ")
    .push_bind(clinic)
    .push(" AND r.test_id = ")
    .push_bind(test);
    if let Some(since) = since {
        query = query.push(" AND r.entered_at > ").push_bind(since);
    }
    Ok(tx.all(query.push(" ORDER BY r.released_at DESC, r.id LIMIT ").push_bind(limit)).await?)
}
