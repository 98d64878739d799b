//! The SQL of the problem list.

use super::{ProblemEntry, ProblemForm};
use crate::{
    core::{PatientId, ProblemId, Result, Stamp, time::Instant},
    db::{DbError, Locked, Tx, sql},
};

const PROBLEMS: &str =
    "SELECT p.id, p.patient_id, p.code, p.description, p.clinical_status, p.onset_on, p.recorded_at, u.display_name AS recorder,
        p.replaces, p.superseded_at, p.entered_in_error_at, p.error_reason
    FROM problems p JOIN users u ON u.id = p.recorded_by WHERE ";

/// Reads a version of an entry.
///
/// # Errors
/// When the database refuses.
pub async fn problem(tx: &mut Tx, id: ProblemId) -> Result<Option<ProblemEntry>> {
    Ok(tx.optional(sql(PROBLEMS).push("p.id = ").push_bind(id)).await?)
}

/// Reads all versions of the list of a patient, the latest first.
///
/// # Errors
/// When the database refuses.
pub async fn of_patient(tx: &mut Tx, patient: PatientId) -> Result<Vec<ProblemEntry>> {
    let query = sql(PROBLEMS).push("p.verification <> 'refuted' AND p.patient_id = ").push_bind(patient);
    Ok(tx.all(query.push(" ORDER BY p.recorded_at DESC, p.id DESC LIMIT 1000")).await?)
}

pub(super) async fn insert(
    tx: &mut Tx,
    patient: Locked<PatientId>,
    id: ProblemId,
    replaces: Option<ProblemId>,
    form: &ProblemForm,
    stamp: Stamp,
) -> Result<()> {
    let query =
        sql("INSERT INTO problems (id, patient_id, code, description, clinical_status, verification, onset_on, recorded_at, recorded_by,
        replaces) VALUES ($1, $2, $3, $4, $5, 'confirmed', $6, $7, $8, $9)")
        .bind(id)
        .bind(patient.id())
        .bind(&form.code)
        .bind(&form.description)
        .bind(form.status)
        .bind(form.onset)
        .bind(stamp.at)
        .bind(stamp.by)
        .bind(replaces);
    tx.execute(query).await.map_err(DbError::of_form_key)?;
    Ok(())
}

/// Marks a version as replaced.
pub(super) async fn supersede(tx: &mut Tx, patient: Locked<PatientId>, id: ProblemId, now: Instant) -> Result<()> {
    let query = sql("UPDATE problems SET superseded_at = $3 WHERE id = $1 AND patient_id = $2 AND superseded_at IS NULL");
    tx.execute(query.bind(id).bind(patient.id()).bind(now)).await?;
    Ok(())
}

pub(super) async fn enter_in_error(tx: &mut Tx, patient: Locked<PatientId>, id: ProblemId, reason: &str, stamp: Stamp) -> Result<()> {
    let query =
        sql("UPDATE problems SET entered_in_error_at = $3, entered_in_error_by = $4, error_reason = $5 WHERE id = $1 AND patient_id = $2
        AND superseded_at IS NULL")
        .bind(id)
        .bind(patient.id())
        .bind(stamp.at)
        .bind(stamp.by)
        .bind(reason);
    tx.execute(query).await?;
    Ok(())
}
