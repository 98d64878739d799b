//! The SQL of symptoms.

use uuid::Uuid;

use crate::{
    core::{AppointmentId, PatientId, Result, Stamp},
    db::{Tx, sql},
    keys::{SYMPTOMS, Sealed},
};

pub(super) async fn read(tx: &mut Tx, appointment: AppointmentId) -> Result<String> {
    let query = sql("SELECT id, patient_id, sealed FROM appointment_symptoms WHERE appointment_id = ").push_bind(appointment);
    // A record that was merged away keeps the row: the words are bound to the patient who told them.
    let Some((id, patient, sealed)) = tx.optional::<(Uuid, PatientId, Sealed)>(query).await? else { return Ok(String::new()) };
    let [words] = SYMPTOMS.open(tx.keys(), id, patient, &sealed)?;
    Ok(words)
}

pub(super) async fn insert(tx: &mut Tx, (appointment, patient): (AppointmentId, PatientId), words: &str, stamp: Stamp) -> Result<()> {
    let id = Uuid::now_v7();
    let query =
        sql("INSERT INTO appointment_symptoms (id, appointment_id, patient_id, sealed, told_at, told_by) VALUES ($1, $2, $3, $4, $5, $6)")
            .bind(id)
            .bind(appointment)
            .bind(patient)
            .bind(SYMPTOMS.seal(id, patient, [words]))
            .bind(stamp.at)
            .bind(stamp.by);
    tx.execute(query).await?;
    Ok(())
}
