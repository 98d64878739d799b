//! The acts on requests of patients: ask, withdraw, take over, refuse.

use super::{
    ProfileRequestKind, ProfileRequestState,
    store::{self, NewRequest, ProfileRequest},
};
use crate::{
    audit::{Action, FieldChange},
    core::{CoverageId, DocumentId, Error, PatientId, ProfileRequestId, Result, Stamp},
    db::Tx,
    documents,
    notifications::Notice,
    patients::{self, CoverageForm},
    server::Ctx,
    tr,
};

/// The longest words of a request and of its answer.
pub(super) const LONGEST_WORDS: usize = 500;
/// The page of the portal.
pub(super) const PAGE: &str = "/portal/account/profile";

/// The parts of a request that all kinds have.
pub(super) struct Asked {
    pub kind: ProfileRequestKind,
    pub changes: Vec<FieldChange>,
    /// The document that is sent with it: an id, or empty.
    pub document: String,
    pub words: String,
}

/// A field of a request, of which there was no value before.
pub(super) fn told(field: &str, value: &str) -> FieldChange {
    FieldChange { field: field.to_owned(), before: String::new(), after: value.trim().to_owned() }
}

/// Records a request.
///
/// # Errors
/// [`Error::Conflict`] when one of the kind waits already, [`Error::Invalid`] for the document of another patient.
pub(super) async fn ask(ctx: &mut Ctx, patient: PatientId, asked: Asked) -> Result<ProfileRequestId> {
    ctx.tx.lock(patient).await?;
    let words = crate::core::form::text("words", &asked.words, LONGEST_WORDS)?;
    let document = match asked.document.trim() {
        "" => None,
        typed => Some(typed.parse::<DocumentId>().map_err(|_| Error::invalid("document", tr!(errors.choose)))?),
    };
    if let Some(id) = document {
        let found = documents::document(&mut ctx.tx, id).await?;
        if !found.is_some_and(|found| found.patient_id == patient && found.by_patient && found.is_safe()) {
            return Err(Error::invalid("document", tr!(errors.choose)));
        }
    }
    let id = ProfileRequestId::new();
    let stamp = ctx.stamp();
    let new = NewRequest { id, patient, kind: asked.kind, document, changes: &asked.changes, words: &words };
    if !store::insert(&mut ctx.tx, &new, stamp).await? {
        return Err(Error::conflict(tr!(profile.waits_already)));
    }
    ctx.did(Action::Create, "profile_request", id, Some(patient));
    Ok(id)
}

/// Records a request about the identity in a transaction of the program's own: the demo.
///
/// # Errors
/// When the database refuses.
pub async fn stock(tx: &mut Tx, patient: PatientId, changes: &[FieldChange], words: &str, stamp: Stamp) -> Result<()> {
    let id = ProfileRequestId::new();
    store::insert(tx, &NewRequest { id, patient, kind: ProfileRequestKind::Identity, document: None, changes, words }, stamp).await?;
    Ok(())
}

/// Takes a request back. Only in the portal of the patient whom it concerns.
///
/// # Errors
/// [`Error::NotFound`] for a request of another patient, [`Error::Conflict`] when it is decided.
pub(super) async fn withdraw(ctx: &mut Ctx, id: ProfileRequestId, patient: PatientId) -> Result<()> {
    ctx.tx.lock(patient).await?;
    let found = store::one(&mut ctx.tx, id).await?.filter(|found| found.patient_id == patient).ok_or(Error::NotFound)?;
    end(ctx, &found, ProfileRequestState::Withdrawn, "").await
}

/// Reads a request that the user may decide on, in the turn of the record.
async fn open_for_decision(ctx: &mut Ctx, id: ProfileRequestId) -> Result<ProfileRequest> {
    let found = store::one(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    ctx.reach([found.patient_id]).await?;
    ctx.tx.lock(found.patient_id).await?;
    let found = store::one(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    if found.state != ProfileRequestState::Told {
        return Err(Error::conflict(tr!(profile.decided_already)));
    }
    if found.asked_by == ctx.user() {
        return Err(Error::conflict(tr!(profile.not_ones_own)));
    }
    Ok(found)
}

/// Refuses a request with a reason, which the patient reads.
///
/// # Errors
/// [`Error::Conflict`] when it is decided, or the user asked.
pub(super) async fn refuse(ctx: &mut Ctx, id: ProfileRequestId, answer: &str) -> Result<()> {
    let found = open_for_decision(ctx, id).await?;
    end(ctx, &found, ProfileRequestState::Refused, answer).await?;
    patients::ring(ctx, found.patient_id, &Notice::ProfileAnswered { accepted: false }, PAGE).await
}

/// Takes a request over: the facts go to the record, and a cover is added with the share that the desk typed. A person to act for is named
/// on that person's own record before that.
///
/// # Errors
/// [`Error::Conflict`] when it is decided, or the user asked.
pub(super) async fn accept(ctx: &mut Ctx, id: ProfileRequestId, answer: &str, copay_percent: &str) -> Result<()> {
    let found = open_for_decision(ctx, id).await?;
    match found.kind {
        ProfileRequestKind::Identity => patients::take_over_asked(ctx, found.patient_id, &found.changes).await?,
        ProfileRequestKind::Coverage => add_cover(ctx, &found, copay_percent).await?,
        ProfileRequestKind::Family => {}
    }
    end(ctx, &found, ProfileRequestState::Accepted, answer).await?;
    patients::ring(ctx, found.patient_id, &Notice::ProfileAnswered { accepted: true }, PAGE).await
}

async fn add_cover(ctx: &mut Ctx, found: &ProfileRequest, copay_percent: &str) -> Result<()> {
    let value =
        |field: &str| found.changes.iter().find(|change| change.field == field).map(|change| change.after.clone()).unwrap_or_default();
    let form = CoverageForm {
        insurer_id: value("insurer_id"),
        plan: value("plan"),
        policy_number: value("policy_number"),
        holder: value("holder"),
        valid_from: value("valid_from"),
        valid_to: value("valid_to"),
        copay_percent: copay_percent.to_owned(),
    };
    let id = CoverageId(found.id.into());
    let cover = form.parse(id)?;
    let stamp = ctx.stamp();
    let locked = ctx.tx.lock(found.patient_id).await?;
    if patients::add_coverage(&mut ctx.tx, locked, &cover, stamp).await? {
        ctx.did(Action::Create, "coverage", id, Some(found.patient_id));
    }
    Ok(())
}

async fn end(ctx: &mut Ctx, found: &ProfileRequest, state: ProfileRequestState, answer: &str) -> Result<()> {
    let stamp = ctx.stamp();
    if !store::decide(&mut ctx.tx, found, (state, answer), stamp).await? {
        return Err(Error::conflict(tr!(profile.decided_already)));
    }
    ctx.did(Action::Update, "profile_request", found.id, Some(found.patient_id));
    Ok(())
}
