//! The doctor's inbox: each report is signed, with the action that follows from it.

mod store;

use super::{
    IMAGING, catalogue, reports,
    studies::{self, ImagingStudy},
};
use crate::{
    accounts,
    audit::Action,
    clinical::holds,
    core::{
        ClinicId, Error, ImagingOrderId, PatientId, Permission, RadiologyReportId, RadiologyReviewId, Result, Role, UserId, time::Instant,
    },
    lab::{self, PortalRule, ReviewAction, ReviewState, Weight},
    notifications::{Hearer, Notice, notify, notify_by_job},
    orders,
    patients::{Birth, PatientName, Sex},
    server::{AppState, Ctx, Event},
    tr,
};

pub use store::{count_open, doctors, inbox, of_clinic};

/// A report in the inbox.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct RadiologyReview {
    pub id: RadiologyReviewId,
    pub report_id: RadiologyReportId,
    pub imaging_id: ImagingOrderId,
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
    pub version: i64,
    pub requisition: String,
}

/// Puts a signed report into the inbox of the doctor who ordered, or of the doctor of the stay, or into the clinic's pool when this is no doctor of
/// the clinic any more or is away for whole days.
/// Unsigned reviews of older versions are replaced. Returns the users who signed an older version, and the doctors of a pool.
///
/// # Errors
/// When the database refuses.
pub async fn replace(ctx: &mut Ctx, study: &ImagingStudy, report: RadiologyReportId, weight: Weight) -> Result<Vec<UserId>> {
    let (now, id) = (ctx.now, RadiologyReviewId::new());
    let mut hear = store::who_signed(&mut ctx.tx, study.id).await?;
    store::replace_open(&mut ctx.tx, study.id).await?;
    let due = now + chrono::Duration::minutes(weight.minutes());
    let responsible = orders::responsible_for(&mut ctx.tx, study.order_id).await?;
    // The program is no doctor: what it has is in the pool.
    let clinician = match lab::is_away(&mut ctx.tx, responsible, study.clinic_id, now).await? {
        true => UserId::SYSTEM,
        false => responsible,
    };
    store::insert(&mut ctx.tx, (id, clinician), study, report, (weight, due), now).await?;
    ctx.did(Action::Create, "radiology_review", id, Some(study.patient_id));
    if !store::can_sign(&mut ctx.tx, study.clinic_id, clinician).await? {
        hear.extend(store::doctors(&mut ctx.tx, study.clinic_id).await?.into_iter().map(|(user, _)| user));
        hear.sort_unstable();
        hear.dedup();
    } else if clinician != UserId::SYSTEM && !hear.contains(&clinician) {
        hear.push(clinician);
    }
    Ok(hear)
}

/// Locks a review that the user may sign: one's own, or a colleague's of the clinic.
async fn turn(ctx: &mut Ctx, id: RadiologyReviewId) -> Result<(crate::db::Locked<RadiologyReviewId>, RadiologyReview)> {
    let review = store::review(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    ctx.at_clinic(Permission::PlaceOrders, review.clinic_id)?;
    ctx.reach([review.patient_id]).await?;
    // The study first, so that a correction at the same moment waits or is seen.
    ctx.tx.lock(review.imaging_id).await?;
    let lock = ctx.tx.lock(id).await?;
    let review = store::review(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    Ok((lock, review))
}

/// Signs a report with an action. The patient then sees it, when its rule waits for the doctor.
///
/// # Errors
/// [`Error::Conflict`] when a newer report came, or a colleague signed it.
pub async fn sign(ctx: &mut Ctx, id: RadiologyReviewId, action: ReviewAction) -> Result<()> {
    let (lock, review) = turn(ctx, id).await?;
    let stamp = ctx.stamp();
    match review.state {
        ReviewState::New | ReviewState::Seen => {}
        ReviewState::Signed => return Err(Error::conflict(tr!(imaging.signed_already))),
        ReviewState::Replaced => return Err(Error::conflict(tr!(imaging.newer_report))),
    }
    store::sign(&mut ctx.tx, lock, action, stamp).await?;
    ctx.did(Action::Sign, "radiology_review", id, Some(review.patient_id));
    ctx.tell(Event::new(&IMAGING).at(review.clinic_id).of(review.patient_id).about(id));
    let study = studies::study(&mut ctx.tx, review.imaging_id).await?.ok_or(Error::NotFound)?;
    let procedure = catalogue::procedure(&mut ctx.tx, study.procedure_id).await?;
    let opens = procedure.portal_rule != PortalRule::InPerson || action == ReviewAction::PatientTold;
    if opens
        && reports::open_to_patient(&mut ctx.tx, review.report_id, stamp.at).await?
        && !holds::is_result_held(&mut ctx.tx, study.order_id).await?
    {
        lab::tell_of_results(ctx, review.patient_id, review.clinic_id, review.report_id.into()).await?;
    }
    Ok(())
}

/// Gives a report to another doctor of the clinic, who hears of it. It stays due when it was.
///
/// # Errors
/// [`Error::Invalid`] with `to` when this is no doctor of the clinic; [`Error::Conflict`] when it is signed, or a newer report came.
pub async fn forward(ctx: &mut Ctx, id: RadiologyReviewId, to: &str) -> Result<()> {
    let (lock, review) = turn(ctx, id).await?;
    let doctors = store::doctors(&mut ctx.tx, review.clinic_id).await?;
    let to = doctors.into_iter().map(|(user, _)| user).find(|user| user.to_string() == to.trim());
    let to = to.ok_or_else(|| Error::invalid("to", tr!(errors.choose)))?;
    if !store::set_clinician(&mut ctx.tx, lock, to).await? {
        return Err(Error::conflict(tr!(imaging.signed_already)));
    }
    ctx.did(Action::Update, "radiology_review", id, Some(review.patient_id));
    ctx.tell(Event::new(&IMAGING).at(review.clinic_id).of(review.patient_id).about(id));
    let notice = Notice::ImagingReported { number: review.requisition };
    notify(ctx, Hearer { user: to, dependant: None }, &notice, "/imaging/inbox").await?;
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
        let notice = Notice::ImagingUnsigned { number: review.requisition.clone() };
        let mut events = vec![Event::new(&IMAGING).at(review.clinic_id).of(review.patient_id).about(id)];
        for user in users.into_iter().filter(|user| *user != UserId::SYSTEM) {
            events.push(notify_by_job(&mut tx, Hearer { user, dependant: None }, &notice, "/imaging/inbox?all=yes", now).await?);
        }
        super::upkeep::audited(&mut tx, "radiology_review", id.into(), (review.patient_id, review.clinic_id), now).await?;
        super::upkeep::finish(state, tx, events).await?;
        escalated += 1;
    }
    Ok(escalated)
}
