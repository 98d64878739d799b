//! Care plans: a problem, a goal, actions that become repeated tasks, and evaluations. A plan is closed with an evaluation, or ends with the
//! stay.

mod store;

use chrono::NaiveDate;

use crate::{
    audit::Action,
    core::{
        AdmissionId, CarePlanId, ClinicId, Error, PatientId, Permission, Result, TaskPlanId,
        error::FieldErrors,
        form::text,
        time::{Instant, parse_date},
    },
    db::DbError,
    nursing::{
        bedside::{self, Bedside},
        tasks,
        vocabulary::{CareOutcome, CarePlanState, NursingTaskKind, TaskRepeat},
    },
    organisation::Typed,
    server::Ctx,
    tr,
};

pub use store::{actions_of, evaluations_of, of_admission};

/// The fields of actions in the form.
pub const ACTION_ROWS: usize = 4;

/// A care plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CarePlan {
    pub id: CarePlanId,
    pub admission_id: AdmissionId,
    pub patient_id: PatientId,
    pub clinic_id: ClinicId,
    pub problem: String,
    pub goal: String,
    pub target_on: Option<NaiveDate>,
    pub state: CarePlanState,
    pub opened_at: Instant,
    pub opener: String,
    pub closed_at: Option<Instant>,
}

/// An action of a plan: the plan of its tasks.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct CareAction {
    pub care_plan_id: CarePlanId,
    pub task_plan_id: TaskPlanId,
    pub detail: String,
    pub repeats: TaskRepeat,
    pub ended_at: Option<Instant>,
}

/// An evaluation of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CareEvaluation {
    pub care_plan_id: CarePlanId,
    pub outcome: CareOutcome,
    pub remark: String,
    pub at: Instant,
    pub by: String,
}

/// The fields of a plan, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CarePlanForm {
    pub problem: String,
    pub goal: String,
    pub target_on: Option<NaiveDate>,
    pub actions: Vec<(String, TaskRepeat)>,
}

impl CarePlanForm {
    /// Reads the form.
    ///
    /// # Errors
    /// [`Error::Invalid`] with every field that is wrong.
    pub fn read(fields: &Typed) -> Result<Self> {
        let typed = |name: &str| fields.get(name).map_or("", |value| value.trim());
        let mut errors = FieldErrors::new();
        let problem = errors.required_line("problem", typed("problem"), 500);
        let goal = errors.required_line("goal", typed("goal"), 500);
        let target_on = match typed("target") {
            "" => None,
            day => errors.check(parse_date("target", day)),
        };
        let mut actions = Vec::new();
        for row in 1..=ACTION_ROWS {
            let (name, every) = (format!("action-{row}"), format!("repeats-{row}"));
            let detail = errors.line(&name, typed(&name), 200);
            if !detail.is_empty()
                && let Some(repeats) = errors.chosen::<TaskRepeat>(&every, typed(&every))
            {
                actions.push((detail, repeats));
            }
        }
        if actions.is_empty() {
            errors.add("action-1", tr!(nursing.action_needed));
        }
        errors.finish()?;
        Ok(Self { problem, goal, target_on, actions })
    }
}

/// Opens a plan with its actions; their tasks begin now. The same form again changes nothing.
///
/// # Errors
/// [`Error::Conflict`] when the patient is not admitted.
pub async fn open(ctx: &mut Ctx, admission: AdmissionId, id: CarePlanId, form: &CarePlanForm) -> Result<()> {
    let bed = bedside::turn(ctx, Permission::RecordCare, admission).await?;
    match store::find(&mut ctx.tx, id).await? {
        Some(known) if known.admission_id == admission => return Ok(()),
        Some(_) => return Err(Error::key_used()),
        None => {}
    }
    bed.must_be_admitted()?;
    let stamp = ctx.stamp();
    store::insert(&mut ctx.tx, id, bed.whose(), form, stamp).await.map_err(DbError::of_form_key)?;
    for (detail, repeats) in &form.actions {
        let (kind, detail, settled_with) = (NursingTaskKind::Care, detail.clone(), String::new());
        let plan = tasks::Planned { kind, detail, repeats: *repeats, starts_at: stamp.at, settled_with };
        let task = tasks::plan_from(ctx, &bed, plan).await?;
        store::insert_action(&mut ctx.tx, id, task).await?;
    }
    bedside::record(ctx, Action::Create, "care_plan", id, bed.whose());
    Ok(())
}

/// Waits for the turn of a plan's admission, and reads the plan after that.
async fn turn(ctx: &mut Ctx, id: CarePlanId) -> Result<(Bedside, CarePlan)> {
    let known = store::find(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    let bed = bedside::turn(ctx, Permission::RecordCare, known.admission_id).await?;
    let plan = store::find(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    if plan.state != CarePlanState::Open {
        return Err(Error::conflict(tr!(nursing.care_plan_closed)));
    }
    Ok((bed, plan))
}

/// Evaluates a plan. The outcomes `met` and `not_met` close it and end its tasks.
///
/// # Errors
/// [`Error::Conflict`] when it is closed.
pub async fn evaluate(ctx: &mut Ctx, id: CarePlanId, outcome: CareOutcome, remark: &str) -> Result<AdmissionId> {
    let (bed, plan) = turn(ctx, id).await?;
    let remark = text("remark", remark, 1_000)?;
    let stamp = ctx.stamp();
    store::insert_evaluation(&mut ctx.tx, id, (outcome, &remark), stamp).await?;
    if let Some(state) = outcome.closes() {
        for action in store::actions_of(&mut ctx.tx, plan.admission_id).await? {
            if action.care_plan_id == id && action.ended_at.is_none() {
                tasks::stop(ctx, action.task_plan_id, stamp).await?;
            }
        }
        store::close(&mut ctx.tx, id, state, stamp).await?;
    }
    bedside::record(ctx, Action::Update, "care_plan", id, bed.whose());
    Ok(plan.admission_id)
}
