//! The children who come along when their mother changes her bed.

use super::{leave_bed, lie_down, open_transfer, stay_of};
use crate::{
    core::{Error, IdempotencyKey, Permission, Result},
    organisation::BedKind,
    server::Ctx,
    tr,
    wards::{
        admission::{self, ActTurn, StayAct, record, take},
        plan::{self, Bed},
        uses::UseEnd,
    },
};

/// Takes the turns of the children, before any bed is locked.
pub(super) async fn take_turns(ctx: &mut Ctx, mother: &ActTurn) -> Result<()> {
    let babies: Vec<_> = admission::babies_of(&mut ctx.tx, mother.admission.id).await?.into_iter().map(|baby| baby.id).collect();
    ctx.tx.lock_all(babies).await?;
    Ok(())
}

/// Brings the children to free cots in the room of the mother's new bed, the cot beside it first. Those who lie in that room stay there.
///
/// # Errors
/// [`Error::Invalid`] when a cot is missing.
pub(super) async fn bring(ctx: &mut Ctx, mother: &ActTurn, to: &Bed, (because, act): (UseEnd, StayAct)) -> Result<()> {
    let (now, today) = (ctx.now, ctx.today());
    let ward = plan::ward(&mut ctx.tx, to.ward_id).await?;
    for baby in admission::babies_of(&mut ctx.tx, mother.admission.id).await? {
        let turn = admission::turn(ctx, Permission::ManageBeds, baby.id, &IdempotencyKey::new().to_string()).await?;
        if open_transfer(&mut ctx.tx, baby.id).await?.is_some() {
            return Err(Error::conflict(tr!(wards.transfer_open)));
        }
        let stay = stay_of(ctx, baby.id).await?;
        let old = plan::bed(&mut ctx.tx, stay.bed_id).await?;
        if old.ward_id == to.ward_id && old.room == to.room {
            continue;
        }
        let choices = admission::choices(&mut ctx.tx, &ward, &turn.admission, (ctx.now, today)).await?;
        let cots = choices.iter().filter(|one| one.bed.room == to.room && matches!(one.bed.kind, BedKind::Cot | BedKind::Incubator));
        let Some(cot) = cots.min_by_key(|one| one.bed.beside_id != Some(to.id)).map(|one| one.bed.id) else {
            return Err(Error::invalid("with_babies", tr!(wards.no_cot)));
        };
        ctx.tx.lock_all([stay.bed_id, cot]).await?;
        let from = ctx.tx.lock(stay.bed_id).await?;
        let chosen = take(ctx, &turn.admission, cot, tr!(wards.with_mother)).await?;
        leave_bed(ctx, (&old, from), &stay, turn.admission.isolation, (because, now)).await?;
        admission::set_ward(ctx, &turn, chosen.bed.ward_id).await?;
        lie_down(ctx, &turn, &chosen.bed, chosen.locked, now).await?;
        record(ctx, &turn, act, (Some(chosen.bed.ward_id), Some(cot)), tr!(wards.with_mother)).await?;
        if chosen.bed.ward_id != old.ward_id {
            let departments = ctx.state().departments;
            departments.arrived(ctx, turn.admission.id).await?;
        }
    }
    Ok(())
}
