//! The SQL of assessments and their tools.

use super::{Assessment, AssessmentBand, AssessmentChoice, AssessmentItem, AssessmentTool, ToolSheet};
use crate::{
    core::{AdmissionId, AssessmentId, AssessmentToolId, Error, Result, Stamp, TaskPlanId, UserId},
    db::{DbError, Tx, sql},
    nursing::{
        bedside::Whose,
        response::Pews,
        vocabulary::{AssessmentCause, AssessmentRisk},
    },
};

const TOOLS: &str =
    "SELECT id, code, version, name, source, owner, from_age, to_age, confirmed_at, retired_at FROM assessment_tools WHERE ";
const ASSESSMENTS: &str = "SELECT a.id, a.admission_id, a.patient_id, a.clinic_id, a.tool_id, t.code, t.name AS tool, a.because, a.state, \
                           a.assessed_at, u.display_name AS assessor, a.total, a.risk, a.task_plan_id, a.error_reason \
                           FROM assessments a JOIN assessment_tools t ON t.id = a.tool_id JOIN users u ON u.id = a.assessed_by WHERE ";

/// Reads the tools that are not retired.
///
/// # Errors
/// When the database refuses.
pub async fn tools(tx: &mut Tx) -> Result<Vec<AssessmentTool>> {
    Ok(tx.all(sql(TOOLS).push("retired_at IS NULL ORDER BY name, version")).await?)
}

/// Reads a tool with its questions, answers and bands.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn tool(tx: &mut Tx, id: AssessmentToolId) -> Result<ToolSheet> {
    let tool: AssessmentTool = tx.optional(sql(TOOLS).push("id = ").push_bind(id)).await?.ok_or(Error::NotFound)?;
    let items = sql("SELECT id, nth, name_en, name_es FROM assessment_items WHERE tool_id = ").push_bind(id).push(" ORDER BY nth");
    let items: Vec<AssessmentItem> = tx.all(items).await?;
    let choices = sql("SELECT c.id, c.item_id, c.nth, c.points, c.name_en, c.name_es FROM assessment_choices c
        JOIN assessment_items i ON i.id = c.item_id WHERE i.tool_id = ")
    .push_bind(id)
    .push(" ORDER BY i.nth, c.nth");
    let choices: Vec<AssessmentChoice> = tx.all(choices).await?;
    let bands = sql("SELECT low, high, risk, again_hours FROM assessment_bands WHERE tool_id = ").push_bind(id).push(" ORDER BY low");
    let bands: Vec<AssessmentBand> = tx.all(bands).await?;
    Ok(ToolSheet { tool, items, choices, bands })
}

pub(super) async fn confirm(tx: &mut Tx, id: AssessmentToolId, stamp: Stamp) -> Result<()> {
    let query = sql("UPDATE assessment_tools SET confirmed_at = $2, confirmed_by = $3 WHERE id = $1 AND confirmed_at IS NULL");
    tx.execute(query.bind(id).bind(stamp.at).bind(stamp.by)).await?;
    Ok(())
}

pub(super) async fn find(tx: &mut Tx, id: AssessmentId) -> Result<Option<Assessment>> {
    Ok(tx.optional(sql(ASSESSMENTS).push("a.id = ").push_bind(id)).await?)
}

/// Reads the assessments of an admission, the latest first.
///
/// # Errors
/// When the database refuses.
pub async fn of_admission(tx: &mut Tx, admission: AdmissionId) -> Result<Vec<Assessment>> {
    let query = sql(ASSESSMENTS).push("a.state <> 'open' AND a.admission_id = ").push_bind(admission);
    Ok(tx.all(query.push(" ORDER BY a.assessed_at DESC, a.id DESC LIMIT 200")).await?)
}

/// Reads the assessments of an admission with a tool.
pub(super) async fn of_tool(tx: &mut Tx, admission: AdmissionId, tool: AssessmentToolId) -> Result<Vec<Assessment>> {
    let query = sql(ASSESSMENTS).push("a.state <> 'open' AND a.admission_id = ").push_bind(admission);
    Ok(tx.all(query.push(" AND a.tool_id = ").push_bind(tool).push(" ORDER BY a.assessed_at DESC, a.id DESC")).await?)
}

/// Reads the last score of a child; `None` without one.
///
/// # Errors
/// When the database refuses.
pub async fn pews_of(tx: &mut Tx, admission: AdmissionId) -> Result<Option<Pews>> {
    let query =
        sql("SELECT a.total, EXISTS (SELECT 1 FROM assessment_answers r WHERE r.assessment_id = a.id AND r.points >= 3) AS single_red
        FROM assessments a JOIN assessment_tools t ON t.id = a.tool_id
        WHERE a.state = 'final' AND t.code = 'pews' AND a.admission_id = ")
        .push_bind(admission);
    Ok(tx.optional(query.push(" ORDER BY a.assessed_at DESC, a.id DESC LIMIT 1")).await?)
}

/// An assessment to insert.
pub(super) struct NewAssessment {
    pub id: AssessmentId,
    pub tool: AssessmentToolId,
    pub because: AssessmentCause,
    pub total: i64,
    pub risk: AssessmentRisk,
}

pub(super) async fn insert(tx: &mut Tx, new: &NewAssessment, whose: Whose, stamp: Stamp) -> Result<(), DbError> {
    let query = sql(
        "INSERT INTO assessments (id, admission_id, patient_id, clinic_id, tool_id, because, state, assessed_at, assessed_by, total, risk)
        VALUES ($1, $2, $3, $4, $5, $6, 'open', $7, $8, $9, $10)",
    )
    .bind(new.id)
    .bind(whose.admission)
    .bind(whose.patient)
    .bind(whose.clinic)
    .bind(new.tool)
    .bind(new.because)
    .bind(stamp.at)
    .bind(stamp.by)
    .bind(new.total)
    .bind(new.risk);
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn insert_answer(tx: &mut Tx, (id, tool): (AssessmentId, AssessmentToolId), choice: &AssessmentChoice) -> Result<()> {
    let query =
        sql("INSERT INTO assessment_answers (id, assessment_id, tool_id, item_id, choice_id, points) VALUES ($1, $2, $3, $4, $5, $6)")
            .bind(uuid::Uuid::now_v7())
            .bind(id)
            .bind(tool)
            .bind(choice.item_id)
            .bind(choice.id)
            .bind(choice.points);
    tx.execute(query).await?;
    Ok(())
}

/// Closes an assessment whose answers are there, with the plan of the next task.
pub(super) async fn set_final(tx: &mut Tx, id: AssessmentId, next: Option<TaskPlanId>) -> Result<()> {
    let query = sql("UPDATE assessments SET state = 'final', task_plan_id = $2 WHERE id = $1 AND state = 'open'").bind(id).bind(next);
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn mark_wrong(tx: &mut Tx, id: AssessmentId, reason: &str, by: UserId) -> Result<bool> {
    let query = sql("UPDATE assessments SET state = 'error', error_reason = $2, error_by = $3 WHERE id = $1 AND state = 'final'")
        .bind(id)
        .bind(reason)
        .bind(by);
    Ok(tx.execute(query).await? == 1)
}
