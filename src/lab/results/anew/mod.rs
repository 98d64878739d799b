//! Results are judged anew after the birth date or the sex of a patient was corrected: ranges, flags and calculated values depend on both.
//!
//! The database notes the current results of the patient in the transaction of the correction, with the facts by which they were judged. A job
//! judges each by the old and by the new facts. Where that makes a difference, a result that is not released gets a new version, which a person
//! checks; a released one stays as it is and is listed for the laboratory, which corrects it or leaves it with a reason.
//!
//! ```text
//! waiting ──> same · judged · listed        listed ──> corrected · kept
//! corrected ──> listed (the correction is taken back)        each ──> waiting (the facts are corrected once more)
//! ```

mod store;

use chrono::NaiveDate;

use super::{
    LabResult,
    checks::{self, Snapshot},
    entry::{Because, Entered, Origin, Setting, check_result, follow_inputs, step, turn, write},
};
use crate::{
    audit::Action,
    core::{
        ClinicId, Error, LabAnalysisId, LabResultId, PatientId, Permission, Result, Role,
        error::FieldErrors,
        list::{PAGE_SIZE, Slice, offset},
        time::Instant,
    },
    db::{Locked, Tx},
    lab::{
        LAB, calls,
        catalogue::{Catalogue, LabTest},
        flag::Flag,
        samples::{self, Analysis, AnalysisAct, AnalysisState},
        value::{Comparator, Measured},
        vocabulary::{AbsentReason, ResultKind},
    },
    patients::{Birth, BirthPrecision, PatientName, Sex},
    server::{AppState, Ctx, Event, JobAt},
    tr,
};

pub use store::count_listed;
pub(super) use store::{is_waiting, list_again};

/// The most results that one run of the job judges.
const MOST: i64 = 1_000;

crate::text_enum! {
    /// The fate of a result that a corrected birth date or sex concerns.
    pub enum RejudgementState("state") {
        Waiting = "waiting",
        /// The correction makes no difference.
        Same = "same",
        /// A new version was written, which a person checks.
        Judged = "judged",
        /// The released result would be flagged otherwise: the laboratory decides.
        Listed = "listed",
        /// The laboratory left it as it is.
        Kept = "kept",
        /// The laboratory corrected it.
        Corrected = "corrected",
    }
}

/// A result that was noted, with the facts by which it was judged.
#[derive(Clone, Debug, sqlx::FromRow)]
struct NotedResult {
    result_id: LabResultId,
    clinic_id: ClinicId,
    was_sex: Sex,
    was_birth_date: Option<NaiveDate>,
    was_birth_precision: BirthPrecision,
    state: RejudgementState,
    noticed_at: Instant,
}

/// A released result that would be flagged otherwise today.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Rejudgement {
    pub result_id: LabResultId,
    pub patient_id: PatientId,
    #[sqlx(flatten)]
    pub patient_name: PatientName,
    pub mrn: String,
    #[sqlx(flatten)]
    pub birth: Birth,
    pub sex: Sex,
    was_sex: Sex,
    was_birth_date: Option<NaiveDate>,
    was_birth_precision: BirthPrecision,
    pub noticed_at: Instant,
    /// How it would be judged: the flag, the range, and the value where it is calculated; empty when there is none any more.
    pub flag: Flag,
    pub value_text: String,
    pub range_text: String,
}

impl Rejudgement {
    /// The facts by which the result was judged.
    pub const fn was(&self) -> (Sex, Birth) {
        (self.was_sex, Birth { date: self.was_birth_date, precision: self.was_birth_precision })
    }
}

/// The value and its judgement under some facts.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Verdict {
    value: Entered,
    snapshot: Snapshot,
}

impl Verdict {
    /// Whether a reader of the other one would read another value or another flag.
    fn reads_as(&self, other: &Self) -> bool {
        self.value == other.value && self.snapshot.flag == other.snapshot.flag
    }

    /// Whether a released result says the same.
    fn is_said_by(&self, result: &LabResult) -> bool {
        let same_value = match &self.value {
            Entered::Quantity(measured) => result.measured().is_some_and(|known| known.millionths == measured.millionths),
            _ => result.kind == ResultKind::Absent,
        };
        same_value && self.snapshot.flag == result.flag
    }

    fn text(&self) -> &str {
        match &self.value {
            Entered::Quantity(measured) => &measured.text,
            _ => "",
        }
    }
}

/// Judges a result by the facts of the setting; a calculated value is calculated anew. Nothing can be said about words, or about a value in
/// another unit than the catalogue has.
fn verdict(catalogue: &Catalogue, test: &LabTest, setting: &Setting, (result, inputs): (&LabResult, &[LabResult])) -> Option<Verdict> {
    let value = match test.formula().filter(|formula| formula.inputs() == inputs.len()) {
        Some(formula) => {
            let exact: Vec<i64> =
                inputs.iter().filter(|input| input.comparator == Comparator::Exactly).filter_map(|input| input.millionths).collect();
            let millionths = formula.value(&exact, setting.subject(), test.decimals).filter(|_| exact.len() == inputs.len());
            match millionths {
                Some(millionths) => Entered::Quantity(Measured::exactly(millionths, test.decimals)),
                None => Entered::Absent(AbsentReason::Invalid),
            }
        }
        None => Entered::Quantity(result.measured().filter(|_| result.unit == test.unit)?),
    };
    let snapshot = match &value {
        Entered::Quantity(measured) => {
            checks::judged(catalogue, test, &setting.range_for(&test.method, catalogue.ranges_of(test.id)), measured)
        }
        _ => Snapshot::default(),
    };
    Some(Verdict { value, snapshot })
}

/// Reads the results from which one was calculated, in the order of the formula.
async fn inputs_of(ctx: &mut Ctx, catalogue: &Catalogue, result: &LabResult) -> Result<Vec<LabResult>> {
    let found = store::inputs_of(&mut ctx.tx, result.id).await?;
    let order = catalogue.inputs_of(result.test_id).iter();
    Ok(order.filter_map(|test| found.iter().find(|input| input.test_id == *test).cloned()).collect())
}

/// Judges the noted results anew; those that are not released come first. Returns their number.
///
/// # Errors
/// When the database refuses.
pub async fn judge_waiting(state: &AppState) -> Result<usize> {
    let mut tx = state.db.read().await?;
    let waiting = store::waiting(&mut tx, MOST).await?;
    if waiting.is_empty() {
        return Ok(0);
    }
    let catalogue = Catalogue::read(&mut tx).await?;
    drop(tx);
    let mut settled = 0;
    for noted in waiting {
        let at = JobAt { clinic: noted.clinic_id, role: Role::Lab, address: String::new() };
        let mut ctx = Ctx::job(state, Permission::WorkLab, &at).await?;
        match settle(&mut ctx, &catalogue, &noted).await {
            Ok(()) => {
                ctx.commit().await?;
                settled += 1;
            }
            // It changed at this moment: the next run looks again.
            Err(Error::Conflict(_)) => {}
            Err(error) => tracing::error!(?error, result = %noted.result_id, "a result is not judged anew for now"),
        }
    }
    Ok(settled)
}

/// Judges one noted result by the old and by the new facts.
async fn settle(ctx: &mut Ctx, catalogue: &Catalogue, noted: &NotedResult) -> Result<()> {
    let known = super::store::result(&mut ctx.tx, noted.result_id).await?.ok_or(Error::NotFound)?;
    let (lock, analysis) = turn(ctx, Permission::WorkLab, known.analysis_id).await?;
    let result = super::store::result(&mut ctx.tx, noted.result_id).await?.ok_or(Error::NotFound)?;
    let test = catalogue.test(result.test_id)?;
    let inputs = inputs_of(ctx, catalogue, &result).await?;
    let mut setting = Setting::of(ctx, &analysis).await?;
    let now = verdict(catalogue, test, &setting, (&result, &inputs));
    setting.patient.sex = noted.was_sex;
    setting.patient.birth = Birth { date: noted.was_birth_date, precision: noted.was_birth_precision };
    let was = verdict(catalogue, test, &setting, (&result, &inputs));
    let fate = match now.zip(was).filter(|(now, was)| result.superseded_at.is_none() && now != was) {
        Some((now, was)) if result.released_at.is_some() => match now.reads_as(&was) || now.is_said_by(&result) {
            true => (RejudgementState::Same, None),
            false => (RejudgementState::Listed, Some(now)),
        },
        Some((now, _)) => {
            rewrite(ctx, (lock, &analysis), catalogue, (&result, &inputs), &now.value).await?;
            (RejudgementState::Judged, None)
        }
        None => (RejudgementState::Same, None),
    };
    let said = fate.1.as_ref().map(|now| (now.snapshot.flag, now.text(), now.snapshot.text.as_str()));
    let stamp = ctx.stamp();
    if !store::settle_waiting(&mut ctx.tx, noted, fate.0, said, stamp).await? {
        return Err(Error::conflict(tr!(lab.not_current)));
    }
    ctx.did(Action::Update, "lab_rejudgement", result.id, Some(result.patient_id));
    ctx.tell(Event::new(&LAB).at(result.clinic_id).of(result.patient_id).about(result.id));
    Ok(())
}

/// The origin of the version that takes the place of a result.
async fn origin_of(ctx: &mut Ctx, result: &LabResult, inputs: &[LabResult]) -> Result<Origin> {
    let (device, sender_flag) = store::sent_by(&mut ctx.tx, result.id).await?;
    let inputs = inputs.iter().map(|input| input.id).collect();
    Ok(Origin { inputs, comment: result.comment.clone(), device, sender_flag, ..Origin::default() })
}

/// Writes the value of a result that is not released as a new version, judged by the facts of today. It stays the value of the person who entered
/// it, and is checked again; what follows from it is brought up to date.
async fn rewrite(
    ctx: &mut Ctx,
    (lock, analysis): (Locked<LabAnalysisId>, &Analysis),
    catalogue: &Catalogue,
    (result, inputs): (&LabResult, &[LabResult]),
    value: &Entered,
) -> Result<()> {
    let (correction, enterer) = (result.correction.clone(), Some(result.entered_by));
    let origin = Origin { correction, enterer, ..origin_of(ctx, result, inputs).await? };
    calls::withdraw(ctx, analysis.id).await?;
    if analysis.state == AnalysisState::Released {
        // A correction that waits for its release.
        let id = write(ctx, lock, analysis, catalogue, value, &origin).await?;
        check_result(ctx, analysis, id, catalogue).await?;
    } else {
        step(ctx, lock, analysis, AnalysisAct::Repeat, Vec::new()).await?;
        let again = samples::analysis(&mut ctx.tx, analysis.id).await?.ok_or(Error::NotFound)?;
        write(ctx, lock, &again, catalogue, value, &origin).await?;
        step(ctx, lock, &again, AnalysisAct::Enter, Vec::new()).await?;
    }
    follow_inputs(ctx, analysis, catalogue, Because { correction: &result.correction, enterer }).await
}

/// Reads the released results of a clinic that would be flagged otherwise today, each with its own row, the oldest note first.
///
/// # Errors
/// When the database refuses.
pub async fn listed(tx: &mut Tx, clinic: ClinicId, page: Option<i64>) -> Result<Slice<(Rejudgement, LabResult)>> {
    let (page, offset) = offset(page);
    let rows = Slice::from_surplus(store::listed(tx, clinic, PAGE_SIZE + 1, offset).await?, page);
    let results = store::results(tx, rows.rows.iter().map(|row| row.result_id).collect()).await?;
    let with_result = |row: Rejudgement| {
        let result = results.iter().find(|result| result.id == row.result_id).cloned()?;
        Some((row, result))
    };
    Ok(Slice { rows: rows.rows.into_iter().filter_map(with_result).collect(), page: rows.page, more: rows.more })
}

fn not_listed() -> Error {
    Error::conflict(tr!(lab.not_listed))
}

/// Corrects a listed result: the same value, or the value that is calculated today, is judged by the facts of today in a new version, which a
/// second person releases.
///
/// # Errors
/// [`Error::Conflict`] when the result is not listed any more, or follows from one that is being corrected.
pub async fn correct_listed(ctx: &mut Ctx, id: LabResultId) -> Result<()> {
    let known = super::store::result(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    let (lock, analysis) = turn(ctx, Permission::WorkLab, known.analysis_id).await?;
    let old = super::store::result(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    let stamp = ctx.stamp();
    if !old.is_reported()
        || analysis.state != AnalysisState::Released
        || !store::settle_listed(&mut ctx.tx, id, RejudgementState::Corrected, "", stamp).await?
    {
        return Err(not_listed());
    }
    let catalogue = Catalogue::read(&mut ctx.tx).await?;
    let inputs = inputs_of(ctx, &catalogue, &old).await?;
    if inputs.iter().any(|input| !input.is_reported()) {
        return Err(Error::conflict(tr!(lab.correct_inputs)));
    }
    let setting = Setting::of(ctx, &analysis).await?;
    let now = verdict(&catalogue, catalogue.test(old.test_id)?, &setting, (&old, &inputs)).ok_or_else(not_listed)?;
    let correction = tr!(lab.anew_correction).to_owned();
    let origin = Origin { correction: correction.clone(), ..origin_of(ctx, &old, &inputs).await? };
    calls::withdraw(ctx, analysis.id).await?;
    let new = write(ctx, lock, &analysis, &catalogue, &now.value, &origin).await?;
    check_result(ctx, &analysis, new, &catalogue).await?;
    ctx.did(Action::Update, "lab_rejudgement", id, Some(old.patient_id));
    ctx.tell(Event::new(&LAB).at(old.clinic_id).of(old.patient_id).about(analysis.id));
    follow_inputs(ctx, &analysis, &catalogue, Because { correction: &correction, enterer: None }).await
}

/// Leaves a listed result as it is, with the reason.
///
/// # Errors
/// [`Error::Invalid`] without a reason; [`Error::Conflict`] when the result is not listed any more.
pub async fn keep_listed(ctx: &mut Ctx, id: LabResultId, reason: &str) -> Result<()> {
    let result = super::store::result(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    ctx.at_clinic(Permission::ReleaseResults, result.clinic_id)?;
    ctx.reach([result.patient_id]).await?;
    let mut errors = FieldErrors::new();
    let reason = errors.required_line("reason", reason, 500);
    errors.finish()?;
    let stamp = ctx.stamp();
    if !store::settle_listed(&mut ctx.tx, id, RejudgementState::Kept, &reason, stamp).await? {
        return Err(not_listed());
    }
    ctx.did(Action::Update, "lab_rejudgement", id, Some(result.patient_id));
    ctx.tell(Event::new(&LAB).at(result.clinic_id).of(result.patient_id).about(id));
    Ok(())
}
