//! The SQL of what a copy of a record holds and no other department reads as a whole.

use chrono::NaiveDate;
use uuid::Uuid;

use crate::{
    appointments::AppointmentState,
    clinical::{OutsideReader, holds},
    core::{ClinicId, Money, PatientId, Result, time::Instant},
    db::{Sql, Tx, sql},
    keys::{LAB_RESULTS, PAST_RESULTS, RADIOLOGY_REPORTS, Sealed},
};

/// The most rows of one kind. A record with more is refused, so that a part is not mistaken for the whole.
pub(super) const MOST: i64 = 20_000;

#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct AppointmentRow {
    pub id: Uuid,
    pub starts_at: Instant,
    pub ends_at: Instant,
    pub state: AppointmentState,
    pub doctor: String,
    pub service: String,
    pub clinic_id: ClinicId,
}

pub(super) async fn appointments(tx: &mut Tx, patient: PatientId) -> Result<Vec<AppointmentRow>> {
    let query = sql("SELECT a.id, a.starts_at, a.ends_at, a.state, d.display_name AS doctor, s.name AS service, a.clinic_id
        FROM appointments a JOIN staff d ON d.id = a.doctor_id JOIN services s ON s.id = a.service_id
        WHERE a.state <> 'held' AND a.patient_id = ")
    .push_bind(patient);
    Ok(tx.all(query.push(" ORDER BY a.starts_at, a.id LIMIT ").push_bind(MOST + 1)).await?)
}

#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct VitalsRow {
    pub id: Uuid,
    pub taken_at: Instant,
    pub temperature_decicelsius: Option<i64>,
    pub pulse_bpm: Option<i64>,
    pub respiration_rpm: Option<i64>,
    pub systolic_mmhg: Option<i64>,
    pub diastolic_mmhg: Option<i64>,
    pub spo2_percent: Option<i64>,
    pub weight_g: Option<i64>,
    pub height_mm: Option<i64>,
    /// The clinic of the visit.
    pub clinic_id: Option<ClinicId>,
}

pub(super) async fn vitals(tx: &mut Tx, patient: PatientId) -> Result<Vec<VitalsRow>> {
    let query =
        sql("SELECT t.id, t.taken_at, t.temperature_decicelsius, t.pulse_bpm, t.respiration_rpm, t.systolic_mmhg, t.diastolic_mmhg,
            t.spo2_percent, t.weight_g, t.height_mm, v.clinic_id
        FROM vitals t LEFT JOIN visits v ON v.id = t.visit_id WHERE t.entered_in_error_at IS NULL AND t.patient_id = ")
        .push_bind(patient);
    Ok(tx.all(query.push(" ORDER BY t.taken_at, t.id LIMIT ").push_bind(MOST + 1)).await?)
}

#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct ResultRow {
    pub id: Uuid,
    pub name_en: String,
    pub name_es: String,
    pub loinc: String,
    pub kind: String,
    pub value_text: String,
    pub comparator: String,
    pub unit: String,
    pub flag: String,
    pub range_text: String,
    pub choice_en: String,
    pub choice_es: String,
    pub measured_at: Instant,
    pub clinic_id: ClinicId,
    pub portal_from: Option<Instant>,
    /// The result in words.
    #[sqlx(skip)]
    pub text: String,
}

#[derive(sqlx::FromRow)]
struct SealedResult {
    #[sqlx(flatten)]
    row: ResultRow,
    sealed: Sealed,
}

/// Returns the released results that hold, the oldest first.
pub(super) async fn results(tx: &mut Tx, patient: PatientId, outside: Option<OutsideReader>) -> Result<Vec<ResultRow>> {
    let query = sql("SELECT r.id, t.name_en, t.name_es, t.loinc, r.kind, r.value_text, r.comparator, r.unit, r.flag, r.range_text,
            coalesce(c.name_en, '') AS choice_en, coalesce(c.name_es, '') AS choice_es, r.measured_at, r.clinic_id, r.portal_from, r.sealed
        FROM lab_results r JOIN lab_tests t ON t.id = r.test_id LEFT JOIN lab_choices c ON c.id = r.choice_id
        WHERE r.released_at IS NOT NULL AND r.superseded_at IS NULL AND r.patient_id = ")
    .push_bind(patient);
    let query = unless_held(
        query,
        " JOIN lab_analyses a ON a.order_id = h.order_id WHERE h.patient_id = r.patient_id AND a.id = r.analysis_id",
        outside,
    );
    let rows: Vec<SealedResult> = tx.all(query.push(" ORDER BY r.measured_at, r.id LIMIT ").push_bind(MOST + 1)).await?;
    let mut found = Vec::with_capacity(rows.len());
    for SealedResult { mut row, sealed } in rows {
        [row.text, _] = LAB_RESULTS.open(tx.keys(), row.id, patient, &sealed)?;
        found.push(row);
    }
    Ok(found)
}

/// Leaves out what is kept from a reader outside the staff.
fn unless_held(query: Sql, joined: &'static str, outside: Option<OutsideReader>) -> Sql {
    match outside {
        Some(reader) => holds::unless_held(query, joined, reader),
        None => query,
    }
}

/// Name, code, value, unit, flag and range of a result of before, its time, and whether the laboratory tells such a test by a person.
type PastRow = (Uuid, String, String, String, String, String, String, Instant, bool, ClinicId, Sealed);

/// Returns the results that other systems recorded before, the oldest first.
pub(super) async fn past_results(tx: &mut Tx, patient: PatientId) -> Result<Vec<ResultRow>> {
    let query = sql("SELECT r.id, r.title, r.code, r.value, r.unit, r.flag, r.range_text, r.at, EXISTS (SELECT 1 FROM lab_tests t
            WHERE t.loinc = r.code AND r.code <> '' AND t.portal_rule IN ('in_person', 'after_review')), r.clinic_id, r.sealed
        FROM past_results r WHERE r.patient_id = ")
    .push_bind(patient);
    let rows: Vec<PastRow> = tx.all(query.push(" ORDER BY r.at, r.id LIMIT ").push_bind(MOST + 1)).await?;
    let mut found = Vec::with_capacity(rows.len());
    for (id, title, loinc, value, unit, flag, range_text, measured_at, by_a_person, clinic_id, sealed) in rows {
        let [text, _] = PAST_RESULTS.open(tx.keys(), id, patient, &sealed)?;
        let bare = value.trim_start_matches(['<', '>', '=']);
        let is_number = bare.parse::<rust_decimal::Decimal>().is_ok();
        let comparator = value.strip_suffix(bare).unwrap_or_default().to_owned();
        found.push(ResultRow {
            id,
            name_en: title.clone(),
            name_es: title,
            loinc,
            kind: if is_number { "quantity" } else { "text" }.to_owned(),
            value_text: if is_number { bare.to_owned() } else { value },
            comparator: if is_number { comparator } else { String::new() },
            unit,
            flag,
            range_text,
            choice_en: String::new(),
            choice_es: String::new(),
            measured_at,
            clinic_id,
            portal_from: (!by_a_person).then_some(measured_at),
            text,
        });
    }
    Ok(found)
}

#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct StudyRow {
    pub id: Uuid,
    pub name_en: String,
    pub name_es: String,
    pub signed_at: Option<Instant>,
    pub clinic_id: ClinicId,
    pub signer_name: String,
    pub portal_from: Option<Instant>,
    #[sqlx(skip)]
    pub findings: String,
    #[sqlx(skip)]
    pub impression: String,
}

#[derive(sqlx::FromRow)]
struct SealedStudy {
    #[sqlx(flatten)]
    row: StudyRow,
    sealed: Sealed,
}

/// Returns the signed reports of imaging that hold, the oldest first.
pub(super) async fn studies(tx: &mut Tx, patient: PatientId, outside: Option<OutsideReader>) -> Result<Vec<StudyRow>> {
    let query = sql("SELECT r.id, p.name_en, p.name_es, r.signed_at, r.clinic_id, r.signer_name, r.portal_from, r.sealed
        FROM radiology_reports r JOIN imaging_orders i ON i.id = r.imaging_id JOIN imaging_procedures p ON p.id = i.procedure_id
        WHERE r.state = 'final' AND r.superseded_at IS NULL AND r.patient_id = ")
    .push_bind(patient);
    let query = unless_held(query, " WHERE h.patient_id = r.patient_id AND h.order_id = i.order_id", outside);
    let rows: Vec<SealedStudy> = tx.all(query.push(" ORDER BY r.signed_at, r.id LIMIT ").push_bind(MOST + 1)).await?;
    let mut found = Vec::with_capacity(rows.len());
    for SealedStudy { mut row, sealed } in rows {
        [_, _, row.findings, row.impression, _] = RADIOLOGY_REPORTS.open(tx.keys(), row.id, patient, &sealed)?;
        found.push(row);
    }
    Ok(found)
}

#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct InvoiceRow {
    pub id: Uuid,
    pub number: String,
    pub state: String,
    pub issued_at: Instant,
    pub clinic_id: ClinicId,
    pub total: Money,
    pub patient_due: Money,
}

/// Returns the issued invoices, the oldest first.
pub(super) async fn invoices(tx: &mut Tx, patient: PatientId) -> Result<Vec<InvoiceRow>> {
    let query =
        sql("SELECT id, number, state, issued_at, clinic_id, total, patient_due FROM invoices WHERE number IS NOT NULL AND patient_id = ")
            .push_bind(patient);
    Ok(tx.all(query.push(" ORDER BY issued_at, id LIMIT ").push_bind(MOST + 1)).await?)
}

#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct ProblemRow {
    pub id: Uuid,
    pub code: String,
    pub description: String,
    pub clinical_status: String,
    pub verification: String,
    pub onset_on: Option<NaiveDate>,
}

/// Returns the problem list.
pub(super) async fn problems(tx: &mut Tx, patient: PatientId) -> Result<Vec<ProblemRow>> {
    let query = sql("SELECT id, code, description, clinical_status, verification, onset_on FROM problems
        WHERE entered_in_error_at IS NULL AND superseded_at IS NULL AND patient_id = ")
    .push_bind(patient);
    Ok(tx.all(query.push(" ORDER BY recorded_at, id LIMIT ").push_bind(MOST + 1)).await?)
}
