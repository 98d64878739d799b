//! Moves of an admitted patient: to another bed, crosswise with another patient, to another ward, and away for a time.

mod babies;
mod handover;
mod labels;
mod store;
mod swaps;
mod undo;

use crate::{
    core::{AdmissionId, AwayId, BedId, Error, Permission, Result, Stamp, TransferId, WardId, error::FieldErrors, time::Instant},
    db::Locked,
    organisation::{BedKind, Isolation},
    server::Ctx,
    tr,
    wards::{
        admission::{self, ActTurn, AdmissionState, StayAct, record, take},
        equipment::Equipment,
        plan::{self, Bed, Ward},
        uses::{self, BedUse, NewUse, UseEnd, UseKind},
    },
};

pub use handover::{SheetDose, SheetLine, sheet_doses, sheet_lines};
pub use labels::{Labelled, bed_labelled};
pub use store::{Absence, OpenSwap, Transfer, absences, coming, last_transfer, open_absence, open_swaps, open_transfer};
pub use swaps::{SwapState, propose, swap, withdraw};
pub use undo::undo_move;

crate::text_enum! {
    /// The reason of a transfer.
    pub enum TransferKind("kind") {
        StepUp = "step_up",
        StepDown = "step_down",
        Isolation = "isolation",
        Capacity = "capacity",
        Specialty = "specialty",
    }
}

crate::text_enum! {
    /// The state of a transfer.
    pub enum TransferState("state") {
        Requested = "requested",
        Accepted = "accepted",
        Completed = "completed",
        Refused = "refused",
        Cancelled = "cancelled",
    }
}

crate::text_enum! {
    /// The place where a patient is whose bed is kept.
    pub enum AwayKind("kind") {
        Theatre = "theatre",
        Imaging = "imaging",
        Leave = "leave",
        OtherHospital = "other_hospital",
    }
}

crate::text_enum! {
    /// The person who goes along with a patient to another ward.
    pub enum Escort("escort") {
        Nobody = "none" => tr!(wards.escort_none),
        Porter = "porter" => tr!(wards.escort_porter),
        Nurse = "nurse" => tr!(wards.escort_nurse),
        Doctor = "doctor" => tr!(wards.escort_doctor),
        NurseAndDoctor = "nurse_and_doctor" => tr!(wards.escort_nurse_and_doctor),
    }
}

impl TransferKind {
    /// Returns the words in the reader's language.
    pub fn words(self) -> &'static str {
        match self {
            Self::StepUp => tr!(wards.transfer_step_up),
            Self::StepDown => tr!(wards.transfer_step_down),
            Self::Isolation => tr!(wards.transfer_isolation),
            Self::Capacity => tr!(wards.transfer_capacity),
            Self::Specialty => tr!(wards.transfer_specialty),
        }
    }
}

impl AwayKind {
    /// Returns the words in the reader's language.
    pub fn words(self) -> &'static str {
        match self {
            Self::Theatre => tr!(wards.away_theatre),
            Self::Imaging => tr!(wards.away_imaging),
            Self::Leave => tr!(wards.away_leave),
            Self::OtherHospital => tr!(wards.away_other_hospital),
        }
    }
}

/// Returns the open stay of an admitted patient.
pub(super) async fn stay_of(ctx: &mut Ctx, id: AdmissionId) -> Result<BedUse> {
    let open = uses::open_of_admission(&mut ctx.tx, id, UseKind::Stay).await?;
    open.ok_or_else(|| Error::conflict(tr!(wards.admission_changed)))
}

/// Ends a stay and sends the bed to cleaning: the long one after isolation; a chair is wiped at once.
pub(super) async fn leave_bed(
    ctx: &mut Ctx,
    (bed, locked): (&Bed, Locked<BedId>),
    stay: &BedUse,
    isolation: Isolation,
    (because, at): (UseEnd, Instant),
) -> Result<()> {
    let by = ctx.user();
    uses::end(&mut ctx.tx, locked, stay.id, because, Stamp { by, at }).await?;
    if bed.kind == BedKind::Chair {
        return Ok(());
    }
    let ward = plan::ward(&mut ctx.tx, bed.ward_id).await?;
    let terminal = isolation != Isolation::None;
    let minutes = if terminal { ward.terminal_min } else { ward.clean_min };
    let new = NewUse {
        clinic: bed.clinic_id,
        kind: UseKind::Cleaning,
        whose: None,
        terminal,
        began_at: at,
        due_at: Some(at + chrono::Duration::minutes(minutes)),
        reason: String::new(),
    };
    uses::begin(&mut ctx.tx, locked, &new, by).await
}

/// Opens a stay.
pub(super) async fn lie_down(ctx: &mut Ctx, turn: &ActTurn, bed: &Bed, locked: Locked<BedId>, at: Instant) -> Result<()> {
    let new = NewUse {
        clinic: bed.clinic_id,
        kind: UseKind::Stay,
        whose: Some(turn.whose()),
        terminal: false,
        began_at: at,
        due_at: None,
        reason: String::new(),
    };
    let by = ctx.user();
    uses::begin(&mut ctx.tx, locked, &new, by).await
}

/// Moves the patient to another bed of the ward; the children who were born to her here come along if they shall.
///
/// # Errors
/// [`Error::Conflict`] when the bed is taken or the patient is not on the ward.
pub async fn move_to(ctx: &mut Ctx, turn: &ActTurn, to: BedId, with_babies: bool, reason: &str) -> Result<()> {
    turn.must_be(&[AdmissionState::Admitted])?;
    if with_babies {
        babies::take_turns(ctx, turn).await?;
    }
    let stay = stay_of(ctx, turn.admission.id).await?;
    if stay.bed_id == to {
        return Err(Error::invalid("bed_id", tr!(wards.same_bed)));
    }
    ctx.tx.lock_all([stay.bed_id, to]).await?;
    let from = ctx.tx.lock(stay.bed_id).await?;
    let old = plan::bed(&mut ctx.tx, stay.bed_id).await?;
    let new = take(ctx, &turn.admission, to, reason).await?;
    if new.bed.ward_id != old.ward_id {
        return Err(Error::invalid("bed_id", tr!(wards.ask_transfer)));
    }
    let now = ctx.now;
    let (by, reserved) = (ctx.user(), new.reservation.clone());
    if let Some(reserved) = reserved {
        uses::end(&mut ctx.tx, new.locked, reserved.id, UseEnd::Moved, Stamp { by, at: now }).await?;
    }
    swaps::overtake(ctx, turn.admission.id, None).await?;
    leave_bed(ctx, (&old, from), &stay, turn.admission.isolation, (UseEnd::Moved, now)).await?;
    lie_down(ctx, turn, &new.bed, new.locked, now).await?;
    if with_babies {
        babies::bring(ctx, turn, &new.bed, (UseEnd::Moved, StayAct::Moved)).await?;
    }
    record(ctx, turn, StayAct::Moved, (Some(new.bed.ward_id), Some(to)), reason).await
}

/// A transfer that is asked for.
#[derive(Clone, Debug)]
pub struct NewTransfer {
    pub to: WardId,
    pub kind: TransferKind,
    /// Situation, background, assessment, recommendation.
    pub handover: String,
    /// The needs on the way and on the other ward.
    pub equipment: Equipment,
    pub isolation: Option<Isolation>,
    /// Other needs, in words.
    pub needs_note: String,
    pub escort: Escort,
}

impl Transfer {
    /// Returns the needs in words.
    pub fn needs(&self) -> String {
        let isolation = self.isolation.filter(|one| *one != Isolation::None).map(|one| tr!(wards.isolated, kind = one.words()));
        let equipment = self.equipment.words().into_iter().map(str::to_owned);
        let note = Some(self.needs_note.clone()).filter(|note| !note.is_empty());
        isolation.into_iter().chain(equipment).chain(note).collect::<Vec<_>>().join(", ")
    }

    /// Returns the escort in words; an older request does not say it.
    pub fn escort_words(&self) -> &'static str {
        self.escort.map_or_else(|| tr!(wards.escort_not_said), Escort::words)
    }
}

/// Asks another ward to take the patient.
///
/// # Errors
/// [`Error::Conflict`] when a transfer is open; [`Error::Invalid`] when the stay has another isolation.
pub async fn ask_transfer(ctx: &mut Ctx, turn: &ActTurn, new: &NewTransfer) -> Result<()> {
    turn.must_be(&[AdmissionState::Admitted])?;
    let ward = ward_here(ctx, turn, new.to).await?;
    if ward.id == turn.admission.ward() {
        return Err(Error::invalid("ward", tr!(wards.same_ward)));
    }
    let isolated = turn.admission.isolation;
    if isolated != Isolation::None && new.isolation.is_some_and(|asked| asked != isolated) {
        return Err(Error::invalid("isolation", tr!(wards.isolation_of_stay, kind = isolated.words())));
    }
    let stamp = ctx.stamp();
    store::insert_transfer(&mut ctx.tx, turn.locked, turn.admission.ward(), new, stamp).await.map_err(refused)?;
    record(ctx, turn, StayAct::TransferAsked, (Some(ward.id), None), new.kind.words()).await
}

/// Returns the ward, when it is one of the admission's clinic.
async fn ward_here(ctx: &mut Ctx, turn: &ActTurn, id: WardId) -> Result<Ward> {
    let ward = plan::ward(&mut ctx.tx, id).await?;
    if ward.clinic_id == turn.admission.clinic_id { Ok(ward) } else { Err(Error::NotFound) }
}

fn refused(error: crate::db::DbError) -> Error {
    if error.violates("transfers_one_open") {
        Error::conflict(tr!(wards.transfer_open))
    } else if error.violates("ward_absences_one_open") {
        Error::conflict(tr!(wards.is_away))
    } else if error.violates("transfers_admitted") || error.violates("ward_absences_admitted") || error.violates("transfers_states") {
        Error::conflict(tr!(wards.admission_changed))
    } else {
        uses::refused(error)
    }
}

/// Returns the open transfer, in one of these states.
async fn transfer_in(ctx: &mut Ctx, turn: &ActTurn, states: &[TransferState]) -> Result<Transfer> {
    let open = open_transfer(&mut ctx.tx, turn.admission.id).await?.filter(|open| states.contains(&open.state));
    open.ok_or_else(|| Error::conflict(tr!(wards.no_transfer)))
}

async fn end_reservation(ctx: &mut Ctx, turn: &ActTurn, because: UseEnd) -> Result<()> {
    let stamp = ctx.stamp();
    if let Some(open) = uses::open_of_admission(&mut ctx.tx, turn.admission.id, UseKind::Reservation).await? {
        let bed = ctx.tx.lock(open.bed_id).await?;
        uses::end(&mut ctx.tx, bed, open.id, because, stamp).await?;
    }
    Ok(())
}

/// The receiving ward accepts the transfer and reserves a bed.
///
/// # Errors
/// [`Error::Conflict`] when the bed is taken or the transfer is over.
pub async fn accept_transfer(ctx: &mut Ctx, turn: &ActTurn, bed: BedId, reason: &str) -> Result<()> {
    turn.must_be(&[AdmissionState::Admitted])?;
    let transfer = transfer_in(ctx, turn, &[TransferState::Requested]).await?;
    let chosen = take(ctx, &turn.admission, bed, reason).await?;
    if chosen.bed.ward_id != transfer.to_ward_id {
        return Err(Error::invalid("bed_id", tr!(wards.bed_elsewhere)));
    }
    let (now, by) = (ctx.now, ctx.user());
    let new = NewUse {
        clinic: chosen.bed.clinic_id,
        kind: UseKind::Reservation,
        whose: Some(turn.whose()),
        terminal: false,
        began_at: now,
        due_at: Some(now + chrono::Duration::minutes(chosen.ward.reservation_min)),
        reason: String::new(),
    };
    uses::begin(&mut ctx.tx, chosen.locked, &new, by).await?;
    set_transfer(ctx, transfer.id, TransferState::Accepted, "").await?;
    record(ctx, turn, StayAct::TransferAccepted, (Some(transfer.to_ward_id), Some(bed)), reason).await
}

async fn set_transfer(ctx: &mut Ctx, id: TransferId, state: TransferState, reason: &str) -> Result<()> {
    let now = ctx.now;
    store::set_transfer(&mut ctx.tx, id, state, reason, now).await.map_err(refused)
}

/// The receiving ward refuses the transfer, or the asking ward cancels it.
///
/// # Errors
/// [`Error::Conflict`] when the transfer is over.
pub async fn end_transfer(ctx: &mut Ctx, turn: &ActTurn, state: TransferState, reason: &str) -> Result<()> {
    let transfer = transfer_in(ctx, turn, &[TransferState::Requested, TransferState::Accepted]).await?;
    end_reservation(ctx, turn, UseEnd::Released).await?;
    set_transfer(ctx, transfer.id, state, reason).await?;
    let act = if state == TransferState::Refused { StayAct::TransferRefused } else { StayAct::TransferCancelled };
    record(ctx, turn, act, (Some(transfer.to_ward_id), None), reason).await
}

/// The patient arrives on the receiving ward: the old stay ends and the new one begins at one instant. The needs that the transfer adds are
/// those of the stay from now on.
///
/// # Errors
/// [`Error::Conflict`] when the transfer is not accepted or the bed is taken.
pub async fn arrive(ctx: &mut Ctx, turn: &ActTurn, bed: BedId, with_babies: bool, reason: &str) -> Result<()> {
    turn.must_be(&[AdmissionState::Admitted])?;
    let transfer = transfer_in(ctx, turn, &[TransferState::Accepted]).await?;
    if with_babies {
        babies::take_turns(ctx, turn).await?;
    }
    let stay = stay_of(ctx, turn.admission.id).await?;
    let reserved = uses::open_of_admission(&mut ctx.tx, turn.admission.id, UseKind::Reservation).await?;
    ctx.tx.lock_all([Some(stay.bed_id), Some(bed), reserved.map(|one| one.bed_id)].into_iter().flatten()).await?;
    end_reservation(ctx, turn, UseEnd::Arrived).await?;
    let from = ctx.tx.lock(stay.bed_id).await?;
    let old = plan::bed(&mut ctx.tx, stay.bed_id).await?;
    let chosen = take(ctx, &turn.admission, bed, reason).await?;
    if chosen.bed.ward_id != transfer.to_ward_id {
        return Err(Error::invalid("bed_id", tr!(wards.bed_elsewhere)));
    }
    let now = ctx.now;
    swaps::overtake(ctx, turn.admission.id, None).await?;
    leave_bed(ctx, (&old, from), &stay, turn.admission.isolation, (UseEnd::Transferred, now)).await?;
    admission::set_ward(ctx, turn, transfer.to_ward_id).await?;
    let needs = turn.admission.with_needs(&transfer);
    let added = needs != turn.admission;
    if added {
        admission::set_needs(ctx, turn, &needs).await?;
    }
    lie_down(ctx, turn, &chosen.bed, chosen.locked, now).await?;
    if with_babies {
        babies::bring(ctx, turn, &chosen.bed, (UseEnd::Transferred, StayAct::Arrived)).await?;
    }
    set_transfer(ctx, transfer.id, TransferState::Completed, "").await?;
    let needs = if added { format!("{}: {}", tr!(wards.needs), transfer.needs()) } else { String::new() };
    let words = [needs.as_str(), reason].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ");
    let words: String = words.chars().take(500).collect();
    record(ctx, turn, StayAct::Arrived, (Some(transfer.to_ward_id), Some(bed)), &words).await?;
    let departments = ctx.state().departments;
    departments.arrived(ctx, turn.admission.id).await
}

/// The patient leaves the ward for a time; the bed is kept.
///
/// # Errors
/// [`Error::Conflict`] when the patient is away.
pub async fn go_away(ctx: &mut Ctx, turn: &ActTurn, kind: AwayKind, expected: Option<Instant>, note: &str) -> Result<()> {
    turn.must_be(&[AdmissionState::Admitted])?;
    let stamp = ctx.stamp();
    let id = AwayId::new();
    store::insert_absence(&mut ctx.tx, (id, turn.locked), (kind, expected, note), stamp).await.map_err(refused)?;
    record(ctx, turn, StayAct::Away, (None, None), kind.words()).await
}

/// The patient is back.
///
/// # Errors
/// [`Error::Conflict`] when the patient is not away.
pub async fn come_back(ctx: &mut Ctx, turn: &ActTurn) -> Result<()> {
    let now = ctx.now;
    if !store::end_absence(&mut ctx.tx, turn.locked, now).await? {
        return Err(Error::conflict(tr!(wards.not_away)));
    }
    record(ctx, turn, StayAct::Back, (None, None), "").await
}

/// Ends what is open about the patient when the stay ends: transfer, reservation, absence, proposals to swap.
///
/// # Errors
/// When the database refuses.
pub(super) async fn end_everything(ctx: &mut Ctx, turn: &ActTurn) -> Result<()> {
    let now = ctx.now;
    end_reservation(ctx, turn, UseEnd::Discharged).await?;
    swaps::overtake(ctx, turn.admission.id, None).await?;
    if let Some(open) = open_transfer(&mut ctx.tx, turn.admission.id).await? {
        set_transfer(ctx, open.id, TransferState::Cancelled, tr!(wards.act_discharged)).await?;
    }
    store::end_absence(&mut ctx.tx, turn.locked, now).await?;
    Ok(())
}

/// Takes the turns of two admissions, in the order of their ids.
///
/// # Errors
/// As [`admission::turn`].
pub async fn both_turns(ctx: &mut Ctx, one: AdmissionId, other: AdmissionId, keys: (&str, &str)) -> Result<(ActTurn, ActTurn)> {
    for id in [one, other] {
        let known = admission::find(&mut ctx.tx, id).await?;
        ctx.at_clinic(Permission::ManageBeds, known.clinic_id)?;
    }
    ctx.tx.lock_all([one, other]).await?;
    let first = admission::turn(ctx, Permission::ManageBeds, one, keys.0).await?;
    let second = admission::turn(ctx, Permission::ManageBeds, other, keys.1).await?;
    Ok((first, second))
}

/// Reads a required line of a form.
///
/// # Errors
/// [`Error::Invalid`] with the field.
pub(super) fn required(field: &'static str, typed: &str, most: usize) -> Result<String> {
    let mut errors = FieldErrors::new();
    let line = errors.required_line(field, typed, most);
    errors.finish()?;
    Ok(line)
}
