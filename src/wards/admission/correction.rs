//! The correction of a wrong time of admission.

use super::{ActTurn, AdmissionState, StayAct, acts::set, record, store};
use crate::{
    core::{Error, Result, time::Instant},
    organisation,
    server::Ctx,
    tr,
    wards::{
        days, leaving,
        uses::{self, refused},
    },
};

/// Sets another time of admission: the first stay began then, and the reservation ended. Once a day in bed is charged the day of admission
/// stays; after a discharge was decided the time stays.
///
/// # Errors
/// [`Error::Conflict`] when that is so, or the bed or the patient was elsewhere at that time.
pub async fn correct_time(ctx: &mut Ctx, turn: &ActTurn, at: Instant, reason: &str) -> Result<()> {
    turn.must_be(&[AdmissionState::Admitted])?;
    let (id, clinic) = (turn.admission.id, turn.admission.clinic_id);
    let zone = organisation::clinic(&mut ctx.tx, clinic).await?.zone;
    let before = turn.admission.admitted_at.ok_or(Error::NotFound)?;
    if leaving::open_of(&mut ctx.tx, id).await?.is_some() {
        return Err(Error::conflict(tr!(wards.discharge_open)));
    }
    if zone.day(before) != zone.day(at) && !days::of_admission(&mut ctx.tx, id).await?.is_empty() {
        return Err(Error::conflict(tr!(wards.days_charged)));
    }
    let stays = uses::stays_of(&mut ctx.tx, id).await?;
    let first = stays.first().ok_or(Error::NotFound)?;
    let bed = ctx.tx.lock(first.bed_id).await?;
    uses::end_reservation_by(&mut ctx.tx, bed, id, at).await.map_err(refused)?;
    uses::began_at(&mut ctx.tx, bed, first.id, at).await.map_err(refused)?;
    let accepted_ward = turn.admission.accepted_ward_id;
    set(ctx, turn, store::Change { state: AdmissionState::Admitted, accepted_ward, admitted_at: Some(at), left_at: None }).await?;
    record(ctx, turn, StayAct::Corrected, (None, Some(first.bed_id)), reason).await
}
