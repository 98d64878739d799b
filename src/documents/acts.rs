//! The acts on documents: add, show to the patient or not, mark as wrong.

use chrono::NaiveDate;
use sha2::{Digest as _, Sha256};

use super::{
    DocumentKind,
    scanner::ScanState,
    store::{self, Document},
    whole::DocumentFile,
};
use crate::{
    accounts,
    audit::Action,
    core::{ClinicId, DocumentId, Error, PatientId, Permission, Result, Role, Stamp},
    db::Tx,
    messages::{self, About, MessageKind},
    notifications::{Hearer, Notice, notify},
    patients,
    server::{Ctx, Event},
    tr,
};

/// A document to be added.
#[derive(Clone, Debug)]
pub struct NewDocument {
    /// From the form: pressing twice sends the same id.
    pub id: DocumentId,
    pub patient: PatientId,
    pub clinic: ClinicId,
    pub kind: DocumentKind,
    pub title: String,
    /// The name that the file had.
    pub file_name: String,
    /// The day that the document bears.
    pub day: NaiveDate,
    /// Whether the patient sees it in the portal.
    pub portal: bool,
    /// Whether the patient, or a person who acts for the patient, sent it.
    pub by_patient: bool,
    /// The version that it replaces.
    pub replaces: Option<DocumentId>,
    /// The result of the scan as it arrived.
    pub scan: ScanState,
    pub file: DocumentFile,
}

/// Returns the SHA-256 of bytes as text.
pub(super) fn digest(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(bytes))
}

/// Adds a document; `false` when the same form added it before.
///
/// # Errors
/// [`Error::Conflict`] when another document has the id.
pub async fn add(ctx: &mut Ctx, new: &NewDocument) -> Result<bool> {
    ctx.reach([new.patient]).await?;
    ctx.tx.lock(new.patient).await?;
    if let Some(known) = store::document(&mut ctx.tx, new.id).await? {
        let same = known.patient_id == new.patient && known.digest == new.file.spool.digest();
        return if same { Ok(false) } else { Err(Error::key_used()) };
    }
    if let Some(before) = new.replaces {
        replaceable(ctx, new, before).await?;
    }
    let stamp = ctx.stamp();
    store::insert(&mut ctx.tx, new, stamp).await?;
    ctx.did(Action::Create, "document", new.id, Some(new.patient));
    ctx.tell(Event::new(&patients::CHART).at(new.clinic).of(new.patient));
    if new.portal && !new.by_patient {
        tell_patient(ctx, new.patient, new.id, new.clinic).await?;
    }
    Ok(true)
}

/// Refuses to replace a document of another patient, one that is marked as wrong or has a newer version, and, for the patient, one that
/// staff added. The patient is locked.
async fn replaceable(ctx: &mut Ctx, new: &NewDocument, before: DocumentId) -> Result<()> {
    let found = store::document(&mut ctx.tx, before).await?.filter(|found| found.patient_id == new.patient).ok_or(Error::NotFound)?;
    let may_replace = if new.by_patient { found.by_patient } else { may_open(ctx, &found) };
    if !may_replace {
        return Err(Error::NotFound);
    }
    if found.error_at.is_some() || found.replaced_by.is_some() {
        return Err(Error::conflict(tr!(documents.replaced_already)));
    }
    Ok(())
}

/// Records that an infected file was refused, and tells the administrators.
///
/// # Errors
/// When the database refuses.
pub(super) async fn refuse_infected(mut ctx: Ctx, patient: PatientId, id: DocumentId) -> Result<()> {
    ctx.did(Action::Refused, "document_scan", id, Some(patient));
    for user in accounts::users_with_role(&mut ctx.tx, Role::Administrator).await? {
        notify(&mut ctx, Hearer { user, dependant: None }, &Notice::DocumentInfected {}, "/notifications").await?;
    }
    ctx.commit().await
}

/// Adds a document in a transaction of the program's own: the demo.
///
/// # Errors
/// When the database refuses.
pub async fn stock(tx: &mut Tx, new: &NewDocument, stamp: Stamp) -> Result<()> {
    store::insert(tx, new, stamp).await
}

/// Marks a document as wrong in a transaction of the program's own: the demo.
///
/// # Errors
/// [`Error::NotFound`], or when the database refuses.
pub async fn stock_wrong(tx: &mut Tx, id: DocumentId, reason: &str, stamp: Stamp) -> Result<()> {
    let found = store::document(tx, id).await?.ok_or(Error::NotFound)?;
    store::mark_error(tx, &found, reason, stamp).await?;
    Ok(())
}

async fn tell_patient(ctx: &mut Ctx, patient: PatientId, id: DocumentId, clinic: ClinicId) -> Result<()> {
    let about = About {
        kind: MessageKind::Document,
        subject: id.into(),
        clinic,
        at: None,
        expires: None,
        needed_by: None,
        link: "/portal/records".to_owned(),
        call: false,
    };
    messages::tell(ctx, patient, &Notice::DocumentThere {}, &about).await
}

/// Whether the user may open a document of this kind.
pub(super) fn may_open(ctx: &Ctx, document: &Document) -> bool {
    document.kind.is_administrative() || ctx.who.may(Permission::ReadChart)
}

/// Finds a document that the user may open and change.
///
/// # Errors
/// [`Error::NotFound`], or the patient is not in care.
pub(super) async fn opened(ctx: &mut Ctx, id: DocumentId) -> Result<Document> {
    let found = store::document(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    ctx.reach([found.patient_id]).await?;
    if may_open(ctx, &found) { Ok(found) } else { Err(Error::NotFound) }
}

/// Shows a document in the portal, or takes it out of there.
///
/// # Errors
/// [`Error::Conflict`] when it is marked as wrong, or the patient sent it.
pub(super) async fn show(ctx: &mut Ctx, id: DocumentId, portal: bool) -> Result<Document> {
    let found = opened(ctx, id).await?;
    ctx.tx.lock(found.patient_id).await?;
    if found.by_patient || !store::show(&mut ctx.tx, id, portal).await? {
        return Err(Error::conflict(tr!(documents.stays)));
    }
    ctx.did(Action::Update, "document", id, Some(found.patient_id));
    ctx.tell(Event::new(&patients::CHART).at(found.clinic_id).of(found.patient_id));
    if portal {
        tell_patient(ctx, found.patient_id, id, found.clinic_id).await?;
    }
    Ok(found)
}

/// Marks a document as wrong: it belongs to another patient, or is of no use.
///
/// # Errors
/// [`Error::Invalid`] without a reason, [`Error::Conflict`] when it is marked already.
pub(super) async fn mark_error(ctx: &mut Ctx, id: DocumentId, reason: &str) -> Result<Document> {
    let found = opened(ctx, id).await?;
    let reason = crate::core::form::text("reason", reason, 500)?;
    if reason.is_empty() {
        return Err(Error::invalid("reason", tr!(documents.say_why)));
    }
    ctx.tx.lock(found.patient_id).await?;
    let stamp = ctx.stamp();
    if !store::mark_error(&mut ctx.tx, &found, &reason, stamp).await? {
        return Err(Error::conflict(tr!(documents.stays)));
    }
    ctx.did(Action::Update, "document", id, Some(found.patient_id));
    ctx.tell(Event::new(&patients::CHART).at(found.clinic_id).of(found.patient_id));
    Ok(found)
}
