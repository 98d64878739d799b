//! Copies of a record: who asks, who releases, and the file.

mod archive;
mod fhir;
mod gather;
mod html;
mod store;

use super::{
    ExportPurpose,
    store::{self as requests, Export, NewExport},
};
use crate::{
    audit::Action,
    core::{ClinicId, Error, ExportId, PatientId, Result, Stamp},
    db::Tx,
    server::Ctx,
    tr,
};

pub(super) use archive::file;

/// The time during which the file can be fetched.
const LASTS: chrono::Duration = chrono::Duration::hours(24);

/// For whom a copy is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Audience {
    /// The patient in the portal: what the portal shows.
    Patient,
    /// The whole record, as a user who may read charts releases it.
    Whole,
}

/// Makes a copy for the patient of the portal, who has just given a proof of identity.
///
/// # Errors
/// When the database refuses.
pub(super) async fn ask_own(ctx: &mut Ctx, id: ExportId) -> Result<()> {
    let patient = ctx.own_patient()?;
    let (stamp, clinic) = (ctx.stamp(), ctx.clinic.id);
    let new = NewExport { id, patient, clinic, purpose: ExportPurpose::OwnCopy, by_patient: true, until: Some(stamp.at + LASTS) };
    requests::insert_export(&mut ctx.tx, &new, stamp).await?;
    ctx.did(Action::Create, "export", id, Some(patient));
    Ok(())
}

/// Asks for a copy at the desk.
///
/// # Errors
/// When the patient is not in care, or when the database refuses.
pub(super) async fn ask(ctx: &mut Ctx, id: ExportId, patient: PatientId, purpose: ExportPurpose) -> Result<()> {
    ctx.reach([patient]).await?;
    let (stamp, clinic) = (ctx.stamp(), ctx.clinic.id);
    let new = NewExport { id, patient, clinic, purpose, by_patient: false, until: None };
    requests::insert_export(&mut ctx.tx, &new, stamp).await?;
    ctx.did(Action::Create, "export", id, Some(patient));
    Ok(())
}

/// Asks for a copy in a transaction of the program's own: the demo.
///
/// # Errors
/// When the database refuses.
pub async fn stock_export(tx: &mut Tx, patient: PatientId, clinic: ClinicId, stamp: Stamp) -> Result<()> {
    let new = NewExport { id: ExportId::new(), patient, clinic, purpose: ExportPurpose::OtherCare, by_patient: false, until: None };
    requests::insert_export(tx, &new, stamp).await
}

/// Releases a copy that another user asked for, or refuses it.
///
/// # Errors
/// [`Error::Conflict`] when it is decided already, or the user asked for it.
pub(super) async fn decide(ctx: &mut Ctx, id: ExportId, release: bool) -> Result<Export> {
    let found = requests::export(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    ctx.reach([found.patient_id]).await?;
    let stamp = ctx.stamp();
    if found.asked_by == stamp.by {
        return Err(Error::conflict(tr!(records.not_ones_own)));
    }
    if !requests::decide_export(&mut ctx.tx, id, release.then_some(stamp.at + LASTS), stamp).await? {
        return Err(Error::conflict(tr!(records.decided_already)));
    }
    ctx.did(Action::Update, "export", id, Some(found.patient_id));
    Ok(found)
}
