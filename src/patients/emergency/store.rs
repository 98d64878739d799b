//! The SQL of records opened in an emergency.

use super::LASTS;
use crate::{
    core::{ClinicId, EmergencyAccessId, Error, PatientId, Result, Stamp},
    db::{Tx, sql},
    tr,
};

/// Opens the record; a record that is open already stays unchanged. Requests of one user for one record wait for each other: a user
/// without access cannot lock the record itself.
pub(super) async fn open(
    tx: &mut Tx,
    patient: PatientId,
    clinic: ClinicId,
    reason: &str,
    stamp: Stamp,
) -> Result<Option<EmergencyAccessId>> {
    tx.take_turn("emergency", &format!("{} {patient}", stamp.by)).await?;
    if !crate::accounts::scope::emergencies(tx, &[patient], stamp.by, stamp.at).await?.is_empty() {
        return Ok(None);
    }
    let id = EmergencyAccessId::new();
    let query = sql("INSERT INTO emergency_accesses (id, patient_id, user_id, clinic_id, reason, began_at, ends_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)")
    .bind(id)
    .bind(patient)
    .bind(stamp.by)
    .bind(clinic)
    .bind(reason)
    .bind(stamp.at)
    .bind(stamp.at + LASTS);
    match tx.execute(query).await {
        Err(error) if error.violates("emergency_accesses_once") => Err(Error::conflict(tr!(patients.emergency_open_already))),
        done => Ok(done.map(|_| Some(id))?),
    }
}
