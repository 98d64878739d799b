//! Registers a patient from the form.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    core::{Error, FirstVisitId, PatientId},
    patients::{ContactForm, CoverageForm, PatientForm},
};

#[cfg(feature = "ssr")]
use crate::{
    core::{CoverageId, Permission, Result, error::FieldErrors},
    patients::{
        self, Facts,
        guardians::{Named, is_child},
    },
    reception::registration::{Registration, register as register_patient},
    server::{Ctx, redirect_to},
    tr,
};

/// The form beside the facts of a new patient.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct RegistrationForm {
    pub anyway: String,
    /// The desk's answer about the guardian of a child: `now` or `later`.
    pub guardian: String,
    /// `check_in`: continue at the desk with the patient.
    pub then: String,
}

/// Registers a patient. When a similar record exists, this needs `anyway`.
#[server(endpoint = "reception/register")]
pub async fn register(
    /// An id created with the form: a patient that is sent twice is registered once.
    patient_id: PatientId,
    /// The patient for whom this person is to act: the next page asks to confirm it.
    #[server(default)]
    guardian_of: Option<PatientId>,
    /// The request for a first appointment that the person sent: the next page books.
    #[server(default)]
    first_visit: Option<FirstVisitId>,
    #[server(flatten)] form: PatientForm,
    #[server(flatten)] coverage: CoverageForm,
    #[server(flatten)] contact: ContactForm,
    #[server(flatten)] beside: RegistrationForm,
) -> Result<(), Error> {
    let RegistrationForm { anyway, guardian, then } = beside;
    let mut ctx = Ctx::write(Permission::RegisterPatients).await?;
    let today = ctx.today();
    let reading = patients::Reading::here(&mut ctx.tx, today).await?;
    let mut errors = FieldErrors::new();
    let facts = errors.check(Facts::parse(&form, &reading));
    let coverage = if coverage.is_empty() { None } else { errors.check(coverage.parse(CoverageId::new())) };
    let contact = if contact.is_empty() { None } else { errors.check(contact.parse()) };
    let named = guardian.parse::<Named>().ok();
    let age_of_majority = ctx.state().hospital().age_of_majority;
    if facts.as_ref().is_some_and(|facts| is_child(facts.birth, today, age_of_majority)) && named.is_none() {
        errors.add("guardian", tr!(registration.guardian_missing, years = age_of_majority));
    }
    let turn = match &facts {
        Some(facts) => Some(patients::take_turns(&mut ctx.tx, facts).await?),
        None => None,
    };
    if let Some(turn) = turn.as_ref().filter(|_| anyway.is_empty())
        && !turn.duplicates(&mut ctx.tx, Some(patient_id)).await?.is_empty()
    {
        errors.add("anyway", tr!(registration.maybe_known));
    }
    errors.finish()?;
    let registration = Registration { id: patient_id, turn: turn.ok_or(Error::NotFound)?, coverage, contact };
    if register_patient(&mut ctx, &registration).await? {
        ctx.commit().await?;
    }
    if let Some(request) = first_visit {
        redirect_to(&format!("/first-visits/{request}?patient={patient_id}"));
        return Ok(());
    }
    redirect_to(&match (guardian_of, then.as_str()) {
        (Some(patient), _) => format!("/patients/{patient}/guardian?guardian={patient_id}"),
        (None, _) if named == Some(Named::Now) => format!("/patients/{patient_id}/guardian"),
        (None, "check_in") => format!("/reception?patient={patient_id}"),
        (None, _) => format!("/patients/{patient_id}?done=registered"),
    });
    Ok(())
}
