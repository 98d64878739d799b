//! The SQL of vital signs.

use chrono::NaiveDate;

use super::{AgeGroup, Consciousness, NewVitals, VitalSigns, Vitals, VitalsFlags};
use crate::{
    core::{
        ClinicId, Error, PatientId, Result, Stamp, VisitId, VitalsId,
        time::{Instant, Zone},
    },
    db::{Sql, Tx, sql},
};

const VITALS: &str = "SELECT m.id, m.patient_id, m.visit_id, c.time_zone, m.taken_at, u.display_name AS taken_by, m.temperature_decicelsius, m.pulse_bpm, \
                      m.respiration_rpm, m.systolic_mmhg, m.diastolic_mmhg, m.spo2_percent, m.oxygen_decilitres_min, m.consciousness, m.weight_g, \
                      m.height_mm, m.pain_score, m.glucose_decimmol, m.head_mm, m.news2, m.critical, m.age_group, m.corrects, m.note, m.entered_in_error_at, m.error_reason \
                      FROM vitals m JOIN users u ON u.id = m.taken_by LEFT JOIN visits v ON v.id = m.visit_id \
                      LEFT JOIN clinics c ON c.id = v.clinic_id WHERE ";

#[derive(sqlx::FromRow)]
struct Row {
    id: VitalsId,
    patient_id: PatientId,
    visit_id: Option<VisitId>,
    time_zone: Option<String>,
    taken_at: Instant,
    taken_by: String,
    temperature_decicelsius: Option<i64>,
    pulse_bpm: Option<i64>,
    respiration_rpm: Option<i64>,
    systolic_mmhg: Option<i64>,
    diastolic_mmhg: Option<i64>,
    spo2_percent: Option<i64>,
    oxygen_decilitres_min: Option<i64>,
    consciousness: Option<Consciousness>,
    weight_g: Option<i64>,
    height_mm: Option<i64>,
    pain_score: Option<i64>,
    glucose_decimmol: Option<i64>,
    head_mm: Option<i64>,
    news2: Option<i64>,
    critical: bool,
    age_group: Option<AgeGroup>,
    corrects: Option<VitalsId>,
    note: String,
    entered_in_error_at: Option<Instant>,
    error_reason: String,
}

impl From<Row> for Vitals {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            patient_id: row.patient_id,
            visit_id: row.visit_id,
            zone: row.time_zone.as_deref().map(Zone::named),
            taken_at: row.taken_at,
            taken_by: row.taken_by,
            signs: VitalSigns {
                temperature: row.temperature_decicelsius,
                pulse: row.pulse_bpm,
                respiration: row.respiration_rpm,
                systolic: row.systolic_mmhg,
                diastolic: row.diastolic_mmhg,
                spo2: row.spo2_percent,
                oxygen: row.oxygen_decilitres_min,
                consciousness: row.consciousness,
                weight: row.weight_g,
                height: row.height_mm,
                pain: row.pain_score,
                glucose: row.glucose_decimmol,
                head: row.head_mm,
            },
            news2: row.news2,
            critical: row.critical,
            age_group: row.age_group,
            corrects: row.corrects,
            note: row.note,
            entered_in_error: row.entered_in_error_at.map(|at| (at, row.error_reason)),
        }
    }
}

pub(super) async fn insert(tx: &mut Tx, vitals: &NewVitals) -> Result<VitalsId> {
    let id = VitalsId::new();
    let signs = &vitals.signs;
    let query = sql("INSERT INTO vitals (id, patient_id, visit_id, encounter_id, taken_at, taken_by, temperature_decicelsius, pulse_bpm, \
                     respiration_rpm, systolic_mmhg, diastolic_mmhg, spo2_percent, oxygen_decilitres_min, consciousness, weight_g, height_mm, \
                     pain_score, glucose_decimmol, head_mm, news2, critical, age_group, corrects, note) \
                     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24)")
    .bind(id)
    .bind(vitals.patient)
    .bind(vitals.visit)
    .bind(vitals.encounter)
    .bind(vitals.taken_at)
    .bind(vitals.taken_by)
    .bind(signs.temperature)
    .bind(signs.pulse)
    .bind(signs.respiration)
    .bind(signs.systolic)
    .bind(signs.diastolic)
    .bind(signs.spo2)
    .bind(signs.oxygen)
    .bind(signs.consciousness)
    .bind(signs.weight)
    .bind(signs.height)
    .bind(signs.pain)
    .bind(signs.glucose)
    .bind(signs.head)
    .bind(vitals.news2)
    .bind(vitals.critical)
    .bind(vitals.age_group)
    .bind(vitals.corrects)
    .bind(vitals.note.as_str());
    tx.execute(query).await?;
    Ok(id)
}

/// Reads the newest weight of a patient in grams and its time: of vital signs, of observations on a ward, or of the birth.
///
/// # Errors
/// When the database refuses.
pub async fn newest_weight(tx: &mut Tx, patient: PatientId) -> Result<Option<(i64, Instant)>> {
    let query = sql("SELECT w.grams, w.weighed_at FROM (
            SELECT m.weight_g AS grams, m.taken_at AS weighed_at, m.taken_at AS recorded_at, m.id FROM vitals m
            WHERE m.weight_g IS NOT NULL AND m.entered_in_error_at IS NULL AND m.patient_id = $1
            UNION ALL SELECT o.weight, o.taken_at, o.recorded_at, o.id FROM observations o
            WHERE o.weight IS NOT NULL AND o.superseded_at IS NULL AND o.patient_id = $2
            UNION ALL SELECT b.weight_g, b.born_at, b.noted_at, b.baby_id FROM admissions a JOIN births b ON b.baby_id = a.id
            WHERE b.weight_g IS NOT NULL AND a.patient_id = $3) w
        ORDER BY w.weighed_at DESC, w.recorded_at DESC, w.id DESC LIMIT 1");
    Ok(tx.optional(query.bind(patient).bind(patient).bind(patient)).await?)
}

pub(super) async fn of_patient(tx: &mut Tx, patient: PatientId, before: Option<Instant>, limit: i64) -> Result<Vec<Vitals>> {
    let all = || sql(VITALS).push("m.entered_in_error_at IS NULL AND m.patient_id = ").push_bind(patient);
    let query = match before {
        Some(before) => all().push(" AND m.taken_at < ").push_bind(before),
        None => all(),
    };
    let mut rows: Vec<Row> = tx.all(query.push(" ORDER BY m.taken_at DESC LIMIT ").push_bind(limit)).await?;
    let last = rows.last().map(|row| row.taken_at).filter(|_| i64::try_from(rows.len()) == Ok(limit));
    if let Some(last) = last {
        rows.retain(|row| row.taken_at > last);
        rows.extend(tx.all::<Row>(all().push(" AND m.taken_at = ").push_bind(last)).await?);
    }
    Ok(rows.into_iter().map(Vitals::from).collect())
}

pub(super) async fn of_visit(tx: &mut Tx, visit: VisitId) -> Result<Vec<Vitals>> {
    let query = sql(VITALS).push("m.visit_id = ").push_bind(visit).push(" ORDER BY m.taken_at DESC, m.id DESC");
    let rows: Vec<Row> = tx.all(query).await?;
    Ok(rows.into_iter().map(Vitals::from).collect())
}

/// Whether the visit `v` has critical vital signs: a set is critical, and no later set that is not critical measured the same
/// values again.
const IS_CRITICAL: &str = "EXISTS (SELECT 1 FROM vitals c WHERE c.visit_id = v.id AND c.critical AND c.entered_in_error_at IS NULL \
     AND NOT EXISTS (SELECT 1 FROM vitals n WHERE n.visit_id = v.id AND n.taken_at > c.taken_at AND NOT n.critical \
     AND n.entered_in_error_at IS NULL \
     AND (c.temperature_decicelsius IS NULL OR n.temperature_decicelsius IS NOT NULL) \
     AND (c.pulse_bpm IS NULL OR n.pulse_bpm IS NOT NULL) \
     AND (c.respiration_rpm IS NULL OR n.respiration_rpm IS NOT NULL) \
     AND (c.systolic_mmhg IS NULL OR n.systolic_mmhg IS NOT NULL) \
     AND (c.spo2_percent IS NULL OR n.spo2_percent IS NOT NULL) \
     AND (c.glucose_decimmol IS NULL OR n.glucose_decimmol IS NOT NULL) \
     AND (c.consciousness IS NULL OR n.consciousness IS NOT NULL)))";

/// Whether the visit `v` has sets, and all of them are marked as wrong.
const IS_TO_RETAKE: &str = "(EXISTS (SELECT 1 FROM vitals w WHERE w.visit_id = v.id) \
     AND NOT EXISTS (SELECT 1 FROM vitals r WHERE r.visit_id = v.id AND r.entered_in_error_at IS NULL))";

fn flags() -> Sql {
    sql("SELECT v.id AS visit, ").push(IS_CRITICAL).push(" AS critical, ").push(IS_TO_RETAKE).push(" AS to_retake FROM visits v ")
}

pub(super) async fn flags_at(tx: &mut Tx, visit: VisitId) -> Result<Option<VitalsFlags>> {
    Ok(tx.optional(flags().push("WHERE v.id = ").push_bind(visit)).await?)
}

pub(super) async fn flagged_in_queue(tx: &mut Tx, clinic: ClinicId) -> Result<Vec<VitalsFlags>> {
    let query = flags().push("JOIN queue_entries e ON e.visit_id = v.id WHERE e.closed_at IS NULL AND e.clinic_id = ").push_bind(clinic);
    let mut rows: Vec<VitalsFlags> = tx.all(query).await?;
    rows.retain(|flags| flags.critical || flags.to_retake);
    Ok(rows)
}

/// Returns the visits in a clinic's queue with the early-warning score of their latest scored set.
pub(super) async fn scores_in_queue(tx: &mut Tx, clinic: ClinicId) -> Result<Vec<(VisitId, i64)>> {
    let query = sql("SELECT m.visit_id, m.news2 FROM queue_entries e JOIN vitals m ON m.visit_id = e.visit_id \
                     WHERE e.closed_at IS NULL AND e.clinic_id = ")
    .push_bind(clinic)
    .push(
        " AND m.news2 IS NOT NULL AND m.entered_in_error_at IS NULL AND NOT EXISTS (SELECT 1 FROM vitals n WHERE n.visit_id = m.visit_id \
         AND n.news2 IS NOT NULL AND n.entered_in_error_at IS NULL \
         AND (n.taken_at > m.taken_at OR n.taken_at = m.taken_at AND n.id > m.id))",
    );
    Ok(tx.all(query).await?)
}

pub(super) async fn find(tx: &mut Tx, id: VitalsId) -> Result<Option<Vitals>> {
    let row: Option<Row> = tx.optional(sql(VITALS).push("m.id = ").push_bind(id)).await?;
    Ok(row.map(Vitals::from))
}

pub(super) async fn birth_of(tx: &mut Tx, patient: PatientId) -> Result<Option<NaiveDate>> {
    let query = sql("SELECT birth_date FROM patients WHERE id = $1").bind(patient);
    tx.optional::<(Option<NaiveDate>,)>(query).await?.map(|(birth,)| birth).ok_or(Error::NotFound)
}

/// Returns the birth date of the visit's patient, and the time zone of its clinic.
pub(super) async fn birth_and_zone(tx: &mut Tx, visit: VisitId) -> Result<(Option<NaiveDate>, String)> {
    let query = sql("SELECT p.birth_date, c.time_zone FROM visits v JOIN patients p ON p.id = v.patient_id \
                     JOIN clinics c ON c.id = v.clinic_id WHERE v.id = $1")
    .bind(visit);
    tx.optional(query).await?.ok_or(Error::NotFound)
}

pub(super) async fn enter_in_error(tx: &mut Tx, id: VitalsId, reason: &str, stamp: Stamp) -> Result<bool> {
    let query = sql("UPDATE vitals SET entered_in_error_at = $2, entered_in_error_by = $3, error_reason = $4 \
                     WHERE id = $1 AND entered_in_error_at IS NULL")
    .bind(id)
    .bind(stamp.at)
    .bind(stamp.by)
    .bind(reason);
    Ok(tx.execute(query).await? == 1)
}
