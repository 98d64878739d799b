//! A decided discharge is withdrawn, or decided anew: the one before stays on record, and its reason in the history.

use uuid::Uuid;

use super::{Discharge, days, open_of, refused, store};
use crate::{
    appointments,
    audit::Action,
    core::{Error, Result},
    server::Ctx,
    tr,
    wards::{
        admission::{ActTurn, AdmissionState, StayAct, record},
        days::Settled,
    },
};

/// The discharge that a form showed, and the reason for which it is decided anew.
#[derive(Clone, Debug)]
pub struct Anew {
    pub seen: String,
    pub reason: String,
}

/// Withdraws a decided discharge: the patient stays. A death that was decided is also taken back from the patient's record, so the caller locks the
/// patient before the admission.
///
/// # Errors
/// [`Error::Conflict`] when none is decided, or another one than the form showed.
pub async fn withdraw(ctx: &mut Ctx, turn: &ActTurn, seen: &str, reason: &str) -> Result<()> {
    turn.must_be(&[AdmissionState::Admitted])?;
    let open = open_of(&mut ctx.tx, turn.admission.id).await?.ok_or_else(|| Error::conflict(tr!(wards.no_discharge)))?;
    is_seen(&open, seen)?;
    void(ctx, turn, &open).await?;
    let settled = days::settle_days(ctx, turn, false).await?;
    let words = days::in_history(open.kind.words(), &settled, reason);
    record(ctx, turn, StayAct::DischargeWithdrawn, (Some(turn.admission.ward()), None), &words).await
}

fn is_seen(open: &Discharge, seen: &str) -> Result<()> {
    if open.id.to_string() == seen { Ok(()) } else { Err(Error::conflict(tr!(wards.discharge_changed))) }
}

/// Withdraws the discharge in whose place another one is decided, and returns it; `None` when none was decided.
pub(super) async fn replaced(ctx: &mut Ctx, turn: &ActTurn, anew: Option<&Anew>) -> Result<Option<Uuid>> {
    let Some(open) = open_of(&mut ctx.tx, turn.admission.id).await? else {
        return if anew.is_some() { Err(Error::conflict(tr!(wards.discharge_changed))) } else { Ok(None) };
    };
    let Some(anew) = anew else { return Err(Error::conflict(tr!(wards.discharge_open))) };
    is_seen(&open, &anew.seen)?;
    void(ctx, turn, &open).await?;
    // The act of the form is the decision; its withdrawal has a key of its own.
    let own = ActTurn { key: Uuid::now_v7(), ..turn.clone() };
    let words = days::in_history(open.kind.words(), &Settled::default(), &anew.reason);
    record(ctx, &own, StayAct::DischargeWithdrawn, (Some(turn.admission.ward()), None), &words).await?;
    Ok(Some(open.id))
}

async fn void(ctx: &mut Ctx, turn: &ActTurn, open: &Discharge) -> Result<()> {
    let (stamp, patient, today) = (ctx.stamp(), turn.admission.patient_id, ctx.today());
    store::void(&mut ctx.tx, turn.locked, stamp.at).await.map_err(refused)?;
    if open.died_at.is_some() {
        appointments::death_in_error(&mut ctx.tx, patient, today, stamp).await?;
        ctx.did(Action::Update, "death", patient, Some(patient));
    }
    Ok(())
}
