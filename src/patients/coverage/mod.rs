//! Insurers, and the patients' cover by them. A cover is ended, never removed.

mod store;

use chrono::NaiveDate;

use crate::{
    core::{CoverageId, Error, InsurerId, PatientId, Result, Stamp, time::Instant},
    db::{Locked, Tx},
};

/// A payer: a company, a state programme, or the patient alone.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Insurer {
    pub id: InsurerId,
    pub name: String,
    /// Only the patient pays.
    pub self_pay: bool,
}

/// A patient's cover by an insurer.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Coverage {
    pub id: CoverageId,
    pub insurer_id: InsurerId,
    pub insurer: String,
    pub self_pay: bool,
    pub plan: String,
    /// Sealed in the database.
    #[sqlx(skip)]
    pub policy_number: String,
    pub holder: String,
    pub valid_from: Option<NaiveDate>,
    pub valid_to: Option<NaiveDate>,
    /// The patient's share of each bill, in percent.
    pub copay_percent: i64,
    /// 1 pays first.
    pub priority: i64,
    pub ended_at: Option<Instant>,
}

impl Coverage {
    /// Whether the cover is valid on the day of a service.
    pub fn holds_on(&self, day: NaiveDate) -> bool {
        self.ended_at.is_none() && self.valid_from.is_none_or(|from| from <= day) && self.valid_to.is_none_or(|to| day <= to)
    }
}

impl Coverage {
    /// Whether the cover has the values of the form.
    pub fn says(&self, form: &NewCoverage) -> bool {
        (self.insurer_id, &self.plan, &self.policy_number, &self.holder) == (form.insurer_id, &form.plan, &form.policy_number, &form.holder)
            && (self.valid_from, self.valid_to, self.copay_percent) == (form.valid_from, form.valid_to, form.copay_percent)
    }
}

/// A cover to be added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewCoverage {
    /// An id created when the form is shown, so that sending it twice adds once.
    pub id: CoverageId,
    pub insurer_id: InsurerId,
    pub plan: String,
    pub policy_number: String,
    pub holder: String,
    pub valid_from: Option<NaiveDate>,
    pub valid_to: Option<NaiveDate>,
    pub copay_percent: i64,
}

/// Returns the insurers that can be chosen, by name.
///
/// # Errors
/// When the database refuses.
pub async fn insurers(tx: &mut Tx) -> Result<Vec<Insurer>> {
    store::insurers(tx).await
}

/// Returns all cover of a patient, including past cover; the first payer comes first.
///
/// # Errors
/// When the database refuses.
pub async fn coverages(tx: &mut Tx, patient: PatientId) -> Result<Vec<Coverage>> {
    store::of(tx, patient).await
}

/// Returns the cover that pays first for services of the day.
///
/// # Errors
/// When the database refuses.
pub async fn coverage_on(tx: &mut Tx, patient: PatientId, day: NaiveDate) -> Result<Option<Coverage>> {
    Ok(store::of(tx, patient).await?.into_iter().find(|coverage| coverage.holds_on(day)))
}

/// Adds cover; it pays after the cover that the patient already has. Returns `false` when the same form added it
/// before.
///
/// # Errors
/// [`Error::Invalid`] when the insurer is not known; [`Error::Conflict`] when the id belongs to another cover.
pub async fn add_coverage(tx: &mut Tx, patient: Locked<PatientId>, coverage: &NewCoverage, stamp: Stamp) -> Result<bool> {
    let known = store::of(tx, patient.id()).await?;
    if let Some(before) = known.iter().find(|old| old.id == coverage.id) {
        let same = before.says(coverage) && store::added_by(tx, coverage.id).await? == Some(stamp.by);
        return if same && before.ended_at.is_none() { Ok(false) } else { Err(Error::key_used()) };
    }
    if !store::insurers(tx).await?.iter().any(|insurer| insurer.id == coverage.insurer_id) {
        return Err(Error::invalid("insurer_id", crate::tr!(errors.choose)));
    }
    let last = known.iter().filter(|old| old.ended_at.is_none()).map(|old| old.priority).max().unwrap_or(0);
    store::insert(tx, patient, coverage, (last + 1).clamp(1, 9), stamp).await?;
    Ok(true)
}

/// Ends a cover of this patient.
///
/// # Errors
/// [`Error::NotFound`] when it is not this patient's; [`Error::Conflict`] when it has ended already.
pub(super) async fn end(tx: &mut Tx, patient: Locked<PatientId>, coverage: CoverageId, now: Instant) -> Result<()> {
    if !store::of(tx, patient.id()).await?.iter().any(|known| known.id == coverage) {
        return Err(Error::NotFound);
    }
    if store::end(tx, patient, coverage, now).await? { Ok(()) } else { Err(Error::conflict(crate::tr!(patients.coverage_ended_already))) }
}
