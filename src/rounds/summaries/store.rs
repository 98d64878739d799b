//! The SQL of the summaries of stays.

use std::collections::HashMap;

use uuid::Uuid;

use super::{DischargeMedicine, MissingSummary, StaySummary, SummaryForm, SummaryText};
use crate::{
    clinical::{DocumentSignature, DocumentSigner},
    core::{AdmissionId, CareOrderId, ClinicId, DischargeSummaryId, PatientId, Result, Stamp, UserId, time::Instant},
    db::{DbError, Locked, Sql, Tx, sql},
    keys::{DISCHARGE_MEDICINES, DISCHARGE_SUMMARIES as FIELDS, Sealed, ToSeal},
    rounds::{
        night::RoundOf,
        vocabulary::{MedicineDecision, SummaryState},
    },
    wards::Admission,
};

/// The summaries that a check reads at a time.
const TOGETHER: i64 = 200;

#[derive(sqlx::FromRow)]
struct SummaryRow {
    id: DischargeSummaryId,
    admission_id: AdmissionId,
    patient_id: PatientId,
    clinic_id: ClinicId,
    version: i64,
    state: SummaryState,
    sealed: Sealed,
    saved: i64,
    author: String,
    signed_at: Option<Instant>,
    signed_by: Option<UserId>,
    signer_name: String,
    key_id: Option<Uuid>,
    signature: Option<Vec<u8>>,
    superseded_at: Option<Instant>,
}

#[derive(sqlx::FromRow)]
struct MedicineRow {
    id: Uuid,
    summary_id: DischargeSummaryId,
    order_id: Option<CareOrderId>,
    decision: MedicineDecision,
    sealed: Sealed,
}

const SUMMARIES: &str =
    "SELECT d.id, d.admission_id, d.patient_id, d.clinic_id, d.version, d.state, d.sealed, d.saved, u.display_name AS author,
        d.signed_at, d.signed_by, d.signer_name, d.key_id, d.signature, d.superseded_at
    FROM discharge_summaries d JOIN users u ON u.id = d.author_id WHERE ";

async fn opened(tx: &mut Tx, query: Sql) -> Result<Vec<StaySummary>> {
    let rows: Vec<SummaryRow> = tx.all(query).await?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let query = sql("SELECT m.id, m.summary_id, m.order_id, m.decision, m.sealed FROM discharge_medicines m WHERE m.summary_id IN ");
    let query = query.push_list(rows.iter().map(|row| row.id)).push(" ORDER BY m.summary_id, m.nth");
    let medicines: Vec<MedicineRow> = tx.all(query).await?;
    let keys = tx.keys();
    let mut of: HashMap<DischargeSummaryId, Vec<MedicineRow>> = HashMap::new();
    for row in medicines {
        of.entry(row.summary_id).or_default().push(row);
    }
    let mut summaries = Vec::with_capacity(rows.len());
    for row in rows {
        let [diagnoses, course, results, instructions, pending, amendment] = FIELDS.open(keys, row.id, row.patient_id, &row.sealed)?;
        let mut medicines = Vec::new();
        for one in of.remove(&row.id).unwrap_or_default() {
            let [medicine, dosage, reason] = DISCHARGE_MEDICINES.open(keys, one.id, row.patient_id, &one.sealed)?;
            medicines.push(DischargeMedicine { order_id: one.order_id, decision: Some(one.decision), medicine, dosage, reason });
        }
        summaries.push(StaySummary {
            id: row.id,
            admission_id: row.admission_id,
            patient_id: row.patient_id,
            clinic_id: row.clinic_id,
            version: row.version,
            state: row.state,
            text: SummaryText { sections: [diagnoses, course, results, instructions, pending], amendment },
            medicines,
            saved: row.saved,
            author: row.author,
            signed_at: row.signed_at,
            signed_by: row.signed_by,
            signer_name: row.signer_name,
            signature: row.key_id.zip(row.signature).map(|(key, bytes)| DocumentSignature { key, bytes }),
            superseded_at: row.superseded_at,
        });
    }
    Ok(summaries)
}

/// Reads a version of a summary.
///
/// # Errors
/// When the database refuses.
pub async fn find(tx: &mut Tx, id: DischargeSummaryId) -> Result<Option<StaySummary>> {
    Ok(opened(tx, sql(SUMMARIES).push("d.id = ").push_bind(id)).await?.pop())
}

/// Reads the versions of a stay's summary, the latest first.
///
/// # Errors
/// When the database refuses.
pub async fn of_stay(tx: &mut Tx, admission: AdmissionId) -> Result<Vec<StaySummary>> {
    opened(tx, sql(SUMMARIES).push("d.admission_id = ").push_bind(admission).push(" ORDER BY d.version DESC")).await
}

/// Reads the signed summaries of a patient that count, the latest first.
///
/// # Errors
/// When the database refuses.
pub async fn of_patient(tx: &mut Tx, patient: PatientId, before: Option<Instant>, limit: i64) -> Result<Vec<StaySummary>> {
    let mut query = sql(SUMMARIES).push("d.state = 'final' AND d.superseded_at IS NULL AND d.patient_id = ").push_bind(patient);
    if let Some(before) = before {
        query = query.push(" AND d.signed_at < ").push_bind(before);
    }
    opened(tx, query.push(" ORDER BY d.signed_at DESC, d.id LIMIT ").push_bind(limit)).await
}

/// The latest stays that are looked at for a missing summary: more than a doctor or a ward discharges in the time that is asked about.
const LEFT_LAST: i64 = 1_000;

/// Reads the stays of a clinic that ended since a time and have no signed summary, those first that ended first: of a doctor, or of a ward.
///
/// # Errors
/// When the database refuses.
pub async fn missing(tx: &mut Tx, clinic: ClinicId, of: RoundOf, since: Instant) -> Result<Vec<MissingSummary>> {
    let query = sql("SELECT q.admission_id, q.patient_id, q.private, q.left_at, p.given_names, p.family_name, p.preferred_name, p.mrn
        FROM (SELECT a.id AS admission_id, a.patient_id, a.private, a.left_at,
            (SELECT count(*) FROM discharge_summaries d WHERE d.admission_id = a.id AND d.state = 'final' AND d.superseded_at IS NULL) AS signed
            FROM admissions a WHERE a.state = 'discharged' AND a.clinic_id = ")
    .push_bind(clinic)
    .push(" AND a.left_at >= ")
    .push_bind(since);
    let query = match of {
        RoundOf::Doctor(doctor) => query.push(" AND a.doctor_id = ").push_bind(doctor),
        RoundOf::Ward(ward) => query.push(" AND coalesce(a.accepted_ward_id, a.ward_id) = ").push_bind(ward),
    };
    // The count comes before the filter: each stay looks for its own summary.
    let query = query
        .push(" ORDER BY a.left_at DESC LIMIT ")
        .push_bind(LEFT_LAST)
        .push(") q JOIN patients p ON p.id = q.patient_id WHERE q.signed = 0");
    Ok(tx.all(query.push(" ORDER BY q.left_at, q.admission_id LIMIT 50")).await?)
}

/// Reads the next signed summaries, with replaced ones, in the order of their ids.
pub(super) async fn signed(tx: &mut Tx, after: Option<DischargeSummaryId>) -> Result<Vec<StaySummary>> {
    let mut query = sql(SUMMARIES).push("d.state = 'final'");
    if let Some(after) = after {
        query = query.push(" AND d.id > ").push_bind(after);
    }
    opened(tx, query.push(" ORDER BY d.id LIMIT ").push_bind(TOGETHER)).await
}

fn sealed(id: DischargeSummaryId, patient: PatientId, text: &SummaryText) -> ToSeal {
    let [diagnoses, course, results, instructions, pending] = &text.sections;
    FIELDS.seal(id, patient, [diagnoses, course, results, instructions, pending, &text.amendment])
}

pub(super) async fn insert(
    tx: &mut Tx,
    stay: Locked<AdmissionId>,
    (id, version): (DischargeSummaryId, i64),
    of: &Admission,
    form: &SummaryForm,
    stamp: Stamp,
) -> Result<()> {
    let query =
        sql("INSERT INTO discharge_summaries (id, admission_id, patient_id, clinic_id, version, state, sealed, created_at, author_id)
        VALUES ($1, $2, $3, $4, $5, 'draft', $6, $7, $8)")
        .bind(id)
        .bind(stay.id())
        .bind(of.patient_id)
        .bind(of.clinic_id)
        .bind(version)
        .bind(sealed(id, of.patient_id, &form.text))
        .bind(stamp.at)
        .bind(stamp.by);
    tx.execute(query).await.map_err(DbError::of_form_key)?;
    insert_medicines(tx, id, of.patient_id, &form.medicines).await
}

async fn insert_medicines(tx: &mut Tx, id: DischargeSummaryId, patient: PatientId, medicines: &[DischargeMedicine]) -> Result<()> {
    let decided = medicines.iter().filter_map(|row| row.decision.map(|decision| (row, decision)));
    for (nth, (row, decision)) in (1_i64..).zip(decided) {
        let medicine = Uuid::now_v7();
        let query = sql("INSERT INTO discharge_medicines (id, summary_id, patient_id, nth, order_id, decision, sealed)
            VALUES ($1, $2, $3, $4, $5, $6, $7)")
        .bind(medicine)
        .bind(id)
        .bind(patient)
        .bind(nth)
        .bind(row.order_id)
        .bind(decision)
        .bind(DISCHARGE_MEDICINES.seal(medicine, patient, [&row.medicine, &row.dosage, &row.reason]));
        tx.execute(query).await?;
    }
    Ok(())
}

/// Writes the texts and the medicines of a draft.
pub(super) async fn save(tx: &mut Tx, stay: Locked<AdmissionId>, draft: &StaySummary, form: &SummaryForm) -> Result<()> {
    let query =
        sql("UPDATE discharge_summaries SET sealed = $3, saved = saved + 1 WHERE id = $1 AND admission_id = $2 AND state = 'draft'")
            .bind(draft.id)
            .bind(stay.id())
            .bind(sealed(draft.id, draft.patient_id, &form.text));
    tx.execute(query).await?;
    tx.changed(&FIELDS, draft.id);
    let gone: Vec<(Uuid,)> = tx.all(sql("SELECT id FROM discharge_medicines WHERE summary_id = ").push_bind(draft.id)).await?;
    tx.execute(sql("DELETE FROM discharge_medicines WHERE summary_id = ").push_bind(draft.id)).await?;
    for (id,) in gone {
        tx.changed(&DISCHARGE_MEDICINES, id);
    }
    insert_medicines(tx, draft.id, draft.patient_id, &form.medicines).await
}

/// Marks the version that counted as replaced.
pub(super) async fn supersede(tx: &mut Tx, stay: Locked<AdmissionId>, now: Instant) -> Result<()> {
    let query =
        sql("UPDATE discharge_summaries SET superseded_at = $2 WHERE admission_id = $1 AND state = 'final' AND superseded_at IS NULL");
    tx.execute(query.bind(stay.id()).bind(now)).await?;
    Ok(())
}

pub(super) async fn set_final(
    tx: &mut Tx,
    stay: Locked<AdmissionId>,
    id: DischargeSummaryId,
    signer: &DocumentSigner<'_>,
    signature: &DocumentSignature,
) -> Result<(), DbError> {
    let query =
        sql("UPDATE discharge_summaries SET state = 'final', signed_at = $3, signed_by = $4, signer_name = $5, key_id = $6, signature = $7
        WHERE id = $1 AND admission_id = $2 AND state = 'draft'")
        .bind(id)
        .bind(stay.id())
        .bind(signer.at)
        .bind(signer.user)
        .bind(signer.name)
        .bind(signature.key)
        .bind(signature.bytes.clone());
    tx.execute(query).await?;
    Ok(())
}
