//! The acts of the desk and the wards on a record, each recorded: its facts, allergies, contacts and covers.

use super::{
    AllergyVerdict, CHART, Facts, NewAllergy, NewContact, NewCoverage, Patient, add_contact, allergies, coverage, grants, newly_alike,
    record_changes, store, take_turns,
};
use crate::{
    audit::Action,
    core::{AllergyId, ContactId, CoverageId, Error, PatientId, Result},
    db::Locked,
    server::{Ctx, Event},
    tr,
};

/// Saves the corrected facts of a patient, as the user saw the record in its `version`. `anyway`: the patient is none of the similar records.
///
/// # Errors
/// [`Error::Conflict`] when somebody saved meanwhile; [`Error::Invalid`] of `anyway` when the record may be somebody else's.
pub(super) async fn correct(
    ctx: &mut Ctx,
    (patient, known): (Locked<PatientId>, &Patient),
    facts: &Facts,
    (version, anyway): (i64, bool),
) -> Result<()> {
    let (stamp, id) = (ctx.stamp(), patient.id());
    if version != known.version {
        return Err(Error::conflict(tr!(errors.newer_version)));
    }
    let turn = take_turns(&mut ctx.tx, facts).await?;
    if !anyway && !newly_alike(&mut ctx.tx, id, &known.facts, facts).await?.is_empty() {
        return Err(Error::invalid("anyway", tr!(patients.maybe_somebody_else)));
    }
    if !store::update(&mut ctx.tx, patient, &turn, version, stamp).await? {
        return Err(Error::conflict(tr!(errors.newer_version)));
    }
    record_changes(ctx, patient, &known.facts, facts).await?;
    if known.facts.more.email != facts.more.email && !known.facts.more.email.is_empty() {
        grants::tell(ctx, id, &grants::Told::Address).await?;
    }
    ctx.did(Action::Update, "patient", id, Some(id));
    Ok(())
}

/// Records an allergy, once for its id.
pub(super) async fn record_allergy(ctx: &mut Ctx, id: PatientId, allergy: &NewAllergy) -> Result<()> {
    let (stamp, patient) = (ctx.stamp(), ctx.tx.lock(id).await?);
    if allergies::record(&mut ctx.tx, patient, allergy, stamp).await? {
        ctx.did(Action::Create, "allergy", allergy.id, Some(id));
        ctx.tell(Event::new(&CHART).of(id));
    }
    Ok(())
}

/// Records that the patient was asked and has no allergies.
pub(super) async fn no_allergies(ctx: &mut Ctx, id: PatientId) -> Result<()> {
    let patient = ctx.tx.lock(id).await?;
    allergies::none_known(&mut ctx.tx, patient).await?;
    ctx.did(Action::Update, "allergies", id, Some(id));
    ctx.tell(Event::new(&CHART).of(id));
    Ok(())
}

/// Marks an allergy as entered in error.
pub(super) async fn allergy_in_error(ctx: &mut Ctx, id: PatientId, allergy: AllergyId, reason: &str) -> Result<()> {
    let (stamp, patient) = (ctx.stamp(), ctx.tx.lock(id).await?);
    let subject = allergies::enter_in_error(&mut ctx.tx, patient, allergy, reason, stamp).await?;
    ctx.did(Action::Update, "allergy", subject, Some(id));
    ctx.tell(Event::new(&CHART).of(id));
    Ok(())
}

/// Records what a doctor says of an allergy.
pub(super) async fn assess_allergy(ctx: &mut Ctx, id: PatientId, allergy: AllergyId, verdict: (AllergyVerdict, &str)) -> Result<()> {
    let (stamp, patient) = (ctx.stamp(), ctx.tx.lock(id).await?);
    if allergies::assess(&mut ctx.tx, patient, allergy, verdict, stamp).await? {
        ctx.did(Action::Update, "allergy", allergy, Some(id));
        ctx.tell(Event::new(&CHART).of(id));
    }
    Ok(())
}

/// Adds a contact person; one who is on the list already stays.
///
/// # Errors
/// When the database refuses.
pub async fn record_contact(ctx: &mut Ctx, patient: Locked<PatientId>, contact: &NewContact) -> Result<()> {
    if let Some(id) = add_contact(&mut ctx.tx, patient, contact).await? {
        ctx.did(Action::Create, "contact", id, Some(patient.id()));
    }
    Ok(())
}

/// Removes a contact person from the list.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn take_contact_off(ctx: &mut Ctx, patient: Locked<PatientId>, contact: ContactId) -> Result<()> {
    if !store::remove_contact(&mut ctx.tx, patient, contact).await? {
        return Err(Error::NotFound);
    }
    ctx.did(Action::Update, "contact", contact, Some(patient.id()));
    Ok(())
}

/// Adds a cover by an insurer, once for its id.
pub(super) async fn record_coverage(ctx: &mut Ctx, id: PatientId, cover: &NewCoverage) -> Result<()> {
    let (stamp, patient) = (ctx.stamp(), ctx.tx.lock(id).await?);
    if coverage::add_coverage(&mut ctx.tx, patient, cover, stamp).await? {
        ctx.did(Action::Create, "coverage", cover.id, Some(id));
    }
    Ok(())
}

/// Ends a cover as of now.
pub(super) async fn end_coverage(ctx: &mut Ctx, id: PatientId, cover: CoverageId) -> Result<()> {
    let (now, patient) = (ctx.now, ctx.tx.lock(id).await?);
    coverage::end(&mut ctx.tx, patient, cover, now).await?;
    ctx.did(Action::Update, "coverage", cover, Some(id));
    Ok(())
}
