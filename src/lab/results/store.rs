//! The SQL of results.

use std::collections::{HashMap, HashSet};

use super::{
    LabResult,
    checks::{Snapshot, findings},
};
use crate::{
    clinical::{OutsideReader, holds},
    core::{
        ClinicId, LabAnalysisId, LabChoiceId, LabReportId, LabResultId, LabTestId, PatientId, RequisitionId, Result, Stamp, UserId,
        time::Instant,
    },
    db::{DbError, Locked, Sql, Tx, sql},
    keys::{Keyring, LAB_RESULTS as FIELDS, Sealed, Unopened},
    lab::{
        delta::PreviousValue,
        flag::{Flag, Limits},
        value::{Comparator, Measured},
        vocabulary::{AbsentReason, ResultKind},
    },
};

#[derive(sqlx::FromRow)]
struct ResultRow {
    id: LabResultId,
    analysis_id: LabAnalysisId,
    patient_id: PatientId,
    clinic_id: ClinicId,
    test_id: LabTestId,
    version: i64,
    kind: ResultKind,
    value_text: String,
    millionths: Option<i64>,
    comparator: Comparator,
    choice_id: Option<LabChoiceId>,
    absent_reason: Option<AbsentReason>,
    sealed: Sealed,
    unit: String,
    flag: Flag,
    range_low: Option<i64>,
    range_high: Option<i64>,
    critical_low: Option<i64>,
    critical_high: Option<i64>,
    range_text: String,
    range_confirmed: bool,
    findings: String,
    method: String,
    measured_at: Instant,
    entered_at: Instant,
    entered_by: UserId,
    enterer: String,
    checked_at: Option<Instant>,
    checker: Option<String>,
    released_at: Option<Instant>,
    releaser: Option<String>,
    autoreleased: bool,
    portal_from: Option<Instant>,
    correction: String,
    superseded_at: Option<Instant>,
}

impl ResultRow {
    fn open(self, keys: &Keyring) -> Result<LabResult, Unopened> {
        let [text, comment] = FIELDS.open(keys, self.id, self.patient_id, &self.sealed)?;
        let limits =
            Limits { low: self.range_low, high: self.range_high, critical_low: self.critical_low, critical_high: self.critical_high };
        Ok(LabResult {
            id: self.id,
            analysis_id: self.analysis_id,
            patient_id: self.patient_id,
            clinic_id: self.clinic_id,
            test_id: self.test_id,
            version: self.version,
            kind: self.kind,
            value_text: self.value_text,
            millionths: self.millionths,
            comparator: self.comparator,
            choice_id: self.choice_id,
            absent_reason: self.absent_reason,
            text,
            comment,
            unit: self.unit,
            flag: self.flag,
            limits,
            range_text: self.range_text,
            range_confirmed: self.range_confirmed,
            findings: findings(&self.findings),
            method: self.method,
            measured_at: self.measured_at,
            entered_at: self.entered_at,
            entered_by: self.entered_by,
            enterer: self.enterer,
            checked_at: self.checked_at,
            checker: self.checker,
            released_at: self.released_at,
            releaser: self.releaser,
            autoreleased: self.autoreleased,
            portal_from: self.portal_from,
            correction: self.correction,
            superseded_at: self.superseded_at,
        })
    }
}

pub(super) const RESULTS: &str =
    "SELECT r.id, r.analysis_id, r.patient_id, r.clinic_id, r.test_id, r.version, r.kind, r.value_text, r.millionths,
        r.comparator, r.choice_id, r.absent_reason, r.sealed, r.unit, r.flag, r.range_low, r.range_high, r.critical_low, r.critical_high,
        r.range_text, r.range_confirmed, r.findings, r.method, r.measured_at, r.entered_at, r.entered_by, ue.display_name AS enterer,
        r.checked_at, uc.display_name AS checker, r.released_at, ur.display_name AS releaser, r.autoreleased, r.portal_from, r.correction,
        r.superseded_at
    FROM lab_results r JOIN users ue ON ue.id = r.entered_by LEFT JOIN users uc ON uc.id = r.checked_by
    LEFT JOIN users ur ON ur.id = r.released_by WHERE ";

pub(super) async fn opened(tx: &mut Tx, query: Sql) -> Result<Vec<LabResult>> {
    let rows: Vec<ResultRow> = tx.all(query).await?;
    let keys = tx.keys();
    Ok(rows.into_iter().map(|row| row.open(keys)).collect::<Result<_, _>>()?)
}

/// Reads a version of a result.
///
/// # Errors
/// When the database refuses.
pub async fn result(tx: &mut Tx, id: LabResultId) -> Result<Option<LabResult>> {
    Ok(opened(tx, sql(RESULTS).push("r.id = ").push_bind(id)).await?.pop())
}

/// Reads the version of an analysis that is current.
///
/// # Errors
/// When the database refuses.
pub async fn current(tx: &mut Tx, analysis: LabAnalysisId) -> Result<Option<LabResult>> {
    Ok(opened(tx, sql(RESULTS).push("r.superseded_at IS NULL AND r.analysis_id = ").push_bind(analysis)).await?.pop())
}

/// Reads all versions of an analysis, the latest first.
///
/// # Errors
/// When the database refuses.
pub async fn versions_of(tx: &mut Tx, analysis: LabAnalysisId) -> Result<Vec<LabResult>> {
    opened(tx, sql(RESULTS).push("r.analysis_id = ").push_bind(analysis).push(" ORDER BY r.version DESC")).await
}

/// Reads the current results of analyses.
pub(super) async fn current_of(tx: &mut Tx, analyses: &[LabAnalysisId]) -> Result<Vec<LabResult>> {
    if analyses.is_empty() {
        return Ok(Vec::new());
    }
    opened(tx, sql(RESULTS).push("r.superseded_at IS NULL AND r.analysis_id IN ").push_list(analyses.iter().copied())).await
}

/// Reads the current results of the tests of a requisition, released or not.
pub(super) async fn of_requisition(tx: &mut Tx, requisition: RequisitionId) -> Result<Vec<LabResult>> {
    let query = sql(RESULTS)
        .push("r.superseded_at IS NULL AND r.analysis_id IN (SELECT a.id FROM lab_analyses a JOIN orders o ON o.id = a.order_id WHERE o.requisition_id = ")
        .push_bind(requisition);
    opened(tx, query.push(") ORDER BY r.id")).await
}

/// Reads the results of a report, as they were reported.
///
/// # Errors
/// When the database refuses.
pub async fn of_report(tx: &mut Tx, report: LabReportId) -> Result<Vec<LabResult>> {
    let query = sql(RESULTS).push("r.id IN (SELECT l.result_id FROM lab_report_results l WHERE l.report_id = ").push_bind(report);
    opened(tx, query.push(") ORDER BY r.id")).await
}

/// Reads the results of several reports, as they were reported.
///
/// # Errors
/// When the database refuses.
pub async fn of_reports(tx: &mut Tx, reports: &[LabReportId]) -> Result<HashMap<LabReportId, Vec<LabResult>>> {
    if reports.is_empty() {
        return Ok(HashMap::new());
    }
    let query = sql("SELECT result_id, report_id FROM lab_report_results WHERE report_id IN ").push_list(reports.iter().copied());
    let reported: Vec<(LabResultId, LabReportId)> = tx.all(query).await?;
    let ids: HashSet<LabResultId> = reported.iter().map(|(result, _)| *result).collect();
    let query = sql(RESULTS).push("r.id IN ").push_list(ids).push(" ORDER BY r.id");
    let results: HashMap<LabResultId, LabResult> = opened(tx, query).await?.into_iter().map(|result| (result.id, result)).collect();
    let mut of_reports: HashMap<LabReportId, Vec<LabResult>> = HashMap::new();
    for (result, report) in reported {
        of_reports.entry(report).or_default().extend(results.get(&result).cloned());
    }
    Ok(of_reports)
}

/// The results of a patient to read: all that were released, and checked critical ones; a withdrawn one while its correction is under way.
const READABLE: &str = "(r.released_at IS NOT NULL AND (r.superseded_at IS NULL OR NOT EXISTS (SELECT 1 FROM lab_results n
        WHERE n.analysis_id = r.analysis_id AND n.version > r.version AND n.released_at IS NOT NULL))
    OR (r.released_at IS NULL AND r.superseded_at IS NULL AND r.checked_at IS NOT NULL AND r.flag IN ('LL', 'HH', 'AA')))";

/// Reads the results of a patient that staff may read, the latest first.
///
/// # Errors
/// When the database refuses.
pub async fn of_patient(tx: &mut Tx, patient: PatientId, before: Option<Instant>, limit: i64) -> Result<Vec<LabResult>> {
    let mut query = sql(RESULTS).push(READABLE).push(" AND r.patient_id = ").push_bind(patient);
    if let Some(before) = before {
        query = query.push(" AND r.measured_at < ").push_bind(before);
    }
    opened(tx, query.push(" ORDER BY r.measured_at DESC, r.id DESC LIMIT ").push_bind(limit)).await
}

/// Whether a result is among these that is held back from nobody: the bell rings for it.
pub(in crate::lab) async fn is_one_free(tx: &mut Tx, results: &[LabResultId]) -> Result<bool> {
    if results.is_empty() {
        return Ok(false);
    }
    let query = sql("SELECT count(*) FROM lab_results r JOIN lab_analyses a ON a.id = r.analysis_id
        WHERE NOT EXISTS (SELECT 1 FROM note_holds h WHERE h.patient_id = r.patient_id AND h.order_id = a.order_id AND h.ended_at IS NULL) AND r.id IN ")
    .push_list(results.iter().copied());
    Ok(tx.count(query).await? > 0)
}

/// Reads the results that the patient sees in the portal and that are not kept from this reader, the latest first.
///
/// # Errors
/// When the database refuses.
pub async fn in_portal(tx: &mut Tx, patient: PatientId, reader: OutsideReader, now: Instant, limit: i64) -> Result<Vec<LabResult>> {
    let query =
        sql(RESULTS).push("r.superseded_at IS NULL AND r.portal_from <= ").push_bind(now).push(" AND r.patient_id = ").push_bind(patient);
    let query = holds::unless_held(
        query,
        " JOIN lab_analyses a ON a.order_id = h.order_id WHERE h.patient_id = r.patient_id AND a.id = r.analysis_id",
        reader,
    );
    opened(tx, query.push(" ORDER BY r.measured_at DESC, r.id LIMIT ").push_bind(limit)).await
}

/// Reads the last released value of a test in the unit, before a moment.
pub(super) async fn previous(
    tx: &mut Tx,
    (patient, test): (PatientId, LabTestId),
    unit: &str,
    before: Instant,
) -> Result<Option<PreviousValue>> {
    let query = sql("SELECT r.value_text, r.millionths, r.comparator, r.measured_at FROM lab_results r
        WHERE r.patient_id = $1 AND r.test_id = $2 AND r.unit = $3 AND r.kind = 'quantity' AND r.released_at IS NOT NULL
            AND r.superseded_at IS NULL AND r.measured_at < $4 ORDER BY r.measured_at DESC, r.id DESC LIMIT 1")
    .bind(patient)
    .bind(test)
    .bind(unit)
    .bind(before);
    let row: Option<(String, Option<i64>, Comparator, Instant)> = tx.optional(query).await?;
    Ok(row.and_then(|(text, millionths, comparator, measured_at)| {
        Some(PreviousValue { value: Measured { text, millionths: millionths?, comparator }, measured_at })
    }))
}

/// Reads the released results of the same test before this one, the latest first.
pub(super) async fn earlier(tx: &mut Tx, result: &LabResult, limit: i64) -> Result<Vec<LabResult>> {
    let query = sql(RESULTS).push("r.released_at IS NOT NULL AND r.superseded_at IS NULL AND r.patient_id = ").push_bind(result.patient_id);
    let query = query.push(" AND r.test_id = ").push_bind(result.test_id).push(" AND r.measured_at < ").push_bind(result.measured_at);
    opened(tx, query.push(" ORDER BY r.measured_at DESC, r.id DESC LIMIT ").push_bind(limit)).await
}

/// A version to be written.
pub(super) struct NewResult<'n> {
    pub id: LabResultId,
    pub analysis: Locked<LabAnalysisId>,
    pub patient: PatientId,
    pub clinic: ClinicId,
    pub test: LabTestId,
    pub version: i64,
    pub kind: ResultKind,
    pub measured: Option<&'n Measured>,
    pub choice: Option<(LabChoiceId, &'n str)>,
    pub absent: Option<AbsentReason>,
    pub text: &'n str,
    pub comment: &'n str,
    pub unit: &'n str,
    pub snapshot: &'n Snapshot,
    pub range_confirmed: bool,
    pub findings: String,
    pub method: &'n str,
    pub measured_at: Instant,
    pub correction: &'n str,
    pub device: &'n str,
    pub sender_flag: &'n str,
}

/// Writes a version; the one that was current is superseded before.
pub(super) async fn insert(tx: &mut Tx, new: &NewResult<'_>, stamp: Stamp) -> Result<(), DbError> {
    let before = sql("UPDATE lab_results SET superseded_at = $2 WHERE analysis_id = $1 AND superseded_at IS NULL")
        .bind(new.analysis.id())
        .bind(stamp.at);
    tx.execute(before).await?;
    let limits = new.snapshot.limits;
    let value_text = new.measured.map(|value| value.text.as_str()).or(new.choice.map(|(_, code)| code)).unwrap_or_default();
    let query = sql("INSERT INTO lab_results (id, analysis_id, patient_id, clinic_id, test_id, version, kind, value_text, millionths, comparator,
        choice_id, absent_reason, sealed, unit, flag, range_low, range_high, critical_low, critical_high, range_text, range_confirmed, findings,
        method, measured_at, entered_at, entered_by, correction, device, sender_flag)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27,
            $28, $29)")
    .bind(new.id)
    .bind(new.analysis.id())
    .bind(new.patient)
    .bind(new.clinic)
    .bind(new.test)
    .bind(new.version)
    .bind(new.kind)
    .bind(value_text)
    .bind(new.measured.map(|value| value.millionths))
    .bind(new.measured.map_or(Comparator::Exactly, |value| value.comparator))
    .bind(new.choice.map(|(id, _)| id))
    .bind(new.absent)
    .bind(FIELDS.seal(new.id, new.patient, [new.text, new.comment]))
    .bind(new.unit)
    .bind(new.snapshot.flag)
    .bind(limits.low)
    .bind(limits.high)
    .bind(limits.critical_low)
    .bind(limits.critical_high)
    .bind(&new.snapshot.text)
    .bind(new.range_confirmed)
    .bind(&new.findings)
    .bind(new.method)
    .bind(new.measured_at)
    .bind(stamp.at)
    .bind(stamp.by)
    .bind(new.correction)
    .bind(new.device)
    .bind(new.sender_flag);
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn insert_input(tx: &mut Tx, result: LabResultId, input: LabResultId) -> Result<()> {
    let query = sql("INSERT INTO lab_result_inputs (result_id, input_id) VALUES ($1, $2)").bind(result).bind(input);
    tx.execute(query).await?;
    Ok(())
}

/// Reads the number of the last version of an analysis.
pub(super) async fn last_version(tx: &mut Tx, analysis: Locked<LabAnalysisId>) -> Result<i64> {
    let query = sql("SELECT coalesce(max(version), 0) FROM lab_results WHERE analysis_id = ").push_bind(analysis.id());
    Ok(tx.count(query).await?)
}

pub(super) async fn set_checked(tx: &mut Tx, id: LabResultId, stamp: Stamp) -> Result<bool> {
    let query =
        sql("UPDATE lab_results SET checked_at = $2, checked_by = $3 WHERE id = $1 AND checked_at IS NULL AND superseded_at IS NULL")
            .bind(id)
            .bind(stamp.at)
            .bind(stamp.by);
    Ok(tx.execute(query).await? == 1)
}

/// The way in which a result is released.
pub(super) struct Release {
    pub autoreleased: bool,
    pub single_handed: bool,
    pub portal_from: Option<Instant>,
}

/// Releases a result when it is still current; the database refuses one whose inputs are not.
pub(super) async fn set_released(tx: &mut Tx, id: LabResultId, how: &Release, stamp: Stamp) -> Result<bool, DbError> {
    let query = sql("UPDATE lab_results SET released_at = $2, released_by = $3, autoreleased = $4, single_handed = $5, portal_from = $6
        WHERE id = $1 AND released_at IS NULL AND checked_at IS NOT NULL AND superseded_at IS NULL
            AND NOT EXISTS (SELECT 1 FROM lab_result_inputs i JOIN lab_results n ON n.id = i.input_id
                WHERE i.result_id = $7 AND n.superseded_at IS NOT NULL)")
    .bind(id)
    .bind(stamp.at)
    .bind(stamp.by)
    .bind(how.autoreleased)
    .bind(how.single_handed)
    .bind(how.portal_from)
    .bind(id);
    Ok(tx.execute(query).await? == 1)
}

pub(super) async fn supersede(tx: &mut Tx, analysis: Locked<LabAnalysisId>, now: Instant) -> Result<()> {
    let query = sql("UPDATE lab_results SET superseded_at = $2 WHERE analysis_id = $1 AND superseded_at IS NULL AND released_at IS NULL")
        .bind(analysis.id())
        .bind(now);
    tx.execute(query).await?;
    Ok(())
}

/// Lets the last released version of an analysis stand again; the database refuses it while a later one counts.
pub(super) async fn restore(tx: &mut Tx, analysis: Locked<LabAnalysisId>) -> Result<()> {
    let query = sql("UPDATE lab_results SET superseded_at = NULL WHERE superseded_at IS NOT NULL AND id = (SELECT r.id FROM lab_results r
        WHERE r.released_at IS NOT NULL AND r.analysis_id = ")
    .push_bind(analysis.id());
    tx.execute(query.push(" ORDER BY r.version DESC LIMIT 1)")).await?;
    Ok(())
}

/// Whether the last released version of an analysis follows from results that count.
pub(super) async fn stands_on_current(tx: &mut Tx, analysis: Locked<LabAnalysisId>) -> Result<bool> {
    let query = sql("SELECT count(*) FROM lab_result_inputs i JOIN lab_results n ON n.id = i.input_id WHERE n.superseded_at IS NOT NULL
        AND i.result_id = (SELECT r.id FROM lab_results r WHERE r.released_at IS NOT NULL AND r.analysis_id = ")
    .push_bind(analysis.id());
    Ok(tx.count(query.push(" ORDER BY r.version DESC LIMIT 1)")).await? == 0)
}

/// Reads which of these results were calculated from others.
pub(super) async fn calculated(tx: &mut Tx, results: &[LabResultId]) -> Result<HashSet<LabResultId>> {
    if results.is_empty() {
        return Ok(HashSet::new());
    }
    let query = sql("SELECT DISTINCT result_id FROM lab_result_inputs WHERE result_id IN ").push_list(results.iter().copied());
    Ok(tx.all::<(LabResultId,)>(query).await?.into_iter().map(|(id,)| id).collect())
}

/// Whether a result was calculated from one that is not released.
pub(super) async fn waits_for_input(tx: &mut Tx, result: LabResultId) -> Result<bool> {
    let query = sql(
        "SELECT count(*) FROM lab_result_inputs i JOIN lab_results n ON n.id = i.input_id WHERE n.released_at IS NULL AND i.result_id = ",
    );
    Ok(tx.count(query.push_bind(result)).await? > 0)
}

/// Shows the results of a report to the patient from now on, as far as their rules wait for the doctor. `told`: the doctor told the patient.
/// Returns those that the patient did not see before.
pub(super) async fn open_to_patient(tx: &mut Tx, report: LabReportId, told: bool, now: Instant) -> Result<Vec<LabResultId>> {
    let mut query =
        sql("SELECT r.id FROM lab_report_results l JOIN lab_results r ON r.id = l.result_id JOIN lab_tests t ON t.id = r.test_id
        WHERE r.released_at IS NOT NULL AND (r.portal_from IS NULL OR r.portal_from > ")
        .push_bind(now)
        .push(") AND l.report_id = ")
        .push_bind(report);
    if !told {
        query = query.push(" AND t.portal_rule <> 'in_person'");
    }
    let opened: Vec<LabResultId> = tx.all::<(LabResultId,)>(query).await?.into_iter().map(|(id,)| id).collect();
    if !opened.is_empty() {
        let query = sql("UPDATE lab_results SET portal_from = ").push_bind(now).push(", told_at = ").push_bind(now);
        tx.execute(query.push(" WHERE id IN ").push_list(opened.iter().copied())).await?;
    }
    Ok(opened)
}

/// Reads the results that a patient sees since a short time, some hours after their release, and of which nobody was told. Those that a doctor
/// holds back are not among them.
pub(super) async fn untold(tx: &mut Tx, since: Instant, now: Instant) -> Result<Vec<(LabResultId, PatientId, ClinicId)>> {
    let query = sql("SELECT r.id, r.patient_id, r.clinic_id FROM lab_results r JOIN lab_analyses a ON a.id = r.analysis_id
        WHERE r.told_at IS NULL AND r.superseded_at IS NULL AND r.portal_from > r.released_at
            AND NOT EXISTS (SELECT 1 FROM note_holds h WHERE h.patient_id = r.patient_id AND h.order_id = a.order_id AND h.ended_at IS NULL)
            AND r.portal_from > ")
    .push_bind(since)
    .push(" AND r.portal_from <= ")
    .push_bind(now);
    Ok(tx.all(query.push(" ORDER BY r.patient_id, r.clinic_id, r.id LIMIT 500")).await?)
}

/// Records that the patient was told of results; returns whether somebody else did so before.
pub(super) async fn set_told(tx: &mut Tx, results: &[LabResultId], now: Instant) -> Result<bool> {
    let query = sql("UPDATE lab_results SET told_at = ").push_bind(now).push(" WHERE told_at IS NULL AND id IN ");
    Ok(tx.execute(query.push_list(results.iter().copied())).await? > 0)
}

/// Reads the requisitions of analyses.
pub(super) async fn requisitions_of(tx: &mut Tx, analyses: &[LabAnalysisId]) -> Result<Vec<(LabAnalysisId, RequisitionId)>> {
    let query = sql("SELECT a.id, o.requisition_id FROM lab_analyses a JOIN orders o ON o.id = a.order_id
        WHERE o.requisition_id IS NOT NULL AND a.id IN ")
    .push_list(analyses.iter().copied());
    Ok(tx.all(query).await?)
}
