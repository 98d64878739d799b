//! A correction that was a mistake: the second person takes it back before its release, and the released version stands again.

use super::{
    anew,
    entry::{Because, calculate, samples_analyses, turn},
    release, store,
};
use crate::{
    audit::Action,
    core::{Error, LabAnalysisId, LabResultId, Permission, Result},
    db::Locked,
    lab::{
        LAB, calls,
        catalogue::Catalogue,
        samples::{Analysis, AnalysisState},
    },
    server::{Ctx, Event},
    tr,
};

/// Takes back a correction that was not released, and what was calculated from it.
///
/// # Errors
/// [`Error::Conflict`] when the correction is not the current version, when it is released, or when it was calculated.
pub async fn take_back(ctx: &mut Ctx, id: LabResultId) -> Result<()> {
    let known = store::result(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    let (lock, analysis) = turn(ctx, Permission::ReleaseResults, known.analysis_id).await?;
    let current = store::current(&mut ctx.tx, analysis.id).await?.filter(|result| result.id == id && result.released_at.is_none());
    let Some(correction) = current.filter(|_| analysis.state == AnalysisState::Released) else {
        return Err(Error::conflict(tr!(lab.not_current)));
    };
    let catalogue = Catalogue::read(&mut ctx.tx).await?;
    if catalogue.test(analysis.test_id)?.formula().is_some() {
        return Err(Error::conflict(tr!(lab.correct_inputs)));
    }
    restore(ctx, lock, &analysis).await?;
    let mut concerned = vec![analysis.id];
    let requisition = store::requisitions_of(&mut ctx.tx, &[analysis.id]).await?.first().map(|(_, requisition)| *requisition);
    let requisition = requisition.ok_or(Error::NotFound)?;
    let followers = catalogue.follows_from(analysis.test_id);
    let all = if followers.is_empty() { Vec::new() } else { samples_analyses(ctx, requisition).await? };
    for follower in all.iter().filter(|one| followers.contains(&one.test_id)) {
        let lock = ctx.tx.lock(follower.id).await?;
        if follower.state == AnalysisState::Released && store::stands_on_current(&mut ctx.tx, lock).await? {
            restore(ctx, lock, follower).await?;
            concerned.push(follower.id);
        } else {
            let because = Because { correction: &correction.correction, enterer: None };
            calculate(ctx, follower, &catalogue, requisition, because).await?;
        }
    }
    // A report that was made meanwhile lacks the result that stands again.
    release::finish(ctx, &concerned).await
}

/// Lets the released version of an analysis stand again, with its call when nobody had been reached.
async fn restore(ctx: &mut Ctx, lock: Locked<LabAnalysisId>, analysis: &Analysis) -> Result<()> {
    let now = ctx.now;
    calls::withdraw(ctx, analysis.id).await?;
    store::supersede(&mut ctx.tx, lock, now).await?;
    store::restore(&mut ctx.tx, lock).await?;
    let Some(result) = store::current(&mut ctx.tx, lock.id()).await? else { return Err(Error::conflict(tr!(lab.not_current))) };
    calls::reopen(ctx, result.id, result.patient_id).await?;
    anew::list_again(&mut ctx.tx, result.id).await?;
    ctx.did(Action::Update, "lab_result", result.id, Some(result.patient_id));
    ctx.tell(Event::new(&LAB).at(analysis.clinic_id).of(analysis.patient_id).about(analysis.id));
    ctx.tell(Event::new(&crate::patients::CHART).at(analysis.clinic_id).of(analysis.patient_id));
    Ok(())
}
