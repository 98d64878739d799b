//! Vital signs on record: taken by somebody, at a moment; never deleted, a wrong set is marked.

use super::{News2, VitalSigns, store};
use crate::{
    core::{
        EncounterId, Error, PatientId, Result, UserId, VisitId, VitalsId,
        time::{Instant, months_between},
    },
    db::Tx,
    tr,
};

/// A set on record.
#[derive(Clone, Debug)]
pub struct Vitals {
    pub id: VitalsId,
    pub patient_id: PatientId,
    pub visit_id: Option<VisitId>,
    pub taken_at: Instant,
    /// The name of who took them.
    pub taken_by: String,
    pub signs: VitalSigns,
    /// The early-warning score as computed then.
    pub news2: Option<i64>,
    pub note: String,
    /// When and why it was marked as wrong.
    pub entered_in_error: Option<(Instant, String)>,
}

/// A set to be recorded.
#[derive(Clone, Debug)]
pub struct NewVitals {
    pub patient: PatientId,
    pub visit: Option<VisitId>,
    pub encounter: Option<EncounterId>,
    pub taken_at: Instant,
    pub taken_by: UserId,
    pub signs: VitalSigns,
    /// Computed with the age: [`VitalSigns::news2`].
    pub news2: Option<i64>,
    pub note: String,
}

/// What became of a set taken now.
#[derive(Clone, Copy, Debug)]
pub struct Recorded {
    pub id: VitalsId,
    pub score: Option<News2>,
    /// Taken for a score, of somebody who can have one, and something was left out: [`no_score`] tells what.
    pub unscored: bool,
}

/// Why there is no score: "No score: consciousness not assessed".
pub fn no_score(signs: &VitalSigns) -> String {
    let missing: Vec<String> = signs.missing_for_score().into_iter().map(str::to_lowercase).collect();
    tr!(opd.no_score, missing = missing.join(", "))
}

/// Records a set as given (an import has its own score or none).
///
/// # Errors
/// What the database refused.
pub async fn insert_vitals(tx: &mut Tx, vitals: &NewVitals) -> Result<VitalsId> {
    store::insert(tx, vitals).await
}

/// Records a set taken now at a visit, with its score by the patient's age.
///
/// # Errors
/// [`Error::NotFound`] without the patient.
pub async fn record_vitals(
    tx: &mut Tx,
    patient: PatientId,
    visit: Option<VisitId>,
    signs: VitalSigns,
    note: String,
    now: Instant,
    by: UserId,
) -> Result<Recorded> {
    let months = store::birth_of(tx, patient).await?.map(|birth| months_between(birth, now.date_naive()));
    let score = signs.news2(months);
    let news2 = score.map(|score| score.total);
    let vitals = NewVitals { patient, visit, encounter: None, taken_at: now, taken_by: by, signs, news2, note };
    let id = store::insert(tx, &vitals).await?;
    Ok(Recorded { id, score, unscored: signs.is_unscored(months) })
}

/// A patient's sets (of before `before`, if given), the latest first; wrong ones are left out. Those of the last one's
/// moment come with it, so that a next page misses none.
///
/// # Errors
/// What the database refused.
pub async fn vitals_of(tx: &mut Tx, patient: PatientId, before: Option<Instant>, limit: i64) -> Result<Vec<Vitals>> {
    store::of_patient(tx, patient, before, limit).await
}

/// The sets of a visit, the latest first, wrong ones marked.
///
/// # Errors
/// What the database refused.
pub async fn vitals_of_visit(tx: &mut Tx, visit: VisitId) -> Result<Vec<Vitals>> {
    store::of_visit(tx, visit).await
}

/// One set.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn vitals_entry(tx: &mut Tx, id: VitalsId) -> Result<Vitals> {
    store::find(tx, id).await?.ok_or(Error::NotFound)
}

/// Marks a set as wrong, with the reason.
///
/// # Errors
/// [`Error::Conflict`] when it is marked already.
pub async fn enter_in_error(tx: &mut Tx, id: VitalsId, reason: &str, now: Instant, by: UserId) -> Result<()> {
    if store::enter_in_error(tx, id, reason, now, by).await? { Ok(()) } else { Err(Error::conflict(tr!(opd.somebody_was_first))) }
}
