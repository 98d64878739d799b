//! Consents of patients: recorded at the desk with the day and the document, and withdrawn once. A withdrawn one stays on the list.

mod panel;
mod store;

use chrono::NaiveDate;

use crate::{
    audit::Action,
    core::{ConsentId, DocumentId, Error, PatientId, Result, error::FieldErrors, time::parse_date},
    documents::{self, DocumentKind},
    server::Ctx,
    tr,
};

pub(super) use panel::{consents_panel, own_consents};

crate::text_enum! {
    /// The subject of a consent.
    pub enum ConsentKind("kind") {
        Treatment = "treatment" => tr!(records.consent_treatment),
        DataSharing = "data_sharing" => tr!(records.consent_data_sharing),
        Research = "research" => tr!(records.consent_research),
        Photographs = "photographs" => tr!(records.consent_photographs),
        Teaching = "teaching" => tr!(records.consent_teaching),
    }
}

/// A form of the desk.
pub(super) struct TypedConsent<'f> {
    pub id: ConsentId,
    pub patient: PatientId,
    pub kind: &'f str,
    pub given_on: &'f str,
    /// Empty without a document.
    pub document: &'f str,
}

/// Records a consent.
///
/// # Errors
/// [`Error::Invalid`] of a field, [`Error::Conflict`] when the patient has given this consent already.
pub(super) async fn record(ctx: &mut Ctx, typed: &TypedConsent<'_>) -> Result<()> {
    ctx.reach([typed.patient]).await?;
    ctx.tx.lock(typed.patient).await?;
    let (stamp, clinic, today) = (ctx.stamp(), ctx.clinic.id, ctx.today());
    let mut errors = FieldErrors::new();
    let kind: Option<ConsentKind> = errors.chosen("kind", typed.kind);
    let given: Option<NaiveDate> = errors.check(parse_date("given_on", typed.given_on));
    if given.is_some_and(|day| day > today) {
        errors.add("given_on", tr!(records.consent_future));
    }
    let document = match typed.document.trim() {
        "" => None,
        text => {
            let known = match text.parse::<DocumentId>() {
                Ok(id) => documents::document(&mut ctx.tx, id).await?,
                Err(_) => None,
            };
            let fits =
                known.filter(|known| known.patient_id == typed.patient && known.kind == DocumentKind::Consent && known.error_at.is_none());
            if fits.is_none() {
                errors.add("document", tr!(records.consent_no_document));
            }
            fits.map(|known| known.id)
        }
    };
    errors.finish()?;
    let (Some(kind), Some(given)) = (kind, given) else { return Err(Error::NotFound) };
    let new = store::NewConsent { id: typed.id, patient: typed.patient, clinic, kind, given, document };
    if !store::insert(&mut ctx.tx, &new, stamp).await? {
        return Err(Error::conflict(tr!(records.consent_given_already)));
    }
    ctx.did(Action::Create, "consent", typed.id, Some(typed.patient));
    Ok(())
}

/// Withdraws a consent.
///
/// # Errors
/// [`Error::NotFound`] for a consent of another patient, [`Error::Conflict`] when it is withdrawn already.
pub(super) async fn withdraw(ctx: &mut Ctx, id: ConsentId, patient: PatientId) -> Result<()> {
    ctx.reach([patient]).await?;
    ctx.tx.lock(patient).await?;
    let stamp = ctx.stamp();
    if !store::withdraw(&mut ctx.tx, id, patient, stamp).await? {
        return Err(Error::conflict(tr!(records.consent_withdrawn_already)));
    }
    ctx.did(Action::Update, "consent", id, Some(patient));
    Ok(())
}
