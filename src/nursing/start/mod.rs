//! Start tasks: the ward's head writes the list, and each admission to the ward makes its tasks. Until a ward has a list, the standard one is offered
//! and no task is made.
//!
//! The standard list: observations 30 minutes and falls 6 hours after the admission (our own times), the skin within 6 hours (NICE quality standard
//! QS89), the medicines of home within 24 hours (NICE guideline NG5), nutrition within 24 hours (BAPEN, The MUST report, 2003), and the
//! prevention of thrombosis within 14 hours (NICE guideline NG89).

mod store;

use chrono::Duration;

use super::{
    bedside::Bedside,
    tasks::{self, Planned},
    vocabulary::{NursingTaskKind, TaskRepeat},
};
use crate::{
    audit::Action,
    core::{AdmissionId, Error, Permission, Result, WardId, error::FieldErrors},
    inventory::whole,
    organisation::{self, Typed},
    server::Ctx,
    tr, wards,
};

pub use store::{list_of, version_of};

/// The most tasks of a list.
pub const MOST: usize = 20;
/// The latest time of a start task, in minutes after the admission: a week.
pub const LATEST: i64 = 10_080;

crate::text_enum! {
    /// The act that settles a start task.
    pub enum StartProof("done_by") {
        Hand = "hand" => tr!(nursing.proof_hand),
        Observations = "observations" => tr!(nursing.proof_observations),
        /// An assessment with the tool.
        Assessment = "assessment" => tr!(nursing.proof_assessment),
    }
}

/// A task of a ward's start list.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct StartTask {
    pub name: String,
    /// Minutes after the admission.
    pub due_minutes: i64,
    pub done_by: StartProof,
    /// The tool of an assessment; else empty.
    pub tool_code: String,
}

impl StartTask {
    fn new(name: &str, due_minutes: i64, done_by: StartProof, tool: &str) -> Self {
        Self { name: name.to_owned(), due_minutes, done_by, tool_code: tool.to_owned() }
    }

    /// The act that settles the task, as its plan names it.
    fn settled_with(&self) -> String {
        match self.done_by {
            StartProof::Hand => String::new(),
            StartProof::Observations => StartProof::Observations.as_str().to_owned(),
            StartProof::Assessment => self.tool_code.clone(),
        }
    }
}

/// The list that is offered to a ward without one, in the reader's language.
pub fn standard() -> Vec<StartTask> {
    use StartProof as P;
    vec![
        StartTask::new(tr!(nursing.start_band), 0, P::Hand, ""),
        StartTask::new(tr!(nursing.start_observations), 30, P::Observations, ""),
        StartTask::new(tr!(nursing.start_falls), 360, P::Assessment, "morse"),
        StartTask::new(tr!(nursing.start_skin), 360, P::Assessment, "braden"),
        StartTask::new(tr!(nursing.start_thrombosis), 840, P::Hand, ""),
        StartTask::new(tr!(nursing.start_medicines), 1_440, P::Hand, ""),
        StartTask::new(tr!(nursing.start_nutrition), 1_440, P::Assessment, "must"),
    ]
}

/// Reads the rows of the form: `name-N`, `minutes-N` and `done-N` (`hand`, `observations`, or the code of a tool). A row without a name is left out.
///
/// # Errors
/// [`Error::Invalid`] with every field that is wrong.
pub fn read_list(fields: &Typed, tools: &[String]) -> Result<Vec<StartTask>> {
    let mut errors = FieldErrors::new();
    let mut list = Vec::new();
    for nth in 1..=MOST {
        let of = |field: &str| format!("{field}-{nth}");
        let typed = |field: &str| fields.get(&of(field)).map_or("", String::as_str);
        let name = errors.line(&of("name"), typed("name"), 200);
        if name.is_empty() {
            continue;
        }
        let due_minutes = whole(&mut errors, &of("minutes"), typed("minutes"), 0, LATEST);
        let done = typed("done").trim();
        let proof = match done {
            "hand" => Some((StartProof::Hand, "")),
            "observations" => Some((StartProof::Observations, "")),
            code if tools.iter().any(|tool| tool == code) => Some((StartProof::Assessment, code)),
            _ => None,
        };
        if proof.is_none() {
            errors.add(&of("done"), tr!(errors.choose));
        }
        if let (Some(due_minutes), Some((done_by, tool))) = (due_minutes, proof) {
            list.push(StartTask { name, due_minutes, done_by, tool_code: tool.to_owned() });
        }
    }
    errors.finish()?;
    Ok(list)
}

/// Writes the start list of a ward, instead of the one before.
///
/// # Errors
/// [`Error::NotFound`] for another clinic's ward; [`Error::Conflict`] when somebody wrote it meanwhile.
pub async fn set_list(ctx: &mut Ctx, ward: WardId, version: i64, list: &[StartTask]) -> Result<()> {
    let ward = wards::find_ward(&mut ctx.tx, ward).await?;
    ctx.at_clinic(Permission::ManageWards, ward.clinic_id)?;
    let stamp = ctx.stamp();
    if !store::set_version(&mut ctx.tx, ward.id, version, stamp).await? {
        return Err(Error::conflict(tr!(errors.newer_version)));
    }
    store::replace(&mut ctx.tx, ward.id, list).await?;
    ctx.did(Action::Update, "ward_start_list", ward.id, None);
    Ok(())
}

/// Makes the start tasks of the ward to which a patient was admitted. The admission's turn is taken.
///
/// # Errors
/// When the database refuses.
pub(super) async fn follow(ctx: &mut Ctx, id: AdmissionId) -> Result<()> {
    let admission = wards::find_admission(&mut ctx.tx, id).await?;
    let Some(admitted_at) = admission.admitted_at else { return Ok(()) };
    let list = store::list_of(&mut ctx.tx, admission.ward()).await?;
    if list.is_empty() {
        return Ok(());
    }
    let zone = organisation::clinic(&mut ctx.tx, admission.clinic_id).await?.zone;
    let bed = Bedside { admission, zone };
    for task in list {
        let kind = if task.done_by == StartProof::Assessment { NursingTaskKind::Assessment } else { NursingTaskKind::Other };
        let starts_at = admitted_at + Duration::minutes(task.due_minutes);
        let settled_with = task.settled_with();
        tasks::plan_from(ctx, &bed, Planned { kind, detail: task.name, repeats: TaskRepeat::Once, starts_at, settled_with }).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_standard_list_has_the_published_times() {
        let times: Vec<(i64, String)> = standard().iter().map(|task| (task.due_minutes, task.settled_with())).collect();
        let expected = [(0, ""), (30, "observations"), (360, "morse"), (360, "braden"), (840, ""), (1_440, ""), (1_440, "must")];
        assert_eq!(times, expected.map(|(minutes, with)| (minutes, with.to_owned())));
    }

    #[test]
    fn a_list_is_read_with_the_field_that_is_wrong() {
        let tools = ["morse".to_owned()];
        let form =
            |rows: &[(&str, &str)]| -> Typed { rows.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect() };
        let list = read_list(
            &form(&[
                ("name-1", "Falls"),
                ("minutes-1", "360"),
                ("done-1", "morse"),
                ("name-2", " "),
                ("name-4", "Skin"),
                ("minutes-4", "0"),
                ("done-4", "hand"),
            ]),
            &tools,
        );
        let list = list.expect("a list");
        assert_eq!(list.len(), 2);
        assert_eq!((list[0].tool_code.as_str(), list[1].due_minutes), ("morse", 0));
        for (rows, field) in [
            ([("name-1", "Falls"), ("minutes-1", "10081"), ("done-1", "hand")], "minutes-1"),
            ([("name-1", "Falls"), ("minutes-1", ""), ("done-1", "hand")], "minutes-1"),
            ([("name-1", "Falls"), ("minutes-1", "1"), ("done-1", "braden")], "done-1"),
        ] {
            let Err(Error::Invalid(wrong)) = read_list(&form(&rows), &tools) else { panic!("{rows:?}") };
            assert_eq!(wrong[0].field, field, "{rows:?}");
        }
    }
}
