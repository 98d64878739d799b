//! The SQL of critical findings.

use chrono::Duration;

use super::{CriticalFinding, FindingAttempt, FindingAttemptForm};
use crate::{
    core::{ClinicId, Error, ImagingOrderId, ImagingProcedureId, PatientId, RadiologyFindingId, Result, Stamp, time::Instant},
    db::{DbError, Lockable, Locked, Sql, Tx, sql},
    imaging::{studies::ImagingStudy, vocabulary::CallWithin},
    keys::{RADIOLOGY_FINDINGS as FIELDS, Sealed, Unopened},
    patients::PatientName,
    tr,
};

impl Lockable for RadiologyFindingId {
    const TABLE: &'static str = "radiology_findings";
}

#[derive(sqlx::FromRow)]
struct FindingRow {
    id: RadiologyFindingId,
    imaging_id: ImagingOrderId,
    procedure_id: ImagingProcedureId,
    patient_id: PatientId,
    #[sqlx(flatten)]
    patient_name: PatientName,
    mrn: String,
    clinic_id: ClinicId,
    within: CallWithin,
    sealed: Sealed,
    opened_at: Instant,
    opener: String,
    due_at: Instant,
    level: i64,
    closed_at: Option<Instant>,
    read_back_name: String,
    orderer: String,
    requisition: String,
}

const FINDINGS: &str = "SELECT f.id, f.imaging_id, i.procedure_id, f.patient_id, p.given_names, p.family_name, p.preferred_name, p.mrn, f.clinic_id,
        f.within, f.sealed, f.opened_at, ub.display_name AS opener, f.due_at, f.level, f.closed_at, f.read_back_name, u.display_name AS orderer,
        q.number AS requisition
    FROM radiology_findings f JOIN imaging_orders i ON i.id = f.imaging_id JOIN orders o ON o.id = i.order_id
    JOIN requisitions q ON q.id = o.requisition_id JOIN users u ON u.id = o.ordered_by JOIN users ub ON ub.id = f.opened_by
    JOIN patients p ON p.id = f.patient_id WHERE ";

async fn opened(tx: &mut Tx, query: Sql) -> Result<Vec<CriticalFinding>> {
    let rows: Vec<FindingRow> = tx.all(query).await?;
    let keys = tx.keys();
    let open = |row: FindingRow| {
        let [text] = FIELDS.open(keys, row.id, row.patient_id, &row.sealed)?;
        Ok(CriticalFinding {
            id: row.id,
            imaging_id: row.imaging_id,
            procedure_id: row.procedure_id,
            patient_id: row.patient_id,
            patient_name: row.patient_name,
            mrn: row.mrn,
            clinic_id: row.clinic_id,
            within: row.within,
            text,
            opened_at: row.opened_at,
            opener: row.opener,
            due_at: row.due_at,
            level: row.level,
            closed_at: row.closed_at,
            read_back_name: row.read_back_name,
            orderer: row.orderer,
            requisition: row.requisition,
        })
    };
    Ok(rows.into_iter().map(open).collect::<Result<_, Unopened>>()?)
}

pub(super) async fn finding(tx: &mut Tx, id: RadiologyFindingId) -> Result<Option<CriticalFinding>> {
    Ok(opened(tx, sql(FINDINGS).push("f.id = ").push_bind(id)).await?.pop())
}

/// Reads the findings of a study, in their order.
///
/// # Errors
/// When the database refuses.
pub async fn of_study(tx: &mut Tx, id: ImagingOrderId) -> Result<Vec<CriticalFinding>> {
    opened(tx, sql(FINDINGS).push("f.imaging_id = ").push_bind(id).push(" ORDER BY f.opened_at, f.id")).await
}

/// Reads the open findings of a patient.
///
/// # Errors
/// When the database refuses.
pub async fn of_patient(tx: &mut Tx, patient: PatientId) -> Result<Vec<CriticalFinding>> {
    let query = sql(FINDINGS).push("f.closed_at IS NULL AND f.patient_id = ").push_bind(patient);
    opened(tx, query.push(" ORDER BY f.opened_at, f.id")).await
}

/// Reads the open findings of a clinic; with a time, those that were closed since then.
pub(super) async fn list(tx: &mut Tx, clinic: ClinicId, closed_since: Option<Instant>) -> Result<Vec<CriticalFinding>> {
    let mut query = sql(FINDINGS).push("f.clinic_id = ").push_bind(clinic);
    query = match closed_since {
        None => query.push(" AND f.closed_at IS NULL ORDER BY f.due_at, f.id LIMIT 200"),
        Some(since) => query.push(" AND f.closed_at >= ").push_bind(since).push(" ORDER BY f.closed_at DESC, f.id LIMIT 200"),
    };
    opened(tx, query).await
}

/// The query for the number of open findings of a clinic.
pub fn count_open(clinic: ClinicId) -> Sql {
    sql("SELECT count(*) FROM radiology_findings WHERE closed_at IS NULL AND clinic_id = ").push_bind(clinic)
}

/// Reads the attempts of findings, in order.
///
/// # Errors
/// When the database refuses.
pub async fn attempts_of(tx: &mut Tx, findings: &[RadiologyFindingId]) -> Result<Vec<FindingAttempt>> {
    if findings.is_empty() {
        return Ok(Vec::new());
    }
    let query = sql("SELECT t.finding_id, t.at, u.display_name AS by_name, t.whom, t.how, t.outcome FROM radiology_call_attempts t
        JOIN users u ON u.id = t.by_user WHERE t.finding_id IN ")
    .push_list(findings.iter().copied());
    Ok(tx.all(query.push(" ORDER BY t.at, t.id")).await?)
}

pub(super) async fn insert(
    tx: &mut Tx,
    id: RadiologyFindingId,
    study: &ImagingStudy,
    (within, text): (CallWithin, &str),
    stamp: Stamp,
) -> Result<()> {
    let query =
        sql("INSERT INTO radiology_findings (id, imaging_id, patient_id, clinic_id, within, sealed, opened_at, opened_by, due_at, next_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)")
        .bind(id)
        .bind(study.id)
        .bind(study.patient_id)
        .bind(study.clinic_id)
        .bind(within)
        .bind(FIELDS.seal(id, study.patient_id, [text]))
        .bind(stamp.at)
        .bind(stamp.by)
        .bind(stamp.at + Duration::minutes(within.minutes()))
        .bind(stamp.at + Duration::minutes(within.minutes() / 2));
    let open = |error: DbError| if error.is_unique() { Error::conflict(tr!(imaging.finding_open)) } else { error.into() };
    tx.execute(query).await.map_err(open)?;
    Ok(())
}

pub(super) async fn insert_attempt(
    tx: &mut Tx,
    finding: Locked<RadiologyFindingId>,
    form: &FindingAttemptForm,
    stamp: Stamp,
) -> Result<()> {
    let query =
        sql("INSERT INTO radiology_call_attempts (id, finding_id, at, by_user, whom, how, outcome) VALUES ($1, $2, $3, $4, $5, $6, $7)")
            .bind(uuid::Uuid::now_v7())
            .bind(finding.id())
            .bind(stamp.at)
            .bind(stamp.by)
            .bind(&form.whom)
            .bind(form.how)
            .bind(form.outcome);
    tx.execute(query).await?;
    Ok(())
}

/// Closes a finding: the person named read it back.
pub(super) async fn close(tx: &mut Tx, finding: Locked<RadiologyFindingId>, whom: &str, stamp: Stamp) -> Result<()> {
    let query =
        sql("UPDATE radiology_findings SET closed_at = $2, closed_by = $3, read_back_name = $4 WHERE id = $1 AND closed_at IS NULL")
            .bind(finding.id())
            .bind(stamp.at)
            .bind(stamp.by)
            .bind(whom);
    tx.execute(query).await?;
    Ok(())
}

/// Reads the open findings that are to be sent further.
pub(super) async fn due(tx: &mut Tx, now: Instant) -> Result<Vec<RadiologyFindingId>> {
    let query = sql("SELECT id FROM radiology_findings WHERE closed_at IS NULL AND level < 2 AND next_at <= ").push_bind(now);
    Ok(tx.all::<(RadiologyFindingId,)>(query.push(" ORDER BY next_at, id LIMIT 100")).await?.into_iter().map(|(id,)| id).collect())
}

/// Sets the level of an open finding, and when it goes further. Returns whether it was lower before.
pub(super) async fn set_level(
    tx: &mut Tx,
    finding: Locked<RadiologyFindingId>,
    level: i64,
    next_at: Instant,
    now: Instant,
) -> Result<bool> {
    let query =
        sql("UPDATE radiology_findings SET level = $2, next_at = $3 WHERE id = $1 AND closed_at IS NULL AND level < $4 AND next_at <= $5")
            .bind(finding.id())
            .bind(level)
            .bind(next_at)
            .bind(level)
            .bind(now);
    Ok(tx.execute(query).await? == 1)
}
