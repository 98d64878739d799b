//! The server functions with which the desk and the wards find and correct records, and record allergies, contacts and
//! coverage.

use leptos::prelude::*;

use super::{ContactForm, CoverageForm, PatientForm, PatientHit};
use crate::core::{AllergyId, Answer, ContactId, CoverageId, Error, PatientId};

#[cfg(feature = "ssr")]
use crate::{
    audit::Action,
    core::{Permission, error::FieldErrors},
    patients::{self, AllergyCategory, AllergyVerdict, CHART, Criticality, Facts, NewAllergy, Severity, allergies, coverage, store},
    server::{Ctx, Event, redirect_to},
    tr,
};

/// Finds patients for a search box: the best twelve, and one more when there are more. A token of today also finds the
/// patient of its visit.
#[server(endpoint = "patients/search", output = Answer)]
pub async fn search_patients(#[server(default)] text: String) -> Result<Vec<PatientHit>, Error> {
    let mut ctx = Ctx::read(Permission::FindPatients).await?;
    let (clinic, today) = (ctx.clinic.id, ctx.today());
    let mut found = patients::by_token(&mut ctx.tx, clinic, today, &text).await?;
    let others = patients::search(&mut ctx.tx, &text, patients::islands::SHOWN + 1).await?;
    found.extend(others.into_iter().filter(|hit| found.iter().all(|known| known.id != hit.id)).collect::<Vec<_>>());
    patients::only_identity(&mut ctx, &mut found, "search").await?;
    Ok(found)
}

/// Saves the corrected data of a patient, unless another user has saved since the form was shown.
#[server(endpoint = "patients/save")]
pub async fn save_patient(
    patient_id: PatientId,
    #[server(default)] version: String,
    /// Set when the user confirms that the patient is none of the similar records shown.
    #[server(default)]
    anyway: String,
    #[server(flatten)] form: PatientForm,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::RegisterPatients).await?;
    ctx.reach([patient_id]).await?;
    let (stamp, today) = (ctx.stamp(), ctx.today());
    let patient = ctx.tx.lock(patient_id).await?;
    let known = patients::find(&mut ctx.tx, patient_id).await?;
    let reading = patients::Reading::here(&mut ctx.tx, today).await?.correcting(&known.facts);
    let facts = Facts::parse(&form, &reading)?;
    let version: i64 = version.parse().map_err(|_| Error::invalid("version", tr!(errors.field_unreadable)))?;
    if version != known.version {
        return Err(Error::conflict(tr!(errors.newer_version)));
    }
    let turn = patients::take_turns(&mut ctx.tx, &facts).await?;
    if anyway.is_empty() && !patients::newly_alike(&mut ctx.tx, patient_id, &known.facts, &facts).await?.is_empty() {
        return Err(Error::invalid("anyway", tr!(patients.maybe_somebody_else)));
    }
    if !store::update(&mut ctx.tx, patient, &turn, version, stamp).await? {
        return Err(Error::conflict(tr!(errors.newer_version)));
    }
    patients::record_changes(&mut ctx, patient, &known.facts, &facts).await?;
    if known.facts.more.email != facts.more.email && !known.facts.more.email.is_empty() {
        patients::grants::tell(&mut ctx, patient_id, &patients::grants::Told::Address).await?;
    }
    ctx.did(Action::Update, "patient", patient_id, Some(patient_id));
    ctx.commit().await?;
    redirect_to(&format!("/patients/{patient_id}?done=saved"));
    Ok(())
}

/// Records an allergy.
#[server(endpoint = "patients/add_allergy")]
pub async fn add_allergy(
    patient_id: PatientId,
    /// An id created with the form: an allergy that is sent twice is recorded once.
    key: AllergyId,
    #[server(default)] substance: String,
    #[server(default)] category: String,
    #[server(default)] criticality: String,
    #[server(default)] reaction: String,
    #[server(default)] severity: String,
    /// The severity, when the user confirmed it together with a low criticality.
    #[server(default)]
    sure: String,
    /// The page to go to afterwards: "chart" or the record.
    #[server(default)]
    back: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::RecordAllergies).await?;
    ctx.reach([patient_id]).await?;
    let stamp = ctx.stamp();
    let patient = ctx.tx.lock(patient_id).await?;
    let mut errors = FieldErrors::new();
    let substance = errors.required_line("substance", &substance, 200);
    let reaction = errors.line("reaction", &reaction, 500);
    let category: Option<AllergyCategory> = errors.chosen("category", &category);
    let criticality: Option<Criticality> = errors.chosen("criticality", &criticality);
    let severity: Option<Severity> = errors.chosen("severity", &severity);
    if (severity, criticality) == (Some(Severity::Severe), Some(Criticality::Low)) && sure != Severity::Severe.as_str() {
        errors.add("sure", tr!(patients.severe_and_low));
    }
    errors.finish()?;
    let (Some(category), Some(criticality), Some(severity)) = (category, criticality, severity) else { return Err(Error::NotFound) };
    let allergy = NewAllergy { id: key, substance, category, criticality, reaction, severity };
    if allergies::record(&mut ctx.tx, patient, &allergy, stamp).await? {
        ctx.did(Action::Create, "allergy", key, Some(patient_id));
        ctx.tell(Event::new(&CHART).of(patient_id));
    }
    ctx.commit().await?;
    redirect_to(&record(patient_id, &back, "allergy_added"));
    Ok(())
}

/// Records that the patient was asked and has no allergies.
#[server(endpoint = "patients/no_allergies")]
pub async fn no_allergies(patient_id: PatientId, #[server(default)] back: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::RecordAllergies).await?;
    ctx.reach([patient_id]).await?;
    let patient = ctx.tx.lock(patient_id).await?;
    allergies::none_known(&mut ctx.tx, patient).await?;
    ctx.did(Action::Update, "allergies", patient_id, Some(patient_id));
    ctx.tell(Event::new(&CHART).of(patient_id));
    ctx.commit().await?;
    redirect_to(&record(patient_id, &back, "saved"));
    Ok(())
}

/// Marks an allergy as entered in error: it stays visible and no longer warns.
#[server(endpoint = "patients/allergy_in_error")]
pub async fn allergy_in_error(patient_id: PatientId, allergy_id: AllergyId, #[server(default)] reason: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::RecordAllergies).await?;
    ctx.reach([patient_id]).await?;
    let stamp = ctx.stamp();
    let mut errors = FieldErrors::new();
    let reason = errors.required_line("reason", &reason, 500);
    errors.finish()?;
    let patient = ctx.tx.lock(patient_id).await?;
    let subject = allergies::enter_in_error(&mut ctx.tx, patient, allergy_id, &reason, stamp).await?;
    ctx.did(Action::Update, "allergy", subject, Some(patient_id));
    ctx.tell(Event::new(&CHART).of(patient_id));
    ctx.commit().await?;
    redirect_to(&record(patient_id, "", "allergy_in_error"));
    Ok(())
}

/// Records what a doctor says of an allergy: confirmed, refuted, resolved, or that it warns again.
#[server(endpoint = "patients/assess_allergy")]
pub async fn assess_allergy(
    patient_id: PatientId,
    allergy_id: AllergyId,
    #[server(default)] verdict: String,
    #[server(default)] reason: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::WriteNotes).await?;
    ctx.reach([patient_id]).await?;
    let stamp = ctx.stamp();
    let mut errors = FieldErrors::new();
    let verdict: Option<AllergyVerdict> = errors.chosen("verdict", &verdict);
    let reason = errors.line("reason", &reason, 500);
    errors.finish()?;
    let Some(verdict) = verdict else { return Err(Error::NotFound) };
    let patient = ctx.tx.lock(patient_id).await?;
    if allergies::assess(&mut ctx.tx, patient, allergy_id, (verdict, &reason), stamp).await? {
        ctx.did(Action::Update, "allergy", allergy_id, Some(patient_id));
        ctx.tell(Event::new(&CHART).of(patient_id));
    }
    ctx.commit().await?;
    redirect_to(&record(patient_id, "", "saved"));
    Ok(())
}

/// Adds a contact person.
#[server(endpoint = "patients/add_contact")]
pub async fn add_contact(patient_id: PatientId, #[server(flatten)] form: ContactForm) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::RegisterPatients).await?;
    ctx.reach([patient_id]).await?;
    let patient = ctx.tx.lock(patient_id).await?;
    let contact = form.parse()?;
    if let Some(id) = patients::add_contact(&mut ctx.tx, patient, &contact).await? {
        ctx.did(Action::Create, "contact", id, Some(patient_id));
    }
    ctx.commit().await?;
    redirect_to(&record(patient_id, "", "saved"));
    Ok(())
}

/// Removes a contact person from the list.
#[server(endpoint = "patients/remove_contact")]
pub async fn remove_contact(patient_id: PatientId, contact_id: ContactId) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::RegisterPatients).await?;
    ctx.reach([patient_id]).await?;
    let patient = ctx.tx.lock(patient_id).await?;
    if !store::remove_contact(&mut ctx.tx, patient, contact_id).await? {
        return Err(Error::NotFound);
    }
    ctx.did(Action::Update, "contact", contact_id, Some(patient_id));
    ctx.commit().await?;
    redirect_to(&record(patient_id, "", "saved"));
    Ok(())
}

/// Adds a cover by an insurer.
#[server(endpoint = "patients/add_coverage")]
pub async fn add_coverage(
    patient_id: PatientId,
    /// An id created with the form: a cover that is sent twice is added once.
    key: CoverageId,
    #[server(flatten)] form: CoverageForm,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::RegisterPatients).await?;
    ctx.reach([patient_id]).await?;
    let stamp = ctx.stamp();
    let patient = ctx.tx.lock(patient_id).await?;
    let cover = form.parse(key)?;
    if coverage::add_coverage(&mut ctx.tx, patient, &cover, stamp).await? {
        ctx.did(Action::Create, "coverage", key, Some(patient_id));
    }
    ctx.commit().await?;
    redirect_to(&record(patient_id, "", "saved"));
    Ok(())
}

/// Ends a cover as of now.
#[server(endpoint = "patients/end_coverage")]
pub async fn end_coverage(patient_id: PatientId, coverage_id: CoverageId) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::RegisterPatients).await?;
    ctx.reach([patient_id]).await?;
    let now = ctx.now;
    let patient = ctx.tx.lock(patient_id).await?;
    coverage::end(&mut ctx.tx, patient, coverage_id, now).await?;
    ctx.did(Action::Update, "coverage", coverage_id, Some(patient_id));
    ctx.commit().await?;
    redirect_to(&record(patient_id, "", "saved"));
    Ok(())
}

/// Returns the page to go back to: the record, its chart, or the consultation of a visit.
#[cfg(feature = "ssr")]
fn record(patient: PatientId, back: &str, done: &str) -> String {
    if let Ok(visit) = back.parse::<crate::core::VisitId>() {
        return format!("/consultation/{visit}?done=saved");
    }
    // The name of one of the tabs on the patient's pages.
    let tabs = crate::server::Request::current().map(|request| request.state.departments.record_tabs()).unwrap_or_default();
    let tab = tabs.iter().map(|tab| tab.path).find(|path| path.strip_prefix('/') == Some(back)).unwrap_or_default();
    format!("/patients/{patient}{tab}?done={done}")
}
