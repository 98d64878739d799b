//! The SQL of the allergy list.

use super::{Allergy, AllergyStatus, NewAllergy};
use crate::{
    core::{AllergyId, PatientId, Result, Stamp, UserId, time::Instant},
    db::{DbError, Locked, Tx, sql},
};

pub(super) async fn of(tx: &mut Tx, patient: PatientId) -> Result<Vec<Allergy>> {
    let query = sql("SELECT a.id, a.substance, a.category, a.criticality, a.reaction, a.severity, a.clinical_status, a.verification,
            a.recorded_at, u.display_name AS recorded_by_name, a.entered_in_error_at, a.error_reason, a.assessed_at,
            d.display_name AS assessed_by_name, a.assessed_why
        FROM allergies a JOIN users u ON u.id = a.recorded_by LEFT JOIN users d ON d.id = a.assessed_by
        WHERE a.patient_id = $1 ORDER BY a.recorded_at, a.id")
    .bind(patient);
    Ok(tx.all(query).await?)
}

/// An entry as it was written, for any patient.
#[derive(sqlx::FromRow)]
pub(super) struct Written {
    pub patient_id: PatientId,
    pub recorded_by: UserId,
    pub entered_in_error_at: Option<Instant>,
    #[sqlx(flatten)]
    pub allergy: NewAllergy,
}

pub(super) async fn written(tx: &mut Tx, id: AllergyId) -> Result<Option<Written>> {
    let query = sql(
        "SELECT id, patient_id, recorded_by, entered_in_error_at, substance, category, criticality, reaction, severity FROM allergies WHERE id = $1",
    );
    Ok(tx.optional(query.bind(id)).await?)
}

pub(super) async fn insert(tx: &mut Tx, patient: Locked<PatientId>, allergy: &NewAllergy, stamp: Stamp) -> Result<()> {
    let query = sql("INSERT INTO allergies (id, patient_id, substance, category, criticality, reaction, severity, clinical_status,
            verification, recorded_at, recorded_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, 'active', 'unconfirmed', $8, $9)")
    .bind(allergy.id)
    .bind(patient.id())
    .bind(&allergy.substance)
    .bind(allergy.category)
    .bind(allergy.criticality)
    .bind(&allergy.reaction)
    .bind(allergy.severity)
    .bind(stamp.at)
    .bind(stamp.by);
    tx.execute(query).await.map_err(DbError::of_form_key)?;
    Ok(())
}

/// Sets the allergy status. The record's version does not change: the allergy list has rows of its own.
pub(super) async fn set_status(tx: &mut Tx, patient: Locked<PatientId>, status: AllergyStatus) -> Result<()> {
    tx.execute(sql("UPDATE patients SET allergy_status = $2 WHERE id = $1").bind(patient.id()).bind(status)).await?;
    Ok(())
}

pub(super) async fn set_none_known(tx: &mut Tx, patient: Locked<PatientId>) -> Result<bool> {
    let query = sql("UPDATE patients SET allergy_status = 'none_known' WHERE id = $1 AND NOT EXISTS (
            SELECT 1 FROM allergies a WHERE a.patient_id = patients.id AND a.entered_in_error_at IS NULL
                AND a.clinical_status = 'active' AND a.verification <> 'refuted')")
    .bind(patient.id());
    Ok(tx.execute(query).await? == 1)
}

pub(super) async fn mark_in_error(tx: &mut Tx, patient: Locked<PatientId>, allergy: AllergyId, reason: &str, stamp: Stamp) -> Result<bool> {
    let query = sql("UPDATE allergies SET entered_in_error_at = $3, entered_in_error_by = $4, error_reason = $5
        WHERE id = $1 AND patient_id = $2 AND entered_in_error_at IS NULL")
    .bind(allergy)
    .bind(patient.id())
    .bind(stamp.at)
    .bind(stamp.by)
    .bind(reason);
    Ok(tx.execute(query).await? == 1)
}

/// Writes the states that follow from a doctor's verdict.
pub(super) async fn assess(
    tx: &mut Tx,
    patient: Locked<PatientId>,
    allergy: AllergyId,
    (status, verification): (&str, &str),
    why: &str,
    stamp: Stamp,
) -> Result<()> {
    let query = sql("UPDATE allergies SET clinical_status = $3, verification = $4, assessed_at = $5, assessed_by = $6, assessed_why = $7
        WHERE id = $1 AND patient_id = $2")
    .bind(allergy)
    .bind(patient.id())
    .bind(status)
    .bind(verification)
    .bind(stamp.at)
    .bind(stamp.by)
    .bind(why);
    tx.execute(query).await?;
    Ok(())
}
