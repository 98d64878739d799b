//! The treatment plan of an encounter: goals, instructions for the patient, follow-up, and the day of its review. Each change is a new version.

pub mod api;
mod store;

use chrono::{Duration, NaiveDate};

use super::{order_place, store as clinical_store};
use crate::{
    audit::Action,
    core::{
        ClinicId, EncounterId, Error, PatientId, Permission, Result, TreatmentPlanId, VisitId,
        error::FieldErrors,
        form::text,
        time::{Instant, parse_date},
    },
    patients,
    server::{Ctx, Event},
    tr,
};

pub use store::{of_encounter, of_patient};

/// The longest part of a plan.
const LONGEST: usize = 10_000;

/// A plan is reviewed within five years.
const REVIEWED_WITHIN: Duration = Duration::days(5 * 366);

/// A version of a treatment plan, with its texts opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreatmentPlan {
    pub id: TreatmentPlanId,
    pub encounter_id: EncounterId,
    pub patient_id: PatientId,
    pub clinic_id: ClinicId,
    pub version: i64,
    pub goals: String,
    pub instructions: String,
    pub follow_up: String,
    pub review_on: Option<NaiveDate>,
    pub written_at: Instant,
    pub writer: String,
    pub superseded_at: Option<Instant>,
    /// Whether the encounter is finished: the patient sees the plan from then on.
    pub is_signed: bool,
}

/// The fields of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanForm {
    /// The version that the user saw; 0 for the first.
    pub seen: i64,
    pub goals: String,
    pub instructions: String,
    pub follow_up: String,
    pub review_on: Option<NaiveDate>,
}

impl PlanForm {
    /// Reads the form.
    ///
    /// # Errors
    /// [`Error::Invalid`] with every field that is wrong.
    pub fn read(seen: i64, texts: [&str; 3], review_on: &str) -> Result<Self> {
        let mut errors = FieldErrors::new();
        let mut part = |field: &str, typed: &str| errors.check(text(field, &typed.replace("\r\n", "\n"), LONGEST)).unwrap_or_default();
        let [goals, instructions, follow_up] = texts;
        let (goals, instructions, follow_up) = (part("goals", goals), part("instructions", instructions), part("follow_up", follow_up));
        if goals.is_empty() && instructions.is_empty() && follow_up.is_empty() {
            errors.add("goals", tr!(clinical.plan_empty));
        }
        let review_on = match review_on.trim() {
            "" => None,
            typed => errors.check(parse_date("review_on", typed)),
        };
        errors.finish()?;
        Ok(Self { seen, goals, instructions, follow_up, review_on })
    }
}

/// Writes the plan of a visit's encounter, which begins with it when there is none yet. A later version replaces the one before.
///
/// # Errors
/// [`Error::Invalid`] when the review is in the past; [`Error::Conflict`] when somebody else wrote a version.
pub async fn write(ctx: &mut Ctx, visit: VisitId, form: &PlanForm) -> Result<()> {
    let encounter = match clinical_store::encounter_of_visit(&mut ctx.tx, visit).await? {
        Some(encounter) => {
            ctx.at_clinic(Permission::WriteNotes, encounter.clinic)?;
            encounter
        }
        None => {
            order_place(ctx, visit).await?;
            clinical_store::encounter_of_visit(&mut ctx.tx, visit).await?.ok_or(Error::NotFound)?
        }
    };
    ctx.reach([encounter.patient]).await?;
    let lock = ctx.tx.lock(encounter.id).await?;
    let versions = of_encounter(&mut ctx.tx, encounter.id).await?;
    let current = versions.first();
    if current.map_or(0, |plan| plan.version) != form.seen {
        return Err(Error::conflict(tr!(clinical.plan_changed)));
    }
    let same = |plan: &TreatmentPlan| {
        (&plan.goals, &plan.instructions, &plan.follow_up, plan.review_on)
            == (&form.goals, &form.instructions, &form.follow_up, form.review_on)
    };
    if current.is_some_and(same) {
        return Ok(());
    }
    if form.review_on.is_some_and(|day| day < ctx.today()) {
        return Err(Error::invalid("review_on", tr!(clinical.review_past)));
    }
    if form.review_on.is_some_and(|day| day > ctx.today() + REVIEWED_WITHIN) {
        return Err(Error::invalid("review_on", tr!(clinical.review_far)));
    }
    let (stamp, id) = (ctx.stamp(), TreatmentPlanId::new());
    store::supersede(&mut ctx.tx, lock, stamp.at).await?;
    store::insert(&mut ctx.tx, lock, id, &encounter, form, stamp).await?;
    ctx.did(if current.is_some() { Action::Update } else { Action::Create }, "treatment_plan", id, Some(encounter.patient));
    ctx.tell(Event::new(&patients::CHART).at(encounter.clinic).of(encounter.patient));
    Ok(())
}
