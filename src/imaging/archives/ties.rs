//! The acts of a person on studies of archives: tie to an order after comparing both patients, untie, dismiss, take back.

use super::{
    ArchivedState, ArchivedStudy, Compared, UnmatchedReason,
    store::{self, StudyFate},
};
use crate::{
    audit::Action,
    core::{ArchivedStudyId, Error, ImagingOrderId, Permission, Result, error::FieldErrors},
    db::Locked,
    imaging::{
        IMAGING,
        step::ImagingStep,
        studies::{self, ImagingStudy},
    },
    patients::CHART,
    server::{Ctx, Event},
    tr,
};

/// The open orders that a page offers.
const OFFERED: i64 = 20;

fn changed() -> Error {
    Error::conflict(tr!(imaging.archived_changed))
}

/// Locks a study of an archive of the user's clinic. A version tells whether the user saw it as it is.
async fn turn(ctx: &mut Ctx, id: ArchivedStudyId, version: i64) -> Result<(Locked<ArchivedStudyId>, ArchivedStudy)> {
    let study = store::study(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    ctx.at_clinic(Permission::WorkImaging, study.clinic_id)?;
    let lock = ctx.tx.lock(id).await?;
    let study = store::study(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    if study.version != version {
        return Err(changed());
    }
    Ok((lock, study))
}

/// Writes the fate of a locked study, its audit row and its events.
async fn settle(ctx: &mut Ctx, lock: Locked<ArchivedStudyId>, study: &ArchivedStudy, fate: &StudyFate) -> Result<()> {
    let stamp = ctx.stamp();
    if !store::settle(&mut ctx.tx, lock, study.version, fate, stamp).await? {
        return Err(changed());
    }
    let patient = fate.order.map(|(_, patient)| patient).or(study.patient_id);
    ctx.did(Action::Update, "archived_study", study.id, patient);
    let event = Event::new(&IMAGING).at(study.clinic_id).about(study.id);
    ctx.tell(match patient {
        Some(patient) => event.of(patient),
        None => event,
    });
    if let Some(patient) = patient {
        ctx.tell(Event::new(&CHART).at(study.clinic_id).of(patient));
    }
    Ok(())
}

/// Whether images can be of an order at this step.
const fn takes_images(step: ImagingStep) -> bool {
    !matches!(step, ImagingStep::Draft | ImagingStep::Cancelled)
}

/// Reads an order of the clinic with its accession number, for the comparison with a study.
///
/// # Errors
/// [`Error::Invalid`] with `accession` when the clinic has no such order.
pub async fn compare(ctx: &mut Ctx, study: &ArchivedStudy, accession: &str) -> Result<(ImagingStudy, Compared)> {
    let unknown = || Error::invalid("accession", tr!(imaging.accession_unknown));
    let id = store::by_accession(&mut ctx.tx, study.clinic_id, accession.trim()).await?.ok_or_else(unknown)?;
    let order = studies::study(&mut ctx.tx, id).await?.filter(|order| takes_images(order.step)).ok_or_else(unknown)?;
    let compared = Compared::new(&study.patient, &order.mrn, &order.patient_name, order.birth, order.sex);
    Ok((order, compared))
}

/// Reads the orders of a clinic whose images are awaited: those that may be meant.
///
/// # Errors
/// When the database refuses.
pub async fn open_orders(ctx: &mut Ctx, study: &ArchivedStudy) -> Result<Vec<ImagingStudy>> {
    let mut orders = Vec::new();
    for id in store::open_orders(&mut ctx.tx, study.clinic_id, OFFERED).await? {
        orders.extend(studies::study(&mut ctx.tx, id).await?);
    }
    Ok(orders)
}

/// Ties an unmatched study to an order. The user says that both patients were compared; where they differ, with a reason.
///
/// # Errors
/// [`Error::Invalid`] with the field; [`Error::Conflict`] when somebody else was first.
pub async fn tie(ctx: &mut Ctx, id: ArchivedStudyId, version: i64, order: ImagingOrderId, compared: bool, remark: &str) -> Result<()> {
    let mut errors = FieldErrors::new();
    let remark = errors.line("remark", remark, 500);
    if !compared {
        errors.add("compared", tr!(imaging.compare_first));
    }
    errors.finish()?;
    let order = studies::study(&mut ctx.tx, order).await?.ok_or(Error::NotFound)?;
    ctx.at_clinic(Permission::WorkImaging, order.clinic_id)?;
    ctx.reach([order.patient_id]).await?;
    let (lock, study) = turn(ctx, id, version).await?;
    if study.state != ArchivedState::Unmatched || order.clinic_id != study.clinic_id || !takes_images(order.step) {
        return Err(changed());
    }
    let is_same = Compared::new(&study.patient, &order.mrn, &order.patient_name, order.birth, order.sex).is_same();
    if !is_same && remark.is_empty() {
        return Err(Error::invalid("remark", tr!(imaging.differs_why)));
    }
    let fate =
        StudyFate { state: ArchivedState::Matched, reason: UnmatchedReason::None, order: Some((order.id, order.patient_id)), remark };
    settle(ctx, lock, &study, &fate).await
}

fn reasoned(reason: &str) -> Result<String> {
    let mut errors = FieldErrors::new();
    let reason = errors.required_line("reason", reason, 500);
    errors.finish()?;
    Ok(reason)
}

/// Unties a study with a reason: it is on the list of unmatched studies until a person decides again.
///
/// # Errors
/// [`Error::Invalid`] with `reason`; [`Error::Conflict`] when it is not tied.
pub async fn untie(ctx: &mut Ctx, id: ArchivedStudyId, version: i64, reason: &str) -> Result<()> {
    let remark = reasoned(reason)?;
    let (lock, study) = turn(ctx, id, version).await?;
    if study.state != ArchivedState::Matched {
        return Err(changed());
    }
    if let Some(order) = study.imaging_id {
        studies::withdraw_found(ctx, order).await?;
    }
    let fate = StudyFate { state: ArchivedState::Unmatched, reason: UnmatchedReason::Untied, order: None, remark };
    settle(ctx, lock, &study, &fate).await
}

/// Dismisses an unmatched study with a reason: a test of the device, another hospital's patient.
///
/// # Errors
/// [`Error::Invalid`] with `reason`; [`Error::Conflict`] when it is not unmatched.
pub async fn dismiss(ctx: &mut Ctx, id: ArchivedStudyId, version: i64, reason: &str) -> Result<()> {
    let remark = reasoned(reason)?;
    let (lock, study) = turn(ctx, id, version).await?;
    if study.state != ArchivedState::Unmatched {
        return Err(changed());
    }
    let fate = StudyFate { state: ArchivedState::Dismissed, reason: study.reason, order: None, remark };
    settle(ctx, lock, &study, &fate).await
}

/// Takes a dismissed study back onto the list of unmatched ones.
///
/// # Errors
/// [`Error::Conflict`] when it is not dismissed.
pub async fn reopen(ctx: &mut Ctx, id: ArchivedStudyId, version: i64) -> Result<()> {
    let (lock, study) = turn(ctx, id, version).await?;
    if study.state != ArchivedState::Dismissed {
        return Err(changed());
    }
    let fate = StudyFate { state: ArchivedState::Unmatched, reason: study.reason, order: None, remark: study.remark.clone() };
    settle(ctx, lock, &study, &fate).await
}
