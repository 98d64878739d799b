//! The plan of an admission's observations: the scale of the oxygen saturation, a pregnancy, intervals, a stop.

use chrono::Duration;

use super::store;
use crate::{
    audit::Action,
    core::{AdmissionId, Error, ObservationPlanId, Permission, Result, error::FieldErrors, time::Instant},
    db::{DbError, Tx},
    nursing::{
        assessments,
        bedside::{self, Bedside},
        response::{self, PlannedTimes},
    },
    opd::vitals::news2::Scale,
    organisation::Typed,
    server::Ctx,
    tr,
};

/// Intervals in minutes.
const SHORTEST: i64 = 5;
const LONGEST: i64 = 24 * 60;

/// A version of a plan.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct ObservationPlan {
    pub id: ObservationPlanId,
    pub admission_id: AdmissionId,
    pub nth: i64,
    pub spo2_scale: i64,
    pub pregnant: bool,
    /// Minutes between two sets, instead of those that follow from the score.
    pub interval_min: Option<i64>,
    pub stopped_until: Option<Instant>,
    pub reason: String,
    pub set_at: Instant,
    pub setter: String,
}

impl ObservationPlan {
    /// Returns the plan of an admission for which nothing was decided.
    pub fn usual(admission: AdmissionId) -> Self {
        Self {
            id: ObservationPlanId::new(),
            admission_id: admission,
            nth: 0,
            spo2_scale: 1,
            pregnant: false,
            interval_min: None,
            stopped_until: None,
            reason: String::new(),
            set_at: Instant::default(),
            setter: String::new(),
        }
    }

    /// Returns the scale of the oxygen saturation.
    pub const fn scale(&self) -> Scale {
        Scale::numbered(self.spo2_scale)
    }

    /// Returns the parts that change the time of the next set.
    pub const fn times(&self) -> PlannedTimes {
        PlannedTimes { interval: self.interval_min, stopped_until: self.stopped_until }
    }
}

/// Returns the plan that counts.
///
/// # Errors
/// When the database refuses.
pub async fn plan_of(tx: &mut Tx, admission: AdmissionId) -> Result<ObservationPlan> {
    Ok(store::plans(tx, admission, 1).await?.pop().unwrap_or_else(|| ObservationPlan::usual(admission)))
}

/// Returns the versions of the plan, the last one first.
///
/// # Errors
/// When the database refuses.
pub async fn plans_of(tx: &mut Tx, admission: AdmissionId) -> Result<Vec<ObservationPlan>> {
    store::plans(tx, admission, 50).await
}

/// The typed fields of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanForm {
    scale: i64,
    pregnant: bool,
    interval: Option<i64>,
    stop_hours: Option<i64>,
    reason: String,
}

impl PlanForm {
    /// Reads the form.
    ///
    /// # Errors
    /// [`Error::Invalid`] with every field that is wrong.
    pub fn read(fields: &Typed) -> Result<Self> {
        let typed = |name: &str| fields.get(name).map_or("", |value| value.trim());
        let mut errors = FieldErrors::new();
        let number = |name: &str, least: i64, most: i64, errors: &mut FieldErrors| {
            let text = typed(name);
            let value = text.parse::<i64>().ok().filter(|value| (least..=most).contains(value));
            if !text.is_empty() && value.is_none() {
                errors.add(name, tr!(nursing.number_between, least = least, most = most));
            }
            value
        };
        let interval = number("interval", SHORTEST, LONGEST, &mut errors);
        let stop_hours = number("stop_hours", 1, 24, &mut errors);
        let reason = errors.required_line("reason", typed("reason"), 500);
        errors.finish()?;
        let scale = if typed("scale") == "2" { 2 } else { 1 };
        Ok(Self { scale, pregnant: !typed("pregnant").is_empty(), interval, stop_hours, reason })
    }
}

async fn add(ctx: &mut Ctx, bed: &Bedside, id: ObservationPlanId, plan: &ObservationPlan) -> Result<()> {
    let (stamp, whose) = (ctx.stamp(), bed.whose());
    store::insert_plan(&mut ctx.tx, whose, id, plan, stamp)
        .await
        .map_err(|error| if error.violates("observation_plans_by_doctor") { Error::Forbidden } else { DbError::of_form_key(error) })?;
    bedside::record(ctx, Action::Create, "observation_plan", id, whose);
    Ok(())
}

/// Whether the plan with this id was made before, for the same admission.
async fn done_before(ctx: &mut Ctx, id: ObservationPlanId, admission: AdmissionId) -> Result<bool> {
    Ok(store::plans(&mut ctx.tx, admission, 200).await?.iter().any(|known| known.id == id))
}

/// A doctor decides how the patient is observed.
///
/// # Errors
/// [`Error::Conflict`] when the patient is not admitted.
pub async fn plan(ctx: &mut Ctx, admission: AdmissionId, id: ObservationPlanId, form: &PlanForm) -> Result<()> {
    let bed = bedside::turn(ctx, Permission::PlanObservations, admission).await?;
    if done_before(ctx, id, admission).await? {
        return Ok(());
    }
    bed.must_be_admitted()?;
    let before = plan_of(&mut ctx.tx, admission).await?;
    let next = ObservationPlan {
        nth: before.nth + 1,
        spo2_scale: form.scale,
        pregnant: form.pregnant,
        interval_min: form.interval,
        stopped_until: form.stop_hours.map(|hours| ctx.now + Duration::hours(hours)),
        reason: form.reason.clone(),
        ..before
    };
    add(ctx, &bed, id, &next).await
}

/// A nurse observes more often than the score requires, or goes back to its interval, and marks a pregnancy. A doctor's scale stays, and so
/// does a stop.
///
/// # Errors
/// [`Error::Invalid`] for an interval that is longer than the score's.
pub async fn observe(ctx: &mut Ctx, admission: AdmissionId, id: ObservationPlanId, form: &PlanForm) -> Result<()> {
    let bed = bedside::turn(ctx, Permission::RecordCare, admission).await?;
    if done_before(ctx, id, admission).await? {
        return Ok(());
    }
    bed.must_be_admitted()?;
    let before = plan_of(&mut ctx.tx, admission).await?;
    let pews = assessments::pews_of(&mut ctx.tx, admission).await?;
    let by_score = match super::latest(&mut ctx.tx, admission).await? {
        None => LONGEST,
        Some(set) => match set.news2() {
            Ok(score) => response::after_score(score).late,
            Err(why) => response::after_unscored(why, None, pews).late,
        },
    };
    if form.interval.is_some_and(|interval| interval > by_score) {
        return Err(Error::invalid("interval", tr!(nursing.longer_by_doctor, minutes = by_score)));
    }
    let running = before.stopped_until.filter(|until| *until > ctx.now);
    if running.is_some() {
        return Err(Error::conflict(tr!(nursing.stopped_by_doctor)));
    }
    let next = ObservationPlan {
        nth: before.nth + 1,
        pregnant: form.pregnant,
        interval_min: form.interval,
        stopped_until: None,
        reason: form.reason.clone(),
        ..before
    };
    add(ctx, &bed, id, &next).await
}
