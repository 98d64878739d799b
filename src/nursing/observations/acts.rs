//! The acts on sets: record, refuse, correct, mark as wrong.

use super::{ObservationForm, ObservationPlan, ObservationSet, Observed, plan_of, store};
use crate::{
    audit::Action,
    core::{AdmissionId, Error, ObservationId, Permission, Result, error::FieldErrors, time::Instant},
    db::DbError,
    nursing::{
        bedside::{self, Bedside},
        escalations, tasks,
        vocabulary::{SetKind, Unscored},
    },
    opd::{
        News2,
        vitals::{ADULT_MONTHS, LATELY, ages_of, newest_weight, news2::Scale, of_weight},
    },
    server::Ctx,
    tr,
};

/// Returns the score of a set, or why there is none: the patient is a child or pregnant, or a value is missing.
fn judge(values: &Observed, scale: Scale, months: i64, pregnant: bool) -> Result<News2, Unscored> {
    if months < ADULT_MONTHS {
        return Err(Unscored::Child);
    }
    if pregnant {
        return Err(Unscored::Pregnant);
    }
    values.score(scale).ok_or(Unscored::Partial)
}

async fn months_at(ctx: &mut Ctx, bed: &Bedside, at: Instant) -> Result<i64> {
    Ok(ages_of(&mut ctx.tx, bed.admission.patient_id, bed.zone).await?.at(at, None))
}

/// Asks about a weight that is unlikely at the age, or far from the last one: doses depend on it.
async fn ask_weight(ctx: &mut Ctx, bed: &Bedside, form: &ObservationForm, (at, months): (Instant, i64)) -> Result<()> {
    let Some(grams) = form.values.weight.filter(|_| !form.sure) else { return Ok(()) };
    let newest = newest_weight(&mut ctx.tx, bed.admission.patient_id).await?;
    let last = newest.filter(|(_, weighed)| at - *weighed < LATELY).map(|(grams, _)| grams);
    match of_weight(grams, last, months) {
        Some(question) => Err(Error::invalid("weight", question.words())),
        None => Ok(()),
    }
}

/// Records a set that was taken at a time. The same id a second time finds it recorded.
///
/// # Errors
/// [`Error::Invalid`] for wrong values or a wrong time, [`Error::Conflict`] when the patient is not admitted.
pub async fn record(ctx: &mut Ctx, admission: AdmissionId, id: ObservationId, form: &ObservationForm, time: &str) -> Result<()> {
    let bed = bedside::turn(ctx, Permission::RecordCare, admission).await?;
    if is_known(ctx, id, admission).await? {
        return Ok(());
    }
    bed.must_be_admitted()?;
    let taken_at = bed.passed(ctx, "time", time)?;
    let plan = plan_of(&mut ctx.tx, admission).await?;
    let months = months_at(ctx, &bed, taken_at).await?;
    ask_weight(ctx, &bed, form, (taken_at, months)).await?;
    let score = judge(&form.values, plan.scale(), months, plan.pregnant);
    let new = store::NewSet {
        id,
        set: id,
        version: 1,
        kind: SetKind::Values,
        taken_at,
        values: form.values,
        worried: form.worried,
        spo2_scale: plan.spo2_scale,
        score,
        reason: "",
    };
    add(ctx, &bed, &new).await?;
    // A weight alone is not the set that a task asks for.
    if form.values.is_weight_alone() && !form.worried {
        return Ok(());
    }
    tasks::settle_with(ctx, admission, "observations").await
}

/// Records that the patient refused.
///
/// # Errors
/// As [`record`].
pub async fn refuse(ctx: &mut Ctx, admission: AdmissionId, id: ObservationId, reason: &str) -> Result<()> {
    let bed = bedside::turn(ctx, Permission::RecordCare, admission).await?;
    if is_known(ctx, id, admission).await? {
        return Ok(());
    }
    bed.must_be_admitted()?;
    let reason = required(reason)?;
    let plan = plan_of(&mut ctx.tx, admission).await?;
    let new = store::NewSet {
        id,
        set: id,
        version: 1,
        kind: SetKind::Refused,
        taken_at: ctx.now,
        values: Observed::default(),
        worried: false,
        spo2_scale: plan.spo2_scale,
        score: Err(Unscored::Refused),
        reason: &reason,
    };
    add(ctx, &bed, &new).await
}

fn required(reason: &str) -> Result<String> {
    let mut errors = FieldErrors::new();
    let reason = errors.required_line("reason", reason, 500);
    errors.finish()?;
    Ok(reason)
}

/// Whether the set was recorded before, for the same admission.
async fn is_known(ctx: &mut Ctx, id: ObservationId, admission: AdmissionId) -> Result<bool> {
    match store::find(&mut ctx.tx, id).await? {
        None => Ok(false),
        Some(known) if known.admission_id == admission => Ok(true),
        Some(_) => Err(Error::key_used()),
    }
}

/// Adds a version, and follows it: somebody must come, or need not any more.
async fn add(ctx: &mut Ctx, bed: &Bedside, new: &store::NewSet<'_>) -> Result<()> {
    let (stamp, whose) = (ctx.stamp(), bed.whose());
    store::insert(&mut ctx.tx, whose, new, stamp).await.map_err(DbError::of_form_key)?;
    let action = if new.version == 1 { Action::Create } else { Action::Update };
    bedside::record(ctx, action, "observation", new.id, whose);
    bedside::tell_board(ctx, whose);
    let set = store::find(&mut ctx.tx, new.id).await?.ok_or(Error::NotFound)?;
    escalations::follow(ctx, bed, &set).await
}

/// Locks the admission of a version that counts.
async fn current(ctx: &mut Ctx, id: ObservationId) -> Result<(Bedside, ObservationSet, ObservationPlan)> {
    let known = store::find(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    let bed = bedside::turn(ctx, Permission::RecordCare, known.admission_id).await?;
    let set = store::find(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    if set.superseded_at.is_some() || set.kind == SetKind::Error {
        return Err(Error::conflict(tr!(nursing.corrected_before)));
    }
    let plan = plan_of(&mut ctx.tx, set.admission_id).await?;
    Ok((bed, set, plan))
}

/// Corrects the values of a set: another version supersedes it. The time and the scale of the saturation stay.
///
/// # Errors
/// [`Error::Conflict`] when the version was superseded.
pub async fn correct(ctx: &mut Ctx, id: ObservationId, form: &ObservationForm, reason: &str) -> Result<ObservationSet> {
    let (bed, set, plan) = current(ctx, id).await?;
    let reason = required(reason)?;
    let months = months_at(ctx, &bed, set.taken_at).await?;
    // A pregnancy that was marked later changes the score of a corrected set, too.
    let score = judge(&form.values, Scale::numbered(set.spo2_scale), months, plan.pregnant);
    let new = store::NewSet {
        id: ObservationId::new(),
        set: set.set_id,
        version: set.version + 1,
        kind: SetKind::Values,
        taken_at: set.taken_at,
        values: form.values,
        worried: form.worried,
        spo2_scale: set.spo2_scale,
        score,
        reason: &reason,
    };
    supersede(ctx, &bed, &set, &new).await?;
    Ok(set)
}

/// Marks a set as entered in error: the last version has no values.
///
/// # Errors
/// [`Error::Conflict`] when the version was superseded.
pub async fn mark_wrong(ctx: &mut Ctx, id: ObservationId, reason: &str) -> Result<ObservationSet> {
    let (bed, set, _) = current(ctx, id).await?;
    let reason = required(reason)?;
    let new = store::NewSet {
        id: ObservationId::new(),
        set: set.set_id,
        version: set.version + 1,
        kind: SetKind::Error,
        taken_at: set.taken_at,
        values: Observed::default(),
        worried: false,
        spo2_scale: set.spo2_scale,
        score: Err(Unscored::Error),
        reason: &reason,
    };
    supersede(ctx, &bed, &set, &new).await?;
    Ok(set)
}

async fn supersede(ctx: &mut Ctx, bed: &Bedside, set: &ObservationSet, new: &store::NewSet<'_>) -> Result<()> {
    let now = ctx.now;
    if !store::supersede(&mut ctx.tx, set.id, now).await? {
        return Err(Error::conflict(tr!(nursing.corrected_before)));
    }
    add(ctx, bed, new).await
}
