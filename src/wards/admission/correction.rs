//! The correction of a wrong time of admission.

use super::{ActTurn, AdmissionState, StayAct, acts::set, record, store};
use crate::{
    core::{Error, Result, time::Instant},
    server::Ctx,
    tr,
    wards::{
        leaving,
        uses::{self, refused},
    },
};

/// Sets another time of admission: the first stay began then, and the reservation ended. The days in bed follow; while an invoice has one that
/// changes, the time stays. So it does after a discharge was decided.
///
/// # Errors
/// [`Error::Conflict`] when that is so, or the bed or the patient was elsewhere at that time.
pub async fn correct_time(ctx: &mut Ctx, turn: &ActTurn, at: Instant, reason: &str) -> Result<()> {
    turn.must_be(&[AdmissionState::Admitted])?;
    let id = turn.admission.id;
    if leaving::open_of(&mut ctx.tx, id).await?.is_some() {
        return Err(Error::conflict(tr!(wards.discharge_open)));
    }
    let stays = uses::stays_of(&mut ctx.tx, id).await?;
    let first = stays.first().ok_or(Error::NotFound)?;
    let bed = ctx.tx.lock(first.bed_id).await?;
    uses::end_reservation_by(&mut ctx.tx, bed, id, at).await.map_err(refused)?;
    uses::began_at(&mut ctx.tx, bed, first.id, at).await.map_err(refused)?;
    let accepted_ward = turn.admission.accepted_ward_id;
    set(ctx, turn, store::Change { state: AdmissionState::Admitted, accepted_ward, admitted_at: Some(at), left_at: None }).await?;
    let settled = leaving::settle_days(ctx, turn, false).await?;
    if !settled.invoiced.is_empty() {
        return Err(Error::conflict(tr!(wards.days_invoiced, days = leaving::listed(&settled.invoiced))));
    }
    let words = leaving::in_history("", &settled, reason);
    record(ctx, turn, StayAct::Corrected, (None, Some(first.bed_id)), &words).await
}
