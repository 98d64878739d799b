//! Releasing results: two people, the portal's rules, and the report that follows.

use chrono::Duration;

use super::{
    LabResult,
    entry::{hold, step, turn},
    store::{self, Release},
};
use crate::{
    audit::Action,
    core::{Error, LabAnalysisId, LabReportId, LabResultId, Permission, RequisitionId, Result, time::Instant},
    db::DbError,
    lab::{
        LAB,
        catalogue::{self, Catalogue, LabTest},
        reports,
        samples::{self, AnalysisAct, AnalysisState},
        vocabulary::PortalRule,
    },
    server::{Ctx, Event},
    tr,
};

/// Returns the time from which the patient sees a result that is released now.
fn portal_from(test: &LabTest, now: Instant) -> Option<Instant> {
    match test.portal_rule {
        PortalRule::AtOnce => Some(now),
        PortalRule::AfterHours => Some(now + Duration::hours(test.portal_hours)),
        PortalRule::AfterReview | PortalRule::InPerson => None,
    }
}

/// Releases checked results, and corrections that wait, each as the user saw it; each requisition gets one new report.
///
/// # Errors
/// [`Error::Conflict`] when the user entered one of them, when one is not checked or is not the current one, or when an input of a calculated
/// one changed.
pub async fn release(ctx: &mut Ctx, seen: &[(LabAnalysisId, LabResultId)]) -> Result<()> {
    let catalogue = Catalogue::read(&mut ctx.tx).await?;
    let mut sorted = seen.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
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
    let stamp = ctx.stamp();
    let alone = !by_itself && result.entered_by == stamp.by;
    let single_handed = alone && catalogue::single_handed(ctx, analysis.clinic_id).await?.0;
    if alone && !single_handed {
        return Err(Error::conflict(tr!(lab.two_people, test = test.name().to_owned())));
    }
    let how = Release { autoreleased: by_itself, single_handed, portal_from: portal_from(test, stamp.at) };
    let refused = |error: DbError| {
        if error.violates("results_inputs_current") {
            Error::conflict(tr!(lab.inputs_changed, test = test.name().to_owned()))
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
async fn finish(ctx: &mut Ctx, ids: &[LabAnalysisId]) -> Result<()> {
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

/// Shows the results of a signed report to the patient, as far as their rules waited for the doctor.
///
/// # Errors
/// When the database refuses.
pub async fn settle_portal(ctx: &mut Ctx, report: LabReportId, told: bool) -> Result<()> {
    let now = ctx.now;
    store::open_to_patient(&mut ctx.tx, report, told, now).await
}
