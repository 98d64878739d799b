//! The server functions with which the desk and the wards find and correct records, and record allergies, contacts and
//! coverage.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::{ContactForm, CoverageForm, PatientForm, PatientHit};
use crate::core::{AllergyId, Answer, ContactId, CoverageId, Error, PatientId};

#[cfg(feature = "ssr")]
use crate::{
    core::{Permission, error::FieldErrors},
    patients::{self, AllergyCategory, AllergyVerdict, Criticality, Facts, NewAllergy, Severity, acts},
    server::{Ctx, redirect_to},
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
    let today = ctx.today();
    let patient = ctx.tx.lock(patient_id).await?;
    let known = patients::find(&mut ctx.tx, patient_id).await?;
    let reading = patients::Reading::here(&mut ctx.tx, today).await?.correcting(&known.facts);
    let facts = Facts::parse(&form, &reading)?;
    let version: i64 = version.parse().map_err(|_| Error::invalid("version", tr!(errors.field_unreadable)))?;
    acts::correct(&mut ctx, (patient, &known), &facts, (version, !anyway.is_empty())).await?;
    ctx.commit().await?;
    redirect_to(&format!("/patients/{patient_id}?done=saved"));
    Ok(())
}

/// The form of an allergy. `sure` is the severity, when the user confirmed it together with a low criticality; `back` is the page to go to
/// afterwards: "chart" or the record.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct AllergyForm {
    pub substance: String,
    pub category: String,
    pub criticality: String,
    pub reaction: String,
    pub severity: String,
    pub sure: String,
    pub back: String,
}

#[cfg(feature = "ssr")]
impl AllergyForm {
    fn parse(&self, id: AllergyId) -> crate::core::Result<NewAllergy> {
        let mut errors = FieldErrors::new();
        let substance = errors.required_line("substance", &self.substance, 200);
        let reaction = errors.line("reaction", &self.reaction, 500);
        let category: Option<AllergyCategory> = errors.chosen("category", &self.category);
        let criticality: Option<Criticality> = errors.chosen("criticality", &self.criticality);
        let severity: Option<Severity> = errors.chosen("severity", &self.severity);
        if (severity, criticality) == (Some(Severity::Severe), Some(Criticality::Low)) && self.sure != Severity::Severe.as_str() {
            errors.add("sure", tr!(patients.severe_and_low));
        }
        errors.finish()?;
        let (Some(category), Some(criticality), Some(severity)) = (category, criticality, severity) else { return Err(Error::NotFound) };
        Ok(NewAllergy { id, substance, category, criticality, reaction, severity })
    }
}

/// Records an allergy. Its id was created with the form: an allergy that is sent twice is recorded once.
#[server(endpoint = "patients/add_allergy")]
pub async fn add_allergy(patient_id: PatientId, key: AllergyId, #[server(flatten)] form: AllergyForm) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::RecordAllergies).await?;
    ctx.reach([patient_id]).await?;
    acts::record_allergy(&mut ctx, patient_id, &form.parse(key)?).await?;
    ctx.commit().await?;
    redirect_to(&record(patient_id, &form.back, "allergy_added"));
    Ok(())
}

/// Records that the patient was asked and has no allergies.
#[server(endpoint = "patients/no_allergies")]
pub async fn no_allergies(patient_id: PatientId, #[server(default)] back: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::RecordAllergies).await?;
    ctx.reach([patient_id]).await?;
    acts::no_allergies(&mut ctx, patient_id).await?;
    ctx.commit().await?;
    redirect_to(&record(patient_id, &back, "saved"));
    Ok(())
}

/// Marks an allergy as entered in error: it stays visible and no longer warns.
#[server(endpoint = "patients/allergy_in_error")]
pub async fn allergy_in_error(patient_id: PatientId, allergy_id: AllergyId, #[server(default)] reason: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::RecordAllergies).await?;
    ctx.reach([patient_id]).await?;
    let mut errors = FieldErrors::new();
    let reason = errors.required_line("reason", &reason, 500);
    errors.finish()?;
    acts::allergy_in_error(&mut ctx, patient_id, allergy_id, &reason).await?;
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
    let mut errors = FieldErrors::new();
    let verdict: Option<AllergyVerdict> = errors.chosen("verdict", &verdict);
    let reason = errors.line("reason", &reason, 500);
    errors.finish()?;
    let Some(verdict) = verdict else { return Err(Error::NotFound) };
    acts::assess_allergy(&mut ctx, patient_id, allergy_id, (verdict, &reason)).await?;
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
    patients::record_contact(&mut ctx, patient, &contact).await?;
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
    patients::take_contact_off(&mut ctx, patient, contact_id).await?;
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
    acts::record_coverage(&mut ctx, patient_id, &form.parse(key)?).await?;
    ctx.commit().await?;
    redirect_to(&record(patient_id, "", "saved"));
    Ok(())
}

/// Ends a cover as of now.
#[server(endpoint = "patients/end_coverage")]
pub async fn end_coverage(patient_id: PatientId, coverage_id: CoverageId) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::RegisterPatients).await?;
    ctx.reach([patient_id]).await?;
    acts::end_coverage(&mut ctx, patient_id, coverage_id).await?;
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
