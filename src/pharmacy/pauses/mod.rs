//! Prescriptions that wait: on hold until a day, with a reason, or with a question to the prescriber. Nothing of them is handed out meanwhile, and no
//! units are reserved. The pharmacist ends both; the prescriber, or a colleague, answers. The end of the prescription answers too: the database does it.

mod store;

use chrono::NaiveDate;

use super::{
    PauseKind, PauseOutcome, SupplyState, stops,
    supplies::{self, Supply},
};
use crate::{
    clinical::Dosage,
    core::{
        Error, PatientId, Permission, Result, SupplyId, SupplyPauseId, UserId,
        time::{Instant, show_date},
    },
    db::Locked,
    notifications::{Hearer, Notice, notify},
    patients::PatientName,
    server::Ctx,
    tr,
};

pub use store::{count_asked, of_supply, open_queries};

/// The most letters of a reason, a question or an answer.
pub const LETTERS: usize = 1_000;

/// A time in which a prescription waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pause {
    pub id: SupplyPauseId,
    pub supply_id: SupplyId,
    pub patient_id: PatientId,
    pub kind: PauseKind,
    pub until_on: Option<NaiveDate>,
    /// The reason or the question.
    pub words: String,
    pub answer: String,
    pub at: Instant,
    pub by_name: String,
    pub asked: Option<String>,
    pub outcome: Option<PauseOutcome>,
    pub ended_at: Option<Instant>,
    pub ended_by: Option<String>,
}

/// A question that waits for an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenQuery {
    pub pause: Pause,
    pub asked_id: UserId,
    pub patient_name: PatientName,
    pub mrn: String,
    pub drug: String,
    pub dosage: Dosage,
}

/// The state in which a supply goes on.
fn resumed(supply: &Supply) -> SupplyState {
    match (supply.item_id, supply.with_patient()) {
        (None, _) => SupplyState::ToVerify,
        (Some(_), 0) => SupplyState::Verified,
        (Some(_), _) => SupplyState::PartDispensed,
    }
}

/// Puts a prescription on hold until a day.
///
/// # Errors
/// [`Error::Invalid`] without a reason, or for a day that is over; [`Error::Conflict`] when it was changed since, or waits already.
pub async fn hold(ctx: &mut Ctx, id: SupplyId, (key, version): (SupplyPauseId, i64), until: NaiveDate, reason: &str) -> Result<()> {
    let last = ctx.today() + chrono::Duration::days(supplies::DAYS);
    if until < ctx.today() || until > last {
        return Err(Error::invalid("until_on", tr!(pharmacy.hold_until_wrong, last = show_date(last))));
    }
    let Some(supply) = begin(ctx, id, (key, version), (PauseKind::OnHold, Some(until)), reason).await? else { return Ok(()) };
    // A hold may last for days: the patient does not wait for it.
    stops::go_on(ctx, &supply).await
}

/// Asks the prescriber a question.
///
/// # Errors
/// [`Error::Invalid`] without a question; [`Error::Conflict`] when it was changed since, or waits already.
pub async fn ask(ctx: &mut Ctx, id: SupplyId, (key, version): (SupplyPauseId, i64), question: &str) -> Result<()> {
    let Some(supply) = begin(ctx, id, (key, version), (PauseKind::Queried, None), question).await? else { return Ok(()) };
    let hearer = Hearer { user: supply.prescribed_by, dependant: None };
    notify(ctx, hearer, &Notice::PrescriptionQueried {}, "/pharmacy/queries").await?;
    Ok(())
}

/// Begins a pause; `None` when the same form did so before.
async fn begin(
    ctx: &mut Ctx,
    id: SupplyId,
    (key, version): (SupplyPauseId, i64),
    (kind, until): (PauseKind, Option<NaiveDate>),
    words: &str,
) -> Result<Option<Supply>> {
    if words.is_empty() {
        return Err(Error::invalid("words", tr!(errors.required)));
    }
    let (lock, supply) = supplies::turn(ctx, id).await?;
    if let Some(there) = store::find(&mut ctx.tx, key).await? {
        return if there.supply_id == id && there.kind == kind { Ok(None) } else { Err(Error::key_used()) };
    }
    let next = kind.state();
    if supply.version != version || !supply.state.leads_to(next) {
        return Err(supplies::changed(&supply));
    }
    let stamp = ctx.stamp();
    store::insert(&mut ctx.tx, (key, &supply), (kind, until), words, stamp).await?;
    supplies::reach_state(&mut ctx.tx, lock, next, None, stamp).await?;
    supplies::did(ctx, &supply);
    Ok(Some(supply))
}

/// Ends the pause of a supply, when it has one. The state of the supply is reached after that.
pub(super) async fn end(ctx: &mut Ctx, supply: &Supply) -> Result<()> {
    let stamp = ctx.stamp();
    match store::open_of(&mut ctx.tx, supply.id).await? {
        Some(pause) => store::end(&mut ctx.tx, &pause, (PauseOutcome::Released, ""), stamp).await,
        None => Ok(()),
    }
}

/// Ends a hold, or withdraws a question: the prescription goes on as before.
///
/// # Errors
/// [`Error::Conflict`] when it does not wait.
pub async fn release(ctx: &mut Ctx, id: SupplyId) -> Result<()> {
    let (lock, supply) = supplies::turn(ctx, id).await?;
    if !supply.state.is_paused() {
        return Err(supplies::changed(&supply));
    }
    end(ctx, &supply).await?;
    go_on(ctx, lock, &supply).await
}

async fn go_on(ctx: &mut Ctx, lock: Locked<SupplyId>, supply: &Supply) -> Result<()> {
    let stamp = ctx.stamp();
    supplies::reach_state(&mut ctx.tx, lock, resumed(supply), None, stamp).await?;
    supplies::did(ctx, supply);
    Ok(())
}

/// Answers a question about a prescription; the pharmacist goes on with it.
///
/// # Errors
/// [`Error::Invalid`] without an answer; [`Error::Conflict`] when the question is closed; [`Error::NotInCare`] for a patient of others.
pub async fn answer(ctx: &mut Ctx, id: SupplyPauseId, answer: &str) -> Result<()> {
    if answer.is_empty() {
        return Err(Error::invalid("answer", tr!(errors.required)));
    }
    let query = store::find(&mut ctx.tx, id).await?.filter(|pause| pause.kind == PauseKind::Queried).ok_or(Error::NotFound)?;
    let (lock, supply) = supplies::turn_as(ctx, Permission::WriteNotes, query.supply_id).await?;
    let Some(pause) = store::open_of(&mut ctx.tx, supply.id).await?.filter(|pause| pause.id == id) else {
        return Err(Error::conflict(tr!(pharmacy.query_closed)));
    };
    let stamp = ctx.stamp();
    store::end(&mut ctx.tx, &pause, (PauseOutcome::Answered, answer), stamp).await?;
    go_on(ctx, lock, &supply).await
}
