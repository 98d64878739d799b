//! The statement of a sample that the patient is pregnant: only then the ranges of pregnancy hold.

use super::{
    acts::{changed, tell, turn},
    aliquots,
    state::SampleState,
    store,
};
use crate::{
    audit::Action,
    core::{Error, LabSampleId, Permission, Result, error::FieldErrors},
    db::DbError,
    lab::vocabulary::{PregnancySource, Trimester},
    patients::Sex,
    server::Ctx,
    tr,
};

/// The trimester, and from where it is known.
pub type Pregnancy = (Trimester, PregnancySource);

/// Reads the two fields of a form; nothing chosen is no statement.
pub fn read_pregnancy(trimester: &str, source: &str, errors: &mut FieldErrors) -> Option<Pregnancy> {
    if trimester.trim().is_empty() {
        if !source.trim().is_empty() {
            errors.add("pregnancy", tr!(errors.choose));
        }
        return None;
    }
    let trimester = errors.chosen::<Trimester>("pregnancy", trimester);
    trimester.zip(errors.chosen::<PregnancySource>("pregnancy_source", source))
}

/// Refuses a pregnancy of a man.
pub(super) fn refuse_for(sex: Sex) -> Result<()> {
    if sex == Sex::Male { Err(Error::invalid("pregnancy", tr!(lab.pregnancy_of_man))) } else { Ok(()) }
}

/// States the pregnancy at the bench, or takes the statement back, before the first value of the sample is entered.
///
/// # Errors
/// [`Error::Invalid`] with `pregnancy` for a man; [`Error::Conflict`] when the sample was not collected, or a value is entered.
pub async fn state_pregnancy(ctx: &mut Ctx, id: LabSampleId, stated: Option<Pregnancy>) -> Result<()> {
    let (lock, sample) = turn(ctx, Permission::WorkLab, id).await?;
    if stated == sample.pregnancy.zip(sample.pregnancy_source) {
        return Ok(());
    }
    if stated.is_some() {
        refuse_for(sample.sex)?;
    }
    if !matches!(sample.state, SampleState::Collected | SampleState::Sent | SampleState::Received | SampleState::Stored) {
        return Err(changed(&sample));
    }
    let stamp = ctx.stamp();
    let refused = |error: DbError| match error.violates("samples_pregnancy_fixed") {
        true => Error::conflict(tr!(lab.pregnancy_late)),
        false => error.into(),
    };
    if !store::set_pregnancy(&mut ctx.tx, lock, sample.version, stated, stamp).await.map_err(refused)? {
        return Err(changed(&sample));
    }
    // The tubes that were filled from it say the same.
    for tube in aliquots::aliquots_of(&mut ctx.tx, id).await? {
        let turn = ctx.tx.lock(tube.id).await?;
        if !store::set_pregnancy(&mut ctx.tx, turn, tube.version, stated, stamp).await.map_err(refused)? {
            return Err(changed(&tube));
        }
        ctx.did(Action::Update, "lab_sample", tube.id, Some(tube.patient_id));
    }
    ctx.did(Action::Update, "lab_sample", id, Some(sample.patient_id));
    tell(ctx, sample.clinic_id, sample.patient_id, id);
    Ok(())
}
