//! The acts by which a request becomes an admission.

use chrono::Duration;
use uuid::Uuid;

use super::{Admission, AdmissionState, ChosenBed, StayAct, find, store, take};
use crate::{
    audit::{self, Action, AuditRow},
    core::{AdmissionId, BedId, Error, IdempotencyKey, Permission, Result, Stamp, UserId, WardId, form::chosen, time::Instant},
    db::Locked,
    patients,
    server::{AppState, Ctx, Event},
    tr,
    wards::{
        WARDS, plan,
        uses::{self, BedUse, NewUse, UseEnd, UseKind, refused},
    },
};

/// The turn of an act: the admission is locked and was read after that.
#[derive(Clone, Debug)]
pub struct ActTurn {
    pub locked: Locked<AdmissionId>,
    pub admission: Admission,
    /// The key of the act's form.
    pub key: Uuid,
    /// Whether the act with this key was done before.
    pub done_before: bool,
}

/// Checks access and waits for the admission's turn. The same key a second time finds the act done.
///
/// # Errors
/// [`Error::NotFound`] or [`Error::NotInCare`] without access.
pub async fn turn(ctx: &mut Ctx, permission: Permission, id: AdmissionId, key: &str) -> Result<ActTurn> {
    let key: IdempotencyKey = chosen("key", key)?;
    let known = find(&mut ctx.tx, id).await?;
    ctx.at_clinic(permission, known.clinic_id)?;
    ctx.reach([known.patient_id]).await?;
    let locked = ctx.tx.lock(id).await?;
    let admission = find(&mut ctx.tx, id).await?;
    let done_before = match store::act_done(&mut ctx.tx, key.into()).await? {
        None => false,
        Some((on, _)) if on == id => true,
        Some(_) => return Err(Error::key_used()),
    };
    Ok(ActTurn { locked, admission, key: key.into(), done_before })
}

impl ActTurn {
    /// Refuses the act unless the admission is in one of these states.
    ///
    /// # Errors
    /// [`Error::Conflict`] with the present state.
    pub fn must_be(&self, states: &[AdmissionState]) -> Result<()> {
        if states.contains(&self.admission.state) {
            Ok(())
        } else {
            Err(Error::conflict(tr!(wards.wrong_state, state = self.admission.state.words())))
        }
    }

    /// Returns the admission and its patient, for a use of a bed.
    pub const fn whose(&self) -> (AdmissionId, crate::core::PatientId) {
        (self.admission.id, self.admission.patient_id)
    }
}

/// Records the act in the history, in the audit log and for the open screens.
///
/// # Errors
/// When the database refuses.
pub async fn record(ctx: &mut Ctx, turn: &ActTurn, act: StayAct, (ward, bed): (Option<WardId>, Option<BedId>), reason: &str) -> Result<()> {
    let stamp = ctx.stamp();
    let new = store::NewAct { key: turn.key, act, ward, bed, reason };
    store::insert_act(&mut ctx.tx, turn.admission.id, &new, stamp).await.map_err(crate::db::DbError::of_form_key)?;
    ctx.did(Action::Update, "admission", turn.admission.id, Some(turn.admission.patient_id));
    ctx.tell(Event::new(&WARDS).at(turn.admission.clinic_id).about(turn.admission.id));
    Ok(())
}

/// Ends the reservation that the patient has, at a bed that this transaction locks for it.
async fn release(ctx: &mut Ctx, turn: &ActTurn, because: UseEnd) -> Result<()> {
    let stamp = ctx.stamp();
    if let Some(reservation) = uses::open_of_admission(&mut ctx.tx, turn.admission.id, UseKind::Reservation).await? {
        let bed = ctx.tx.lock(reservation.bed_id).await?;
        uses::end(&mut ctx.tx, bed, reservation.id, because, stamp).await?;
    }
    Ok(())
}

pub(super) async fn set(ctx: &mut Ctx, turn: &ActTurn, change: store::Change) -> Result<()> {
    let stamp = ctx.stamp();
    store::update(&mut ctx.tx, turn.locked, &change, stamp).await.map_err(refused)
}

/// A ward accepts the request: with a reserved bed, or (`None`) the next free one. The ward that accepted may choose another bed later.
///
/// # Errors
/// [`Error::Conflict`] when another ward accepted the patient or the bed is taken.
pub async fn accept(ctx: &mut Ctx, turn: &ActTurn, ward: WardId, bed: Option<BedId>, reason: &str) -> Result<()> {
    turn.must_be(&[AdmissionState::Requested, AdmissionState::Accepted])?;
    let ward = plan::ward(&mut ctx.tx, ward).await?;
    if ward.clinic_id != turn.admission.clinic_id {
        return Err(Error::NotFound);
    }
    if let Some(accepted) = turn.admission.accepted_ward_id.filter(|accepted| *accepted != ward.id) {
        let name = plan::ward(&mut ctx.tx, accepted).await?.name;
        return Err(Error::conflict(tr!(wards.accepted_elsewhere, ward = name)));
    }
    lock_both(ctx, turn, bed).await?;
    release(ctx, turn, UseEnd::Released).await?;
    let (by, now) = (ctx.user(), ctx.now);
    let change = store::Change { state: AdmissionState::Accepted, accepted_ward: Some(ward.id), admitted_at: None, left_at: None };
    set(ctx, turn, change).await?;
    if let Some(bed) = bed {
        let chosen = take(ctx, &turn.admission, bed, reason).await?;
        if chosen.bed.ward_id != ward.id {
            return Err(Error::invalid("bed_id", tr!(wards.bed_elsewhere)));
        }
        let new = NewUse {
            clinic: ward.clinic_id,
            kind: UseKind::Reservation,
            whose: Some(turn.whose()),
            terminal: false,
            began_at: now,
            due_at: Some(now + Duration::minutes(ward.reservation_min)),
            reason: String::new(),
        };
        uses::begin(&mut ctx.tx, chosen.locked, &new, by).await?;
    }
    record(ctx, turn, StayAct::Accepted, (Some(ward.id), bed), reason).await
}

/// Locks the bed that is reserved and the one that is chosen, in the order of their ids.
async fn lock_both(ctx: &mut Ctx, turn: &ActTurn, bed: Option<BedId>) -> Result<()> {
    let reserved = uses::open_of_admission(&mut ctx.tx, turn.admission.id, UseKind::Reservation).await?;
    ctx.tx.lock_all(reserved.map(|reserved| reserved.bed_id).into_iter().chain(bed)).await?;
    Ok(())
}

/// A ward refuses the request.
///
/// # Errors
/// [`Error::Conflict`] when the patient is not waiting any more.
pub async fn refuse(ctx: &mut Ctx, turn: &ActTurn, reason: &str) -> Result<()> {
    ended(ctx, turn, AdmissionState::Refused, StayAct::Refused, reason).await
}

/// The request is cancelled.
///
/// # Errors
/// [`Error::Conflict`] when the patient is not waiting any more.
pub async fn cancel(ctx: &mut Ctx, turn: &ActTurn, reason: &str) -> Result<()> {
    ended(ctx, turn, AdmissionState::Cancelled, StayAct::Cancelled, reason).await
}

async fn ended(ctx: &mut Ctx, turn: &ActTurn, state: AdmissionState, act: StayAct, reason: &str) -> Result<()> {
    turn.must_be(&[AdmissionState::Requested, AdmissionState::Accepted])?;
    release(ctx, turn, UseEnd::Released).await?;
    let accepted_ward = turn.admission.accepted_ward_id;
    set(ctx, turn, store::Change { state, accepted_ward, admitted_at: None, left_at: None }).await?;
    record(ctx, turn, act, (Some(turn.admission.ward()), None), reason).await
}

/// Admits the patient to a bed at the given time: the reservation ends and the stay begins.
///
/// # Errors
/// [`Error::Conflict`] when the bed was not free at that time.
pub async fn admit(ctx: &mut Ctx, turn: &ActTurn, bed: BedId, at: Instant, reason: &str) -> Result<()> {
    turn.must_be(&[AdmissionState::Requested, AdmissionState::Accepted])?;
    let today = ctx.today();
    patients::refuse_the_dead(&mut ctx.tx, turn.admission.patient_id, today).await?;
    lock_both(ctx, turn, Some(bed)).await?;
    let chosen = take(ctx, &turn.admission, bed, reason).await?;
    let by = ctx.user();
    match &chosen.reservation {
        Some(BedUse { id, began_at, .. }) => {
            uses::end(&mut ctx.tx, chosen.locked, *id, UseEnd::Admitted, Stamp { by, at: at.max(*began_at) }).await?;
        }
        None => release(ctx, turn, UseEnd::Released).await?,
    }
    let (state, ward) = (AdmissionState::Admitted, chosen.bed.ward_id);
    set(ctx, turn, store::Change { state, accepted_ward: Some(ward), admitted_at: Some(at), left_at: None }).await?;
    stay(ctx, turn, &chosen, at).await?;
    record(ctx, turn, StayAct::Admitted, (Some(ward), Some(bed)), reason).await?;
    let departments = ctx.state().departments;
    departments.admitted(ctx, turn.admission.id).await
}

/// Opens the stay in a chosen bed.
async fn stay(ctx: &mut Ctx, turn: &ActTurn, chosen: &ChosenBed, at: Instant) -> Result<()> {
    let new = NewUse {
        clinic: chosen.bed.clinic_id,
        kind: UseKind::Stay,
        whose: Some(turn.whose()),
        terminal: false,
        began_at: at,
        due_at: None,
        reason: String::new(),
    };
    uses::begin(&mut ctx.tx, chosen.locked, &new, ctx.who.user).await
}

/// Sets the ward on which the patient lies.
///
/// # Errors
/// When the database refuses.
pub async fn set_ward(ctx: &mut Ctx, turn: &ActTurn, ward: WardId) -> Result<()> {
    let stamp = ctx.stamp();
    store::set_ward(&mut ctx.tx, turn.locked, ward, stamp).await.map_err(refused)
}

/// Sets the isolation and the equipment that the patient needs from now on.
///
/// # Errors
/// When the database refuses.
pub async fn set_needs(ctx: &mut Ctx, turn: &ActTurn, needs: &Admission) -> Result<()> {
    let stamp = ctx.stamp();
    store::set_needs(&mut ctx.tx, turn.locked, (needs.isolation, needs.equipment), stamp).await.map_err(refused)
}

/// Ends the admission, or (`None`) takes the end back.
///
/// # Errors
/// [`Error::Conflict`] when the patient still lies in a bed.
pub async fn set_left(ctx: &mut Ctx, turn: &ActTurn, at: Option<Instant>) -> Result<()> {
    let state = if at.is_some() { AdmissionState::Discharged } else { AdmissionState::Admitted };
    let (accepted_ward, admitted_at) = (turn.admission.accepted_ward_id, turn.admission.admitted_at);
    set(ctx, turn, store::Change { state, accepted_ward, admitted_at, left_at: at }).await
}

/// Ends a reservation that has run out; returns `false` when it has ended meanwhile.
///
/// # Errors
/// When the database refuses.
pub async fn release_expired(state: &AppState, due: &BedUse, now: Instant) -> Result<bool> {
    let mut tx = state.db.write().await?;
    let Some(admission) = due.admission_id else { return Ok(false) };
    tx.lock(admission).await?;
    let bed = tx.lock(due.bed_id).await?;
    let Some(open) = uses::open_use(&mut tx, bed).await?.filter(|open| open.id == due.id) else { return Ok(false) };
    uses::end(&mut tx, bed, open.id, UseEnd::Expired, Stamp::system(now)).await?;
    let admission = find(&mut tx, admission).await?;
    let row = AuditRow {
        at: now,
        user: UserId::SYSTEM,
        roles: String::new(),
        action: Action::Update,
        what: "admission",
        subject: Some(admission.id.0),
        patient: Some(admission.patient_id),
        clinic: Some(admission.clinic_id),
        address: String::new(),
        request: String::new(),
        why: String::new(),
    };
    audit::write(&mut tx, &[row]).await?;
    let events = [Event::new(&WARDS).at(admission.clinic_id).about(admission.id)];
    state.hub.store(&mut tx, now, &events).await?;
    tx.commit().await?;
    state.hub.announce(&events);
    Ok(true)
}
