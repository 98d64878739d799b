//! The problem list of a patient, which doctors keep. Each change is a new row that replaces the one before; no row is removed.

pub mod api;
mod store;

use chrono::NaiveDate;

use super::icd10;
use crate::{
    audit::Action,
    core::{
        Error, PatientId, ProblemId, Result,
        error::FieldErrors,
        time::{Instant, parse_date},
    },
    patients,
    server::{Ctx, Event},
    tr,
    ui::Tone,
};

pub use store::{of_patient, problem};

crate::text_enum! {
    /// The state of a problem, in the words of FHIR.
    pub enum ProblemStatus("clinical_status") {
        Active = "active" => tr!(clinical.problem_active),
        /// It does not matter at present, and may come back.
        Inactive = "inactive" => tr!(clinical.problem_inactive),
        Resolved = "resolved" => tr!(clinical.problem_resolved),
    }
}

impl ProblemStatus {
    /// The state's colour.
    pub const fn tone(self) -> Tone {
        match self {
            Self::Active => Tone::Warning,
            Self::Inactive => Tone::Inactive,
            Self::Resolved => Tone::Done,
        }
    }
}

/// A version of an entry of the problem list.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct ProblemEntry {
    pub id: ProblemId,
    pub patient_id: PatientId,
    /// ICD-10-CM; empty for a problem in words.
    pub code: String,
    pub description: String,
    pub clinical_status: ProblemStatus,
    pub onset_on: Option<NaiveDate>,
    pub recorded_at: Instant,
    pub recorder: String,
    pub replaces: Option<ProblemId>,
    pub superseded_at: Option<Instant>,
    pub entered_in_error_at: Option<Instant>,
    pub error_reason: String,
}

impl ProblemEntry {
    /// Whether it is the version that counts.
    pub const fn is_current(&self) -> bool {
        self.superseded_at.is_none() && self.entered_in_error_at.is_none()
    }
}

/// The fields of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProblemForm {
    pub code: String,
    pub description: String,
    pub status: ProblemStatus,
    pub onset: Option<NaiveDate>,
}

impl ProblemForm {
    /// Reads the form: `problem` is a code of ICD-10-CM, or words.
    ///
    /// # Errors
    /// [`Error::Invalid`] with every field that is wrong.
    pub fn read(ctx: &Ctx, problem: &str, status: &str, onset: &str) -> Result<Self> {
        let mut errors = FieldErrors::new();
        let words = errors.required_line("problem", problem, 500);
        let (code, description) = match icd10::lookup(words.split_whitespace().next().unwrap_or_default()) {
            Some(code) => (code.code.to_owned(), code.description.to_owned()),
            None => (String::new(), words),
        };
        let status = errors.chosen::<ProblemStatus>("status", status);
        let onset = match onset.trim() {
            "" => None,
            typed => errors.check(parse_date("onset", typed)),
        };
        if onset.is_some_and(|onset| onset > ctx.today()) {
            errors.add("onset", tr!(clinical.onset_future));
        }
        errors.finish()?;
        let Some(status) = status else { return Err(Error::NotFound) };
        Ok(Self { code, description, status, onset })
    }

    /// Whether an entry says the same.
    fn is_of(&self, entry: &ProblemEntry) -> bool {
        (&self.code, &self.description, self.status, self.onset) == (&entry.code, &entry.description, entry.clinical_status, entry.onset_on)
    }

    /// Whether an entry is about the same problem.
    fn names(&self, entry: &ProblemEntry) -> bool {
        match self.code.is_empty() {
            true => entry.description.to_lowercase() == self.description.to_lowercase(),
            false => entry.code == self.code,
        }
    }
}

fn tell(ctx: &mut Ctx, patient: PatientId) {
    ctx.tell(Event::new(&patients::CHART).of(patient));
}

/// Adds a problem to the list. The same form again changes nothing.
///
/// # Errors
/// [`Error::Invalid`] when it is on the list already.
pub async fn add(ctx: &mut Ctx, patient: PatientId, key: ProblemId, form: &ProblemForm) -> Result<()> {
    ctx.reach([patient]).await?;
    let lock = ctx.tx.lock(patient).await?;
    if let Some(known) = store::problem(&mut ctx.tx, key).await? {
        return if known.patient_id == patient && form.is_of(&known) { Ok(()) } else { Err(Error::key_used()) };
    }
    let list = store::of_patient(&mut ctx.tx, patient).await?;
    if list.iter().any(|entry| entry.is_current() && form.names(entry)) {
        return Err(Error::invalid("problem", tr!(clinical.problem_known)));
    }
    let stamp = ctx.stamp();
    store::insert(&mut ctx.tx, lock, key, None, form, stamp).await?;
    ctx.did(Action::Create, "problem", key, Some(patient));
    tell(ctx, patient);
    Ok(())
}

/// Locks the list of an entry's patient, and refuses an entry that was replaced.
async fn turn(ctx: &mut Ctx, id: ProblemId) -> Result<(crate::db::Locked<PatientId>, ProblemEntry)> {
    let entry = store::problem(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    ctx.reach([entry.patient_id]).await?;
    let lock = ctx.tx.lock(entry.patient_id).await?;
    let entry = store::problem(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    if entry.is_current() { Ok((lock, entry)) } else { Err(Error::conflict(tr!(clinical.problem_changed))) }
}

/// Changes an entry: a new version replaces it. Returns its patient.
///
/// # Errors
/// [`Error::Conflict`] when it was replaced already.
pub async fn change(ctx: &mut Ctx, id: ProblemId, form: &ProblemForm) -> Result<PatientId> {
    let (lock, entry) = turn(ctx, id).await?;
    if form.is_of(&entry) {
        return Ok(entry.patient_id);
    }
    let (stamp, new) = (ctx.stamp(), ProblemId::new());
    store::supersede(&mut ctx.tx, lock, id, stamp.at).await?;
    store::insert(&mut ctx.tx, lock, new, Some(id), form, stamp).await?;
    ctx.did(Action::Update, "problem", id, Some(entry.patient_id));
    tell(ctx, entry.patient_id);
    Ok(entry.patient_id)
}

/// Marks an entry as entered in error. Returns its patient.
///
/// # Errors
/// [`Error::Invalid`] without a reason; [`Error::Conflict`] when it was replaced already.
pub async fn enter_in_error(ctx: &mut Ctx, id: ProblemId, reason: &str) -> Result<PatientId> {
    if reason.is_empty() {
        return Err(Error::invalid("reason", tr!(errors.required)));
    }
    let (lock, entry) = turn(ctx, id).await?;
    let stamp = ctx.stamp();
    store::enter_in_error(&mut ctx.tx, lock, id, reason, stamp).await?;
    ctx.did(Action::Update, "problem", id, Some(entry.patient_id));
    tell(ctx, entry.patient_id);
    Ok(entry.patient_id)
}
