//! Swaps of beds: proposed by one, done or withdrawn by another.

use super::{lie_down, open_transfer, stay_of, store};
use crate::{
    core::{AdmissionId, Error, Result, SwapId},
    organisation::Isolation,
    server::Ctx,
    tr,
    wards::{
        admission::{self, ActTurn, AdmissionState, StayAct, record},
        plan,
        uses::{self, UseEnd},
    },
};

crate::text_enum! {
    /// The state of a proposal.
    pub enum SwapState("state") {
        Proposed = "proposed",
        Done = "done",
        /// It was withdrawn, or one of the two changed the bed.
        Withdrawn = "withdrawn",
    }
}

/// Proposes that two patients swap their beds; nothing moves.
///
/// # Errors
/// [`Error::Conflict`] when one of them is not in a bed, or another proposal for the first is open.
pub async fn propose(ctx: &mut Ctx, one: &ActTurn, other: &ActTurn, reason: &str) -> Result<()> {
    one.must_be(&[AdmissionState::Admitted])?;
    other.must_be(&[AdmissionState::Admitted])?;
    same_clinic(one, other)?;
    let stamp = ctx.stamp();
    let bed = stay_of(ctx, other.admission.id).await?.bed_id;
    store::insert_swap(&mut ctx.tx, (one.locked, other.locked), reason, stamp).await.map_err(refused)?;
    record(ctx, one, StayAct::SwapProposed, (None, Some(bed)), reason).await
}

/// Withdraws the proposal of a patient.
///
/// # Errors
/// [`Error::Conflict`] when it is over.
pub async fn withdraw(ctx: &mut Ctx, turn: &ActTurn, id: SwapId) -> Result<()> {
    let open = store::open_swaps(&mut ctx.tx, turn.admission.id).await?;
    let Some(open) = open.iter().find(|open| open.id == id) else { return Err(Error::conflict(tr!(wards.no_swap))) };
    let now = ctx.now;
    store::end_swap(&mut ctx.tx, open.id, SwapState::Withdrawn, now).await?;
    record(ctx, turn, StayAct::SwapWithdrawn, (None, None), "").await
}

/// Ends the proposals about a patient whose bed changes: the one with `with` is done, the others are withdrawn.
///
/// # Errors
/// When the database refuses.
pub async fn overtake(ctx: &mut Ctx, id: AdmissionId, with: Option<AdmissionId>) -> Result<()> {
    let now = ctx.now;
    for open in store::open_swaps(&mut ctx.tx, id).await? {
        let done = with.is_some_and(|with| [open.admission_id, open.with_id].contains(&with));
        let state = if done { SwapState::Done } else { SwapState::Withdrawn };
        store::end_swap(&mut ctx.tx, open.id, state, now).await?;
    }
    Ok(())
}

fn same_clinic(one: &ActTurn, other: &ActTurn) -> Result<()> {
    if one.admission.id == other.admission.id || one.admission.clinic_id != other.admission.clinic_id {
        return Err(Error::invalid("other", tr!(errors.choose)));
    }
    Ok(())
}

fn refused(error: crate::db::DbError) -> Error {
    if error.violates("bed_swaps_one_open") {
        Error::conflict(tr!(wards.swap_open))
    } else if error.violates("bed_swaps_admitted") {
        Error::conflict(tr!(wards.admission_changed))
    } else {
        uses::refused(error)
    }
}

/// Swaps the beds of two patients at one instant. An isolated patient, or a rule that a bed breaks, needs a reason.
///
/// # Errors
/// [`Error::Conflict`] when one of them is not in a bed.
pub async fn swap(ctx: &mut Ctx, one: &ActTurn, other: &ActTurn, reason: &str) -> Result<()> {
    one.must_be(&[AdmissionState::Admitted])?;
    other.must_be(&[AdmissionState::Admitted])?;
    same_clinic(one, other)?;
    let (first, second) = (stay_of(ctx, one.admission.id).await?, stay_of(ctx, other.admission.id).await?);
    ctx.tx.lock_all([first.bed_id, second.bed_id]).await?;
    let (bed_1, bed_2) = (ctx.tx.lock(first.bed_id).await?, ctx.tx.lock(second.bed_id).await?);
    let (plan_1, plan_2) = (plan::bed(&mut ctx.tx, first.bed_id).await?, plan::bed(&mut ctx.tx, second.bed_id).await?);
    if plan_1.ward_id != plan_2.ward_id {
        for turn in [one, other] {
            if open_transfer(&mut ctx.tx, turn.admission.id).await?.is_some() {
                return Err(Error::conflict(tr!(wards.transfer_open)));
            }
        }
    }
    let mut broken = Vec::new();
    for (admission, bed) in [(&one.admission, &plan_2), (&other.admission, &plan_1)] {
        let without = [one.admission.id, other.admission.id];
        broken.extend(admission::broken_rules(ctx, admission, bed, &without).await?);
    }
    let isolated = [&one.admission, &other.admission].iter().any(|admission| admission.isolation != Isolation::None);
    if isolated {
        broken.push(tr!(wards.isolated_swap));
    }
    if !broken.is_empty() && reason.is_empty() {
        return Err(Error::invalid("because", tr!(wards.rule_broken, rules = broken.join(", "))));
    }
    overtake(ctx, one.admission.id, Some(other.admission.id)).await?;
    overtake(ctx, other.admission.id, None).await?;
    let stamp = ctx.stamp();
    uses::end(&mut ctx.tx, bed_1, first.id, UseEnd::Swapped, stamp).await?;
    uses::end(&mut ctx.tx, bed_2, second.id, UseEnd::Swapped, stamp).await?;
    for (turn, bed, locked) in [(one, &plan_2, bed_2), (other, &plan_1, bed_1)] {
        admission::set_ward(ctx, turn, bed.ward_id).await?;
        lie_down(ctx, turn, bed, locked, stamp.at).await?;
        record(ctx, turn, StayAct::Swapped, (Some(bed.ward_id), Some(bed.id)), reason).await?;
        if plan_1.ward_id != plan_2.ward_id {
            let departments = ctx.state().departments;
            departments.arrived(ctx, turn.admission.id).await?;
        }
    }
    Ok(())
}
