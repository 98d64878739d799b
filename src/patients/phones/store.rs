//! The SQL of further numbers.

use super::{MorePhone, NewPhone, PhoneKind};
use crate::{
    core::{PatientId, PatientPhoneId, Result, Stamp, time::Instant},
    db::{Locked, Tx, sql},
    keys::{MORE_PHONES_INDEX, PATIENT_PHONES, Sealed},
};

/// The columns of a row as they are read.
type PhoneRow = (PatientPhoneId, PhoneKind, Option<Instant>, Sealed);

pub(super) async fn of_patient(tx: &mut Tx, patient: PatientId) -> Result<Vec<MorePhone>> {
    let query = sql("SELECT id, kind, preferred_at, sealed FROM patient_phones WHERE patient_id = $1 ORDER BY added_at, id").bind(patient);
    let rows: Vec<PhoneRow> = tx.all(query).await?;
    let mut found = Vec::with_capacity(rows.len());
    for (id, kind, preferred_at, sealed) in rows {
        let [phone, whose] = PATIENT_PHONES.open(tx.keys(), id, patient, &sealed)?;
        found.push(MorePhone { id, kind, phone, whose, preferred_at });
    }
    Ok(found)
}

pub(super) async fn insert(tx: &mut Tx, patient: Locked<PatientId>, new: &NewPhone, stamp: Stamp) -> Result<PatientPhoneId> {
    let id = PatientPhoneId::new();
    let query = sql(
        "INSERT INTO patient_phones (id, patient_id, kind, sealed, phone_index, added_at, added_by) VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(id)
    .bind(patient.id())
    .bind(new.kind)
    .bind(PATIENT_PHONES.seal(id, patient.id(), [&new.phone, &new.whose]))
    .bind(MORE_PHONES_INDEX.of(&new.phone))
    .bind(stamp.at)
    .bind(stamp.by);
    tx.execute(query).await?;
    Ok(id)
}

pub(super) async fn remove(tx: &mut Tx, patient: Locked<PatientId>, id: PatientPhoneId) -> Result<bool> {
    let query = sql("DELETE FROM patient_phones WHERE id = $1 AND patient_id = $2").bind(id).bind(patient.id());
    let removed = tx.execute(query).await? == 1;
    if removed {
        tx.changed(&PATIENT_PHONES, id);
    }
    Ok(removed)
}

pub(super) async fn prefer(tx: &mut Tx, patient: Locked<PatientId>, id: Option<PatientPhoneId>, now: Instant) -> Result<()> {
    let query = sql("UPDATE patient_phones SET preferred_at = NULL WHERE patient_id = $1 AND preferred_at IS NOT NULL");
    tx.execute(query.bind(patient.id())).await?;
    if let Some(id) = id {
        let query = sql("UPDATE patient_phones SET preferred_at = $1 WHERE id = $2 AND patient_id = $3");
        tx.execute(query.bind(now).bind(id).bind(patient.id())).await?;
    }
    Ok(())
}
