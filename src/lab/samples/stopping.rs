//! Samples that are rejected or lost: their open analyses wait for a new sample, or go back to the sample that a tube was taken from.

use super::{
    NewSample, Sample, SampleAct, SampleState,
    acts::{expect, prepare, step, step_analysis, turn},
    aliquots,
    state::{AnalysisAct, AnalysisState},
    store::{self, Columns},
};
use crate::{
    core::{Error, LabSampleId, OrderId, Permission, Result},
    db::{Locked, Value},
    lab::{calls, requests, vocabulary::Rejection},
    notifications::{Hearer, Notice, notify},
    orders::{self, OrderState},
    server::Ctx,
    tr,
};

crate::text_enum! {
    /// The material for the tests of a tube that is rejected.
    pub enum NewMaterial("material") {
        /// The sample that it was taken from.
        Parent = "parent" => tr!(lab.material_parent),
        /// A new sample of the patient.
        Recollected = "recollected" => tr!(lab.material_recollected),
    }
}

/// Whether the tube was taken from a sample that is still there.
///
/// # Errors
/// When the database refuses.
pub async fn usable_parent(ctx: &mut Ctx, sample: &Sample) -> Result<Option<Sample>> {
    let Some(parent) = sample.parent_id else { return Ok(None) };
    let parent = store::find(&mut ctx.tx, parent).await?;
    Ok(parent.filter(|parent| matches!(parent.state, SampleState::Received | SampleState::Stored)))
}

/// Rejects a sample, and the orderer is notified. Its open analyses wait for a new sample, which is expected at once; those of a tube may go back
/// to the sample that it was taken from. The tubes of a sample stay, unless it is doubted whose blood it is. Returns the new sample.
///
/// # Errors
/// [`Error::Conflict`] when the sample was not collected, or is stored; [`Error::Invalid`] when another reason has no words, or nobody chose the
/// material for the tests of a tube.
pub async fn reject(ctx: &mut Ctx, id: LabSampleId, reason: Rejection, note: &str, material: &str) -> Result<Option<LabSampleId>> {
    if reason == Rejection::Other && note.is_empty() {
        return Err(Error::invalid("note", tr!(errors.required)));
    }
    let is_doubted = matches!(reason, Rejection::Unlabelled | Rejection::Mislabelled);
    let tubes: Vec<Sample> = aliquots::aliquots_of(&mut ctx.tx, id).await?.into_iter().filter(|_| is_doubted).collect();
    hold(ctx, id, &tubes).await?;
    let (lock, sample) = turn(ctx, Permission::WorkLab, id).await?;
    let parent = usable_parent(ctx, &sample).await?;
    let material: Option<NewMaterial> = match parent {
        Some(_) => Some(crate::core::form::chosen("material", material)?),
        None => None,
    };
    if let (Some(parent), Some(NewMaterial::Parent)) = (&parent, material) {
        give_back(ctx, lock, &sample, parent, store::rejected(reason, note)).await?;
        return Ok(None);
    }
    for tube in tubes {
        let lock = ctx.tx.lock(tube.id).await?;
        let tube = store::find(&mut ctx.tx, tube.id).await?.ok_or(Error::NotFound)?;
        if SampleAct::Reject.fits(tube.state) {
            // Its tests wait for the same new sample.
            end(ctx, lock, &tube, SampleAct::Reject, store::rejected(reason, note)).await?;
            store::move_to(&mut ctx.tx, tube.id, id).await?;
        }
    }
    stop(ctx, lock, &sample, SampleAct::Reject, store::rejected(reason, note)).await
}

/// Locks the orders of a sample and its tubes.
async fn hold(ctx: &mut Ctx, id: LabSampleId, tubes: &[Sample]) -> Result<()> {
    let mut ids = store::orders_of_sample(&mut ctx.tx, id).await?;
    for tube in tubes {
        ids.extend(store::orders_of_sample(&mut ctx.tx, tube.id).await?);
    }
    ids.sort_unstable();
    ids.dedup();
    orders::hold(ctx, &ids).await
}

/// Records that a sample was lost on its way; a new one is expected.
///
/// # Errors
/// [`Error::Conflict`] when it was not sent; [`Error::Invalid`] without a note.
pub async fn lose(ctx: &mut Ctx, id: LabSampleId, note: &str) -> Result<Option<LabSampleId>> {
    if note.is_empty() {
        return Err(Error::invalid("note", tr!(errors.required)));
    }
    let (lock, sample) = turn(ctx, Permission::WorkLab, id).await?;
    stop(ctx, lock, &sample, SampleAct::Lose, vec![("stop_note", Value::from(note))]).await
}

/// Ends a sample and returns its open analyses to waiting. Returns their number.
async fn end(ctx: &mut Ctx, lock: Locked<LabSampleId>, sample: &Sample, act: SampleAct, mut columns: Columns) -> Result<usize> {
    let (now, by) = (ctx.now, ctx.user());
    columns.extend([("stopped_at", Value::from(now)), ("stopped_by", Value::from(by))]);
    step(ctx, lock, sample, act, columns).await?;
    let mut open = 0;
    for analysis in store::analyses_of_samples(&mut ctx.tx, &[sample.id]).await? {
        if analysis.state == AnalysisState::Waiting {
            open += 1;
        } else if AnalysisAct::Return.fits(analysis.state) {
            let turn = step_analysis(ctx, &analysis, AnalysisAct::Return, vec![("due_at", Value::Instant(None))]).await?;
            calls::withdraw(ctx, analysis.id).await?;
            store::supersede_results(&mut ctx.tx, turn, now).await?;
            open += 1;
        }
    }
    Ok(open)
}

/// Rejects a tube; its open analyses are done from the sample that it was taken from.
async fn give_back(ctx: &mut Ctx, lock: Locked<LabSampleId>, tube: &Sample, parent: &Sample, columns: Columns) -> Result<()> {
    if end(ctx, lock, tube, SampleAct::Reject, columns).await? == 0 {
        return Ok(());
    }
    let waiting: Vec<OrderId> = store::orders_of_sample(&mut ctx.tx, tube.id).await?;
    store::move_to(&mut ctx.tx, tube.id, parent.id).await?;
    for order in waiting {
        if requests::request(&mut ctx.tx, order).await?.is_some_and(|request| request.state != OrderState::OnHold) {
            prepare(ctx, order).await?;
        }
    }
    Ok(())
}

/// Stops a sample, returns its open analyses to waiting, and expects a new sample for them: that of a tube in the container of the first one.
async fn stop(ctx: &mut Ctx, lock: Locked<LabSampleId>, sample: &Sample, act: SampleAct, columns: Columns) -> Result<Option<LabSampleId>> {
    let now = ctx.now;
    if end(ctx, lock, sample, act, columns).await? == 0 {
        return Ok(None);
    }
    let container = match sample.parent_id {
        Some(parent) => store::find(&mut ctx.tx, parent).await?.map_or(sample.container_id, |parent| parent.container_id),
        None => sample.container_id,
    };
    let new = NewSample {
        patient: sample.patient_id,
        clinic: sample.clinic_id,
        requisition: sample.requisition_id,
        specimen: sample.specimen,
        container,
        priority: sample.priority,
        place: sample.place.clone(),
        wanted_from: now,
        recollection_of: Some(sample.id),
    };
    let again = expect(ctx, &new).await?;
    store::move_to(&mut ctx.tx, sample.id, again).await?;
    for user in store::orderers(&mut ctx.tx, again).await? {
        let notice = Notice::SampleRejected { number: sample.number.clone() };
        notify(ctx, Hearer { user, dependant: None }, &notice, &format!("/patients/{}/lab", sample.patient_id)).await?;
    }
    Ok(Some(again))
}
