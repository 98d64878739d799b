//! Assessments: a tool is data (items, points, bands with their source), an assessment is its answers. The total is their sum, its band says
//! the risk and when the next assessment is due, which becomes a task. It also settles the start task that asks for it.

mod store;

use chrono::Duration;

use crate::{
    audit::{Action, FieldChange},
    core::{
        AdmissionId, AssessmentChoiceId, AssessmentId, AssessmentItemId, AssessmentToolId, ClinicId, Error, PatientId, Permission, Result,
        Stamp, TaskPlanId, error::FieldErrors, locale, time::Instant,
    },
    db::{DbError, Tx},
    nursing::{
        bedside::{self, Bedside},
        escalations,
        response::Pews,
        tasks,
        vocabulary::{AssessmentCause, AssessmentRisk, AssessmentState, NursingTaskKind, TaskRepeat},
    },
    opd::vitals::Ages,
    organisation::Typed,
    patients,
    server::Ctx,
    tr,
};

pub use store::{of_admission, pews_of, tool, tools};

/// The code of the score of children.
pub const PEWS: &str = "pews";
/// The points of a single answer of that score that call for somebody.
const RED: i64 = 3;

/// A version of a tool.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct AssessmentTool {
    pub id: AssessmentToolId,
    pub code: String,
    pub version: i64,
    pub name: String,
    /// The publication that points and bands come from.
    pub source: String,
    /// The owner of the rights; empty for a tool that is free.
    pub owner: String,
    pub from_age: i64,
    /// Whole years from which on the tool is not for a patient any more.
    pub to_age: Option<i64>,
    pub confirmed_at: Option<Instant>,
    pub retired_at: Option<Instant>,
}

/// A question of a tool.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct AssessmentItem {
    pub id: AssessmentItemId,
    pub nth: i64,
    pub name_en: String,
    pub name_es: String,
}

/// A possible answer. Its words are empty where they are protected.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct AssessmentChoice {
    pub id: AssessmentChoiceId,
    pub item_id: AssessmentItemId,
    pub nth: i64,
    pub points: i64,
    pub name_en: String,
    pub name_es: String,
}

/// The totals of a risk.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct AssessmentBand {
    pub low: i64,
    pub high: i64,
    pub risk: AssessmentRisk,
    /// Hours until the next assessment.
    pub again_hours: Option<i64>,
}

/// A tool with its questions, answers and bands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolSheet {
    pub tool: AssessmentTool,
    pub items: Vec<AssessmentItem>,
    pub choices: Vec<AssessmentChoice>,
    pub bands: Vec<AssessmentBand>,
}

/// An assessment of a patient.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Assessment {
    pub id: AssessmentId,
    pub admission_id: AdmissionId,
    pub patient_id: PatientId,
    pub clinic_id: ClinicId,
    pub tool_id: AssessmentToolId,
    pub code: String,
    pub tool: String,
    pub because: AssessmentCause,
    pub state: AssessmentState,
    pub assessed_at: Instant,
    pub assessor: String,
    pub total: i64,
    pub risk: AssessmentRisk,
    pub task_plan_id: Option<TaskPlanId>,
    pub error_reason: String,
}

fn in_language(english: &str, spanish: &str) -> String {
    match locale::current() {
        locale::Locale::es => spanish.to_owned(),
        locale::Locale::en => english.to_owned(),
    }
}

impl AssessmentTool {
    /// Whether patients can be assessed with it: a tool with an owner is confirmed by the hospital first.
    pub fn is_usable(&self) -> bool {
        self.retired_at.is_none() && (self.owner.is_empty() || self.confirmed_at.is_some())
    }
}

impl AssessmentItem {
    /// Returns the question in the reader's language.
    pub fn name(&self) -> String {
        in_language(&self.name_en, &self.name_es)
    }
}

impl AssessmentChoice {
    /// Returns the answer in the reader's language with its points: `Yes (25)`, or the points alone.
    pub fn label(&self) -> String {
        let name = in_language(&self.name_en, &self.name_es);
        if name.is_empty() { self.points.to_string() } else { format!("{name} ({})", self.points) }
    }
}

impl ToolSheet {
    /// Returns the answers of a question, in order.
    pub fn choices_of(&self, item: AssessmentItemId) -> impl Iterator<Item = &AssessmentChoice> {
        self.choices.iter().filter(move |choice| choice.item_id == item)
    }

    /// Returns the band of a total.
    pub fn band(&self, total: i64) -> Option<&AssessmentBand> {
        self.bands.iter().find(|band| band.low <= total && total <= band.high)
    }

    /// Reads the answers: each item has the field `item-N`.
    ///
    /// # Errors
    /// [`Error::Invalid`] with every question that has no answer.
    pub fn answers(&self, fields: &Typed) -> Result<Vec<&AssessmentChoice>> {
        let mut errors = FieldErrors::new();
        let mut answers = Vec::new();
        for item in &self.items {
            let name = format!("item-{}", item.nth);
            let typed = fields.get(&name).map_or("", |value| value.trim());
            let chosen = typed.parse::<AssessmentChoiceId>().ok();
            match self.choices_of(item.id).find(|choice| Some(choice.id) == chosen) {
                Some(choice) => answers.push(choice),
                None => errors.add(&name, tr!(errors.choose)),
            }
        }
        errors.finish()?;
        Ok(answers)
    }
}

/// Assesses a patient with a tool. The same form again changes nothing.
///
/// # Errors
/// [`Error::Invalid`] with every question without an answer; [`Error::Conflict`] when the patient is not admitted, too young for the tool,
/// or the hospital has not confirmed the tool.
pub async fn assess(
    ctx: &mut Ctx,
    admission: AdmissionId,
    id: AssessmentId,
    tool: AssessmentToolId,
    because: AssessmentCause,
    fields: &Typed,
) -> Result<()> {
    let bed = bedside::turn(ctx, Permission::RecordCare, admission).await?;
    match store::find(&mut ctx.tx, id).await? {
        Some(known) if known.admission_id == admission && known.tool_id == tool => return Ok(()),
        Some(_) => return Err(Error::key_used()),
        None => {}
    }
    bed.must_be_admitted()?;
    let sheet = store::tool(&mut ctx.tx, tool).await?;
    if !sheet.tool.is_usable() {
        return Err(Error::conflict(tr!(nursing.tool_not_confirmed, tool = sheet.tool.name.clone())));
    }
    refuse_other_ages(ctx, &bed, &sheet.tool).await?;
    let answers = sheet.answers(fields)?;
    let total = answers.iter().map(|choice| choice.points).sum();
    let band = sheet.band(total).ok_or(Error::NotFound)?.clone();
    let (stamp, whose) = (ctx.stamp(), bed.whose());
    let new = store::NewAssessment { id, tool, because, total, risk: band.risk };
    store::insert(&mut ctx.tx, &new, whose, stamp).await.map_err(DbError::of_form_key)?;
    for choice in &answers {
        store::insert_answer(&mut ctx.tx, (id, tool), choice).await?;
    }
    for before in store::of_tool(&mut ctx.tx, admission, tool).await? {
        if let Some(plan) = before.task_plan_id {
            tasks::finish(ctx, plan, stamp).await?;
        }
    }
    tasks::settle_with(ctx, admission, &sheet.tool.code).await?;
    let next = match band.again_hours {
        Some(hours) => {
            let plan = tasks::Planned {
                kind: NursingTaskKind::Assessment,
                detail: sheet.tool.name.clone(),
                repeats: TaskRepeat::Once,
                starts_at: stamp.at + Duration::hours(hours),
                settled_with: String::new(),
            };
            Some(tasks::plan_from(ctx, &bed, plan).await?)
        }
        None => None,
    };
    store::set_final(&mut ctx.tx, id, next).await?;
    bedside::record(ctx, Action::Create, "assessment", id, whose);
    bedside::tell_board(ctx, whose);
    if sheet.tool.code == PEWS {
        let single_red = answers.iter().any(|choice| choice.points >= RED);
        escalations::follow_child(ctx, &bed, id, Pews { total, single_red }).await?;
    }
    Ok(())
}

/// Refuses a patient who is too young or too old for a tool. An unknown birth date counts as that of an adult.
async fn refuse_other_ages(ctx: &mut Ctx, bed: &Bedside, tool: &AssessmentTool) -> Result<()> {
    let patient = patients::find(&mut ctx.tx, bed.admission.patient_id).await?;
    let months = Ages::new(patient.facts.birth.date, bed.zone).at(ctx.now, None);
    if months < tool.from_age * 12 {
        return Err(Error::conflict(tr!(nursing.tool_too_young, tool = tool.name.clone(), years = tool.from_age)));
    }
    if let Some(years) = tool.to_age.filter(|years| months >= years * 12) {
        return Err(Error::conflict(tr!(nursing.tool_too_old, tool = tool.name.clone(), years = years)));
    }
    Ok(())
}

/// Marks an assessment as entered in error. Its next task stays: a nurse settles it. An escalation that it opened is withdrawn, unless a person
/// attended.
///
/// # Errors
/// [`Error::Invalid`] without a reason; [`Error::Conflict`] when it was marked before.
pub async fn mark_wrong(ctx: &mut Ctx, id: AssessmentId, reason: &str) -> Result<AdmissionId> {
    let known = store::find(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    let bed = bedside::turn(ctx, Permission::RecordCare, known.admission_id).await?;
    let mut errors = FieldErrors::new();
    let reason = errors.required_line("reason", reason, 500);
    errors.finish()?;
    let by = ctx.user();
    if !store::mark_wrong(&mut ctx.tx, id, &reason, by).await? {
        return Err(Error::conflict(tr!(nursing.corrected_before)));
    }
    bedside::record(ctx, Action::Update, "assessment", id, bed.whose());
    escalations::unfollow(ctx, known.admission_id, id).await?;
    Ok(known.admission_id)
}

/// The hospital confirms that it may use a tool, and that its bands are its own.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn confirm(ctx: &mut Ctx, id: AssessmentToolId) -> Result<()> {
    let sheet = store::tool(&mut ctx.tx, id).await?;
    if sheet.tool.confirmed_at.is_some() {
        return Ok(());
    }
    let stamp = ctx.stamp();
    store::confirm(&mut ctx.tx, id, stamp).await?;
    let change = FieldChange { field: "confirmed".to_owned(), before: String::new(), after: sheet.tool.name };
    ctx.did_change(Action::Update, "assessment_tool", id, &[change]);
    Ok(())
}

/// Confirms every tool that is shipped: for a hospital that is made up.
///
/// # Errors
/// When the database refuses.
pub async fn confirm_all(tx: &mut Tx, stamp: Stamp) -> Result<()> {
    for tool in store::tools(tx).await? {
        store::confirm(tx, tool.id, stamp).await?;
    }
    Ok(())
}
