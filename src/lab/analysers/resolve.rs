//! The list of unmatched values, and the acts of a person on them: try again, assign to a sample, discard.

use std::collections::HashMap;

use super::{
    Analyser, AnalyserMessage, AnalyserValue, MessageFate, SentValue, ValueReason, ValueState, filing, hl7, store, store::ValueFate,
};
use crate::{
    audit::Action,
    core::{AnalyserMessageId, AnalyserValueId, Error, Permission, Result, error::FieldErrors, time::Instant},
    db::Locked,
    lab::{
        LAB,
        catalogue::Catalogue,
        number, results,
        samples::{self, AnalysisState},
    },
    server::{Ctx, Event},
    tr,
};

/// An unmatched value with its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnmatchedValue {
    pub value: AnalyserValue,
    pub sent: SentValue,
    pub analyser: String,
    pub received_at: Instant,
}

fn changed() -> Error {
    Error::conflict(tr!(lab.value_changed))
}

/// Reads the unmatched values of the clinic, the oldest first.
///
/// # Errors
/// When the database refuses.
pub async fn unmatched(ctx: &mut Ctx, limit: i64) -> Result<Vec<UnmatchedValue>> {
    let clinic = ctx.clinic.id;
    let values = store::unmatched(&mut ctx.tx, clinic, limit).await?;
    let analysers = store::analysers(&mut ctx.tx, clinic).await?;
    let mut ids: Vec<AnalyserMessageId> = values.iter().map(|value| value.message_id).collect();
    ids.sort_unstable();
    ids.dedup();
    let raw: HashMap<AnalyserMessageId, String> = store::raw(&mut ctx.tx, &ids).await?.into_iter().collect();
    let mut read: HashMap<AnalyserMessageId, (Vec<SentValue>, Instant)> = HashMap::new();
    for id in ids {
        let Some(message) = store::message(&mut ctx.tx, id).await? else { continue };
        let Some(analyser) = analysers.iter().find(|one| one.id == message.analyser_id) else { continue };
        let text = raw.get(&id).map_or("", String::as_str);
        read.insert(id, (filing::sent_values(analyser, &message, text).unwrap_or_default(), message.received_at));
    }
    let with_text = |value: AnalyserValue| {
        let (sent, received_at) = read.get(&value.message_id)?;
        let sent = sent.iter().find(|one| one.position == value.position).cloned();
        // The settings changed since: number and reason are still shown.
        let sent = sent.unwrap_or_else(|| SentValue { sample: value.sample_number.clone(), ..SentValue::default() });
        let analyser = analysers.iter().find(|one| one.id == value.analyser_id).map(|one| one.name.clone()).unwrap_or_default();
        Some(UnmatchedValue { value, sent, analyser, received_at: *received_at })
    };
    Ok(values.into_iter().filter_map(with_text).collect())
}

/// Reads a message as it was sent, and when.
///
/// # Errors
/// [`Error::NotFound`] for a message of another clinic.
pub async fn raw(ctx: &mut Ctx, id: AnalyserMessageId) -> Result<(AnalyserMessage, String)> {
    let message = store::message(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    ctx.at_clinic(Permission::WorkLab, message.clinic_id)?;
    let (_, raw) = store::raw(&mut ctx.tx, &[id]).await?.pop().ok_or(Error::NotFound)?;
    let bytes = hl7::bytes(&raw);
    let text = String::from_utf8(bytes).unwrap_or(raw);
    Ok((message, text.replace("\r\n", "\n").replace('\r', "\n")))
}

/// A locked message with its analyser and its values as they were sent.
struct OpenedMessage {
    lock: Locked<AnalyserMessageId>,
    analyser: Analyser,
    sent: Vec<SentValue>,
}

async fn open(ctx: &mut Ctx, id: AnalyserMessageId) -> Result<OpenedMessage> {
    let message = store::message(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    ctx.at_clinic(Permission::WorkLab, message.clinic_id)?;
    let lock = ctx.tx.lock(id).await?;
    let analyser = store::analyser(&mut ctx.tx, message.analyser_id).await?.ok_or(Error::NotFound)?;
    let (_, raw) = store::raw(&mut ctx.tx, &[id]).await?.pop().ok_or(Error::NotFound)?;
    let sent = filing::sent_values(&analyser, &message, &raw).map_err(|_| changed())?;
    Ok(OpenedMessage { lock, analyser, sent })
}

/// Sets the fate of the message by its values.
async fn settle_message(ctx: &mut Ctx, opened: &OpenedMessage) -> Result<()> {
    let values = store::values_of(&mut ctx.tx, opened.lock.id()).await?;
    let open = values.iter().filter(|value| value.state == ValueState::Unmatched).count();
    store::set_fate(&mut ctx.tx, opened.lock, MessageFate::of(values.len(), open)).await?;
    ctx.did(Action::Update, "lab_message", opened.lock.id(), None);
    ctx.tell(Event::new(&LAB).at(opened.analyser.clinic_id).about(opened.analyser.id));
    Ok(())
}

/// Files the unmatched values of a message again: a code was mapped, or the sample has come. Returns how many were filed.
///
/// # Errors
/// When the database refuses.
pub async fn retry(ctx: &mut Ctx, id: AnalyserMessageId) -> Result<usize> {
    let opened = open(ctx, id).await?;
    let open: Vec<AnalyserValue> =
        store::values_of(&mut ctx.tx, id).await?.into_iter().filter(|value| value.state == ValueState::Unmatched).collect();
    let pairs: Vec<(&AnalyserValue, SentValue)> =
        open.iter().filter_map(|value| Some((value, opened.sent.iter().find(|one| one.position == value.position)?.clone()))).collect();
    let sent: Vec<SentValue> = pairs.iter().map(|(_, sent)| sent.clone()).collect();
    let placed = filing::place(ctx, &opened.analyser, &sent).await?;
    let mut filed = 0;
    for ((value, _), placed) in pairs.iter().zip(placed) {
        if !store::settle(&mut ctx.tx, (opened.lock, value.id), placed, None, "").await? {
            return Err(changed());
        }
        filed += usize::from(placed.state != ValueState::Unmatched);
    }
    settle_message(ctx, &opened).await?;
    Ok(filed)
}

/// Assigns an unmatched value to a sample. A value that waits to be released is measured again by it, and its version is kept.
///
/// # Errors
/// [`Error::Invalid`] with `number`; [`Error::Conflict`] when the value is settled, or the sample takes no such value.
pub async fn assign(ctx: &mut Ctx, id: AnalyserValueId, number: &str) -> Result<()> {
    let known = store::value(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    let opened = open(ctx, known.message_id).await?;
    let known = store::value(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    let sent = opened.sent.iter().find(|one| one.position == known.position).cloned();
    let Some(sent) = sent.filter(|_| known.state == ValueState::Unmatched) else { return Err(changed()) };
    let wrong = |words: &str| Error::invalid("number", words);
    let maps = store::code_maps(&mut ctx.tx, opened.analyser.id).await?;
    let map = filing::mapped(&maps, &sent).map_err(|_| wrong(tr!(lab.map_first)))?;
    let catalogue = Catalogue::read(&mut ctx.tx).await?;
    let test = catalogue.test(map.test_id)?;
    let text = filing::converted(test, map.factor, &sent.value).ok_or_else(|| wrong(tr!(lab.value_wrong)))?;
    let number = number::read("number", number)?;
    let sample = samples::by_number(&mut ctx.tx, &number).await?.filter(|sample| sample.clinic_id == opened.analyser.clinic_id);
    let sample = sample.ok_or_else(|| wrong(tr!(lab.reason_unknown_sample)))?;
    let analyses = samples::analyses_of_samples(&mut ctx.tx, &[sample.id]).await?;
    let analysis = analyses.iter().find(|one| one.test_id == map.test_id && one.state != AnalysisState::Cancelled);
    let analysis = analysis.ok_or_else(|| wrong(tr!(lab.reason_not_ordered)))?;
    results::hold(ctx, &[analysis.id]).await?;
    match analysis.state {
        AnalysisState::Ready => {}
        AnalysisState::Entered | AnalysisState::Checked => {
            results::repeat(ctx, Permission::WorkLab, analysis.id, analysis.version).await?;
        }
        AnalysisState::Released => return Err(Error::conflict(tr!(lab.assign_released))),
        AnalysisState::Waiting | AnalysisState::SentOut | AnalysisState::Cancelled => {
            return Err(Error::conflict(tr!(lab.reason_not_received)));
        }
    }
    let result = match results::import(ctx, analysis.id, &text, &opened.analyser.name, &sent.flag).await {
        Err(Error::Invalid(errors)) => {
            return Err(wrong(&errors.into_iter().map(|error| error.message).collect::<Vec<_>>().join(" ")));
        }
        other => other?,
    };
    let placed = ValueFate { test: Some(map.test_id), state: ValueState::Assigned, reason: known.reason, result: Some(result), run: None };
    let resolved = Some((ctx.now, ctx.user()));
    if !store::settle(&mut ctx.tx, (opened.lock, id), placed, resolved, &number).await? {
        return Err(changed());
    }
    settle_message(ctx, &opened).await
}

/// Discards an unmatched value with a reason.
///
/// # Errors
/// [`Error::Invalid`] with `reason`; [`Error::Conflict`] when the value is settled.
pub async fn discard(ctx: &mut Ctx, id: AnalyserValueId, reason: &str) -> Result<()> {
    let mut errors = FieldErrors::new();
    let reason = errors.required_line("reason", reason, 500);
    errors.finish()?;
    let known = store::value(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    let opened = open(ctx, known.message_id).await?;
    let known = store::value(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    let why = if known.reason == ValueReason::None { ValueReason::Value } else { known.reason };
    let placed = ValueFate { test: known.test_id, state: ValueState::Discarded, reason: why, result: None, run: None };
    let resolved = Some((ctx.now, ctx.user()));
    if !store::settle(&mut ctx.tx, (opened.lock, id), placed, resolved, &reason).await? {
        return Err(changed());
    }
    settle_message(ctx, &opened).await
}
