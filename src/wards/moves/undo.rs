//! The undo of a move.

use chrono::Duration;

use crate::{
    core::{Error, Result},
    server::Ctx,
    tr,
    wards::{
        admission::{self, ActTurn, AdmissionState, StayAct, record},
        plan,
        uses::{self, UseKind},
    },
};

/// Seconds within which a move can be undone.
const SECONDS: i64 = 30;

/// Takes a move within the ward back, at most 30 seconds later and when neither bed was used since: the patient lies where she lay, as if she
/// had not been moved; the history keeps both acts. With children who may have come along she is moved back instead.
///
/// # Errors
/// [`Error::Conflict`] when it is too late, or a bed was used since.
pub async fn undo_move(ctx: &mut Ctx, turn: &ActTurn) -> Result<()> {
    turn.must_be(&[AdmissionState::Admitted])?;
    let (stamp, id) = (ctx.stamp(), turn.admission.id);
    let too_late = || Error::conflict(tr!(wards.undo_late));
    let last = admission::last_act(&mut ctx.tx, id)
        .await?
        .filter(|(act, at)| *act == StayAct::Moved && stamp.at - *at <= Duration::seconds(SECONDS));
    if last.is_none() || !admission::babies_of(&mut ctx.tx, id).await?.is_empty() {
        return Err(too_late());
    }
    let stays = uses::stays_of(&mut ctx.tx, id).await?;
    let [.., old, new] = stays.as_slice() else { return Err(too_late()) };
    if new.ended_at.is_some() || old.ended_at != Some(new.began_at) {
        return Err(too_late());
    }
    ctx.tx.lock_all([old.bed_id, new.bed_id]).await?;
    let (left, taken) = (ctx.tx.lock(old.bed_id).await?, ctx.tx.lock(new.bed_id).await?);
    uses::void(&mut ctx.tx, taken, new.id, stamp).await?;
    match uses::open_use(&mut ctx.tx, left).await? {
        None => {}
        Some(cleaning) if cleaning.kind == UseKind::Cleaning && cleaning.began_at == new.began_at => {
            uses::void(&mut ctx.tx, left, cleaning.id, stamp).await?;
        }
        Some(_) => return Err(too_late()),
    }
    // An extra trolley that was cleaned meanwhile is gone.
    if plan::bed(&mut ctx.tx, old.bed_id).await?.retired {
        return Err(too_late());
    }
    uses::go_on(&mut ctx.tx, left, old.id).await?;
    record(ctx, turn, StayAct::Undone, (Some(turn.admission.ward()), Some(old.bed_id)), "").await
}
