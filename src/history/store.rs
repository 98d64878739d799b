//! The SQL of the history.

use chrono::NaiveDate;
use uuid::Uuid;

use super::{PastKind, PastOrderState, PastOutcome};
use crate::{
    core::{AdmissionId, PatientId, Result, time::Instant},
    db::{Sql, Tx, sql},
    keys::{PAST_DOSES, PAST_ORDERS, PAST_REPORTS, PAST_RESULTS, Sealed},
};

#[derive(sqlx::FromRow)]
struct ResultRow {
    id: Uuid,
    patient_id: PatientId,
    code: String,
    title: String,
    value: String,
    unit: String,
    sent: String,
    range_text: String,
    flag: String,
    at: Instant,
    reported_at: Option<Instant>,
    by_name: String,
    sealed: Sealed,
}

/// A laboratory result of before.
#[derive(Clone, Debug)]
pub struct PastResult {
    /// The code of LOINC.
    pub code: String,
    pub title: String,
    pub value: String,
    pub unit: String,
    /// As it was sent, if it was converted.
    pub sent: String,
    pub range_text: String,
    /// The sender's flag.
    pub flag: String,
    pub at: Instant,
    pub reported_at: Option<Instant>,
    pub by_name: String,
    /// A result in words.
    pub text: String,
    pub comment: String,
}

/// A request of before.
#[derive(Clone, Debug)]
pub struct PastOrder {
    pub kind: PastKind,
    pub state: PastOrderState,
    pub title: String,
    pub at: Instant,
    pub by_name: String,
    pub reason: String,
}

/// An imaging study of before.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct PastStudy {
    pub modality: String,
    pub title: String,
    pub series: i64,
    pub images: i64,
    pub at: Instant,
}

/// A report of before.
#[derive(Clone, Debug)]
pub struct PastReport {
    pub kind: PastKind,
    pub title: String,
    pub at: Instant,
    pub source_issued: Option<Instant>,
    pub by_name: String,
    pub conclusion: String,
    pub text: String,
}

/// A dose of before.
#[derive(Clone, Debug)]
pub struct PastDose {
    pub drug: String,
    pub dose: String,
    pub route: String,
    pub outcome: PastOutcome,
    pub at: Instant,
    pub day: NaiveDate,
    pub by_name: String,
    pub reason: String,
    pub remark: String,
}

// The import itself stands for a performer whom the source does not name.
const RESULT: &str = "SELECT r.id, r.patient_id, r.code, r.title, r.value, r.unit, r.sent, r.range_text, r.flag, r.at, r.reported_at,
    CASE WHEN u.login = 'system' THEN '' ELSE u.display_name END AS by_name, r.sealed
    FROM past_results r JOIN users u ON u.id = r.by_user WHERE r.patient_id = ";

async fn results(tx: &mut Tx, query: Sql) -> Result<Vec<PastResult>> {
    let rows: Vec<ResultRow> = tx.all(query).await?;
    rows.into_iter()
        .map(|row| {
            let [text, comment] = PAST_RESULTS.open(tx.keys(), row.id, row.patient_id, &row.sealed)?;
            Ok(PastResult {
                code: row.code,
                title: row.title,
                value: row.value,
                unit: row.unit,
                sent: row.sent,
                range_text: row.range_text,
                flag: row.flag,
                at: row.at,
                reported_at: row.reported_at,
                by_name: row.by_name,
                text,
                comment,
            })
        })
        .collect()
}

/// Adds the condition of a time before which the rows are.
fn until(query: Sql, column: &'static str, before: Option<Instant>) -> Sql {
    match before {
        Some(before) => query.push(" AND ").push(column).push(" < ").push_bind(before),
        None => query,
    }
}

/// Reads the draws of a patient before a time with their results, the latest first. The results of a patient and a time are one draw.
///
/// # Errors
/// When the database refuses.
pub async fn draws(tx: &mut Tx, patient: PatientId, before: Option<Instant>, limit: i64) -> Result<Vec<(Instant, Vec<PastResult>)>> {
    let query = until(sql("SELECT DISTINCT r.at FROM past_results r WHERE r.patient_id = ").push_bind(patient), "r.at", before);
    let times: Vec<(Instant,)> = tx.all(query.push(" ORDER BY r.at DESC LIMIT ").push_bind(limit)).await?;
    let (Some((last,)), Some((first,))) = (times.first(), times.last()) else { return Ok(Vec::new()) };
    let query = sql(RESULT).push_bind(patient).push(" AND r.at >= ").push_bind(*first).push(" AND r.at <= ").push_bind(*last);
    let found = results(tx, query.push(" ORDER BY r.at DESC, r.title, r.id")).await?;
    let mut draws: Vec<(Instant, Vec<PastResult>)> = Vec::new();
    for result in found {
        match draws.last_mut() {
            Some((at, of_draw)) if *at == result.at => of_draw.push(result),
            _ => draws.push((result.at, vec![result])),
        }
    }
    Ok(draws)
}

/// Reads the results that the patient may see, the latest first: a test that the laboratory tells in person or after a review is not among
/// them.
///
/// # Errors
/// When the database refuses.
pub async fn results_for_patient(tx: &mut Tx, patient: PatientId, limit: i64) -> Result<Vec<PastResult>> {
    let query = sql(RESULT).push_bind(patient).push(
        " AND NOT EXISTS (SELECT 1 FROM lab_tests t WHERE t.loinc = r.code AND r.code <> '' AND t.portal_rule IN ('in_person', 'after_review'))
        ORDER BY r.at DESC, r.title, r.id LIMIT ",
    );
    results(tx, query.push_bind(limit)).await
}

type OrderRow = (Uuid, PastKind, PastOrderState, String, Instant, String, Sealed);

/// Reads the requests of a patient that have no result, study or report, the latest first.
///
/// # Errors
/// When the database refuses.
pub async fn unanswered(tx: &mut Tx, patient: PatientId, before: Option<Instant>, limit: i64) -> Result<Vec<PastOrder>> {
    let query = sql("SELECT o.id, o.kind, o.state, o.title, o.at,
        CASE WHEN u.login = 'system' THEN '' ELSE u.display_name END AS by_name, o.sealed
        FROM past_orders o JOIN users u ON u.id = o.by_user WHERE NOT EXISTS (SELECT 1 FROM past_results r WHERE r.order_id = o.id) AND NOT EXISTS (SELECT 1 FROM past_studies s WHERE s.order_id = o.id)
        AND NOT EXISTS (SELECT 1 FROM past_reports p WHERE p.order_id = o.id) AND o.patient_id = ")
    .push_bind(patient);
    let rows: Vec<OrderRow> = tx.all(until(query, "o.at", before).push(" ORDER BY o.at DESC, o.id LIMIT ").push_bind(limit)).await?;
    rows.into_iter()
        .map(|(id, kind, state, title, at, by_name, sealed)| {
            let [reason] = PAST_ORDERS.open(tx.keys(), id, patient, &sealed)?;
            Ok(PastOrder { kind, state, title, at, by_name, reason })
        })
        .collect()
}

/// Reads the studies of a patient that have no report, the latest first.
///
/// # Errors
/// When the database refuses.
pub async fn studies(tx: &mut Tx, patient: PatientId, before: Option<Instant>, limit: i64) -> Result<Vec<PastStudy>> {
    let query = sql("SELECT s.modality, s.title, s.series, s.images, s.at FROM past_studies s
        WHERE NOT EXISTS (SELECT 1 FROM past_reports p WHERE p.study_id = s.id) AND s.patient_id = ")
    .push_bind(patient);
    Ok(tx.all(until(query, "s.at", before).push(" ORDER BY s.at DESC, s.id LIMIT ").push_bind(limit)).await?)
}

type ReportRow = (Uuid, PastKind, String, Instant, Option<Instant>, String, Sealed);

/// Reads the reports of a patient, the latest first.
///
/// # Errors
/// When the database refuses.
pub async fn reports(tx: &mut Tx, patient: PatientId, before: Option<Instant>, limit: i64) -> Result<Vec<PastReport>> {
    let query = sql("SELECT p.id, p.kind, p.title, p.at, p.source_issued,
        CASE WHEN u.login = 'system' THEN '' ELSE u.display_name END AS by_name, p.sealed
        FROM past_reports p JOIN users u ON u.id = p.by_user WHERE p.patient_id = ")
    .push_bind(patient);
    let rows: Vec<ReportRow> = tx.all(until(query, "p.at", before).push(" ORDER BY p.at DESC, p.id LIMIT ").push_bind(limit)).await?;
    rows.into_iter()
        .map(|(id, kind, title, at, source_issued, by_name, sealed)| {
            let [conclusion, text] = PAST_REPORTS.open(tx.keys(), id, patient, &sealed)?;
            Ok(PastReport { kind, title, at, source_issued, by_name, conclusion, text })
        })
        .collect()
}

#[derive(sqlx::FromRow)]
struct DoseRow {
    id: Uuid,
    drug: String,
    dose: String,
    route: String,
    outcome: PastOutcome,
    at: Instant,
    day: NaiveDate,
    by_name: String,
    sealed: Sealed,
}

/// Reads the doses of a patient day by day, the latest day first: the days that end before a time, and `until` is its day.
///
/// # Errors
/// When the database refuses.
pub async fn days_of_doses(
    tx: &mut Tx,
    patient: PatientId,
    before: Option<(Instant, NaiveDate)>,
    limit: i64,
) -> Result<Vec<(Instant, Vec<PastDose>)>> {
    let mut query = sql("SELECT DISTINCT d.day FROM past_doses d WHERE d.patient_id = ").push_bind(patient);
    if let Some((_, until)) = before {
        query = query.push(" AND d.day <= ").push_bind(until);
    }
    let days: Vec<(NaiveDate,)> = tx.all(query.push(" ORDER BY d.day DESC LIMIT ").push_bind(limit + 1)).await?;
    let (Some((last,)), Some((first,))) = (days.first(), days.last()) else { return Ok(Vec::new()) };
    let query = sql("SELECT d.id, d.drug, d.dose, d.route, d.outcome, d.at, d.day,
        CASE WHEN u.login = 'system' THEN '' ELSE u.display_name END AS by_name, d.sealed
        FROM past_doses d JOIN users u ON u.id = d.by_user WHERE d.patient_id = ")
    .push_bind(patient)
    .push(" AND d.day >= ")
    .push_bind(*first)
    .push(" AND d.day <= ")
    .push_bind(*last);
    let rows: Vec<DoseRow> = tx.all(query.push(" ORDER BY d.day DESC, d.at DESC, d.drug, d.id")).await?;
    let mut found: Vec<(Instant, Vec<PastDose>)> = Vec::new();
    for row in rows {
        let [reason, remark] = PAST_DOSES.open(tx.keys(), row.id, patient, &row.sealed)?;
        let dose = PastDose {
            drug: row.drug,
            dose: row.dose,
            route: row.route,
            outcome: row.outcome,
            at: row.at,
            day: row.day,
            by_name: row.by_name,
            reason,
            remark,
        };
        match found.last_mut() {
            Some((_, of_day)) if of_day.first().is_some_and(|first| first.day == dose.day) => of_day.push(dose),
            _ => found.push((dose.at, vec![dose])),
        }
    }
    // A day that is shown as a whole is not shown again from its middle on.
    found.retain(|(latest, _)| before.is_none_or(|(before, _)| *latest < before));
    Ok(found)
}

/// Returns the day from which an admission that was brought along is charged; `None` for one of this hospital.
///
/// # Errors
/// When the database refuses.
pub async fn stay(tx: &mut Tx, admission: AdmissionId) -> Result<Option<NaiveDate>> {
    let query = sql("SELECT charged_from FROM past_stays WHERE admission_id = ").push_bind(admission);
    Ok(tx.optional::<(NaiveDate,)>(query).await?.map(|(day,)| day))
}
