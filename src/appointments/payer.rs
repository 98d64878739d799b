//! The payer who is known before a visit is booked. The payer is said, and nothing is blocked by it.

use chrono::NaiveDate;

use crate::{
    core::{PatientId, Result},
    db::Tx,
    patients::{self, Coverage, coverage_words},
    tr,
};

/// The payer who will be asked for a visit on a day.
#[derive(Clone, Debug)]
pub enum Payer {
    Valid(Coverage),
    /// The patient has a coverage, which does not hold on that day.
    NotThatDay(Coverage),
    /// Nothing is on record: the patient pays.
    Unknown,
}

/// Returns the payer who will be asked first on the day.
///
/// # Errors
/// When the database refuses.
pub async fn payer_on(tx: &mut Tx, patient: PatientId, day: NaiveDate) -> Result<Payer> {
    let all = patients::coverages(tx, patient).await?;
    if let Some(valid) = all.iter().find(|coverage| coverage.holds_on(day)) {
        return Ok(Payer::Valid(valid.clone()));
    }
    Ok(all.into_iter().find(|coverage| coverage.ended_at.is_none()).map_or(Payer::Unknown, Payer::NotThatDay))
}

impl Payer {
    /// The words for staff.
    pub fn words(&self) -> String {
        match self {
            Self::Valid(coverage) => coverage_words(coverage),
            Self::NotThatDay(coverage) => tr!(told.cover_not_that_day, cover = coverage_words(coverage)),
            Self::Unknown => tr!(told.cover_unknown).to_owned(),
        }
    }

    /// The words for the patient, who can tell the desk of another coverage.
    pub fn words_to_patient(&self) -> String {
        match self {
            Self::Valid(coverage) => coverage_words(coverage),
            Self::NotThatDay(coverage) => tr!(told.own_cover_not_that_day, cover = coverage_words(coverage)),
            Self::Unknown => tr!(told.own_cover_unknown).to_owned(),
        }
    }
}
