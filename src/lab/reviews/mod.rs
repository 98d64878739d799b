//! The doctor's inbox: each report is signed, with the action that follows from it.

mod store;

use super::{
    LAB,
    reports::{self, LabReport},
    results,
    vocabulary::{ReportState, ReviewAction, ReviewState, Weight},
};
use crate::{
    accounts,
    audit::Action,
    core::{ClinicId, Error, LabReportId, LabReviewId, PatientId, Permission, Result, Role, UserId, time::Instant},
    notifications::{Hearer, Notice, notify, notify_by_job},
    orders,
    patients::{Birth, PatientName, Sex},
    server::{AppState, Ctx, Event},
    tr,
};

pub use store::{count_open, doctors, inbox, is_away, of_clinic};

/// A report in the inbox.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct LabReview {
    pub id: LabReviewId,
    pub report_id: LabReportId,
    pub patient_id: PatientId,
    #[sqlx(flatten)]
    pub patient_name: PatientName,
    pub mrn: String,
    #[sqlx(flatten)]
    pub birth: Birth,
    pub sex: Sex,
    pub clinic_id: ClinicId,
    pub clinician_id: UserId,
    pub clinician: String,
    pub weight: Weight,
    pub state: ReviewState,
    pub due_at: Instant,
    pub created_at: Instant,
    pub report_state: ReportState,
    pub requisition: String,
}

/// Puts a new report into the inbox of the doctor who ordered, or of the doctor of the stay, or into the clinic's pool when this is no doctor of the
/// clinic any more or is away for whole days.
/// Unsigned reviews of older versions are replaced. Returns the users who saw or signed an older version, and the doctors of a pool.
///
/// # Errors
/// When the database refuses.
pub async fn replace(ctx: &mut Ctx, report: &LabReport, weight: Weight) -> Result<Vec<UserId>> {
    let (now, id) = (ctx.now, LabReviewId::new());
    let mut saw = store::who_saw(&mut ctx.tx, report.requisition_id).await?;
    store::replace_open(&mut ctx.tx, report.requisition_id).await?;
    let due = now + chrono::Duration::minutes(weight.minutes());
    let responsible = orders::responsible(&mut ctx.tx, report.requisition_id).await?;
    // The program is no doctor: what it has is in the pool.
    let clinician = match store::is_away(&mut ctx.tx, responsible, report.clinic_id, now).await? {
        true => UserId::SYSTEM,
        false => responsible,
    };
    store::insert(&mut ctx.tx, (id, clinician), report, weight, due, now).await?;
    ctx.did(Action::Create, "lab_review", id, Some(report.patient_id));
    let review = store::review(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    if !store::can_sign(&mut ctx.tx, &review).await? {
        saw.extend(store::doctors(&mut ctx.tx, report.clinic_id).await?.into_iter().map(|(user, _)| user));
        saw.sort_unstable();
        saw.dedup();
    } else if clinician != UserId::SYSTEM && !saw.contains(&clinician) {
        saw.push(clinician);
    }
    Ok(saw)
}

/// Locks a review that the user may sign: one's own, or a colleague's of the clinic.
async fn turn(ctx: &mut Ctx, id: LabReviewId) -> Result<(crate::db::Locked<LabReviewId>, LabReview)> {
    let review = store::review(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    ctx.at_clinic(Permission::PlaceOrders, review.clinic_id)?;
    ctx.reach([review.patient_id]).await?;
    let lock = ctx.tx.lock(id).await?;
    let review = store::review(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    Ok((lock, review))
}

/// Signs a report with an action. The patient then sees the results whose rule waits for the doctor.
///
/// # Errors
/// [`Error::Conflict`] when a newer report came, or a colleague signed it.
pub async fn sign(ctx: &mut Ctx, id: LabReviewId, action: ReviewAction) -> Result<LabReview> {
    let (lock, review) = turn(ctx, id).await?;
    let stamp = ctx.stamp();
    match review.state {
        ReviewState::New | ReviewState::Seen => {}
        ReviewState::Signed => return Err(Error::conflict(tr!(lab.signed_already))),
        ReviewState::Replaced => return Err(Error::conflict(tr!(lab.newer_report))),
    }
    store::sign(&mut ctx.tx, lock, action, stamp).await?;
    let opened = results::settle_portal(ctx, review.report_id, action == ReviewAction::PatientTold).await?;
    ctx.did(Action::Sign, "lab_review", id, Some(review.patient_id));
    if opened {
        reports::tell_of_results(ctx, review.patient_id, review.clinic_id, id.into()).await?;
    }
    ctx.tell(Event::new(&LAB).at(review.clinic_id).of(review.patient_id).about(id));
    Ok(review)
}

/// Marks a report as seen; it stays in the inbox.
///
/// # Errors
/// [`Error::Conflict`] when a newer report came, or it is signed.
pub async fn see(ctx: &mut Ctx, id: LabReviewId) -> Result<()> {
    let (lock, review) = turn(ctx, id).await?;
    match review.state {
        ReviewState::New => {}
        ReviewState::Seen => return Ok(()),
        ReviewState::Signed => return Err(Error::conflict(tr!(lab.signed_already))),
        ReviewState::Replaced => return Err(Error::conflict(tr!(lab.newer_report))),
    }
    let now = ctx.now;
    store::set_seen(&mut ctx.tx, lock, now).await?;
    ctx.did(Action::Update, "lab_review", id, Some(review.patient_id));
    ctx.tell(Event::new(&LAB).at(review.clinic_id).of(review.patient_id).about(id));
    Ok(())
}

/// Gives a report to another doctor of the clinic, who hears of it. It stays due when it was.
///
/// # Errors
/// [`Error::Invalid`] with `to` when this is no doctor of the clinic; [`Error::Conflict`] when it is signed, or a newer report came.
pub async fn forward(ctx: &mut Ctx, id: LabReviewId, to: &str) -> Result<()> {
    let (lock, review) = turn(ctx, id).await?;
    let doctors = store::doctors(&mut ctx.tx, review.clinic_id).await?;
    let to = doctors.into_iter().map(|(user, _)| user).find(|user| user.to_string() == to.trim());
    let to = to.ok_or_else(|| Error::invalid("to", tr!(errors.choose)))?;
    if !store::set_clinician(&mut ctx.tx, lock, to).await? {
        return Err(Error::conflict(tr!(lab.signed_already)));
    }
    ctx.did(Action::Update, "lab_review", id, Some(review.patient_id));
    ctx.tell(Event::new(&LAB).at(review.clinic_id).of(review.patient_id).about(id));
    let notice = Notice::ReportReady { number: review.requisition };
    notify(ctx, Hearer { user: to, dependant: None }, &notice, "/lab/inbox").await?;
    Ok(())
}

/// Signs normal reports at once: those that the user saw.
///
/// # Errors
/// [`Error::Conflict`] when one is not normal, when a newer report came, or a colleague signed it.
pub async fn sign_normal(ctx: &mut Ctx, seen: &[LabReviewId]) -> Result<()> {
    for id in seen {
        if sign(ctx, *id, ReviewAction::None).await?.weight != Weight::Normal {
            return Err(Error::conflict(tr!(lab.not_normal)));
        }
    }
    Ok(())
}

/// Sends unsigned reports that are overdue further: their doctor hears of it again, and all doctors of the clinic. Returns their number.
///
/// # Errors
/// When the database refuses.
pub async fn escalate(state: &AppState) -> Result<usize> {
    let now = state.clock.now();
    let due = store::overdue(&mut state.db.read().await?, now).await?;
    let mut escalated = 0;
    for id in due {
        let mut tx = state.db.write().await?;
        let lock = tx.lock(id).await?;
        if !store::set_escalated(&mut tx, lock, now).await? {
            continue;
        }
        let review = store::review(&mut tx, id).await?.ok_or(Error::NotFound)?;
        let mut users = accounts::users_with_role_at(&mut tx, Role::Doctor, review.clinic_id).await?;
        users.push(review.clinician_id);
        users.sort_unstable();
        users.dedup();
        let notice = Notice::ReportUnsigned { number: review.requisition.clone() };
        let mut events = vec![Event::new(&LAB).at(review.clinic_id).of(review.patient_id).about(id)];
        for user in users.into_iter().filter(|user| *user != UserId::SYSTEM) {
            events.push(notify_by_job(&mut tx, Hearer { user, dependant: None }, &notice, "/lab/inbox?all=yes", now).await?);
        }
        super::upkeep::audited(&mut tx, "lab_review", id.into(), (review.patient_id, review.clinic_id), now).await?;
        super::upkeep::finish(state, tx, events).await?;
        escalated += 1;
    }
    Ok(escalated)
}
