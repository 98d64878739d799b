//! The acts on an escalation: tell, attend, close, raise, withdraw.

use super::{Escalation, store};
use crate::{
    audit::Action,
    core::{Error, EscalationId, Permission, Result, error::FieldErrors},
    db::Locked,
    nursing::{bedside, response, vocabulary::EscalationStep},
    server::Ctx,
    tr,
};

/// Locks the admission and then the escalation.
async fn turn(ctx: &mut Ctx, id: EscalationId) -> Result<(Locked<EscalationId>, Escalation)> {
    let known = store::find(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    bedside::turn(ctx, Permission::RecordCare, known.admission_id).await?;
    let lock = ctx.tx.lock(id).await?;
    let open = store::find(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    Ok((lock, open))
}

/// Adds the step, audits the act and tells the open screens; refuses when the state did not allow it.
async fn finish(
    ctx: &mut Ctx,
    (lock, open): (Locked<EscalationId>, &Escalation),
    changed: bool,
    (step, whom, note): (EscalationStep, &str, &str),
) -> Result<()> {
    if !changed {
        return Err(Error::conflict(tr!(nursing.escalation_moved, state = open.state.words())));
    }
    let stamp = ctx.stamp();
    store::insert_step(&mut ctx.tx, lock, &store::NewStep { step, level: open.level, whom, note }, stamp).await?;
    bedside::record(ctx, Action::Update, "escalation", open.id, open.whose());
    bedside::tell_board(ctx, open.whose());
    Ok(())
}

/// Records that a person was told.
///
/// # Errors
/// [`Error::Conflict`] when somebody attended already.
pub async fn tell(ctx: &mut Ctx, id: EscalationId, whom: &str, note: &str) -> Result<Escalation> {
    let (lock, open) = turn(ctx, id).await?;
    let mut errors = FieldErrors::new();
    let whom = errors.required_line("whom", whom, 120);
    let note = errors.line("note", note, 1_000);
    errors.finish()?;
    let changed = store::set_told(&mut ctx.tx, lock).await?;
    finish(ctx, (lock, &open), changed, (EscalationStep::Told, &whom, &note)).await?;
    Ok(open)
}

/// Records that a person attended the patient.
///
/// # Errors
/// [`Error::Conflict`] when somebody attended already.
pub async fn attend(ctx: &mut Ctx, id: EscalationId, whom: &str, note: &str) -> Result<Escalation> {
    let (lock, open) = turn(ctx, id).await?;
    let mut errors = FieldErrors::new();
    let whom = errors.required_line("whom", whom, 120);
    let note = errors.line("note", note, 1_000);
    errors.finish()?;
    let now = ctx.now;
    let changed = store::set_attended(&mut ctx.tx, lock, &whom, now).await?;
    finish(ctx, (lock, &open), changed, (EscalationStep::Attended, &whom, &note)).await?;
    Ok(open)
}

/// Closes an escalation that somebody attended, with a note of what was done.
///
/// # Errors
/// [`Error::Conflict`] when nobody attended yet.
pub async fn close(ctx: &mut Ctx, id: EscalationId, note: &str) -> Result<Escalation> {
    let (lock, open) = turn(ctx, id).await?;
    let mut errors = FieldErrors::new();
    let note = errors.required_line("note", note, 1_000);
    errors.finish()?;
    if open.attended_at.is_none() {
        return Err(Error::conflict(tr!(nursing.nobody_attended)));
    }
    let stamp = ctx.stamp();
    let changed = store::set_closed(&mut ctx.tx, lock, false, stamp).await?;
    let whom = open.attended_by.clone();
    finish(ctx, (lock, &open), changed, (EscalationStep::Closed, &whom, &note)).await?;
    Ok(open)
}

/// Raises the open escalation, because the patient got worse or is no better after somebody came.
///
/// # Errors
/// When the database refuses.
pub(super) async fn raise(ctx: &mut Ctx, open: &Escalation, level: i64, score: Option<i64>) -> Result<()> {
    let lock = ctx.tx.lock(open.id).await?;
    let answer_by = ctx.now + chrono::Duration::minutes(response::answer_minutes(level));
    store::raise(&mut ctx.tx, lock, open, (level, score), answer_by).await?;
    let raised = Escalation { level, ..open.clone() };
    finish(ctx, (lock, &raised), true, (EscalationStep::Raised, "", "")).await
}

/// Withdraws the escalation of a set or an assessment that was wrong.
///
/// # Errors
/// When the database refuses.
pub(super) async fn withdraw(ctx: &mut Ctx, open: &Escalation) -> Result<()> {
    let lock = ctx.tx.lock(open.id).await?;
    let stamp = ctx.stamp();
    let changed = store::set_closed(&mut ctx.tx, lock, true, stamp).await?;
    finish(ctx, (lock, open), changed, (EscalationStep::Withdrawn, "", "")).await
}
