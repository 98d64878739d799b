//! Recorded vital signs: a user took them at a moment. They are never deleted; a wrong set is marked.

use std::collections::HashMap;

use super::{AgeGroup, Ages, Measure, News2, UrgentAnswer, VitalSigns, store};
use crate::{
    core::{
        ClinicId, EncounterId, Error, PatientId, Result, Stamp, UserId, VisitId, VitalsId,
        time::{Instant, Zone},
    },
    db::Tx,
    tr,
    ui::BannerInfo,
};

/// A recorded set.
#[derive(Clone, Debug)]
pub struct Vitals {
    pub id: VitalsId,
    pub patient_id: PatientId,
    pub visit_id: Option<VisitId>,
    /// The time zone of the visit's clinic.
    pub zone: Option<Zone>,
    pub taken_at: Instant,
    /// The name of the user who took them.
    pub taken_by: String,
    pub signs: VitalSigns,
    /// The early-warning score as it was computed then.
    pub news2: Option<i64>,
    /// Whether a single value was critical at the age, or the score high, as it was computed then.
    pub critical: bool,
    /// The age group that was stated for a patient without a birth date.
    pub age_group: Option<AgeGroup>,
    /// The set that this one replaces, with a value corrected.
    pub corrects: Option<VitalsId>,
    pub note: String,
    /// The time and the reason when it was marked as wrong.
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
    /// The score, computed with the age: [`VitalSigns::news2`].
    pub news2: Option<i64>,
    /// Whether the set is critical, from [`VitalSigns::answer`].
    pub critical: bool,
    pub age_group: Option<AgeGroup>,
    pub corrects: Option<VitalsId>,
    pub note: String,
}

/// A set as the form sends it.
#[derive(Clone, Debug)]
pub struct Taken {
    pub patient: PatientId,
    pub visit: Option<VisitId>,
    pub signs: VitalSigns,
    /// Used only when the birth date is unknown.
    pub age_group: Option<AgeGroup>,
    pub note: String,
}

/// The outcome of recording a set.
#[derive(Clone, Debug)]
pub struct Recorded {
    pub id: VitalsId,
    pub score: Option<News2>,
    /// Whether a score was possible for this patient but some of its values were left out: [`no_score`] names them.
    pub unscored: bool,
    /// The answer that the set needs at once.
    pub answer: Option<UrgentAnswer>,
}

/// Returns the reason why there is no score: "No score: consciousness not assessed".
pub fn no_score(signs: &VitalSigns) -> String {
    let missing: Vec<String> = signs.missing_for_score().into_iter().map(str::to_lowercase).collect();
    tr!(opd.no_score, missing = missing.join(", "))
}

/// Records a set as given (an import has its own score or none).
///
/// # Errors
/// When the database refuses.
pub async fn insert_vitals(tx: &mut Tx, vitals: &NewVitals) -> Result<VitalsId> {
    store::insert(tx, vitals).await
}

/// Returns the patient's ages, counted by the date of a clinic in this time zone.
///
/// # Errors
/// [`Error::NotFound`] when there is no such patient.
pub async fn ages_of(tx: &mut Tx, patient: PatientId, zone: Zone) -> Result<Ages> {
    Ok(Ages::new(store::birth_of(tx, patient).await?, zone))
}

/// Returns the patient's ages, counted by the date of the visit's clinic.
///
/// # Errors
/// [`Error::NotFound`] when there is no such visit.
pub async fn ages_at(tx: &mut Tx, visit: VisitId) -> Result<Ages> {
    let (birth, zone) = store::birth_and_zone(tx, visit).await?;
    Ok(Ages::new(birth, Zone::named(&zone)))
}

/// Records a set taken now, with its score at the patient's age.
///
/// # Errors
/// When the database refuses.
pub async fn record_vitals(tx: &mut Tx, taken: Taken, ages: Ages, stamp: Stamp) -> Result<Recorded> {
    insert_judged(tx, taken, ages, stamp.at, stamp.by, None).await
}

/// Replaces a wrong set with a corrected one; the wrong one stays on record, marked with the reason. The measurements keep their time,
/// and the patient is never without vital signs.
///
/// # Errors
/// [`Error::Conflict`] when the set is marked or corrected already.
pub async fn correct_vitals(tx: &mut Tx, wrong: &Vitals, taken: Taken, reason: &str, ages: Ages, stamp: Stamp) -> Result<Recorded> {
    enter_in_error(tx, wrong.id, reason, stamp).await?;
    insert_judged(tx, taken, ages, wrong.taken_at, stamp.by, Some(wrong.id)).await
}

async fn insert_judged(
    tx: &mut Tx,
    taken: Taken,
    ages: Ages,
    taken_at: Instant,
    by: UserId,
    corrects: Option<VitalsId>,
) -> Result<Recorded> {
    let Taken { patient, visit, signs, age_group, note } = taken;
    let age_group = age_group.filter(|_| !ages.are_known());
    let months = ages.at(taken_at, age_group);
    let (score, answer) = (signs.news2(months), signs.answer(months));
    let vitals = NewVitals {
        patient,
        visit,
        encounter: None,
        taken_at,
        taken_by: by,
        signs,
        news2: score.map(|score| score.total),
        critical: answer.as_ref().is_some_and(|answer| answer.critical),
        age_group,
        corrects,
        note,
    };
    let id = store::insert(tx, &vitals).await?;
    Ok(Recorded { id, score, unscored: signs.is_unscored(months), answer })
}

/// The values on which an answer may depend.
const ANSWERED: [Measure; 6] =
    [Measure::Temperature, Measure::Pulse, Measure::Respiration, Measure::Systolic, Measure::Spo2, Measure::Glucose];

/// Whether a later set measured again every value that an earlier one had.
fn measures_again(later: &VitalSigns, earlier: &VitalSigns) -> bool {
    ANSWERED.iter().all(|measure| earlier.get(*measure).is_none() || later.get(*measure).is_some())
        && (earlier.consciousness.is_none() || later.consciousness.is_some())
}

/// Returns the latest set that needs an answer, from a visit's sets with the latest first. A later set that needs no answer ends it
/// only when it measured the same values again: a weight taken later does not.
pub fn unanswered(sets: &[Vitals], ages: Ages) -> Option<(&Vitals, UrgentAnswer)> {
    let mut later: Vec<&Vitals> = Vec::new();
    for set in sets.iter().filter(|set| set.entered_in_error.is_none()) {
        if let Some(answer) = set.signs.answer(ages.of(set)) {
            let ended = later.iter().any(|other| measures_again(&other.signs, &set.signs));
            return (!ended).then_some((set, answer));
        }
        later.push(set);
    }
    None
}

/// Returns the latest values of the latest visit, or of the latest time for sets without a visit: the values that a doctor sees
/// first. A value that was not taken again keeps its earlier measurement.
pub fn current(sets: &[Vitals]) -> Option<(&Vitals, VitalSigns)> {
    let live: Vec<&Vitals> = sets.iter().filter(|set| set.entered_in_error.is_none()).collect();
    let first = *live.first()?;
    let same = |set: &&&Vitals| set.visit_id == first.visit_id && (first.visit_id.is_some() || set.taken_at == first.taken_at);
    let mut signs = VitalSigns::default();
    for set in live.iter().filter(same) {
        signs = signs.or(&set.signs);
    }
    Some((first, signs))
}

/// The flags of a visit's vital signs in its banner and its row in the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct VitalsFlags {
    pub visit: VisitId,
    /// A critical set was not measured again since.
    pub critical: bool,
    /// Every set is marked as wrong: the patient has no vital signs, and must be measured again.
    pub to_retake: bool,
}

impl VitalsFlags {
    /// Returns the flags in words.
    pub fn words(self) -> impl Iterator<Item = &'static str> {
        let critical = self.critical.then(|| tr!(opd.critical_vitals));
        critical.into_iter().chain(self.to_retake.then(|| tr!(opd.to_retake)))
    }
}

/// Adds to the banner that the patient's vital signs at the visit are critical, or are all marked as wrong.
///
/// # Errors
/// When the database refuses.
pub async fn mark_vitals(tx: &mut Tx, visit: VisitId, banner: &mut BannerInfo) -> Result<()> {
    if let Some(flags) = store::flags_at(tx, visit).await? {
        banner.critical.extend(flags.words().map(str::to_owned));
    }
    Ok(())
}

/// Whether every set of the visit is marked as wrong.
///
/// # Errors
/// When the database refuses.
pub async fn are_to_retake(tx: &mut Tx, visit: VisitId) -> Result<bool> {
    Ok(store::flags_at(tx, visit).await?.is_some_and(|flags| flags.to_retake))
}

/// Returns the flags of the visits in a clinic's queue; visits without a flag are left out.
///
/// # Errors
/// When the database refuses.
pub async fn flagged_in_queue(tx: &mut Tx, clinic: ClinicId) -> Result<Vec<VitalsFlags>> {
    store::flagged_in_queue(tx, clinic).await
}

/// Returns the early-warning scores of the visits in a clinic's queue, as they were stored with the latest scored set.
///
/// # Errors
/// When the database refuses.
pub async fn scores_in_queue(tx: &mut Tx, clinic: ClinicId) -> Result<HashMap<VisitId, i64>> {
    Ok(store::scores_in_queue(tx, clinic).await?.into_iter().collect())
}

/// Returns a patient's sets (before `before`, if it is given), latest first; wrong ones are left out. All sets of the
/// last one's moment are included, so that the next page misses none.
///
/// # Errors
/// When the database refuses.
pub async fn vitals_of(tx: &mut Tx, patient: PatientId, before: Option<Instant>, limit: i64) -> Result<Vec<Vitals>> {
    store::of_patient(tx, patient, before, limit).await
}

/// Returns the sets of a visit, latest first, with wrong ones marked.
///
/// # Errors
/// When the database refuses.
pub async fn vitals_of_visit(tx: &mut Tx, visit: VisitId) -> Result<Vec<Vitals>> {
    store::of_visit(tx, visit).await
}

/// Returns one set.
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
pub async fn enter_in_error(tx: &mut Tx, id: VitalsId, reason: &str, stamp: Stamp) -> Result<()> {
    if store::enter_in_error(tx, id, reason, stamp).await? { Ok(()) } else { Err(Error::conflict(tr!(opd.somebody_was_first))) }
}
