//! The SQL of photos of patients.

use data_encoding::BASE64;
use uuid::Uuid;

use crate::{
    core::{Error, PatientId, Result, Stamp},
    db::{Locked, Tx, sql},
    keys::{PATIENT_PHOTOS, Sealed},
    organisation::pictures::{Drawn, PictureMedia},
};

pub(super) async fn is_there(tx: &mut Tx, patient: PatientId) -> Result<bool> {
    Ok(tx.count(sql("SELECT count(*) FROM patient_photos WHERE patient_id = ").push_bind(patient)).await? > 0)
}

pub(super) async fn bytes(tx: &mut Tx, patient: PatientId) -> Result<Option<(PictureMedia, Vec<u8>)>> {
    let query = sql("SELECT id, media, sealed FROM patient_photos WHERE patient_id = ").push_bind(patient);
    let Some((id, media, sealed)) = tx.optional::<(Uuid, PictureMedia, Sealed)>(query).await? else { return Ok(None) };
    let [text] = PATIENT_PHOTOS.open(tx.keys(), id, patient, &sealed)?;
    let bytes = BASE64.decode(text.as_bytes()).map_err(|error| Error::internal("a photo is not readable", &error))?;
    Ok(Some((media, bytes)))
}

pub(super) async fn remove(tx: &mut Tx, patient: Locked<PatientId>) -> Result<()> {
    let query = sql("DELETE FROM patient_photos WHERE patient_id = $1 RETURNING id").bind(patient.id());
    if let Some((id,)) = tx.optional::<(Uuid,)>(query).await? {
        tx.changed(&PATIENT_PHOTOS, id);
    }
    Ok(())
}

pub(super) async fn insert(tx: &mut Tx, patient: Locked<PatientId>, new: &Drawn, stamp: Stamp) -> Result<()> {
    let id = Uuid::now_v7();
    let query = sql("INSERT INTO patient_photos (id, patient_id, media, sealed, taken_at, taken_by) VALUES ($1, $2, $3, $4, $5, $6)")
        .bind(id)
        .bind(patient.id())
        .bind(new.media)
        .bind(PATIENT_PHOTOS.seal(id, patient.id(), [&BASE64.encode(&new.bytes)]))
        .bind(stamp.at)
        .bind(stamp.by);
    tx.execute(query).await?;
    Ok(())
}
