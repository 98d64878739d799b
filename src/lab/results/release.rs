//! Releasing results: two people, the portal's rules, and the report that follows.

use chrono::Duration;

use super::{
    LabResult, anew,
    entry::{hold, step, turn},
    store::{self, Release},
};
use crate::{
    audit::Action,
    core::{Error, LabAnalysisId, LabReportId, LabResultId, Permission, RequisitionId, Result},
    db::DbError,
    lab::{
        LAB,
        catalogue::{self, Catalogue},
        reports,
        samples::{self, AnalysisAct, AnalysisState},
        upkeep, wishes,
    },
    messages,
    notifications::Notice,
    server::{AppState, Ctx, Event},
    tr,
};

/// The days after which nobody is told any more that results are to be seen.
const LATE_DAYS: i64 = 7;

/// Releases checked results, and corrections that wait, each as the user saw it; each requisition gets one new report.
///
/// # Errors
/// [`Error::Conflict`] when the user entered one of them, when one is not checked or is not the current one, or when an input of a calculated
/// one changed or is not released.
pub async fn release(ctx: &mut Ctx, seen: &[(LabAnalysisId, LabResultId)]) -> Result<()> {
    let catalogue = Catalogue::read(&mut ctx.tx).await?;
    let mut sorted = seen.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    let results: Vec<LabResultId> = sorted.iter().map(|(_, result)| *result).collect();
    let calculated = store::calculated(&mut ctx.tx, &results).await?;
    // The results that others follow from come first.
    sorted.sort_by_key(|(_, result)| calculated.contains(result));
    let ids: Vec<LabAnalysisId> = sorted.iter().map(|(id, _)| *id).collect();
    hold(ctx, &ids).await?;
    for one_seen in &sorted {
        one(ctx, &catalogue, *one_seen, Permission::ReleaseResults, false).await?;
    }
    finish(ctx, &ids).await
}

/// Releases a normal result that its technician has just checked.
pub(super) async fn release_by_itself(ctx: &mut Ctx, id: LabAnalysisId, checked: LabResultId) -> Result<()> {
    let catalogue = Catalogue::read(&mut ctx.tx).await?;
    one(ctx, &catalogue, (id, checked), Permission::WorkLab, true).await?;
    finish(ctx, &[id]).await
}

async fn one(
    ctx: &mut Ctx,
    catalogue: &Catalogue,
    (id, seen): (LabAnalysisId, LabResultId),
    permission: Permission,
    by_itself: bool,
) -> Result<()> {
    let (lock, analysis) = turn(ctx, permission, id).await?;
    // Otherwise it was measured again since the user saw it.
    let result = store::current(&mut ctx.tx, id).await?.filter(|result| result.id == seen);
    let result = result.ok_or_else(|| Error::conflict(tr!(lab.analysis_changed)))?;
    let test = catalogue.test(analysis.test_id)?;
    if result.released_at.is_some() {
        // Another person released it a moment ago.
        return Err(Error::conflict(tr!(lab.released_already, test = test.name().to_owned())));
    }
    if anew::is_waiting(&mut ctx.tx, result.id).await? {
        return Err(Error::conflict(tr!(lab.rejudged_soon, test = test.name().to_owned())));
    }
    let stamp = ctx.stamp();
    let alone = !by_itself && result.entered_by == stamp.by;
    let single_handed = alone && catalogue::single_handed(ctx, analysis.clinic_id).await?.0;
    if alone && !single_handed {
        return Err(Error::conflict(tr!(lab.two_people, test = test.name().to_owned())));
    }
    let portal_from = wishes::portal_from(&mut ctx.tx, analysis.patient_id, test, stamp.at).await?;
    let how = Release { autoreleased: by_itself, single_handed, portal_from };
    let refused = |error: DbError| {
        if error.violates("results_inputs_current") {
            Error::conflict(tr!(lab.inputs_changed, test = test.name().to_owned()))
        } else if error.violates("results_inputs_released") {
            Error::conflict(tr!(lab.inputs_unreleased, test = test.name().to_owned()))
        } else if error.violates("rejected_holds") {
            Error::conflict(tr!(lab.controls_hold, test = test.name().to_owned()))
        } else {
            error.into()
        }
    };
    if !store::set_released(&mut ctx.tx, result.id, &how, stamp).await.map_err(refused)? {
        return Err(Error::conflict(tr!(lab.inputs_changed, test = test.name().to_owned())));
    }
    // A correction belongs to an analysis that was released before.
    if analysis.state != AnalysisState::Released {
        step(ctx, lock, &analysis, AnalysisAct::Release, Vec::new()).await?;
    }
    ctx.did(Action::Sign, "lab_result", result.id, Some(result.patient_id));
    ctx.tell(Event::new(&LAB).at(analysis.clinic_id).of(analysis.patient_id).about(analysis.id));
    Ok(())
}

/// Settles the orders of released results, and reports their requisitions.
pub(super) async fn finish(ctx: &mut Ctx, ids: &[LabAnalysisId]) -> Result<()> {
    let mut order_ids = Vec::new();
    for id in ids {
        order_ids.extend(samples::analysis(&mut ctx.tx, *id).await?.map(|analysis| analysis.order_id));
    }
    samples::settle_orders(ctx, order_ids, tr!(lab.order_reported)).await?;
    let mut requisitions: Vec<RequisitionId> =
        store::requisitions_of(&mut ctx.tx, ids).await?.into_iter().map(|(_, requisition)| requisition).collect();
    requisitions.sort_unstable();
    requisitions.dedup();
    for requisition in requisitions {
        let current: Vec<LabResult> = store::of_requisition(&mut ctx.tx, requisition).await?;
        reports::publish(ctx, requisition, current).await?;
    }
    Ok(())
}

/// Shows the results of a signed report to the patient, as far as their rules waited for the doctor. Returns whether there is something new to see
/// that no doctor holds back.
///
/// # Errors
/// When the database refuses.
pub async fn settle_portal(ctx: &mut Ctx, report: LabReportId, told: bool) -> Result<bool> {
    let now = ctx.now;
    let opened = store::open_to_patient(&mut ctx.tx, report, told, now).await?;
    store::is_one_free(&mut ctx.tx, &opened).await
}

/// Tells patients of results that they see some hours after the release. Returns the number of patients.
///
/// # Errors
/// When the database refuses.
pub async fn tell_late(state: &AppState) -> Result<usize> {
    let now = state.clock.now();
    let found = store::untold(&mut state.db.read().await?, now - Duration::days(LATE_DAYS), now).await?;
    let mut told = 0;
    for group in found.chunk_by(|one, other| (one.1, one.2) == (other.1, other.2)) {
        let Some((first, patient, clinic)) = group.first().copied() else { continue };
        let ids: Vec<LabResultId> = group.iter().map(|(id, ..)| *id).collect();
        let mut tx = state.db.write().await?;
        if !store::set_told(&mut tx, &ids, now).await? {
            continue;
        }
        let about = reports::about_results(clinic, first.into());
        let events = messages::tell_by_job(&mut tx, patient, &Notice::ResultsThere {}, &about, now).await?;
        upkeep::audited(&mut tx, "lab_result", first.into(), (patient, clinic), now).await?;
        upkeep::finish(state, tx, events).await?;
        told += 1;
    }
    Ok(told)
}
