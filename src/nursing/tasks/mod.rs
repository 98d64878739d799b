//! Tasks of nurses. A plan makes a row for each time at which its task is due, a day ahead; an overdue task keeps its time.

mod store;
mod times;

use chrono::Duration;
use uuid::Uuid;

use crate::{
    audit::Action,
    core::{
        AdmissionId, ClinicId, Error, NursingTaskId, PatientId, Permission, Result, Stamp, TaskPlanId,
        error::FieldErrors,
        time::{Instant, Zone},
    },
    db::{DbError, Tx},
    nursing::{
        bedside::{self, Bedside, Whose},
        vocabulary::{NursingTaskKind, NursingTaskState, TaskRepeat},
    },
    organisation::{self, Typed},
    server::{AppState, Ctx},
    tr, wards,
};

pub use store::{due_on, of_admission, open_plans};

/// Hours ahead for which tasks are made, and hours back for which missing ones are made after an outage.
const AHEAD: i64 = 24;
const BACK: i64 = 24;

/// A plan that makes tasks.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct NursingTaskPlan {
    pub id: TaskPlanId,
    pub admission_id: AdmissionId,
    pub patient_id: PatientId,
    pub clinic_id: ClinicId,
    pub kind: NursingTaskKind,
    pub detail: String,
    pub repeats: TaskRepeat,
    pub starts_at: Instant,
    pub created_at: Instant,
    pub ended_at: Option<Instant>,
    /// The act that settles a start task: empty by hand, `observations`, or the code of a tool.
    pub settled_with: String,
}

/// A task with the words of its plan.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct NursingTask {
    pub id: NursingTaskId,
    pub origin_id: TaskPlanId,
    pub admission_id: AdmissionId,
    pub patient_id: PatientId,
    pub clinic_id: ClinicId,
    pub kind: NursingTaskKind,
    pub detail: String,
    pub due_at: Instant,
    pub state: NursingTaskState,
    pub settled_at: Option<Instant>,
    pub settler: Option<String>,
    pub reason: String,
    pub version: i64,
}

/// Returns the words of a task: `Turning: left side`.
pub fn task_words(kind: NursingTaskKind, detail: &str) -> String {
    match (kind, detail.is_empty()) {
        (NursingTaskKind::Other, false) => detail.to_owned(),
        (kind, true) => kind.words().to_owned(),
        (kind, false) => format!("{}: {detail}", kind.words()),
    }
}

impl NursingTaskPlan {
    const fn whose(&self) -> Whose {
        Whose { admission: self.admission_id, patient: self.patient_id, clinic: self.clinic_id }
    }
}

/// The typed fields of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskForm {
    kind: NursingTaskKind,
    detail: String,
    repeats: TaskRepeat,
    time: String,
}

impl TaskForm {
    /// Reads the form.
    ///
    /// # Errors
    /// [`Error::Invalid`] with every field that is wrong.
    pub fn read(fields: &Typed) -> Result<Self> {
        let typed = |name: &str| fields.get(name).map_or("", String::as_str);
        let mut errors = FieldErrors::new();
        let kind = errors.chosen::<NursingTaskKind>("kind", typed("kind"));
        let repeats = errors.chosen::<TaskRepeat>("repeats", typed("repeats"));
        let detail = errors.line("detail", typed("detail"), 200);
        if kind == Some(NursingTaskKind::Other) && detail.is_empty() {
            errors.add("detail", tr!(errors.required));
        }
        errors.finish()?;
        let (Some(kind), Some(repeats)) = (kind, repeats) else { return Err(Error::NotFound) };
        Ok(Self { kind, detail, repeats, time: typed("time").to_owned() })
    }
}

/// Plans a task from its first time on: now, or the next time that the typed time of day occurs.
///
/// # Errors
/// [`Error::Conflict`] when the patient is not admitted.
pub async fn plan(ctx: &mut Ctx, admission: AdmissionId, id: TaskPlanId, form: &TaskForm) -> Result<()> {
    let bed = bedside::turn(ctx, Permission::RecordCare, admission).await?;
    match store::plan(&mut ctx.tx, id).await? {
        Some(known) if known.admission_id == admission => return Ok(()),
        Some(_) => return Err(Error::key_used()),
        None => {}
    }
    bed.must_be_admitted()?;
    let starts_at = times::first(bed.zone, ctx.now, &form.time)?;
    let whose = bed.whose();
    let plan = NursingTaskPlan {
        id,
        admission_id: whose.admission,
        patient_id: whose.patient,
        clinic_id: whose.clinic,
        kind: form.kind,
        detail: form.detail.clone(),
        repeats: form.repeats,
        starts_at,
        created_at: ctx.now,
        ended_at: None,
        settled_with: String::new(),
    };
    let (now, by) = (ctx.now, ctx.user());
    store::insert_plan(&mut ctx.tx, &plan, by).await.map_err(DbError::of_form_key)?;
    fill(&mut ctx.tx, &plan, bed.zone, now).await?;
    bedside::record(ctx, Action::Create, "nursing_task_plan", id, whose);
    Ok(())
}

/// A plan that an assessment, a care plan or a device makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    pub kind: NursingTaskKind,
    pub detail: String,
    pub repeats: TaskRepeat,
    pub starts_at: Instant,
    /// The act that settles it by itself; empty for none.
    pub settled_with: String,
}

/// Makes a plan and its tasks; one that occurs once has its task at once, however far ahead it is. The admission's turn is taken.
///
/// # Errors
/// When the database refuses.
pub async fn plan_from(ctx: &mut Ctx, bed: &Bedside, planned: Planned) -> Result<TaskPlanId> {
    let whose = bed.whose();
    let plan = NursingTaskPlan {
        id: TaskPlanId::new(),
        admission_id: whose.admission,
        patient_id: whose.patient,
        clinic_id: whose.clinic,
        kind: planned.kind,
        detail: planned.detail.chars().take(200).collect(),
        repeats: planned.repeats,
        starts_at: planned.starts_at,
        created_at: ctx.now,
        ended_at: None,
        settled_with: planned.settled_with,
    };
    let (now, by) = (ctx.now, ctx.user());
    store::insert_plan(&mut ctx.tx, &plan, by).await?;
    if plan.repeats == TaskRepeat::Once {
        store::insert_tasks(&mut ctx.tx, &plan, vec![plan.starts_at]).await?;
    } else {
        fill(&mut ctx.tx, &plan, bed.zone, now).await?;
    }
    bedside::record(ctx, Action::Create, "nursing_task_plan", plan.id, whose);
    Ok(plan.id)
}

/// Ends a plan whose task was done in another way: what it asked for is there. A plan that ended before stays.
///
/// # Errors
/// When the database refuses.
pub async fn finish(ctx: &mut Ctx, id: TaskPlanId, stamp: Stamp) -> Result<()> {
    store::settle_all(&mut ctx.tx, id, NursingTaskState::Done, stamp).await?;
    store::end_plan(&mut ctx.tx, id, stamp).await?;
    Ok(())
}

/// Settles the open start tasks of an admission that an act settles: a set of observations, or an assessment with a tool.
///
/// # Errors
/// When the database refuses.
pub async fn settle_with(ctx: &mut Ctx, admission: AdmissionId, act: &str) -> Result<()> {
    let stamp = ctx.stamp();
    for plan in store::open_plans(&mut ctx.tx, admission).await? {
        if plan.settled_with == act {
            finish(ctx, plan.id, stamp).await?;
        }
    }
    Ok(())
}

/// Ends a plan that is not needed any more: its due tasks are cancelled.
///
/// # Errors
/// When the database refuses.
pub async fn stop(ctx: &mut Ctx, id: TaskPlanId, stamp: Stamp) -> Result<()> {
    store::settle_all(&mut ctx.tx, id, NursingTaskState::Cancelled, stamp).await?;
    store::end_plan(&mut ctx.tx, id, stamp).await?;
    Ok(())
}

/// Makes the tasks of a plan that are missing; returns their number.
async fn fill(tx: &mut Tx, plan: &NursingTaskPlan, zone: Zone, now: Instant) -> Result<u64> {
    let ward = wards::find_admission(tx, plan.admission_id).await?.ward();
    let shifts = wards::shifts_of(tx, ward, zone).await?;
    let mut from = plan.starts_at.max(now - Duration::hours(BACK));
    if plan.repeats == TaskRepeat::Shift {
        // Where the shifts changed, those tasks stay that are there.
        let last = store::last_due(tx, plan.id).await?;
        from = last.map_or(from, |last| from.max(last + Duration::microseconds(1)));
    }
    let times = times::between(&shifts, (plan.repeats, plan.starts_at), from, now + Duration::hours(AHEAD));
    store::insert_tasks(tx, plan, times).await
}

/// Makes the tasks of all plans for the next day; returns their number.
///
/// # Errors
/// When the database refuses.
pub async fn fill_all(state: &AppState) -> Result<u64> {
    let now = state.clock.now();
    let mut read = state.db.read().await?;
    let short = store::short_plans(&mut read, now + Duration::hours(AHEAD / 2)).await?;
    drop(read);
    let mut made = 0;
    for (id, admission) in short {
        let mut tx = state.db.write().await?;
        tx.lock(admission).await?;
        let Some(plan) = store::plan(&mut tx, id).await?.filter(|plan| plan.ended_at.is_none()) else { continue };
        let zone = organisation::clinic(&mut tx, plan.clinic_id).await?.zone;
        let more = fill(&mut tx, &plan, zone, now).await?;
        if more > 0 {
            let subject: Uuid = plan.id.into();
            bedside::finish_job(state, tx, (Action::Update, "nursing_task_plan", subject), plan.whose(), now, Vec::new()).await?;
            made += more;
        }
    }
    Ok(made)
}

/// Ends a plan: its tasks that are not due yet are cancelled; an overdue one stays until somebody settles it.
///
/// # Errors
/// [`Error::Conflict`] when the plan ended before.
pub async fn end(ctx: &mut Ctx, id: TaskPlanId) -> Result<AdmissionId> {
    let known = store::plan(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    let bed = bedside::turn(ctx, Permission::RecordCare, known.admission_id).await?;
    let stamp = ctx.stamp();
    if !store::end_plan(&mut ctx.tx, id, stamp).await? {
        return Err(Error::conflict(tr!(nursing.plan_ended)));
    }
    store::cancel_after(&mut ctx.tx, id, stamp).await?;
    bedside::record(ctx, Action::Update, "nursing_task_plan", id, bed.whose());
    Ok(known.admission_id)
}

/// Settles a task: done, or (with a reason) not done.
///
/// # Errors
/// [`Error::Conflict`] when somebody settled it before.
pub async fn settle(ctx: &mut Ctx, id: NursingTaskId, reason: Option<&str>) -> Result<AdmissionId> {
    let known = store::task(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    let bed = bedside::turn(ctx, Permission::RecordCare, known.admission_id).await?;
    let (state, reason) = match reason {
        None => (NursingTaskState::Done, String::new()),
        Some(reason) => {
            let mut errors = FieldErrors::new();
            let reason = errors.required_line("reason", reason, 500);
            errors.finish()?;
            (NursingTaskState::NotDone, reason)
        }
    };
    let stamp = ctx.stamp();
    if !store::settle(&mut ctx.tx, id, (state, &reason), stamp).await? {
        return Err(Error::conflict(tr!(nursing.task_settled)));
    }
    bedside::record(ctx, Action::Update, "nursing_task", id, bed.whose());
    Ok(known.admission_id)
}
