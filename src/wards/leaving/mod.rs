//! Discharge in steps. Blockers are computed when somebody asks; the bed is free when the patient has left, not before.

mod blockers;
mod days;
mod form;
mod store;
mod take_home;
mod withdrawal;

use chrono::Duration;
use uuid::Uuid;

use crate::{
    appointments,
    audit::Action,
    billing,
    core::{BedId, Error, Money, Result, time::Instant},
    patients,
    server::{Ctx, hooks::TakeHome},
    tr,
    ui::Tone,
    wards::{
        admission::{self, ActTurn, AdmissionState, StayAct, record, set_left, take},
        moves, plan,
        uses::{self, UseEnd, UseKind},
    },
};

pub use blockers::{Blockers, blockers};
pub use days::{in_history, listed, settle_days};
pub use form::{DischargeForm, Fact};
pub use store::{Discharge, Leaving, Outgoing, StepRow, open_of, outgoing, to_settle};
pub use take_home::{open_steps_now, steps_now, take_home};
pub use withdrawal::{Anew, withdraw};

/// Hours within which a discharge can be taken back.
const REOPEN_HOURS: i64 = 24;

crate::text_enum! {
    /// The kind of leaving.
    pub enum DischargeKind("kind") {
        Home = "home",
        TransferredOut = "transferred_out",
        AgainstAdvice = "against_advice",
        Absconded = "absconded",
        Died = "died",
        OtherCare = "other_care",
    }
}

crate::text_enum! {
    /// A step of the discharge.
    pub enum DischargeStep("step") {
        Clinical = "clinical",
        Pharmacy = "pharmacy",
        Nursing = "nursing",
        Billing = "billing",
        Physical = "physical",
    }
}

crate::text_enum! {
    /// The state of a step.
    pub enum StepState("state") {
        Open = "open",
        Done = "done",
        NotNeeded = "not_needed",
        Overridden = "overridden",
    }
}

impl DischargeKind {
    /// Returns the words in the reader's language.
    pub fn words(self) -> &'static str {
        match self {
            Self::Home => tr!(wards.leave_home),
            Self::TransferredOut => tr!(wards.leave_transferred_out),
            Self::AgainstAdvice => tr!(wards.leave_against_advice),
            Self::Absconded => tr!(wards.leave_absconded),
            Self::Died => tr!(wards.leave_died),
            Self::OtherCare => tr!(wards.leave_other_care),
        }
    }

    /// Returns the state in which a step begins: who is gone, or has died, is not kept by the cashier.
    const fn begins(self, step: DischargeStep) -> StepState {
        match (step, self) {
            (DischargeStep::Clinical, _) => StepState::Done,
            (DischargeStep::Pharmacy, Self::Absconded | Self::Died)
            | (DischargeStep::Billing, Self::Absconded | Self::Died | Self::TransferredOut)
            | (DischargeStep::Nursing, Self::Absconded) => StepState::NotNeeded,
            _ => StepState::Open,
        }
    }
}

impl DischargeStep {
    /// Returns the words in the reader's language.
    pub fn words(self) -> &'static str {
        match self {
            Self::Clinical => tr!(wards.step_clinical),
            Self::Pharmacy => tr!(wards.step_pharmacy),
            Self::Nursing => tr!(wards.step_nursing),
            Self::Billing => tr!(wards.step_billing),
            Self::Physical => tr!(wards.step_physical),
        }
    }
}

impl StepState {
    /// Returns the words in the reader's language.
    pub fn words(self) -> &'static str {
        match self {
            Self::Open => tr!(wards.step_open),
            Self::Done => tr!(wards.step_done),
            Self::NotNeeded => tr!(wards.step_not_needed),
            Self::Overridden => tr!(wards.step_overridden),
        }
    }

    /// Returns the tone of the badge.
    pub const fn tone(self) -> Tone {
        match self {
            Self::Open => Tone::Waiting,
            Self::Done => Tone::Done,
            Self::NotNeeded => Tone::Inactive,
            Self::Overridden => Tone::Warning,
        }
    }
}

/// Decides that the patient leaves: the clinical step; or decides it `anew`, with the steps that were done. The days in bed are charged, so that the
/// cashier sees them. A death is also recorded for the patient, so the caller locks the patient before the admission.
///
/// # Errors
/// [`Error::Conflict`] when the patient is not on a ward or another discharge is decided.
pub async fn decide(ctx: &mut Ctx, turn: &ActTurn, form: &DischargeForm, anew: Option<&Anew>) -> Result<()> {
    turn.must_be(&[AdmissionState::Admitted])?;
    let before = withdrawal::replaced(ctx, turn, anew).await?;
    let stamp = ctx.stamp();
    let id = Uuid::now_v7();
    let admitted_at = turn.admission.admitted_at.unwrap_or(stamp.at);
    // Times are typed in minutes: one in the minute of the admission is not before it.
    let not_before = |at: Instant| if at < admitted_at && admitted_at - at < Duration::minutes(1) { admitted_at } else { at };
    let (last_seen_at, died_at) = (form.last_seen_at.map(not_before), form.died_at.map(not_before));
    let form = &DischargeForm { last_seen_at, died_at, ..form.clone() };
    store::insert(&mut ctx.tx, id, turn.locked, admitted_at, form, stamp).await.map_err(refused)?;
    for step in DischargeStep::ALL {
        let state = form.kind.begins(*step);
        let done = (state != StepState::Open).then_some((stamp.at, stamp.by));
        store::insert_step(&mut ctx.tx, id, *step, state, done).await.map_err(refused)?;
    }
    if let Some(before) = before {
        store::carry_steps(&mut ctx.tx, before, id).await.map_err(refused)?;
    }
    if let Some(died_at) = form.died_at {
        let (patient, today, zone) = (turn.admission.patient_id, ctx.today(), ctx.zone());
        let cancelled = appointments::record_death(&mut ctx.tx, patient, (patients::Death::at(died_at, zone), today), stamp).await?;
        ctx.did(Action::Update, "death", patient, Some(patient));
        for one in &cancelled {
            appointments::changed(ctx, Action::Update, one);
        }
    }
    let settled = settle_days(ctx, turn, true).await?;
    let words = days::in_history(form.kind.words(), &settled, "");
    record(ctx, turn, StayAct::Clinical, (Some(turn.admission.ward()), None), &words).await
}

fn refused(error: crate::db::DbError) -> Error {
    if error.violates("discharges_times") {
        Error::conflict(tr!(wards.times_wrong))
    } else if error.violates("discharges_one") {
        Error::conflict(tr!(wards.discharge_open))
    } else if error.violates("discharge_physical_last") {
        Error::conflict(tr!(wards.steps_open))
    } else {
        uses::refused(error)
    }
}

/// Returns the open discharge.
async fn discharge(ctx: &mut Ctx, turn: &ActTurn) -> Result<Discharge> {
    turn.must_be(&[AdmissionState::Admitted])?;
    open_of(&mut ctx.tx, turn.admission.id).await?.ok_or_else(|| Error::conflict(tr!(wards.no_discharge)))
}

/// Reports a step as done; with a reason it is overridden.
async fn finish_step(ctx: &mut Ctx, open: &Discharge, step: DischargeStep, reason: &str) -> Result<()> {
    let (now, by) = (ctx.now, ctx.user());
    let state = if reason.is_empty() { StepState::Done } else { StepState::Overridden };
    if store::set_step(&mut ctx.tx, open.id, step, (state, reason), (now, by)).await.map_err(refused)? {
        Ok(())
    } else {
        Err(Error::conflict(tr!(wards.step_is_done)))
    }
}

/// Ends the step of the pharmacy of a patient who leaves, unless a prescription is not handed out.
async fn settle_pharmacy(ctx: &mut Ctx, open: &Discharge, home: TakeHome) -> Result<()> {
    let (state, stamp) = (take_home::state(home), (ctx.now, ctx.user()));
    if state != StepState::Open {
        // An older row is not needed already.
        store::set_step(&mut ctx.tx, open.id, DischargeStep::Pharmacy, (state, ""), stamp).await.map_err(refused)?;
    }
    Ok(())
}

/// The nurse prepared the leaving. With open work (lines, doses, samples, orders) the step is overridden, with a reason; who has died has none.
///
/// # Errors
/// [`Error::Conflict`] when no discharge is decided or the step is done; [`Error::Invalid`] when work is open and no reason is given.
pub async fn prepared(ctx: &mut Ctx, turn: &ActTurn, because: &str) -> Result<()> {
    let (open, now) = (discharge(ctx, turn).await?, ctx.now);
    let left = match open.kind {
        DischargeKind::Died => Vec::new(),
        _ => blockers(&mut ctx.tx, turn.admission.id, now).await?.words(),
    };
    if !left.is_empty() && because.is_empty() {
        return Err(Error::invalid("because", tr!(wards.blocked, work = left.join("; "))));
    }
    let because = if left.is_empty() { "" } else { because };
    finish_step(ctx, &open, DischargeStep::Nursing, because).await?;
    record(ctx, turn, StayAct::Nursing, (None, None), because).await
}

/// The amounts that keep a stay from being settled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Owed {
    pub to_pay: Money,
    pub not_invoiced: Money,
    /// Charges that wait for a price.
    pub unpriced: i64,
}

impl Owed {
    /// Whether all is billed and paid.
    pub const fn is_settled(&self) -> bool {
        self.to_pay.0 == 0 && self.not_invoiced.0 == 0 && self.unpriced == 0
    }
}

/// Computes the amounts that are open for the patient.
///
/// # Errors
/// When the database refuses.
pub async fn owed(ctx: &mut Ctx, patient: crate::core::PatientId) -> Result<Owed> {
    let balance = billing::balance(&mut ctx.tx, patient).await?;
    let unpriced = store::unpriced(&mut ctx.tx, patient).await?;
    Ok(Owed { to_pay: balance.to_pay, not_invoiced: balance.not_invoiced, unpriced })
}

/// The cashier settled the stay, or agreed with the patient to bill later (the reason). The days in bed until now are charged first.
///
/// # Errors
/// [`Error::Conflict`] when amounts are open and nothing was agreed.
pub async fn settled(ctx: &mut Ctx, turn: &ActTurn, agreed: &str) -> Result<()> {
    let open = discharge(ctx, turn).await?;
    settle_days(ctx, turn, true).await?;
    let owed = owed(ctx, turn.admission.patient_id).await?;
    if !owed.is_settled() && agreed.is_empty() {
        return Err(Error::invalid("agreed", tr!(wards.not_settled)));
    }
    let agreed = if owed.is_settled() { "" } else { agreed };
    finish_step(ctx, &open, DischargeStep::Billing, agreed).await?;
    record(ctx, turn, StayAct::Billing, (None, None), agreed).await
}

/// The patient left: the stay ends and the bed is cleaned. Open steps are overridden with a reason by who may. Children who were born to her
/// here leave before her, or stay if that is said.
///
/// # Errors
/// [`Error::Conflict`] when steps are open.
pub async fn left(ctx: &mut Ctx, turn: &ActTurn, at: Instant, babies_stay: bool, because: &str) -> Result<()> {
    let open = discharge(ctx, turn).await?;
    if !babies_stay && !admission::babies_of(&mut ctx.tx, turn.admission.id).await?.is_empty() {
        return Err(Error::invalid("babies_stay", tr!(wards.babies_on_ward)));
    }
    let at = open.died_at.map_or(at, |died| at.max(died));
    let home = take_home(ctx, turn.admission.id).await?;
    settle_pharmacy(ctx, &open, home).await?;
    for step in store::steps(&mut ctx.tx, open.id).await? {
        if step.step != DischargeStep::Physical && step.state == StepState::Open {
            if because.is_empty() {
                return Err(Error::invalid("because", tr!(wards.steps_open)));
            }
            finish_step(ctx, &open, step.step, because).await?;
        }
    }
    finish_step(ctx, &open, DischargeStep::Physical, "").await?;
    let stay = moves::stay_of(ctx, turn.admission.id).await?;
    let reserved = uses::open_of_admission(&mut ctx.tx, turn.admission.id, UseKind::Reservation).await?;
    ctx.tx.lock_all([Some(stay.bed_id), reserved.map(|one| one.bed_id)].into_iter().flatten()).await?;
    moves::end_everything(ctx, turn).await?;
    let locked = ctx.tx.lock(stay.bed_id).await?;
    let bed = plan::bed(&mut ctx.tx, stay.bed_id).await?;
    moves::leave_bed(ctx, (&bed, locked), &stay, turn.admission.isolation, (UseEnd::Discharged, at)).await?;
    set_left(ctx, turn, Some(at)).await?;
    store::set_left(&mut ctx.tx, open.id, at).await.map_err(refused)?;
    // A leaving that is entered late takes the night back that was charged meanwhile.
    let settled = settle_days(ctx, turn, true).await?;
    let words = days::in_history("", &settled, because);
    record(ctx, turn, StayAct::Discharged, (Some(bed.ward_id), Some(bed.id)), &words).await
}

/// Takes a discharge back, at most 24 hours later: the patient lies in a free bed again from now on.
///
/// # Errors
/// [`Error::Conflict`] when it is too late, the patient has died, or the bed is taken.
pub async fn reopen(ctx: &mut Ctx, turn: &ActTurn, bed: BedId, reason: &str) -> Result<()> {
    turn.must_be(&[AdmissionState::Discharged])?;
    let (now, today) = (ctx.now, ctx.today());
    if turn.admission.left_at.is_none_or(|left| now - left > Duration::hours(REOPEN_HOURS)) {
        return Err(Error::conflict(tr!(wards.reopen_late, hours = REOPEN_HOURS)));
    }
    patients::refuse_the_dead(&mut ctx.tx, turn.admission.patient_id, today).await?;
    let chosen = take(ctx, &turn.admission, bed, reason).await?;
    store::void(&mut ctx.tx, turn.locked, now).await.map_err(refused)?;
    set_left(ctx, turn, None).await?;
    admission::set_ward(ctx, turn, chosen.bed.ward_id).await?;
    moves::lie_down(ctx, turn, &chosen.bed, chosen.locked, now).await?;
    record(ctx, turn, StayAct::Reopened, (Some(chosen.bed.ward_id), Some(bed)), reason).await
}
