//! The SQL of guardians.

use chrono::NaiveDate;
use uuid::Uuid;

use super::{Dependence, Guardian};
use crate::{
    core::{Error, PatientId, Result, UserId, time::Instant},
    db::{Tx, sql},
    tr,
};

/// Who acts for the patient, today or later.
///
/// # Errors
/// What the database refused.
pub async fn guardians(tx: &mut Tx, patient: PatientId, today: NaiveDate) -> Result<Vec<Guardian>> {
    let query = sql("SELECT g.id, g.guardian_id, i.mrn, i.given_names, i.family_name, i.preferred_name, g.kind, g.from_day, g.until_day
        FROM guardians g JOIN patient_identities i ON i.id = g.guardian_id
        WHERE g.patient_id = $1 AND g.ended_at IS NULL AND (g.until_day IS NULL OR g.until_day >= $2) ORDER BY g.from_day, g.id")
    .bind(patient)
    .bind(today);
    Ok(tx.all(query).await?)
}

/// The person of that record number.
pub(super) async fn by_mrn(tx: &mut Tx, mrn: &str) -> Result<Option<PatientId>> {
    let row: Option<(PatientId,)> = tx.optional(sql("SELECT id FROM patient_identities WHERE mrn = $1").bind(mrn)).await?;
    Ok(row.map(|(id,)| id))
}

/// Somebody who is to act for a patient.
pub(super) struct NewGuardian {
    pub patient: PatientId,
    pub guardian: PatientId,
    pub kind: Dependence,
    pub from: NaiveDate,
    pub until: Option<NaiveDate>,
}

pub(super) async fn insert(tx: &mut Tx, new: &NewGuardian, now: Instant, by: UserId) -> Result<Uuid> {
    // One that is over by its day gives way to the new one.
    let over = sql("UPDATE guardians SET ended_at = $3, ended_by = $4
        WHERE patient_id = $1 AND guardian_id = $2 AND ended_at IS NULL AND until_day < $5")
    .bind(new.patient)
    .bind(new.guardian)
    .bind(now)
    .bind(by)
    .bind(new.from);
    tx.execute(over).await?;
    let id = Uuid::now_v7();
    let query = sql("INSERT INTO guardians (id, patient_id, guardian_id, kind, from_day, until_day, created_at, created_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)")
    .bind(id)
    .bind(new.patient)
    .bind(new.guardian)
    .bind(new.kind)
    .bind(new.from)
    .bind(new.until)
    .bind(now)
    .bind(by);
    match tx.execute(query).await {
        Err(error) if error.is_unique() => Err(Error::conflict(tr!(patients.guardian_already))),
        done => Ok(done.map(|_| id)?),
    }
}

pub(super) async fn end(tx: &mut Tx, patient: PatientId, id: Uuid, now: Instant, by: UserId) -> Result<bool> {
    let query = sql("UPDATE guardians SET ended_at = $3, ended_by = $4 WHERE id = $1 AND patient_id = $2 AND ended_at IS NULL")
        .bind(id)
        .bind(patient)
        .bind(now)
        .bind(by);
    Ok(tx.execute(query).await? == 1)
}
