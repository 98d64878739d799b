//! The SQL of guardians.

use chrono::NaiveDate;
use uuid::Uuid;

use super::{Dependence, Guardian};
use crate::{
    core::{Error, PatientId, Result, Stamp, time::Instant},
    db::{Locked, Tx, sql},
    patients::ActedFor,
    tr,
};

/// Returns the people who act for the patient, or ask to.
///
/// # Errors
/// When the database refuses.
pub async fn guardians(tx: &mut Tx, patient: PatientId, now: Instant) -> Result<Vec<Guardian>> {
    let query = sql("SELECT g.id, g.guardian_id, i.mrn, i.given_names, i.family_name, i.preferred_name, g.kind, g.from_day, g.until_day,
            g.document, g.agreed_at
        FROM guardians g JOIN patient_identities i ON i.id = g.guardian_id
        WHERE g.patient_id = $1 AND g.ended_at IS NULL AND g.ends_at > $2 ORDER BY g.from_day, g.id")
    .bind(patient)
    .bind(now);
    Ok(tx.all(query).await?)
}

/// A new person who acts for a patient.
pub(super) struct NewGuardian {
    pub guardian: PatientId,
    pub kind: Dependence,
    pub from: NaiveDate,
    pub until: NaiveDate,
    /// The time at which the last day ends at the clinic.
    pub ends: Instant,
    /// The document that the desk saw; without one the patient must agree.
    pub document: String,
}

pub(super) async fn insert(tx: &mut Tx, patient: Locked<PatientId>, new: &NewGuardian, stamp: Stamp) -> Result<Uuid> {
    // An expired entry is ended so that the new one can be inserted.
    let over = sql("UPDATE guardians SET ended_at = $3, ended_by = $4
        WHERE patient_id = $1 AND guardian_id = $2 AND ended_at IS NULL AND ends_at <= $5")
    .bind(patient.id())
    .bind(new.guardian)
    .bind(stamp.at)
    .bind(stamp.by)
    .bind(stamp.at);
    tx.execute(over).await?;
    let id = Uuid::now_v7();
    let agreed = !new.document.is_empty();
    let query = sql("INSERT INTO guardians (id, patient_id, guardian_id, kind, from_day, until_day, ends_at, created_at, created_by,
            agreed_at, agreed_by, document)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)")
    .bind(id)
    .bind(patient.id())
    .bind(new.guardian)
    .bind(new.kind)
    .bind(new.from)
    .bind(new.until)
    .bind(new.ends)
    .bind(stamp.at)
    .bind(stamp.by)
    .bind(agreed.then_some(stamp.at))
    .bind(agreed.then_some(stamp.by))
    .bind(&new.document);
    match tx.execute(query).await {
        Err(error) if error.is_unique() => Err(Error::conflict(tr!(patients.guardian_already))),
        done => Ok(done.map(|_| id)?),
    }
}

/// Records that the patient agrees; returns `false` when the request no longer exists.
pub(super) async fn agree(tx: &mut Tx, patient: Locked<PatientId>, id: Uuid, stamp: Stamp) -> Result<bool> {
    let query = sql("UPDATE guardians SET agreed_at = $3, agreed_by = $4
        WHERE id = $1 AND patient_id = $2 AND ended_at IS NULL AND agreed_at IS NULL AND ends_at > $5")
    .bind(id)
    .bind(patient.id())
    .bind(stamp.at)
    .bind(stamp.by)
    .bind(stamp.at);
    Ok(tx.execute(query).await? == 1)
}

pub(super) async fn end(tx: &mut Tx, patient: Locked<PatientId>, id: Uuid, stamp: Stamp) -> Result<bool> {
    let query = sql("UPDATE guardians SET ended_at = $3, ended_by = $4 WHERE id = $1 AND patient_id = $2 AND ended_at IS NULL")
        .bind(id)
        .bind(patient.id())
        .bind(stamp.at)
        .bind(stamp.by);
    Ok(tx.execute(query).await? == 1)
}

/// Returns the people for whom a person acts, or asks to.
///
/// # Errors
/// When the database refuses.
pub async fn acted_for(tx: &mut Tx, guardian: PatientId, now: Instant) -> Result<Vec<ActedFor>> {
    let query = sql("SELECT g.id, g.patient_id, i.given_names, i.family_name, g.until_day, g.agreed_at
        FROM guardians g JOIN patient_identities i ON i.id = g.patient_id
        WHERE g.guardian_id = $1 AND g.ended_at IS NULL AND g.ends_at > $2 ORDER BY g.from_day, g.id")
    .bind(guardian)
    .bind(now);
    Ok(tx.all(query).await?)
}
