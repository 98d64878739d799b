//! Patients who must not eat or drink: from when, until when if that is known, and why. The mark goes by itself at its end.

mod store;

use uuid::Uuid;

use super::{WARDS, admission::ActTurn};
use crate::{
    audit::Action,
    core::{AdmissionId, Error, Result, time::Instant},
    db::Tx,
    server::{Ctx, Event},
    tr,
};

/// A mark that nobody ended; its time may be over.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Fasting {
    pub id: Uuid,
    pub from_at: Instant,
    pub until_at: Option<Instant>,
    pub reason: String,
    pub set_at: Instant,
    /// The name of the person who set it.
    pub set_by: String,
}

/// A mark to be set.
#[derive(Clone, Debug)]
pub struct NewFasting {
    pub from_at: Instant,
    pub until_at: Option<Instant>,
    pub reason: String,
}

/// Returns the mark of an admission that counts now, or will count; none when there is none, or its time is over.
///
/// # Errors
/// When the database refuses.
pub async fn standing(tx: &mut Tx, admission: AdmissionId, now: Instant) -> Result<Option<Fasting>> {
    Ok(store::open(tx, admission).await?.filter(|open| open.until_at.is_none_or(|until| until > now)))
}

/// Sets the mark in the place of the one that its form showed (`seen`, empty for none).
///
/// # Errors
/// [`Error::Conflict`] when somebody changed it since.
pub async fn set(ctx: &mut Ctx, turn: &ActTurn, seen: &str, new: &NewFasting) -> Result<()> {
    if store::is_there(&mut ctx.tx, turn.key).await? {
        return Ok(());
    }
    is_seen(ctx, turn, seen).await?;
    let stamp = ctx.stamp();
    store::end(&mut ctx.tx, turn.locked, stamp).await?;
    store::insert(&mut ctx.tx, (turn.key, turn.locked), new, stamp).await?;
    told(ctx, turn);
    Ok(())
}

/// Ends the mark: the patient may eat and drink.
///
/// # Errors
/// [`Error::Conflict`] when somebody changed it since.
pub async fn end(ctx: &mut Ctx, turn: &ActTurn, seen: &str) -> Result<()> {
    is_seen(ctx, turn, seen).await?;
    let stamp = ctx.stamp();
    if !store::end(&mut ctx.tx, turn.locked, stamp).await? {
        return Err(Error::conflict(tr!(wards.fasting_changed)));
    }
    told(ctx, turn);
    Ok(())
}

async fn is_seen(ctx: &mut Ctx, turn: &ActTurn, seen: &str) -> Result<()> {
    let now = ctx.now;
    let before = standing(&mut ctx.tx, turn.admission.id, now).await?;
    let is_same = before.map(|before| before.id.to_string()).unwrap_or_default() == seen;
    if is_same { Ok(()) } else { Err(Error::conflict(tr!(wards.fasting_changed))) }
}

fn told(ctx: &mut Ctx, turn: &ActTurn) {
    let (id, patient) = turn.whose();
    ctx.did(Action::Update, "nil_by_mouth", id, Some(patient));
    ctx.tell(Event::new(&WARDS).at(turn.admission.clinic_id).of(patient));
}
