//! Calls of critical results: opened when the result is checked, closed when a person has read the value back.

mod store;

use chrono::Duration;

use super::{
    LAB,
    results::LabResult,
    samples::Analysis,
    vocabulary::{CallHow, CallOutcome},
};
use crate::{
    accounts,
    audit::Action,
    core::{
        ClinicId, Error, LabAnalysisId, LabCallId, LabResultId, LabTestId, PatientId, Permission, Result, Role, UserId, error::FieldErrors,
        time::Instant,
    },
    notifications::{Hearer, Notice, notify, notify_by_job},
    patients::PatientName,
    server::{AppState, Ctx, Event},
    tr,
};

pub use store::{attempts_of, count_open, open_of_patient};

/// Minutes after which an open call goes further: to the nurses of the clinic and the heads of the wards where the patient
/// lies, to its doctors, to the pathologists.
pub const STEPS: [(i64, Role); 3] = [(15, Role::Nurse), (30, Role::Doctor), (60, Role::Pathologist)];

/// The call of a critical result.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct CriticalCall {
    pub id: LabCallId,
    pub result_id: LabResultId,
    pub test_id: LabTestId,
    pub patient_id: PatientId,
    #[sqlx(flatten)]
    pub patient_name: PatientName,
    pub mrn: String,
    pub clinic_id: ClinicId,
    /// The value with its unit, as it was called.
    pub value: String,
    pub opened_at: Instant,
    pub level: i64,
    pub closed_at: Option<Instant>,
    pub read_back_name: String,
    pub corrected: bool,
    /// The doctor who ordered, and the requisition.
    pub orderer: String,
    pub requisition: String,
}

/// One attempt to reach somebody.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct CallAttempt {
    pub call_id: LabCallId,
    pub at: Instant,
    pub by_name: String,
    pub whom: String,
    pub how: CallHow,
    pub outcome: CallOutcome,
}

/// Opens the call of a critical result, and notifies the doctor who ordered.
///
/// # Errors
/// When the database refuses.
pub async fn open(ctx: &mut Ctx, analysis: &Analysis, result: &LabResult, value: &str) -> Result<()> {
    let now = ctx.now;
    let short: String = value.chars().take(120).collect();
    let id = LabCallId::new();
    store::insert(&mut ctx.tx, id, result, &short, now).await?;
    ctx.did(Action::Create, "lab_call", id, Some(result.patient_id));
    ctx.tell(Event::new(&LAB).at(result.clinic_id).of(result.patient_id).about(id));
    if let Some((orderer, requisition)) = store::orderer(&mut ctx.tx, analysis.order_id).await?
        && orderer != UserId::SYSTEM
    {
        let notice = Notice::CriticalResult { number: requisition };
        notify(ctx, Hearer { user: orderer, dependant: None }, &notice, &format!("/patients/{}/lab", result.patient_id)).await?;
    }
    Ok(())
}

/// Closes the open calls of an analysis whose result is withdrawn.
///
/// # Errors
/// When the database refuses.
pub async fn withdraw(ctx: &mut Ctx, analysis: LabAnalysisId) -> Result<()> {
    let stamp = ctx.stamp();
    for (id, patient) in store::open_of_analysis(&mut ctx.tx, analysis).await? {
        let lock = ctx.tx.lock(id).await?;
        if store::close(&mut ctx.tx, lock, "", true, stamp).await? {
            ctx.did(Action::Update, "lab_call", id, Some(patient));
        }
    }
    Ok(())
}

/// Opens the call of a result again that was closed because a correction had withdrawn the result: the correction was taken back.
///
/// # Errors
/// When the database refuses.
pub async fn reopen(ctx: &mut Ctx, result: LabResultId, patient: PatientId) -> Result<()> {
    for id in store::withdrawn_of(&mut ctx.tx, result).await? {
        let lock = ctx.tx.lock(id).await?;
        store::reopen(&mut ctx.tx, lock).await?;
        ctx.did(Action::Update, "lab_call", id, Some(patient));
    }
    Ok(())
}

/// The fields of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttemptForm {
    pub whom: String,
    pub how: CallHow,
    pub outcome: CallOutcome,
}

impl AttemptForm {
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

/// Records an attempt. When the person read the value back, the call is closed.
///
/// # Errors
/// [`Error::Conflict`] when the call is closed already.
pub async fn attempt(ctx: &mut Ctx, id: LabCallId, form: &AttemptForm) -> Result<CriticalCall> {
    let call = store::call(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    ctx.at_clinic(Permission::WorkLab, call.clinic_id)?;
    ctx.reach([call.patient_id]).await?;
    let lock = ctx.tx.lock(id).await?;
    let call = store::call(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    if call.closed_at.is_some() {
        return Err(Error::conflict(tr!(lab.call_closed)));
    }
    let stamp = ctx.stamp();
    store::insert_attempt(&mut ctx.tx, lock, form, stamp).await?;
    if form.outcome == CallOutcome::ReadBack {
        store::close(&mut ctx.tx, lock, &form.whom, false, stamp).await?;
    }
    ctx.did(Action::Update, "lab_call", id, Some(call.patient_id));
    ctx.tell(Event::new(&LAB).at(call.clinic_id).of(call.patient_id).about(id));
    Ok(call)
}

/// Reads the calls of a clinic: open ones, the oldest first; or those of the last days, the latest first.
///
/// # Errors
/// When the database refuses.
pub async fn list(ctx: &mut Ctx, clinic: ClinicId, closed: bool) -> Result<Vec<CriticalCall>> {
    let since = ctx.now - Duration::days(7);
    store::list(&mut ctx.tx, clinic, closed.then_some(since)).await
}

/// Sends open calls that nobody read back further. Returns their number.
///
/// # Errors
/// When the database refuses.
pub async fn escalate(state: &AppState) -> Result<usize> {
    let now = state.clock.now();
    let mut escalated = 0;
    for (level, (minutes, role)) in (1_i64..).zip(STEPS) {
        let due = store::due(&mut state.db.read().await?, level, now - Duration::minutes(minutes)).await?;
        for id in due {
            let mut tx = state.db.write().await?;
            let lock = tx.lock(id).await?;
            if !store::set_level(&mut tx, lock, level, now).await? {
                continue;
            }
            let call = store::call(&mut tx, id).await?.ok_or(Error::NotFound)?;
            let notice = Notice::CriticalUnread { number: call.requisition.clone(), minutes };
            let mut events = vec![Event::new(&LAB).at(call.clinic_id).of(call.patient_id).about(id)];
            let mut hearers = Vec::new();
            for user in accounts::users_with_role_at(&mut tx, role, call.clinic_id).await? {
                let link = if role == Role::Pathologist { "/lab/calls".to_owned() } else { format!("/patients/{}/lab", call.patient_id) };
                hearers.push((user, link));
            }
            // The heads of the wards know where a patient who was admitted lies.
            if let Some(clinic) = store::lies_at(&mut tx, call.patient_id).await?
                && role == Role::Nurse
            {
                let heads = accounts::users_with_role_at(&mut tx, Role::WardManager, clinic).await?;
                hearers.extend(heads.into_iter().map(|user| (user, format!("/patients/{}", call.patient_id))));
            }
            for (user, link) in hearers {
                events.push(notify_by_job(&mut tx, Hearer { user, dependant: None }, &notice, &link, now).await?);
            }
            super::upkeep::audited(&mut tx, "lab_call", id.into(), (call.patient_id, call.clinic_id), now).await?;
            super::upkeep::finish(state, tx, events).await?;
            escalated += 1;
        }
    }
    Ok(escalated)
}
