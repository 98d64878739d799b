//! The treatment that a patient on a ward gets when the heart stops. Without a decision it is everything.

mod store;

use chrono::NaiveDate;
use uuid::Uuid;

use super::{WARDS, admission::ActTurn};
use crate::{
    audit::Action,
    core::{AdmissionId, Error, Result, time::Instant},
    db::Tx,
    server::{Ctx, Event},
    tr,
};

crate::text_enum! {
    /// The treatment that was decided on.
    pub enum CareLevel("level") {
        Full = "full" => tr!(wards.level_full),
        NoCpr = "no_cpr" => tr!(wards.level_no_cpr),
        NoIntensive = "no_intensive" => tr!(wards.level_no_intensive),
        Comfort = "comfort" => tr!(wards.level_comfort),
    }
}

crate::text_enum! {
    /// The ground of the decision.
    pub enum LevelGround("ground") {
        Patient = "patient" => tr!(wards.ground_patient),
        Directive = "directive" => tr!(wards.ground_directive),
        Representative = "representative" => tr!(wards.ground_representative),
        Clinical = "clinical" => tr!(wards.ground_clinical),
    }
}

/// A decision that counts.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct CareDecision {
    pub id: Uuid,
    pub level: CareLevel,
    pub ground: LevelGround,
    /// The day on which it is looked at again.
    pub review_on: Option<NaiveDate>,
    pub decided_at: Instant,
    /// The name of the doctor.
    pub decided_by: String,
}

/// A decision to be recorded.
#[derive(Clone, Copy, Debug)]
pub struct NewDecision {
    pub level: CareLevel,
    pub ground: LevelGround,
    pub review_on: Option<NaiveDate>,
}

/// Returns the decision that counts for an admission; none when nobody decided.
///
/// # Errors
/// When the database refuses.
pub async fn decided(tx: &mut Tx, admission: AdmissionId) -> Result<Option<CareDecision>> {
    store::open(tx, admission).await
}

/// Records a decision in the place of the one that its form showed (`seen`, empty for none).
///
/// # Errors
/// [`Error::Conflict`] when another one was recorded since.
pub async fn decide(ctx: &mut Ctx, turn: &ActTurn, seen: &str, new: &NewDecision) -> Result<()> {
    if store::is_there(&mut ctx.tx, turn.key).await? {
        return Ok(());
    }
    let (id, patient) = turn.whose();
    let before = store::open(&mut ctx.tx, id).await?;
    if before.map(|before| before.id.to_string()).unwrap_or_default() != seen {
        return Err(Error::conflict(tr!(wards.level_changed)));
    }
    let stamp = ctx.stamp();
    store::replace(&mut ctx.tx, id, stamp.at).await?;
    store::insert(&mut ctx.tx, (turn.key, id), new, stamp).await?;
    ctx.did(Action::Update, "resuscitation", id, Some(patient));
    ctx.tell(Event::new(&WARDS).at(turn.admission.clinic_id).of(patient));
    Ok(())
}
