//! Files the values of a message: each becomes a result that waits to be checked, a point of quality control, or an unmatched value.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::{
    Analyser, AnalyserControl, AnalyserMessage, CodeMap, MessageFate, MessageReason, SentValue, ValueReason, ValueState, file, hl7, intake,
    oru, store, store::ValueFate,
};
use crate::{
    audit::Action,
    core::{AnalyserMessageId, ClinicId, Error, LabAnalysisId, LabControlRunId, LabTestId, Permission, Result, Role, locale::LOCALE},
    lab::{
        LAB,
        catalogue::{Catalogue, LabTest},
        controls::{self, LotState},
        results,
        samples::{self, Analysis, AnalysisState, Sample},
        value::{Measured, ONE, plain},
        vocabulary::ResultType,
    },
    organisation::Typed,
    server::{AppState, Ctx, Event, JobAt},
};

/// The messages that one round of the job files.
const ROUND: i64 = 200;

/// Files the messages that are stored and not filed yet: those of a program that was stopped, or of a database that was busy. Returns their
/// number.
///
/// # Errors
/// When the database refuses.
pub async fn file_received(state: &AppState) -> Result<usize> {
    let waiting = store::received(&mut state.db.read().await?, ROUND).await?;
    let mut filed = 0;
    for (id, clinic) in waiting {
        match file_one(state, id, clinic).await {
            Ok(()) => filed += 1,
            Err(error) => tracing::warn!(message = %id, error = %error, "an analyser's message is not filed for now"),
        }
    }
    Ok(filed)
}

/// Files one message, in a transaction of its own. One that is filed already stays.
///
/// # Errors
/// When the database refuses; the message stays received.
pub(super) async fn file_one(state: &AppState, id: AnalyserMessageId, clinic: ClinicId) -> Result<()> {
    let work = async {
        let at = JobAt { clinic, role: Role::Lab, address: String::new() };
        let mut ctx = Ctx::job(state, Permission::WorkLab, &at).await?;
        let lock = ctx.tx.lock(id).await?;
        let message = store::message(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
        if message.state != MessageFate::Received {
            return Ok(());
        }
        let analyser = store::analyser(&mut ctx.tx, message.analyser_id).await?.ok_or(Error::NotFound)?;
        let (_, raw) = store::raw(&mut ctx.tx, &[id]).await?.pop().ok_or(Error::NotFound)?;
        match sent_values(&analyser, &message, &raw) {
            Ok(sent) => drop(file_values(&mut ctx, &analyser, &message, &sent).await?),
            // The settings of the analyser changed since the message came.
            Err(reason) => store::refuse(&mut ctx.tx, lock, reason).await?,
        }
        ctx.did(Action::Update, "lab_message", id, None);
        ctx.tell(Event::new(&LAB).at(clinic).about(analyser.id));
        ctx.commit().await
    };
    LOCALE.scope(state.hospital().default_language, work).await
}

/// Reads the values of a stored message again.
pub(super) fn sent_values(analyser: &Analyser, message: &AnalyserMessage, raw: &str) -> Result<Vec<SentValue>, MessageReason> {
    let bytes = hl7::bytes(raw);
    match message.control_id.strip_prefix(file::PREFIX) {
        Some(_) => {
            let text = String::from_utf8(bytes).map_err(|_| MessageReason::Charset)?;
            file::read(analyser, &text).map_err(|_| MessageReason::Unreadable)
        }
        None => oru::read(&bytes, analyser.charset, analyser.sample_field),
    }
}

/// Places all values of a message, writes them, and sets the message's fate.
pub(super) async fn file_values(
    ctx: &mut Ctx,
    analyser: &Analyser,
    message: &AnalyserMessage,
    sent: &[SentValue],
) -> Result<Vec<ValueFate>> {
    let placed = place(ctx, analyser, sent).await?;
    for (value, placed) in sent.iter().zip(&placed) {
        let digest = intake::digest(value.value.as_bytes());
        store::insert_value(&mut ctx.tx, message, value, &digest, *placed).await?;
    }
    let open = placed.iter().filter(|placed| placed.state == ValueState::Unmatched).count();
    let lock = ctx.tx.lock(message.id).await?;
    store::set_fate(&mut ctx.tx, lock, MessageFate::of(placed.len(), open)).await?;
    Ok(placed)
}

/// The tables by which values are placed.
struct Tables {
    catalogue: Catalogue,
    maps: Vec<CodeMap>,
    controls: Vec<AnalyserControl>,
    samples: HashMap<String, Option<Sample>>,
    analyses: Vec<Analysis>,
}

/// The intention for a value, before anything is written.
enum ValuePlan {
    Done(ValueFate),
    Enter { analysis: LabAnalysisId, test: LabTestId, text: String },
    Control { level: i64, test: LabTestId, text: String },
}

pub(super) const fn unmatched(test: Option<LabTestId>, reason: ValueReason) -> ValueFate {
    ValueFate { test, state: ValueState::Unmatched, reason, result: None, run: None }
}

/// Returns the map of a code in its unit, or the reason why there is none.
pub(super) fn mapped<'m>(maps: &'m [CodeMap], sent: &SentValue) -> Result<&'m CodeMap, ValueReason> {
    let mut of_code = maps.iter().filter(|map| map.code == sent.code).peekable();
    if of_code.peek().is_none() {
        return Err(ValueReason::UnknownCode);
    }
    of_code.find(|map| map.unit == sent.unit).ok_or(ValueReason::Unit)
}

/// Returns the value in the unit of the test, as a person would type it.
pub(super) fn converted(test: &LabTest, factor: i64, text: &str) -> Option<String> {
    if test.result_type != ResultType::Quantity || factor == ONE {
        return Some(text.to_owned());
    }
    let measured = Measured::parse("value", text).ok()?;
    let scaled = i128::from(measured.millionths) * i128::from(factor) / i128::from(ONE);
    let millionths = i64::try_from(scaled).ok()?;
    Some(format!("{}{}", measured.comparator.as_str(), plain(millionths, test.decimals)))
}

fn same_number(one: &str, other: &str) -> bool {
    let plain = |text: &str| text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_uppercase();
    plain(one) == plain(other)
}

impl Tables {
    async fn read(ctx: &mut Ctx, analyser: &Analyser, sent: &[SentValue]) -> Result<Self> {
        let mut samples = HashMap::new();
        for value in sent {
            if !value.sample.is_empty() && !samples.contains_key(&value.sample) {
                let found = samples::by_number(&mut ctx.tx, &value.sample).await?;
                samples.insert(value.sample.clone(), found.filter(|sample| sample.clinic_id == analyser.clinic_id));
            }
        }
        let ids: Vec<_> = samples.values().flatten().map(|sample| sample.id).collect();
        let analyses = if ids.is_empty() { Vec::new() } else { samples::analyses_of_samples(&mut ctx.tx, &ids).await? };
        Ok(Self {
            catalogue: Catalogue::read(&mut ctx.tx).await?,
            maps: store::code_maps(&mut ctx.tx, analyser.id).await?,
            controls: store::controls(&mut ctx.tx, analyser.id).await?,
            samples,
            analyses,
        })
    }

    /// Decides on one value by what is stored.
    fn plan(&self, analyser: &Analyser, sent: &SentValue) -> ValuePlan {
        let map = match mapped(&self.maps, sent) {
            Ok(map) => map,
            Err(reason) => return ValuePlan::Done(unmatched(None, reason)),
        };
        let test = map.test_id;
        let because = |reason| ValuePlan::Done(unmatched(Some(test), reason));
        // `X`: no result could be obtained; other letters are of orders and deletions.
        if !matches!(sent.status.as_str(), "" | "F" | "P" | "C") {
            return because(ValueReason::Status);
        }
        let Ok(known) = self.catalogue.test(test) else { return because(ValueReason::UnknownCode) };
        let Some(text) = converted(known, map.factor, &sent.value) else { return because(ValueReason::Value) };
        if let Some(control) = self.controls.iter().find(|control| control.sample == sent.sample) {
            return ValuePlan::Control { level: control.level, test, text };
        }
        if sent.sample.is_empty() {
            return because(ValueReason::NoSample);
        }
        let Some(sample) = self.samples.get(&sent.sample).and_then(Option::as_ref) else { return because(ValueReason::UnknownSample) };
        if analyser.checks_patient && !sent.patients.is_empty() && !sent.patients.iter().any(|number| same_number(number, &sample.mrn)) {
            return because(ValueReason::OtherPatient);
        }
        let analysis = self
            .analyses
            .iter()
            .find(|one| one.sample_id == Some(sample.id) && one.test_id == test && one.state != AnalysisState::Cancelled);
        match analysis.map(|analysis| (analysis.id, analysis.state)) {
            None => because(ValueReason::NotOrdered),
            Some((analysis, AnalysisState::Ready)) => ValuePlan::Enter { analysis, test, text },
            Some((_, AnalysisState::Waiting | AnalysisState::SentOut)) => because(ValueReason::NotReceived),
            Some(_) => because(ValueReason::Repeat),
        }
    }
}

/// Places values: enters results and runs of controls, and returns the fate of each.
pub(super) async fn place(ctx: &mut Ctx, analyser: &Analyser, sent: &[SentValue]) -> Result<Vec<ValueFate>> {
    let tables = Tables::read(ctx, analyser, sent).await?;
    let mut plans: Vec<ValuePlan> = sent.iter().map(|value| tables.plan(analyser, value)).collect();
    let mut seen = HashSet::new();
    for (value, plan) in sent.iter().zip(&mut plans) {
        let test = match plan {
            ValuePlan::Enter { test, .. } | ValuePlan::Control { test, .. } => *test,
            ValuePlan::Done(placed) if placed.reason == ValueReason::Repeat => match placed.test {
                Some(test) => test,
                None => continue,
            },
            ValuePlan::Done(_) => continue,
        };
        let digest = intake::digest(value.value.as_bytes());
        let key = (value.sample.clone(), test, value.measured.clone(), value.sequence.clone(), digest.clone());
        if !seen.insert(key) || store::is_filed(&mut ctx.tx, analyser.id, value, test, &digest).await? {
            let duplicate =
                ValueFate { test: Some(test), state: ValueState::Duplicate, reason: ValueReason::None, result: None, run: None };
            *plan = ValuePlan::Done(duplicate);
        }
    }
    let ids: Vec<LabAnalysisId> =
        plans.iter().filter_map(|plan| if let ValuePlan::Enter { analysis, .. } = plan { Some(*analysis) } else { None }).collect();
    if !ids.is_empty() {
        results::hold(ctx, &ids).await?;
    }
    let runs = measure_controls(ctx, analyser.clinic_id, &plans).await?;
    let mut placed = Vec::with_capacity(plans.len());
    for (index, (value, plan)) in sent.iter().zip(plans).enumerate() {
        placed.push(match plan {
            ValuePlan::Done(placed) => placed,
            ValuePlan::Control { test, .. } => runs.get(&index).copied().unwrap_or(unmatched(Some(test), ValueReason::NoLot)),
            ValuePlan::Enter { analysis, test, text } => match results::import(ctx, analysis, &text, &analyser.name, &value.flag).await {
                Ok(result) => {
                    ValueFate { test: Some(test), state: ValueState::Filed, reason: ValueReason::None, result: Some(result), run: None }
                }
                Err(Error::Invalid(_)) => unmatched(Some(test), ValueReason::Value),
                Err(Error::Conflict(_)) => unmatched(Some(test), ValueReason::Repeat),
                Err(error) => return Err(error),
            },
        });
    }
    Ok(placed)
}

/// A measured control of a message: its place among the values, its level and its text.
type ControlMeasurement = (usize, i64, String);

/// Records the controls of a message. The levels of one test that came together are one run.
async fn measure_controls(ctx: &mut Ctx, clinic: ClinicId, plans: &[ValuePlan]) -> Result<BTreeMap<usize, ValueFate>> {
    let mut by_test: BTreeMap<LabTestId, Vec<Vec<ControlMeasurement>>> = BTreeMap::new();
    for (index, plan) in plans.iter().enumerate() {
        let ValuePlan::Control { level, test, text } = plan else { continue };
        let runs = by_test.entry(*test).or_default();
        match runs.last_mut().filter(|run| run.iter().all(|(_, other, _)| other != level)) {
            Some(run) => run.push((index, *level, text.clone())),
            None => runs.push(vec![(index, *level, text.clone())]),
        }
    }
    let mut placed = BTreeMap::new();
    for (test, runs) in by_test {
        let lots = controls::lots_of(&mut ctx.tx, clinic, Some(test)).await?;
        for run in runs {
            let lot_of = |level: i64| {
                let of_level = || lots.iter().filter(move |lot| lot.level == level);
                of_level().find(|lot| lot.state == LotState::Active).or_else(|| of_level().next())
            };
            let typed: Typed =
                run.iter().filter_map(|(_, level, text)| Some((format!("value-{}", lot_of(*level)?.id), text.clone()))).collect();
            let id = LabControlRunId::new();
            let done = if typed.is_empty() { Err(ValueReason::NoLot) } else { recorded(ctx, test, id, &typed).await? };
            for (index, level, _) in &run {
                let fate = match done {
                    _ if lot_of(*level).is_none() => unmatched(Some(test), ValueReason::NoLot),
                    Ok(()) => {
                        ValueFate { test: Some(test), state: ValueState::Control, reason: ValueReason::None, result: None, run: Some(id) }
                    }
                    Err(reason) => unmatched(Some(test), reason),
                };
                placed.insert(*index, fate);
            }
        }
    }
    Ok(placed)
}

/// Records a run; the reason why a person must.
async fn recorded(ctx: &mut Ctx, test: LabTestId, id: LabControlRunId, typed: &Typed) -> Result<Result<(), ValueReason>> {
    match controls::run(ctx, test, id, typed).await {
        Ok(_) => Ok(Ok(())),
        Err(Error::Invalid(errors)) if errors.iter().any(|error| error.field == "action") => Ok(Err(ValueReason::ControlAction)),
        Err(Error::Invalid(_) | Error::Conflict(_)) => Ok(Err(ValueReason::Value)),
        Err(error) => Err(error),
    }
}
