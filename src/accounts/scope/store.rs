//! The SQL of the care relation between patients and clinics.

use std::collections::BTreeSet;

use super::Dependant;
use crate::{
    core::{ClinicId, PatientId, Result, UserId, time::Instant},
    db::{Tx, sql},
};

/// Returns those of the given patients who are in the care of one of the clinics.
///
/// # Errors
/// When the database refuses.
pub async fn in_care(tx: &mut Tx, patients: &[PatientId], clinics: &[ClinicId]) -> Result<BTreeSet<PatientId>> {
    let mut found = BTreeSet::new();
    if clinics.is_empty() {
        return Ok(found);
    }
    for some in patients.chunks(500) {
        let query = sql("SELECT patient_id FROM care WHERE patient_id IN ")
            .push_list(some.iter().copied())
            .push(" AND clinic_id IN ")
            .push_list(clinics.iter().copied());
        found.extend(tx.all::<(PatientId,)>(query).await?.into_iter().map(|(patient,)| patient));
    }
    Ok(found)
}

/// Returns those of the given patients whom the user may open in an emergency now, each with the reason given.
///
/// # Errors
/// When the database refuses.
pub async fn emergencies(tx: &mut Tx, patients: &[PatientId], user: UserId, now: Instant) -> Result<Vec<(PatientId, String)>> {
    let query = sql("SELECT patient_id, reason FROM emergency_accesses WHERE user_id = ")
        .push_bind(user)
        .push(" AND ends_at > ")
        .push_bind(now)
        .push(" AND patient_id IN ")
        .push_list(patients.iter().copied());
    Ok(tx.all(query).await?)
}

/// Whether a patient with that id exists.
///
/// # Errors
/// When the database refuses.
pub async fn is_known(tx: &mut Tx, patient: PatientId) -> Result<bool> {
    Ok(tx.count(sql("SELECT count(*) FROM patient_identities WHERE id = $1").bind(patient)).await? > 0)
}

/// Returns the patients for whom the person acts now.
///
/// # Errors
/// When the database refuses.
pub async fn dependants(tx: &mut Tx, guardian: PatientId, now: Instant) -> Result<Vec<Dependant>> {
    let query = sql("SELECT p.id, p.given_names, p.family_name FROM guardians g JOIN patients p ON p.id = g.patient_id
        WHERE g.guardian_id = $1 AND g.ended_at IS NULL AND g.agreed_at IS NOT NULL AND g.ends_at > $2
            AND NOT EXISTS (SELECT 1 FROM patient_merges m WHERE m.merged_id = g.patient_id AND m.state = 'merged')
        ORDER BY p.birth_date, p.id")
    .bind(guardian)
    .bind(now);
    let rows: Vec<(PatientId, String, String)> = tx.all(query).await?;
    let named =
        |(patient, given, family): (PatientId, String, String)| Dependant { patient, name: format!("{given} {family}").trim().to_owned() };
    Ok(rows.into_iter().map(named).collect())
}

/// Returns the records that were merged into those of these patients.
///
/// # Errors
/// When the database refuses.
pub async fn joined(tx: &mut Tx, patients: impl IntoIterator<Item = PatientId>) -> Result<Vec<PatientId>> {
    let query = sql("SELECT merged_id FROM patient_merges WHERE state = 'merged' AND survivor_id IN ").push_list(patients);
    Ok(tx.all::<(PatientId,)>(query).await?.into_iter().map(|(id,)| id).collect())
}

/// Takes a patient into a clinic's care because the clinic registered the patient, without a booking. A second call
/// changes nothing.
///
/// # Errors
/// When the database refuses.
pub async fn take_in(tx: &mut Tx, patient: PatientId, clinic: ClinicId, now: Instant) -> Result<()> {
    let query = sql("INSERT INTO care (patient_id, clinic_id, since, because) VALUES ($1, $2, $3, 'registered') ON CONFLICT DO NOTHING")
        .bind(patient)
        .bind(clinic)
        .bind(now);
    tx.execute(query).await?;
    Ok(())
}
