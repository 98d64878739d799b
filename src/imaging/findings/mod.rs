//! Critical findings: called within 60 minutes, 24 hours or 7 days, and closed when a person has read the finding back.

mod store;

use chrono::Duration;

use super::{
    IMAGING,
    step::ImagingStep,
    studies::{self, ImagingStudy},
    vocabulary::CallWithin,
};
use crate::{
    accounts,
    audit::Action,
    core::{
        ClinicId, Error, ImagingOrderId, ImagingProcedureId, PatientId, Permission, RadiologyFindingId, Result, Role, UserId,
        error::FieldErrors, time::Instant,
    },
    lab::{CallHow, CallOutcome},
    notifications::{Hearer, Notice, notify, notify_by_job},
    patients::PatientName,
    server::{AppState, Ctx, Event},
    tr,
};

pub use store::{attempts_of, count_open, of_patient, of_study};

/// A critical finding, with its text opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CriticalFinding {
    pub id: RadiologyFindingId,
    pub imaging_id: ImagingOrderId,
    pub procedure_id: ImagingProcedureId,
    pub patient_id: PatientId,
    pub patient_name: PatientName,
    pub mrn: String,
    pub clinic_id: ClinicId,
    pub within: CallWithin,
    /// The finding, as it is called.
    pub text: String,
    pub opened_at: Instant,
    pub opener: String,
    pub due_at: Instant,
    pub level: i64,
    pub closed_at: Option<Instant>,
    pub read_back_name: String,
    /// The doctor who ordered, and the requisition.
    pub orderer: String,
    pub requisition: String,
}

/// One attempt to reach somebody.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct FindingAttempt {
    pub finding_id: RadiologyFindingId,
    pub at: Instant,
    pub by_name: String,
    pub whom: String,
    pub how: CallHow,
    pub outcome: CallOutcome,
}

/// Raises a critical finding of a locked study, and notifies the doctor who ordered.
///
/// # Errors
/// [`Error::Conflict`] when one is open already.
pub async fn raise(ctx: &mut Ctx, study: &ImagingStudy, within: CallWithin, text: &str) -> Result<()> {
    let (stamp, id) = (ctx.stamp(), RadiologyFindingId::new());
    store::insert(&mut ctx.tx, id, study, (within, text), stamp).await?;
    ctx.did(Action::Create, "radiology_finding", id, Some(study.patient_id));
    ctx.tell(Event::new(&IMAGING).at(study.clinic_id).of(study.patient_id).about(id));
    if study.ordered_by != UserId::SYSTEM {
        let hearer = Hearer { user: study.ordered_by, dependant: None };
        notify(ctx, hearer, &Notice::CriticalFinding { number: study.number() }, &format!("/patients/{}/imaging", study.patient_id))
            .await?;
    }
    Ok(())
}

/// Raises a critical finding before the report is signed: from the first image on.
///
/// # Errors
/// [`Error::Invalid`] without a text; [`Error::Conflict`] when there are no images, or a finding is open already.
pub async fn raise_early(ctx: &mut Ctx, id: ImagingOrderId, within: CallWithin, text: &str) -> Result<()> {
    if text.is_empty() {
        return Err(Error::invalid("finding", tr!(errors.required)));
    }
    let study = studies::study(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    ctx.at_clinic(Permission::ReportImaging, study.clinic_id)?;
    ctx.reach([study.patient_id]).await?;
    ctx.tx.lock(id).await?;
    let study = studies::study(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    if !matches!(study.step, ImagingStep::Started | ImagingStep::Acquired | ImagingStep::Reported) {
        return Err(Error::conflict(tr!(imaging.no_images)));
    }
    if of_study(&mut ctx.tx, id).await?.iter().any(|finding| finding.closed_at.is_none()) {
        return Err(Error::conflict(tr!(imaging.finding_open)));
    }
    raise(ctx, &study, within, text).await
}

/// The fields of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FindingAttemptForm {
    pub whom: String,
    pub how: CallHow,
    pub outcome: CallOutcome,
}

impl FindingAttemptForm {
    /// Reads the form.
    ///
    /// # Errors
    /// [`Error::Invalid`] with every field that is wrong.
    pub fn read(whom: &str, how: &str, outcome: &str) -> Result<Self> {
        let mut errors = FieldErrors::new();
        let whom = errors.required_line("whom", whom, 120);
        let how = errors.chosen::<CallHow>("how", how);
        let outcome = errors.chosen::<CallOutcome>("outcome", outcome);
        errors.finish()?;
        let (Some(how), Some(outcome)) = (how, outcome) else { return Err(Error::NotFound) };
        Ok(Self { whom, how, outcome })
    }
}

/// Records an attempt. When the person read the finding back, it is closed.
///
/// # Errors
/// [`Error::Conflict`] when it is closed already.
pub async fn attempt(ctx: &mut Ctx, id: RadiologyFindingId, form: &FindingAttemptForm) -> Result<()> {
    let finding = store::finding(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    ctx.at_clinic(Permission::WorkImaging, finding.clinic_id)?;
    ctx.reach([finding.patient_id]).await?;
    let lock = ctx.tx.lock(id).await?;
    let finding = store::finding(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    if finding.closed_at.is_some() {
        return Err(Error::conflict(tr!(imaging.call_closed)));
    }
    let stamp = ctx.stamp();
    store::insert_attempt(&mut ctx.tx, lock, form, stamp).await?;
    if form.outcome == CallOutcome::ReadBack {
        store::close(&mut ctx.tx, lock, &form.whom, stamp).await?;
    }
    ctx.did(Action::Update, "radiology_finding", id, Some(finding.patient_id));
    ctx.tell(Event::new(&IMAGING).at(finding.clinic_id).of(finding.patient_id).about(id));
    Ok(())
}

/// Reads the findings of a clinic: open ones, the first due first; or those that were closed in the last days.
///
/// # Errors
/// When the database refuses.
pub async fn list(ctx: &mut Ctx, clinic: ClinicId, closed: bool) -> Result<Vec<CriticalFinding>> {
    let since = ctx.now - Duration::days(7);
    store::list(&mut ctx.tx, clinic, closed.then_some(since)).await
}

/// Sends open findings that nobody read back further: to the doctors of the clinic at half of the time, to the radiologists when the time
/// is over. Returns their number.
///
/// # Errors
/// When the database refuses.
pub async fn escalate(state: &AppState) -> Result<usize> {
    let now = state.clock.now();
    let due = store::due(&mut state.db.read().await?, now).await?;
    let mut escalated = 0;
    for id in due {
        let mut tx = state.db.write().await?;
        let lock = tx.lock(id).await?;
        let finding = store::finding(&mut tx, id).await?.ok_or(Error::NotFound)?;
        let level = if now >= finding.due_at { 2 } else { 1 };
        if !store::set_level(&mut tx, lock, level, finding.due_at, now).await? {
            continue;
        }
        let notice = Notice::FindingUnread { number: finding.requisition.clone() };
        let mut events = vec![Event::new(&IMAGING).at(finding.clinic_id).of(finding.patient_id).about(id)];
        let mut hearers: Vec<(UserId, String)> = Vec::new();
        for user in accounts::users_with_role_at(&mut tx, Role::Doctor, finding.clinic_id).await? {
            hearers.push((user, format!("/patients/{}/imaging", finding.patient_id)));
        }
        if level == 2 {
            for user in accounts::users_with_role_at(&mut tx, Role::Radiologist, finding.clinic_id).await? {
                hearers.push((user, "/imaging/calls".to_owned()));
            }
        }
        for (user, link) in hearers {
            events.push(notify_by_job(&mut tx, Hearer { user, dependant: None }, &notice, &link, now).await?);
        }
        super::upkeep::audited(&mut tx, "radiology_finding", id.into(), (finding.patient_id, finding.clinic_id), now).await?;
        super::upkeep::finish(state, tx, events).await?;
        escalated += 1;
    }
    Ok(escalated)
}
