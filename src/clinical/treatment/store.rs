//! The SQL of treatment plans.

use chrono::NaiveDate;

use super::{PlanForm, TreatmentPlan};
use crate::{
    clinical::Encounter,
    core::{ClinicId, EncounterId, PatientId, Result, Stamp, TreatmentPlanId, time::Instant},
    db::{Locked, Sql, Tx, sql},
    keys::{Sealed, TREATMENT_PLANS as FIELDS, Unopened},
};

#[derive(sqlx::FromRow)]
struct PlanRow {
    id: TreatmentPlanId,
    encounter_id: EncounterId,
    patient_id: PatientId,
    clinic_id: ClinicId,
    version: i64,
    sealed: Sealed,
    review_on: Option<NaiveDate>,
    written_at: Instant,
    writer: String,
    superseded_at: Option<Instant>,
    encounter_state: String,
}

const PLANS: &str = "SELECT t.id, t.encounter_id, t.patient_id, t.clinic_id, t.version, t.sealed, t.review_on, t.written_at,
        u.display_name AS writer, t.superseded_at, e.state AS encounter_state
    FROM treatment_plans t JOIN users u ON u.id = t.written_by JOIN encounters e ON e.id = t.encounter_id WHERE ";

async fn opened(tx: &mut Tx, query: Sql) -> Result<Vec<TreatmentPlan>> {
    let rows: Vec<PlanRow> = tx.all(query).await?;
    let keys = tx.keys();
    let open = |row: PlanRow| {
        let [goals, instructions, follow_up] = FIELDS.open(keys, row.id, row.patient_id, &row.sealed)?;
        Ok(TreatmentPlan {
            id: row.id,
            encounter_id: row.encounter_id,
            patient_id: row.patient_id,
            clinic_id: row.clinic_id,
            version: row.version,
            goals,
            instructions,
            follow_up,
            review_on: row.review_on,
            written_at: row.written_at,
            writer: row.writer,
            superseded_at: row.superseded_at,
            is_signed: row.encounter_state == "finished",
        })
    };
    Ok(rows.into_iter().map(open).collect::<Result<_, Unopened>>()?)
}

/// Reads the versions of an encounter's plan, the latest first.
///
/// # Errors
/// When the database refuses.
pub async fn of_encounter(tx: &mut Tx, encounter: EncounterId) -> Result<Vec<TreatmentPlan>> {
    opened(tx, sql(PLANS).push("t.encounter_id = ").push_bind(encounter).push(" ORDER BY t.version DESC")).await
}

/// Reads the plans of a patient that count, the latest first.
///
/// # Errors
/// When the database refuses.
pub async fn of_patient(tx: &mut Tx, patient: PatientId, before: Option<Instant>, limit: i64) -> Result<Vec<TreatmentPlan>> {
    let mut query = sql(PLANS).push("t.superseded_at IS NULL AND e.state <> 'entered_in_error' AND t.patient_id = ").push_bind(patient);
    if let Some(before) = before {
        query = query.push(" AND t.written_at < ").push_bind(before);
    }
    opened(tx, query.push(" ORDER BY t.written_at DESC, t.id LIMIT ").push_bind(limit)).await
}

/// Marks the version that counted as replaced.
pub(super) async fn supersede(tx: &mut Tx, encounter: Locked<EncounterId>, now: Instant) -> Result<()> {
    let query = sql("UPDATE treatment_plans SET superseded_at = $2 WHERE encounter_id = $1 AND superseded_at IS NULL");
    tx.execute(query.bind(encounter.id()).bind(now)).await?;
    Ok(())
}

pub(super) async fn insert(
    tx: &mut Tx,
    lock: Locked<EncounterId>,
    id: TreatmentPlanId,
    encounter: &Encounter,
    form: &PlanForm,
    stamp: Stamp,
) -> Result<()> {
    let query =
        sql("INSERT INTO treatment_plans (id, encounter_id, patient_id, clinic_id, version, sealed, review_on, written_at, written_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)")
        .bind(id)
        .bind(lock.id())
        .bind(encounter.patient)
        .bind(encounter.clinic)
        .bind(form.seen + 1)
        .bind(FIELDS.seal(id, encounter.patient, [&form.goals, &form.instructions, &form.follow_up]))
        .bind(form.review_on)
        .bind(stamp.at)
        .bind(stamp.by);
    tx.execute(query).await?;
    Ok(())
}
