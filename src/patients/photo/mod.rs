//! The photo by which the desk recognises a patient. It is taken or chosen at the desk, drawn again small and without anything else of the
//! file, sealed, and goes when the record is erased as far as the law allows.

pub(super) mod pages;
mod store;

use crate::{
    audit::Action,
    core::{PatientId, Result},
    db::{Locked, Tx},
    organisation::pictures::{Drawn, PictureMedia},
    server::Ctx,
};

/// Puts a photo in the place of the one before, or takes that away.
///
/// # Errors
/// When the database refuses.
async fn replace(ctx: &mut Ctx, patient: PatientId, new: Option<&Drawn>) -> Result<()> {
    ctx.reach([patient]).await?;
    let locked = ctx.tx.lock(patient).await?;
    let stamp = ctx.stamp();
    store::remove(&mut ctx.tx, locked).await?;
    if let Some(new) = new {
        store::insert(&mut ctx.tx, locked, new, stamp).await?;
    }
    ctx.did(Action::Update, "patient_photo", patient, Some(patient));
    Ok(())
}

/// Removes the photo, when a record is erased.
///
/// # Errors
/// When the database refuses.
pub(super) async fn forget(tx: &mut Tx, patient: Locked<PatientId>) -> Result<()> {
    store::remove(tx, patient).await
}

/// Whether there is a photo of the patient.
///
/// # Errors
/// When the database refuses.
pub async fn is_there(tx: &mut Tx, patient: PatientId) -> Result<bool> {
    store::is_there(tx, patient).await
}

/// Returns the type and the bytes of the photo.
async fn bytes(tx: &mut Tx, patient: PatientId) -> Result<Option<(PictureMedia, Vec<u8>)>> {
    store::bytes(tx, patient).await
}
