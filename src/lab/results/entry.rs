//! Entering values, checking them, measuring again, and corrections. Calculated values follow their inputs.

use chrono::NaiveDate;

use super::{
    LabResult,
    checks::{self, Finding, Snapshot},
    release, store,
    store::NewResult,
};
use crate::{
    audit::Action,
    core::{
        Error, LabAnalysisId, LabChoiceId, LabResultId, LabTestId, Permission, RequisitionId, Result, Stamp, UserId,
        error::FieldErrors,
        form::{chosen, text},
        time::{Instant, years_between},
    },
    db::{Locked, Value},
    lab::{
        LAB, calls,
        catalogue::{Catalogue, LabTest},
        controls::Holds,
        flag::Flag,
        formulas::Subject,
        range::{RangeFor, ReferenceRange},
        requests,
        samples::{self, Analysis, AnalysisAct, AnalysisState, Sample},
        value::{Comparator, Measured, localised},
        vocabulary::{AbsentReason, Condition, Fasting, ResultKind, ResultType, Trimester},
    },
    orders, organisation,
    patients::{self, BirthPrecision, PatientLine},
    server::{Ctx, Event},
    tr,
};

/// The longest text or comment of a result.
const LONGEST_TEXT: usize = 4_000;

/// The typed fields of one result.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EntryForm {
    /// A number, a code of a choice, a titre or a text.
    pub value: String,
    /// The reason why there is no value.
    pub absent: String,
    pub comment: String,
    /// The value once more, when it is critical.
    pub again: String,
}

/// A value that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Entered {
    Quantity(Measured),
    Choice(LabChoiceId, String, Flag),
    Text(String),
    Absent(AbsentReason),
}

/// Reads what was typed, by the kind of the test.
fn read(catalogue: &Catalogue, test: &LabTest, form: &EntryForm) -> Result<Entered> {
    if !form.absent.is_empty() {
        return Ok(Entered::Absent(chosen("absent", &form.absent)?));
    }
    if form.value.trim().is_empty() {
        return Err(Error::invalid("value", tr!(errors.required)));
    }
    match test.result_type {
        ResultType::Quantity => {
            let measured = Measured::parse("value", &form.value)?;
            checks::refuse_implausible("value", test, &measured)?;
            Ok(Entered::Quantity(measured))
        }
        ResultType::Choice => {
            let code = form.value.trim();
            let choice = catalogue.choices_of(test.id).iter().find(|choice| choice.code.eq_ignore_ascii_case(code));
            let choice = choice.ok_or_else(|| Error::invalid("value", tr!(errors.choose)))?;
            Ok(Entered::Choice(choice.id, choice.code.clone(), choice.flag))
        }
        ResultType::Titre | ResultType::Text | ResultType::Organism => Ok(Entered::Text(text("value", &form.value, LONGEST_TEXT)?)),
    }
}

fn changed() -> Error {
    Error::conflict(tr!(lab.analysis_changed))
}

/// Locks the orders of the requisitions of analyses, before an act on several of them. A calculated value may belong to another order of the
/// same requisition.
///
/// # Errors
/// When the database refuses.
pub async fn hold(ctx: &mut Ctx, ids: &[LabAnalysisId]) -> Result<()> {
    let beside = samples::orders_beside(&mut ctx.tx, ids).await?;
    orders::hold(ctx, &beside).await
}

/// Locks an analysis with its order; refuses one of another clinic.
pub(super) async fn turn(ctx: &mut Ctx, permission: Permission, id: LabAnalysisId) -> Result<(Locked<LabAnalysisId>, Analysis)> {
    let analysis = samples::analysis(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    ctx.at_clinic(permission, analysis.clinic_id)?;
    ctx.reach([analysis.patient_id]).await?;
    hold(ctx, &[id]).await?;
    let lock = ctx.tx.lock(id).await?;
    let analysis = samples::analysis(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    Ok((lock, analysis))
}

/// Writes an act on a locked analysis, its audit row and its event.
pub(super) async fn step(
    ctx: &mut Ctx,
    lock: Locked<LabAnalysisId>,
    analysis: &Analysis,
    act: AnalysisAct,
    columns: Vec<(&'static str, Value)>,
) -> Result<()> {
    let stamp = ctx.stamp();
    let fits = act.fits(analysis.state);
    if !fits || !samples::set_analysis_state(&mut ctx.tx, lock, analysis.version, act.leads().1, columns, stamp).await? {
        return Err(changed());
    }
    ctx.did(Action::Update, "lab_analysis", analysis.id, Some(analysis.patient_id));
    ctx.tell(Event::new(&LAB).at(analysis.clinic_id).of(analysis.patient_id).about(analysis.id));
    Ok(())
}

/// The facts by which a value is judged.
pub(super) struct Setting {
    sample: Sample,
    pub patient: PatientLine,
    fasting: Fasting,
    /// The day of the collection, at the clinic.
    day: NaiveDate,
    collected_at: Instant,
}

impl Setting {
    pub async fn of(ctx: &mut Ctx, analysis: &Analysis) -> Result<Self> {
        let sample = analysis.sample_id.ok_or_else(changed)?;
        let sample = samples::find(&mut ctx.tx, sample).await?.ok_or(Error::NotFound)?;
        let patient = patients::line(&mut ctx.tx, analysis.patient_id).await?;
        let request = requests::request(&mut ctx.tx, analysis.order_id).await?.ok_or(Error::NotFound)?;
        let zone = organisation::clinic(&mut ctx.tx, analysis.clinic_id).await?.zone;
        let collected_at = sample.collected_at.unwrap_or(sample.expected_at);
        Ok(Self { day: zone.day(collected_at), collected_at, sample, patient, fasting: request.fasting })
    }

    pub fn subject(&self) -> Subject {
        let exact = self.patient.birth.precision == BirthPrecision::Day;
        let years = self.patient.birth.date.filter(|_| exact).map(|born| years_between(born, self.day));
        Subject { sex: self.patient.sex, years }
    }

    /// The pregnancy that the sample says comes first, where the test has a range for it.
    pub fn range_for<'m>(&self, method: &'m str, ranges: &[ReferenceRange]) -> RangeFor<'m> {
        let stated = self.sample.pregnancy.map(Trimester::condition);
        let condition = match stated.filter(|stated| ranges.iter().any(|range| range.condition == *stated)) {
            Some(stated) => stated,
            None if self.fasting == Fasting::Yes => Condition::Fasting,
            None => Condition::None,
        };
        RangeFor { sex: self.patient.sex, birth: self.patient.birth, condition, method, day: self.day }
    }
}

/// The reason of a correction and the inputs of a calculated value.
#[derive(Clone, Debug, Default)]
pub(super) struct Origin {
    pub correction: String,
    pub inputs: Vec<LabResultId>,
    pub comment: String,
    /// The value once more; a calculated value needs none.
    pub again: Option<String>,
    /// The analyser that measured it, and its own flag.
    pub device: String,
    pub sender_flag: String,
    /// The person who entered the value, where the program judges it anew: that person still cannot release it.
    pub enterer: Option<UserId>,
}

/// The reason of a correction, and the person whose value it stays, for the values that follow from it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Because<'b> {
    pub correction: &'b str,
    pub enterer: Option<UserId>,
}

/// Judges a value and writes it as the current version of the analysis.
pub(super) async fn write(
    ctx: &mut Ctx,
    lock: Locked<LabAnalysisId>,
    analysis: &Analysis,
    catalogue: &Catalogue,
    value: &Entered,
    origin: &Origin,
) -> Result<LabResultId> {
    let test = catalogue.test(analysis.test_id)?;
    let setting = Setting::of(ctx, analysis).await?;
    let stamp = Stamp { by: origin.enterer.unwrap_or_else(|| ctx.user()), at: ctx.now };
    let mut snapshot = Snapshot::default();
    let mut found: Vec<Finding> = Vec::new();
    match value {
        Entered::Quantity(measured) => {
            snapshot = checks::judged(catalogue, test, &setting.range_for(&test.method, catalogue.ranges_of(test.id)), measured);
            let key = (analysis.patient_id, test.id);
            let previous = store::previous(&mut ctx.tx, key, &test.unit, setting.collected_at).await?;
            let indices = [setting.sample.index_h, setting.sample.index_i, setting.sample.index_l];
            found = checks::check(catalogue, test, measured, previous.as_ref(), setting.collected_at, indices);
            let others = store::of_requisition(&mut ctx.tx, setting.sample.requisition_id).await?;
            if checks::may_be_of_another(catalogue, &others, (test.id, &found)) {
                found.push(Finding::OtherPatient);
            }
            let same = |again: &String| Measured::parse("again", again).is_ok_and(|again| again == *measured);
            if snapshot.flag.is_critical() && origin.again.as_ref().is_some_and(|again| !same(again)) {
                return Err(Error::invalid("again", tr!(lab.critical_again, value = localised(&measured.text))));
            }
        }
        Entered::Choice(_, code, flag) => {
            snapshot.flag = *flag;
            if flag.is_critical() && origin.again.as_ref().is_some_and(|again| !again.trim().eq_ignore_ascii_case(code)) {
                return Err(Error::invalid("again", tr!(lab.critical_again, value = code.clone())));
            }
        }
        Entered::Text(_) | Entered::Absent(_) => {}
    }
    if origin.enterer.is_some() {
        // A person looks at it once more.
        found.push(Finding::CorrectedFacts);
    }
    let id = LabResultId::new();
    let version = store::last_version(&mut ctx.tx, lock).await? + 1;
    let (kind, measured, choice, absent, words) = match value {
        Entered::Quantity(measured) => (ResultKind::Quantity, Some(measured), None, None, ""),
        Entered::Choice(id, code, _) => (ResultKind::Choice, None, Some((*id, code.as_str())), None, ""),
        Entered::Text(words) => (ResultKind::Text, None, None, None, words.as_str()),
        Entered::Absent(reason) => (ResultKind::Absent, None, None, Some(*reason), ""),
    };
    let new = NewResult {
        id,
        analysis: lock,
        patient: analysis.patient_id,
        clinic: analysis.clinic_id,
        test: test.id,
        version,
        kind,
        measured,
        choice,
        absent,
        text: words,
        comment: &origin.comment,
        unit: if kind == ResultKind::Quantity { &test.unit } else { "" },
        snapshot: &snapshot,
        range_confirmed: test.is_confirmed(),
        findings: checks::stored(&found),
        method: &test.method,
        measured_at: setting.collected_at,
        correction: &origin.correction,
        device: &origin.device,
        sender_flag: &origin.sender_flag,
    };
    store::insert(&mut ctx.tx, &new, stamp).await?;
    for input in &origin.inputs {
        store::insert_input(&mut ctx.tx, id, *input).await?;
    }
    ctx.did(Action::Create, "lab_result", id, Some(analysis.patient_id));
    Ok(id)
}

/// Enters a value at the bench. The same version entered twice is refused as changed.
///
/// # Errors
/// [`Error::Invalid`] with `value`, `absent` or `again`; [`Error::Conflict`] when the analysis changed since the user saw it.
pub async fn enter(ctx: &mut Ctx, id: LabAnalysisId, version: i64, form: &EntryForm) -> Result<()> {
    let (lock, analysis) = turn(ctx, Permission::WorkLab, id).await?;
    if analysis.version != version || !AnalysisAct::Enter.fits(analysis.state) {
        return Err(changed());
    }
    let catalogue = Catalogue::read(&mut ctx.tx).await?;
    let value = read(&catalogue, catalogue.test(analysis.test_id)?, form)?;
    let comment = text("comment", &form.comment, LONGEST_TEXT)?;
    let origin = Origin { comment, again: Some(form.again.clone()), ..Origin::default() };
    write(ctx, lock, &analysis, &catalogue, &value, &origin).await?;
    step(ctx, lock, &analysis, AnalysisAct::Enter, Vec::new()).await?;
    follow_inputs(ctx, &analysis, &catalogue, Because::default()).await
}

/// Enters a value that an analyser measured, with the checks of [`enter`]. A critical one is not asked for again: nobody typed it.
///
/// # Errors
/// [`Error::Invalid`] with `value`; [`Error::Conflict`] when the analysis is not ready.
pub async fn import(ctx: &mut Ctx, id: LabAnalysisId, value: &str, device: &str, sender_flag: &str) -> Result<LabResultId> {
    let (lock, analysis) = turn(ctx, Permission::WorkLab, id).await?;
    if analysis.state != AnalysisState::Ready {
        return Err(changed());
    }
    let catalogue = Catalogue::read(&mut ctx.tx).await?;
    let form = EntryForm { value: value.to_owned(), ..EntryForm::default() };
    let value = read(&catalogue, catalogue.test(analysis.test_id)?, &form)?;
    let origin = Origin { device: device.to_owned(), sender_flag: sender_flag.to_owned(), ..Origin::default() };
    let result = write(ctx, lock, &analysis, &catalogue, &value, &origin).await?;
    step(ctx, lock, &analysis, AnalysisAct::Enter, Vec::new()).await?;
    follow_inputs(ctx, &analysis, &catalogue, Because::default()).await?;
    Ok(result)
}

/// Brings the calculated values of the requisition that follow from this test up to date.
pub(super) async fn follow_inputs(ctx: &mut Ctx, analysis: &Analysis, catalogue: &Catalogue, because: Because<'_>) -> Result<()> {
    let followers = catalogue.follows_from(analysis.test_id);
    if followers.is_empty() {
        return Ok(());
    }
    let sample = analysis.sample_id.ok_or_else(changed)?;
    let requisition = samples::find(&mut ctx.tx, sample).await?.ok_or(Error::NotFound)?.requisition_id;
    let all = samples_analyses(ctx, requisition).await?;
    for follower in all.iter().filter(|one| followers.contains(&one.test_id)) {
        calculate(ctx, follower, catalogue, requisition, because).await?;
    }
    Ok(())
}

/// Reads the analyses of a requisition.
pub(super) async fn samples_analyses(ctx: &mut Ctx, requisition: RequisitionId) -> Result<Vec<Analysis>> {
    let ids: Vec<_> = samples::of_requisition(&mut ctx.tx, requisition).await?.into_iter().map(|sample| sample.id).collect();
    samples::analyses_of_samples(&mut ctx.tx, &ids).await
}

/// Enters the calculated value, once all its inputs are there. A value that was entered or checked is calculated again, a released one is
/// corrected.
pub(super) async fn calculate(
    ctx: &mut Ctx,
    follower: &Analysis,
    catalogue: &Catalogue,
    requisition: RequisitionId,
    because: Because<'_>,
) -> Result<()> {
    let enterer = because.enterer;
    let test = catalogue.test(follower.test_id)?;
    let Some(formula) = test.formula() else { return Ok(()) };
    let current = store::of_requisition(&mut ctx.tx, requisition).await?;
    let found: Vec<&LabResult> = catalogue
        .inputs_of(test.id)
        .iter()
        .filter_map(|input: &LabTestId| current.iter().find(|result| result.test_id == *input))
        .collect();
    if found.len() != formula.inputs() {
        return Ok(());
    }
    // The orders of the requisition are locked since the turn of the input.
    let lock = ctx.tx.lock(follower.id).await?;
    let analysis = samples::analysis(&mut ctx.tx, follower.id).await?.ok_or(Error::NotFound)?;
    let exact: Vec<i64> =
        found.iter().filter(|input| input.comparator == Comparator::Exactly).filter_map(|input| input.millionths).collect();
    let subject = Setting::of(ctx, &analysis).await?.subject();
    let millionths = if exact.len() == found.len() { formula.value(&exact, subject, test.decimals) } else { None };
    let value = match millionths {
        Some(millionths) => Entered::Quantity(Measured::exactly(millionths, test.decimals)),
        // The formula does not hold for these inputs or this patient.
        None => Entered::Absent(AbsentReason::Invalid),
    };
    let inputs = found.iter().map(|input| input.id).collect();
    match analysis.state {
        AnalysisState::Ready => {
            write(ctx, lock, &analysis, catalogue, &value, &Origin { inputs, enterer, ..Origin::default() }).await?;
            step(ctx, lock, &analysis, AnalysisAct::Enter, Vec::new()).await
        }
        AnalysisState::Entered | AnalysisState::Checked => {
            calls::withdraw(ctx, analysis.id).await?;
            step(ctx, lock, &analysis, AnalysisAct::Repeat, Vec::new()).await?;
            let again = samples::analysis(&mut ctx.tx, analysis.id).await?.ok_or(Error::NotFound)?;
            write(ctx, lock, &again, catalogue, &value, &Origin { inputs, enterer, ..Origin::default() }).await?;
            step(ctx, lock, &again, AnalysisAct::Enter, Vec::new()).await
        }
        AnalysisState::Released if !because.correction.is_empty() => {
            calls::withdraw(ctx, analysis.id).await?;
            let origin = Origin { inputs, correction: because.correction.to_owned(), enterer, ..Origin::default() };
            let id = write(ctx, lock, &analysis, catalogue, &value, &origin).await?;
            check_result(ctx, &analysis, id, catalogue).await
        }
        AnalysisState::Released | AnalysisState::Waiting | AnalysisState::SentOut | AnalysisState::Cancelled => Ok(()),
    }
}

/// Stamps a result as checked; a critical one opens its call.
pub(super) async fn check_result(ctx: &mut Ctx, analysis: &Analysis, id: LabResultId, catalogue: &Catalogue) -> Result<()> {
    let stamp = ctx.stamp();
    if !store::set_checked(&mut ctx.tx, id, stamp).await? {
        return Err(changed());
    }
    let result = store::result(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    if result.flag.is_critical() {
        calls::open(ctx, analysis, &result, &result.with_unit(catalogue)).await?;
    }
    Ok(())
}

/// Checks an entered result. A normal one of a test that allows it is released at once.
///
/// # Errors
/// [`Error::Conflict`] when the analysis changed since the user saw it.
pub async fn check(ctx: &mut Ctx, id: LabAnalysisId, version: i64) -> Result<()> {
    let (lock, analysis) = turn(ctx, Permission::WorkLab, id).await?;
    if analysis.version != version {
        return Err(changed());
    }
    let catalogue = Catalogue::read(&mut ctx.tx).await?;
    let result = store::current(&mut ctx.tx, id).await?.ok_or_else(changed)?;
    step(ctx, lock, &analysis, AnalysisAct::Check, Vec::new()).await?;
    check_result(ctx, &analysis, result.id, &catalogue).await?;
    let test = catalogue.test(analysis.test_id)?;
    let is_plain = result.flag == Flag::Normal && result.findings.is_empty() && result.range_confirmed && result.comment.is_empty();
    let waits = store::waits_for_input(&mut ctx.tx, result.id).await?;
    let is_controlled = Holds::read(&mut ctx.tx, analysis.clinic_id).await?.allow_autorelease(&catalogue, test.id);
    if test.autorelease && test.is_confirmed() && is_plain && is_controlled && !waits {
        release::release_by_itself(ctx, id, result.id).await?;
    }
    Ok(())
}

/// Returns an entered or checked result to the bench: it is measured again, and the version is kept.
///
/// # Errors
/// [`Error::Conflict`] when it is released, or changed since the user saw it.
pub async fn repeat(ctx: &mut Ctx, permission: Permission, id: LabAnalysisId, version: i64) -> Result<()> {
    let (lock, analysis) = turn(ctx, permission, id).await?;
    if analysis.version != version {
        return Err(changed());
    }
    let now = ctx.now;
    step(ctx, lock, &analysis, AnalysisAct::Repeat, Vec::new()).await?;
    calls::withdraw(ctx, id).await?;
    store::supersede(&mut ctx.tx, lock, now).await
}

/// Sends an analysis to a laboratory outside.
///
/// # Errors
/// [`Error::Invalid`] without its name; [`Error::Conflict`] when it is not ready.
pub async fn send_out(ctx: &mut Ctx, id: LabAnalysisId, version: i64, outside: &str) -> Result<()> {
    let mut errors = FieldErrors::new();
    let outside = errors.required_line("outside", outside, 120);
    errors.finish()?;
    let (lock, analysis) = turn(ctx, Permission::WorkLab, id).await?;
    if analysis.version != version {
        return Err(changed());
    }
    step(ctx, lock, &analysis, AnalysisAct::SendOut, vec![("outside", Value::from(outside))]).await
}

/// Corrects a released result: a new version is entered and checked, and waits for the release by a second person. The old one is withdrawn.
///
/// # Errors
/// [`Error::Invalid`] with the field; [`Error::Conflict`] when the result is not the current one.
pub async fn correct(ctx: &mut Ctx, id: LabResultId, form: &EntryForm, reason: &str) -> Result<()> {
    let mut errors = FieldErrors::new();
    let reason = errors.required_line("reason", reason, 500);
    errors.finish()?;
    let known = store::result(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    let (lock, analysis) = turn(ctx, Permission::WorkLab, known.analysis_id).await?;
    let old = store::result(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    if !old.is_reported() || analysis.state != AnalysisState::Released {
        return Err(Error::conflict(tr!(lab.not_current)));
    }
    let catalogue = Catalogue::read(&mut ctx.tx).await?;
    let test = catalogue.test(analysis.test_id)?;
    if test.formula().is_some() {
        return Err(Error::conflict(tr!(lab.correct_inputs)));
    }
    let value = read(&catalogue, test, form)?;
    let comment = text("comment", &form.comment, LONGEST_TEXT)?;
    calls::withdraw(ctx, analysis.id).await?;
    let origin = Origin { correction: reason.clone(), comment, again: Some(form.again.clone()), ..Origin::default() };
    let new = write(ctx, lock, &analysis, &catalogue, &value, &origin).await?;
    check_result(ctx, &analysis, new, &catalogue).await?;
    ctx.tell(Event::new(&LAB).at(analysis.clinic_id).of(analysis.patient_id).about(analysis.id));
    follow_inputs(ctx, &analysis, &catalogue, Because { correction: &reason, enterer: None }).await
}
