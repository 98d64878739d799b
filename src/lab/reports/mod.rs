//! Reports of a requisition. Each release makes a new version with all results that are released by then; none is changed later.

mod store;

use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{
    LAB,
    flag::Flag,
    results::{self, LabResult},
    reviews,
    samples::{self, AnalysisState},
    vocabulary::{ReportState, Weight},
};
use crate::{
    audit::Action,
    core::{ClinicId, LabReportId, PatientId, RequisitionId, Result, UserId, time::Instant},
    messages::{self, About, MessageKind},
    notifications::{Hearer, Notice, notify},
    patients,
    server::{Ctx, Event},
};

pub use store::{of_patient, report, reports_of};

/// A report.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct LabReport {
    pub id: LabReportId,
    pub requisition_id: RequisitionId,
    /// The number of the requisition.
    pub requisition: String,
    pub patient_id: PatientId,
    pub clinic_id: ClinicId,
    pub version: i64,
    pub state: ReportState,
    pub digest: String,
    pub created_at: Instant,
    pub orderer: String,
    pub requested_by: UserId,
    pub requested_at: Instant,
}

/// Returns the digest of the results of a report: SHA-256 over each id, value, unit and flag, in the order of the ids.
pub fn digest(results: &[LabResult]) -> String {
    let mut sorted: Vec<&LabResult> = results.iter().collect();
    sorted.sort_by_key(|result| result.id);
    let mut digest = Sha256::new();
    for result in sorted {
        let choice = result.choice_id.map(|id| id.to_string()).unwrap_or_default();
        let absent = result.absent_reason.map_or("", super::vocabulary::AbsentReason::as_str);
        digest.update(format!(
            "{}\n{}\n{}\n{}\n{choice}\n{absent}\n{}\n{}\n",
            result.id, result.version, result.value_text, result.unit, result.text, result.flag
        ));
    }
    digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Returns the weight of the most urgent flag.
pub fn weight(results: &[LabResult]) -> Weight {
    if results.iter().any(|result| result.flag.is_critical()) {
        Weight::Critical
    } else if results.iter().any(|result| result.flag.is_abnormal() || result.flag == Flag::ByHand) {
        Weight::Abnormal
    } else {
        Weight::Normal
    }
}

/// Publishes the released results of a requisition as its next report, when something is new. `current` has the current versions of all its
/// results. The doctor who ordered gets it to sign; those who saw an earlier version hear of a correction.
///
/// # Errors
/// When the database refuses.
pub async fn publish(ctx: &mut Ctx, requisition: RequisitionId, current: Vec<LabResult>) -> Result<()> {
    let pending = current.iter().any(|result| !result.is_reported());
    let released: Vec<LabResult> = current.into_iter().filter(LabResult::is_reported).collect();
    let Some(first) = released.first().cloned() else { return Ok(()) };
    let digest = digest(&released);
    let earlier = reports_of(&mut ctx.tx, requisition).await?;
    let last = earlier.first();
    if last.is_some_and(|last| last.digest == digest) {
        return Ok(());
    }
    let samples: Vec<_> = samples::of_requisition(&mut ctx.tx, requisition).await?.into_iter().map(|sample| sample.id).collect();
    let analyses = samples::analyses_of_samples(&mut ctx.tx, &samples).await?;
    let is_open = |state| !matches!(state, AnalysisState::Released | AnalysisState::Cancelled);
    let is_partial = pending || analyses.iter().any(|analysis| is_open(analysis.state));
    let is_corrected = released.iter().any(|result| !result.correction.is_empty());
    let state = match (is_corrected, is_partial) {
        (true, _) => ReportState::Corrected,
        (false, true) => ReportState::Partial,
        (false, false) => ReportState::Final,
    };
    let (stamp, id) = (ctx.stamp(), LabReportId::new());
    let version = last.map_or(1, |last| last.version + 1);
    let new = store::NewReport { id, requisition, patient: first.patient_id, clinic: first.clinic_id, version, state, digest: &digest };
    store::insert(&mut ctx.tx, &new, &released, stamp).await?;
    ctx.did(Action::Create, "lab_report", id, Some(first.patient_id));
    ctx.tell(Event::new(&LAB).at(first.clinic_id).of(first.patient_id).about(id));
    ctx.tell(Event::new(&patients::CHART).at(first.clinic_id).of(first.patient_id));
    let report = store::report(&mut ctx.tx, id).await?.ok_or(crate::core::Error::NotFound)?;
    let reported = match last {
        Some(last) => results::of_report(&mut ctx.tx, last.id).await?,
        None => Vec::new(),
    };
    let is_known = |id| reported.iter().any(|known| known.id == id);
    let is_new_correction = last.is_some() && released.iter().any(|result| !result.correction.is_empty() && !is_known(result.id));
    let mut hear = reviews::replace(ctx, &report, weight(&released)).await?;
    if report.requested_by != UserId::SYSTEM && !hear.contains(&report.requested_by) {
        hear.push(report.requested_by);
    }
    let notice = match is_new_correction {
        true => Notice::ReportCorrected { number: report.requisition.clone() },
        false => Notice::ReportReady { number: report.requisition.clone() },
    };
    for user in hear {
        notify(ctx, Hearer { user, dependant: None }, &notice, "/lab/inbox").await?;
    }
    let shown = released.iter().filter(|result| result.portal_from == Some(stamp.at)).map(|result| result.id).collect::<Vec<_>>();
    // The bell does not tell of results that a doctor holds back.
    if results::is_one_free(&mut ctx.tx, &shown).await? {
        tell_of_results(ctx, first.patient_id, first.clinic_id, id.into()).await?;
    }
    Ok(())
}

/// The message that results are to be read in the portal. A person hears of a subject once.
pub fn about_results(clinic: ClinicId, subject: Uuid) -> About {
    About {
        kind: MessageKind::Results,
        subject,
        clinic,
        at: None,
        expires: None,
        needed_by: None,
        link: "/portal/records".to_owned(),
        call: false,
    }
}

/// Tells a patient, and the people who act for the patient, that results are to be read in the portal.
///
/// # Errors
/// When the database refuses.
pub async fn tell_of_results(ctx: &mut Ctx, patient: PatientId, clinic: ClinicId, subject: Uuid) -> Result<()> {
    messages::tell(ctx, patient, &Notice::ResultsThere {}, &about_results(clinic, subject)).await
}
