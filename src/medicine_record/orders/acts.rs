//! The acts on orders: write, take by phone, sign, hold, resume, stop, change.

use chrono::Duration;
use uuid::Uuid;

use super::{
    CareOrder, OrderTyped, content, dosage, find,
    store::{self, NewAct, NewState},
};
use crate::{
    audit::Action,
    clinical::{self, CheckStage, OrderedMedicine, Overridden, OverrideOf},
    core::{
        AdmissionId, CareOrderId, Error, Permission, Result, Stamp,
        time::{Instant, show_date_time},
    },
    db::{DbError, Locked},
    formulary::{Route, check::Warning},
    medicine_record::{
        department::MEDICINES,
        doses, reviews,
        schedule::stored_times,
        vocabulary::{CareAct, CareKind, CareMode, CareOrderState, CareReason},
    },
    opd::vitals::ages_of,
    server::{Ctx, Event},
    tr,
    wards::{self, Admission, AdmissionState},
};

/// Hours within which a doctor signs an order that was given by phone.
const COSIGN_HOURS: i64 = 24;

/// The turn of an act: the admission is locked and was read after that.
#[derive(Clone, Debug)]
pub struct Turn {
    pub admission: Admission,
}

/// Checks access and waits for the admission's turn.
///
/// # Errors
/// [`Error::NotFound`] or [`Error::NotInCare`] without access.
pub async fn turn(ctx: &mut Ctx, permission: Permission, id: AdmissionId) -> Result<Turn> {
    let known = wards::find_admission(&mut ctx.tx, id).await?;
    ctx.at_clinic(permission, known.clinic_id)?;
    ctx.reach([known.patient_id]).await?;
    ctx.tx.lock(id).await?;
    let admission = wards::find_admission(&mut ctx.tx, id).await?;
    Ok(Turn { admission })
}

impl Turn {
    /// Refuses the act unless the patient lies on a ward.
    ///
    /// # Errors
    /// [`Error::Conflict`].
    pub fn must_be_admitted(&self) -> Result<()> {
        match self.admission.state {
            AdmissionState::Admitted => Ok(()),
            _ => Err(Error::conflict(tr!(medicine_record.not_on_ward))),
        }
    }
}

/// A reason in a list, and in words.
#[derive(Clone, Debug)]
pub struct Change {
    pub key: Uuid,
    pub reason: CareReason,
    pub words: String,
}

fn refused(error: DbError) -> Error {
    if error.violates("orders_replaced_once") {
        Error::conflict(tr!(medicine_record.changed_before))
    } else if error.violates("orders_admitted") {
        Error::conflict(tr!(medicine_record.not_on_ward))
    } else if error.violates("orders_no_orphans") || error.violates("care_orders_moves") {
        Error::conflict(tr!(medicine_record.order_moved))
    } else {
        error.of_form_key()
    }
}

/// Records an act in the audit log and for the open screens.
fn record(ctx: &mut Ctx, order: &CareOrder, action: Action) {
    ctx.did(action, "care_order", order.id, Some(order.patient_id));
    ctx.tell(Event::new(&MEDICINES).at(order.clinic_id).about(order.admission_id));
}

/// Writes an order, and plans its doses. With `replaced`, that order is stopped in the same step. A doctor's order is signed at once; one by
/// phone waits for its prescriber. The same id a second time finds the order written.
///
/// # Errors
/// [`Error::Invalid`] with the warnings to answer.
pub async fn write(
    ctx: &mut Ctx,
    turn: &Turn,
    id: CareOrderId,
    typed: OrderTyped,
    replaced: Option<(CareOrderId, Change)>,
) -> Result<CareOrder> {
    if let Some(known) = store::find(&mut ctx.tx, id).await? {
        return if known.admission_id == turn.admission.id && known.ordered_by == ctx.user() { Ok(known) } else { Err(Error::key_used()) };
    }
    turn.must_be_admitted()?;
    let stamp = ctx.stamp();
    let replaces = replaced.as_ref().map(|(old, _)| *old);
    if let Some((old, _)) = &replaced {
        let old = find(&mut ctx.tx, *old).await?;
        if old.admission_id != turn.admission.id {
            return Err(Error::NotFound);
        }
        if !old.state.is_open() {
            return Err(Error::conflict(tr!(medicine_record.changed_before)));
        }
    }
    let (override_reason, answered, asked) = check(ctx, turn, &typed, replaces).await?;
    let two_person = asks_second(ctx, turn, &typed).await?;
    if let Some((old, change)) = &replaced {
        end(ctx, *old, CareAct::Changed, change).await?;
    }
    let verbal = typed.mode == CareMode::Verbal;
    let mut order = CareOrder {
        id,
        admission_id: turn.admission.id,
        patient_id: turn.admission.patient_id,
        clinic_id: turn.admission.clinic_id,
        kind: typed.kind,
        priority: typed.priority,
        mode: typed.mode,
        state: CareOrderState::Active,
        title: typed.title,
        drug_id: typed.drug.as_ref().map(|drug| drug.id),
        dose: typed.dose,
        amount: typed.amount,
        infusion: typed.infusion,
        route: typed.route,
        timing: typed.timing,
        times: typed.times,
        first_now: typed.first_now,
        interval_min: typed.interval_min,
        most_in_day: typed.most_in_day,
        indication: typed.indication,
        two_person,
        hold_if: typed.hold_if,
        starts_at: typed.starts_at,
        ends_at: typed.ends_at,
        dose_count: typed.dose_count,
        review_at: typed.review_at,
        instructions: typed.instructions,
        override_reason,
        answered,
        prescriber_id: typed.prescriber,
        prescriber: String::new(),
        ordered_at: stamp.at,
        ordered_by: stamp.by,
        orderer: String::new(),
        signed: None,
        cosign_due: verbal.then(|| stamp.at + Duration::hours(typed.sign_hours.unwrap_or(COSIGN_HOURS))),
        protocol: None,
        replaces,
        planned_until: None,
        held_at: None,
        resume_at: None,
        ended_at: None,
        version: 1,
    };
    if order.schedule().is_some() && !order.is_as_needed() {
        order.planned_until = Some(order.starts_at);
    }
    if !verbal {
        let bytes = content(&order);
        order.signed = Some(clinical::sign_bytes(&mut ctx.tx, stamp, &bytes).await?);
    }
    store::insert(&mut ctx.tx, &order).await.map_err(refused)?;
    if let Some(due_at) = order.review_at {
        reviews::begin(&mut ctx.tx, id, due_at, stamp).await?;
    }
    // The pharmacists' list of overridden warnings has those of wards too.
    let about = Overridden {
        of: OverrideOf::CareOrder(id),
        patient: order.patient_id,
        clinic: order.clinic_id,
        stage: CheckStage::Write,
        reason: &order.override_reason,
    };
    clinical::keep_override(ctx, &about, &asked).await?;
    let locked = ctx.tx.lock(id).await?;
    doses::plan(&mut ctx.tx, locked, &order, stamp.at).await?;
    record(ctx, &order, if verbal { Action::Create } else { Action::Sign });
    Ok(order)
}

/// Whether a second person checks each dose: of a high-alert or controlled medicine, and of all that goes into a vein below the first birthday.
async fn asks_second(ctx: &mut Ctx, turn: &Turn, typed: &OrderTyped) -> Result<bool> {
    let Some(drug) = &typed.drug else { return Ok(false) };
    if drug.high_alert || store::is_controlled(&mut ctx.tx, drug.id).await? {
        return Ok(true);
    }
    if typed.route != Route::Intravenous.as_str() {
        return Ok(false);
    }
    let zone = ctx.zone();
    Ok(ages_of(&mut ctx.tx, turn.admission.patient_id, zone).await?.at(ctx.now, None) < 12)
}

/// Adds an order that was given elsewhere, and plans its doses: of the demo hospital. The program signs a written one as imported, and does
/// not sign in its doctor's name.
///
/// # Errors
/// When the database refuses.
pub async fn add(tx: &mut crate::db::Tx, mut order: CareOrder, now: Instant) -> Result<CareOrder> {
    if order.mode == CareMode::Written {
        let bytes = content(&order);
        order.signed = Some(clinical::sign_bytes(tx, Stamp { by: crate::core::UserId::SYSTEM, at: now }, &bytes).await?);
    }
    if order.schedule().is_some() && !order.is_as_needed() {
        order.planned_until = Some(order.starts_at);
    }
    store::insert(tx, &order).await.map_err(refused)?;
    if let Some(due_at) = order.review_at {
        reviews::begin(tx, order.id, due_at, Stamp { by: order.ordered_by, at: order.ordered_at }).await?;
    }
    let locked = tx.lock(order.id).await?;
    doses::plan(tx, locked, &order, now).await?;
    Ok(order)
}

/// Checks a medicine as a prescription is checked: against the patient's prescriptions and the open orders of the stay, without the one
/// that it replaces. Returns the reason, the keys that it answers, and the warnings.
async fn check(ctx: &mut Ctx, turn: &Turn, typed: &OrderTyped, replaces: Option<CareOrderId>) -> Result<(String, String, Vec<Warning>)> {
    let (Some(drug), CareKind::Medicine) = (&typed.drug, typed.kind) else { return Ok(Default::default()) };
    let open = store::of_admission(&mut ctx.tx, turn.admission.id, true).await?;
    let others = open.into_iter().filter(|order| Some(order.id) != replaces).filter_map(|order| {
        let dosage = order.dosage();
        Some(OrderedMedicine { id: order.id.0, drug: order.drug_id?, name: order.title, dosage, since: order.ordered_at })
    });
    let others = others.collect();
    let times = stored_times(&typed.times);
    let dosage = dosage((&typed.dose, typed.amount.clone(), &typed.route), (typed.timing, &times), typed.most_in_day, &typed.instructions);
    let found = clinical::check_ordered(ctx, turn.admission.patient_id, drug, &dosage, others).await?;
    let asked = found.asked.clone();
    let (reason, answered) = found.answered(&drug.name, typed.reply.clone())?;
    Ok((reason, answered, asked))
}

/// Locks an order of the turn, and reads it again.
async fn locked(ctx: &mut Ctx, turn: &Turn, id: CareOrderId) -> Result<(Locked<CareOrderId>, CareOrder)> {
    let lock = ctx.tx.lock(id).await?;
    let order = find(&mut ctx.tx, id).await?;
    if order.admission_id == turn.admission.id { Ok((lock, order)) } else { Err(Error::NotFound) }
}

/// Whether the act with this key was done on this order.
async fn done_before(ctx: &mut Ctx, id: CareOrderId, key: Uuid) -> Result<bool> {
    match store::act_done(&mut ctx.tx, key).await? {
        None => Ok(false),
        Some(on) if on == id => Ok(true),
        Some(_) => Err(Error::key_used()),
    }
}

async fn act(ctx: &mut Ctx, order: &CareOrder, new: &NewAct<'_>) -> Result<()> {
    let stamp = ctx.stamp();
    store::insert_act(&mut ctx.tx, order, new, stamp).await.map_err(DbError::of_form_key)
}

/// Signs an order that was given by phone. Only its prescriber can.
///
/// # Errors
/// [`Error::Conflict`] when it is signed.
pub async fn sign(ctx: &mut Ctx, turn: &Turn, id: CareOrderId, key: Uuid) -> Result<()> {
    if done_before(ctx, id, key).await? {
        return Ok(());
    }
    let (lock, order) = locked(ctx, turn, id).await?;
    if order.prescriber_id != ctx.user() {
        return Err(Error::conflict(tr!(medicine_record.sign_own, prescriber = order.prescriber)));
    }
    let stamp = ctx.stamp();
    let signed = clinical::sign_bytes(&mut ctx.tx, stamp, &content(&order)).await?;
    if !store::set_signed(&mut ctx.tx, lock, &signed).await? {
        return Err(Error::conflict(tr!(medicine_record.signed_before)));
    }
    act(ctx, &order, &NewAct { id: key, act: CareAct::Signed, reason: None, words: "" }).await?;
    record(ctx, &order, Action::Sign);
    Ok(())
}

/// Puts an order on hold, until a time or for good: its due doses are held.
///
/// # Errors
/// [`Error::Conflict`] unless it is active.
pub async fn hold(ctx: &mut Ctx, turn: &Turn, id: CareOrderId, change: &Change, resume_at: Option<Instant>) -> Result<()> {
    if done_before(ctx, id, change.key).await? {
        return Ok(());
    }
    let (lock, order) = locked(ctx, turn, id).await?;
    if order.state != CareOrderState::Active {
        return Err(Error::conflict(tr!(medicine_record.order_moved)));
    }
    let now = ctx.now;
    doses::hold_due(&mut ctx.tx, lock).await?;
    let new = NewState { state: CareOrderState::OnHold, held_at: Some(now), resume_at, ended_at: None };
    store::set_state(&mut ctx.tx, lock, new).await.map_err(refused)?;
    act(ctx, &order, &NewAct { id: change.key, act: CareAct::Held, reason: Some(change.reason), words: &change.words }).await?;
    record(ctx, &order, Action::Update);
    Ok(())
}

/// Takes an order off hold: the held doses that are still ahead are due again.
///
/// # Errors
/// [`Error::Conflict`] unless it is on hold.
pub async fn resume(ctx: &mut Ctx, turn: &Turn, id: CareOrderId, key: Uuid) -> Result<()> {
    if done_before(ctx, id, key).await? {
        return Ok(());
    }
    turn.must_be_admitted()?;
    let (lock, order) = locked(ctx, turn, id).await?;
    let now = ctx.now;
    release(&mut ctx.tx, (lock, &order), now).await?;
    act(ctx, &order, &NewAct { id: key, act: CareAct::Resumed, reason: None, words: "" }).await?;
    record(ctx, &order, Action::Update);
    Ok(())
}

/// Sets an order that is on hold active, and plans its doses from now on.
///
/// # Errors
/// [`Error::Conflict`] unless it is on hold.
pub async fn release(tx: &mut crate::db::Tx, (lock, order): (Locked<CareOrderId>, &CareOrder), now: Instant) -> Result<()> {
    if order.state != CareOrderState::OnHold {
        return Err(Error::conflict(tr!(medicine_record.order_moved)));
    }
    store::set_state(tx, lock, NewState { state: CareOrderState::Active, held_at: None, resume_at: None, ended_at: None })
        .await
        .map_err(refused)?;
    doses::release_held(tx, lock, now).await?;
    if let Some(planned) = order.planned_until {
        let order = CareOrder { planned_until: Some(planned.max(now)), ..order.clone() };
        doses::plan(tx, lock, &order, now).await?;
    }
    Ok(())
}

/// Ends an order for a reason: its due doses are cancelled.
async fn end(ctx: &mut Ctx, id: CareOrderId, what: CareAct, change: &Change) -> Result<CareOrder> {
    let lock = ctx.tx.lock(id).await?;
    let order = find(&mut ctx.tx, id).await?;
    if !order.state.is_open() {
        let ended = order.ended_at.map(|at| show_date_time(ctx.zone().local(at))).unwrap_or_default();
        return Err(Error::conflict(tr!(medicine_record.stopped_before, at = ended)));
    }
    let now = ctx.now;
    doses::cancel_due(&mut ctx.tx, lock).await?;
    let new = NewState { state: CareOrderState::Stopped, held_at: None, resume_at: None, ended_at: Some(now) };
    store::set_state(&mut ctx.tx, lock, new).await.map_err(refused)?;
    act(ctx, &order, &NewAct { id: change.key, act: what, reason: Some(change.reason), words: &change.words }).await?;
    record(ctx, &order, Action::Update);
    Ok(order)
}

/// Stops an order.
///
/// # Errors
/// [`Error::Conflict`] when it ended before.
pub async fn stop(ctx: &mut Ctx, turn: &Turn, id: CareOrderId, change: &Change) -> Result<()> {
    if done_before(ctx, id, change.key).await? {
        return Ok(());
    }
    let order = find(&mut ctx.tx, id).await?;
    if order.admission_id != turn.admission.id {
        return Err(Error::NotFound);
    }
    end(ctx, id, CareAct::Stopped, change).await?;
    Ok(())
}

/// Completes an order whose time is over, in the job.
///
/// # Errors
/// When the database refuses.
pub async fn complete(tx: &mut crate::db::Tx, lock: Locked<CareOrderId>, ended_at: Instant) -> Result<()> {
    let new = NewState { state: CareOrderState::Completed, held_at: None, resume_at: None, ended_at: Some(ended_at) };
    store::set_state(tx, lock, new).await.map_err(refused)
}
