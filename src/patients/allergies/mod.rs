//! Allergies: substances that a patient must not be given.
//!
//! ```text
//! not_recorded --"none known"--> none_known --add--> recorded
//! not_recorded --add-----------------------------> recorded --the last one that warned does no more--> not_recorded
//! ```
//!
//! An entry is unconfirmed and active at first. A doctor confirms it, refutes it, says that it is resolved, or that it warns again.

mod store;

use uuid::Uuid;

use crate::{
    core::{AllergyId, Error, PatientId, Result, Stamp, time::Instant},
    db::{Locked, Tx},
    tr,
};

crate::text_enum! {
    /// The state of a patient's allergy list.
    pub enum AllergyStatus("allergy_status") {
        /// The patient was not asked yet.
        NotRecorded = "not_recorded",
        /// The patient was asked and has none.
        NoneKnown = "none_known",
        /// There is a list.
        Recorded = "recorded",
    }
}

crate::text_enum! {
    /// The kind of a substance.
    pub enum AllergyCategory("category") {
        Medication = "medication" => tr!(patients.category_medication),
        Food = "food" => tr!(patients.category_food),
        Environment = "environment" => tr!(patients.category_environment),
        Other = "other" => tr!(patients.category_other),
    }
}

crate::text_enum! {
    /// The danger of another exposure.
    pub enum Criticality("criticality") {
        Low = "low" => tr!(patients.criticality_low),
        High = "high" => tr!(patients.criticality_high),
        UnableToAssess = "unable_to_assess" => tr!(patients.criticality_unknown),
    }
}

crate::text_enum! {
    /// The severity of the reaction.
    pub enum Severity("severity") {
        NotTold = "" => tr!(patients.severity_unknown),
        Mild = "mild" => tr!(patients.severity_mild),
        Moderate = "moderate" => tr!(patients.severity_moderate),
        Severe = "severe" => tr!(patients.severity_severe),
    }
}

crate::text_enum! {
    /// The assessment of an allergy by a doctor, in the states of FHIR.
    pub enum AllergyVerdict("verdict") {
        Confirmed = "confirmed" => tr!(patients.verdict_confirmed),
        Refuted = "refuted" => tr!(patients.verdict_refuted),
        Resolved = "resolved" => tr!(patients.verdict_resolved),
        Active = "active" => tr!(patients.verdict_active),
    }
}

impl AllergyVerdict {
    /// The clinical status and the verification that follow from those before.
    fn after<'s>(self, (status, verification): (&'s str, &'s str)) -> (&'s str, &'s str) {
        match self {
            Self::Confirmed => ("active", "confirmed"),
            Self::Refuted => (status, "refuted"),
            Self::Resolved => ("resolved", verification),
            Self::Active if verification == "refuted" => ("active", "unconfirmed"),
            Self::Active => ("active", verification),
        }
    }

    /// Whether the allergy warns nobody any more.
    const fn silences(self) -> bool {
        matches!(self, Self::Refuted | Self::Resolved)
    }

    /// The verdicts that would change the entry.
    pub fn of(allergy: &Allergy) -> impl Iterator<Item = Self> {
        let now = (allergy.clinical_status.as_str(), allergy.verification.as_str());
        Self::ALL.iter().copied().filter(move |verdict| verdict.after(now) != now)
    }
}

/// An entry of the allergy list.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Allergy {
    pub id: AllergyId,
    pub substance: String,
    pub category: AllergyCategory,
    pub criticality: Criticality,
    pub reaction: String,
    pub severity: Severity,
    /// "active", "inactive" or "resolved".
    pub clinical_status: String,
    /// "unconfirmed", "confirmed" or "refuted".
    pub verification: String,
    pub recorded_at: Instant,
    pub recorded_by_name: String,
    pub entered_in_error_at: Option<Instant>,
    pub error_reason: String,
    /// The last verdict of a doctor.
    pub assessed_at: Option<Instant>,
    pub assessed_by_name: Option<String>,
    pub assessed_why: String,
}

impl Allergy {
    /// Whether the allergy warns: it is active, not refuted, and not entered in error.
    pub fn counts(&self) -> bool {
        self.entered_in_error_at.is_none() && self.clinical_status == "active" && self.verification != "refuted"
    }

    /// Whether the next exposure may be dangerous.
    pub fn is_severe(&self) -> bool {
        self.criticality == Criticality::High || self.severity == Severity::Severe
    }
}

/// An allergy to be recorded.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct NewAllergy {
    /// An id created when the form is shown, so that sending it twice records once.
    pub id: AllergyId,
    pub substance: String,
    pub category: AllergyCategory,
    pub criticality: Criticality,
    pub reaction: String,
    pub severity: Severity,
}

/// Returns the allergy list, dangerous ones first, with those entered in error at the end.
///
/// # Errors
/// When the database refuses.
pub async fn allergies(tx: &mut Tx, patient: PatientId) -> Result<Vec<Allergy>> {
    let mut list = store::of(tx, patient).await?;
    list.sort_by_key(|allergy| (!allergy.counts(), !allergy.is_severe(), allergy.substance.to_lowercase()));
    Ok(list)
}

/// Records an allergy; returns `false` when the same form recorded it before. The same substance is refused a second
/// time.
///
/// # Errors
/// [`Error::Invalid`] when the substance is on the list already; [`Error::Conflict`] when the id belongs to another entry.
pub(super) async fn record(tx: &mut Tx, patient: Locked<PatientId>, allergy: &NewAllergy, stamp: Stamp) -> Result<bool> {
    if let Some(before) = store::written(tx, allergy.id).await? {
        let same = (before.patient_id, before.recorded_by, &before.allergy) == (patient.id(), stamp.by, allergy);
        // An entry that was marked as wrong since then is not on the list, so the answer must not say that it was
        // recorded.
        return if same && before.entered_in_error_at.is_none() { Ok(false) } else { Err(Error::key_used()) };
    }
    let list = store::of(tx, patient.id()).await?;
    let folded = super::name_key::fold(&allergy.substance);
    if list.iter().any(|known| known.counts() && super::name_key::fold(&known.substance) == folded) {
        return Err(Error::invalid("substance", tr!(patients.allergy_known)));
    }
    store::insert(tx, patient, allergy, stamp).await?;
    store::set_status(tx, patient, AllergyStatus::Recorded).await?;
    Ok(true)
}

/// Records that the patient was asked and has no allergies.
///
/// # Errors
/// [`Error::Conflict`] when the list has entries.
pub(super) async fn none_known(tx: &mut Tx, patient: Locked<PatientId>) -> Result<()> {
    if store::set_none_known(tx, patient).await? { Ok(()) } else { Err(Error::conflict(tr!(patients.allergies_listed))) }
}

/// Marks an allergy as entered in error: it stays on the record and no longer warns.
///
/// # Errors
/// [`Error::NotFound`] when it is not this patient's; [`Error::Conflict`] when it is marked already.
pub(super) async fn enter_in_error(
    tx: &mut Tx,
    patient: Locked<PatientId>,
    allergy: AllergyId,
    reason: &str,
    stamp: Stamp,
) -> Result<Uuid> {
    let list = store::of(tx, patient.id()).await?;
    let known = list.iter().find(|known| known.id == allergy).ok_or(Error::NotFound)?;
    if known.entered_in_error_at.is_some() || !store::mark_in_error(tx, patient, allergy, reason, stamp).await? {
        return Err(Error::conflict(tr!(patients.already_in_error)));
    }
    settle(tx, patient, &list, allergy, false).await?;
    Ok(allergy.0)
}

/// Sets the patient's status after an act on an entry: without an allergy that warns, the patient is asked again.
async fn settle(tx: &mut Tx, patient: Locked<PatientId>, list: &[Allergy], changed: AllergyId, warns: bool) -> Result<()> {
    let did_warn = list.iter().any(Allergy::counts);
    match (did_warn, warns || list.iter().any(|other| other.id != changed && other.counts())) {
        (true, false) => store::set_status(tx, patient, AllergyStatus::NotRecorded).await,
        (_, true) => store::set_status(tx, patient, AllergyStatus::Recorded).await,
        (false, false) => Ok(()),
    }
}

/// Records what a doctor says of an allergy; `false` when the entry says so already. The patient is locked.
///
/// # Errors
/// [`Error::NotFound`] when it is not this patient's; [`Error::Invalid`] without a reason for an allergy that then warns nobody;
/// [`Error::Conflict`] when it was entered in error, or is on the list again.
pub(super) async fn assess(
    tx: &mut Tx,
    patient: Locked<PatientId>,
    allergy: AllergyId,
    (verdict, why): (AllergyVerdict, &str),
    stamp: Stamp,
) -> Result<bool> {
    let list = store::of(tx, patient.id()).await?;
    let known = list.iter().find(|known| known.id == allergy).ok_or(Error::NotFound)?;
    if known.entered_in_error_at.is_some() {
        return Err(Error::conflict(tr!(patients.already_in_error)));
    }
    let before = (known.clinical_status.as_str(), known.verification.as_str());
    let after = verdict.after(before);
    if after == before {
        return Ok(false);
    }
    if verdict.silences() && why.is_empty() {
        return Err(Error::invalid("reason", tr!(errors.required)));
    }
    let folded = super::name_key::fold(&known.substance);
    if !known.counts()
        && list.iter().any(|other| other.counts() && super::name_key::fold(&other.substance) == folded)
        && !verdict.silences()
    {
        return Err(Error::conflict(tr!(patients.allergy_known)));
    }
    store::assess(tx, patient, allergy, after, why, stamp).await?;
    settle(tx, patient, &list, allergy, !verdict.silences()).await?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::AllergyVerdict as V;

    #[test]
    fn a_verdict_leads_to_the_states_of_fhir() {
        for (verdict, before, after) in [
            (V::Confirmed, ("active", "unconfirmed"), ("active", "confirmed")),
            (V::Confirmed, ("resolved", "refuted"), ("active", "confirmed")),
            (V::Refuted, ("active", "confirmed"), ("active", "refuted")),
            (V::Resolved, ("active", "confirmed"), ("resolved", "confirmed")),
            (V::Active, ("resolved", "confirmed"), ("active", "confirmed")),
            (V::Active, ("active", "refuted"), ("active", "unconfirmed")),
        ] {
            assert_eq!(verdict.after(before), after, "{verdict:?}");
        }
    }
}
