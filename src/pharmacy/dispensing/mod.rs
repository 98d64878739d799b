//! Hand-overs and returns: each is a document of the ledger of stock, moves batches, and changes the charge.

pub mod bags;
mod store;

use chrono::{Days, NaiveDate};

use super::{
    CollectorCheck, Counselling, Refusal, ReturnReason, SupplyState,
    charging::{self, HandedOut},
    checks::{self, CheckDecision, SupplyStage},
    labels, pauses, stops,
    supplies::{self, Supply},
};
use crate::{
    audit::Action,
    clinical::PrescriptionState,
    core::{
        DispenseId, Error, MovementId, PatientId, Permission, Result, StockBatchId, StockDocumentId, StoreroomId, SupplyId, UserId,
        time::{Instant, show_date},
    },
    db::{DbError, Locked},
    inventory::{self, NewDocument, RoomKind, StockDocumentKind, StockItem, StockUnit, UsableLine},
    server::{Ctx, Event, department::ChargeSource},
    tr,
};

pub use store::{in_portal, lines_of, of_patient_before, of_supply, who_got};

/// A medicine that was handed out; its id is the dispense's.
pub static DISPENSE: ChargeSource = ChargeSource { kind: "dispense", words: || tr!(pharmacy.source_dispense) };

/// A hand-over, as pages show it.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Dispense {
    pub id: DispenseId,
    pub supply_id: SupplyId,
    pub patient_id: PatientId,
    pub item_name: String,
    pub item_name_es: String,
    pub unit: StockUnit,
    pub quantity: i64,
    pub returned: i64,
    pub at: Instant,
    pub by_name: String,
    pub witness: Option<String>,
    pub collector: String,
    pub counselling: Option<Counselling>,
    /// The prescribed medicine, where this is a substitute; else empty.
    pub substitute_for: String,
    /// The clinic wants it paid first: the bag waits until it is handed over.
    pub paid_first: bool,
    pub handed_at: Option<Instant>,
    pub handed_by: Option<String>,
}

impl Dispense {
    /// Whether the packed bag waits to be handed over.
    pub const fn waits(&self) -> bool {
        self.paid_first && self.handed_at.is_none() && self.returned < self.quantity
    }
}

/// The part of a hand-over that came from one batch.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct DispenseLine {
    /// The movement's id.
    pub id: MovementId,
    pub dispense_id: DispenseId,
    pub batch_no: String,
    pub expires_on: Option<NaiveDate>,
    pub quantity: i64,
    pub returned: i64,
}

/// A hand-over to be recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handover {
    /// Made with the form.
    pub key: DispenseId,
    pub quantity: i64,
    pub room: StoreroomId,
    pub picked: Picked,
    pub identified_by: CollectorCheck,
    /// The person who takes it, where that is not the patient.
    pub collector: String,
    pub counselling: Option<Counselling>,
    /// The second person, who has signed in on the form.
    pub witness: Option<UserId>,
    /// The pharmacist's answer to what is new since the prescription was verified.
    pub decision: CheckDecision,
}

/// The packs that the pharmacist has taken from the shelf.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Picked {
    /// Another batch than those whose turn it is, and the reason for it.
    pub batch: Option<StockBatchId>,
    pub reason: String,
    /// The code that was scanned from a pack; empty without one.
    pub scan: String,
    /// A batch that expires before the course ends is meant.
    pub short_batch: bool,
    /// The name of a medicine that looks or sounds like another was read on its pack.
    pub name_read: bool,
}

fn document_of(key: DispenseId) -> StockDocumentId {
    StockDocumentId(key.0)
}

/// Hands a verified medicine out. The same key again changes nothing; the answer is then `false`.
///
/// # Errors
/// [`Error::Invalid`] when it is more than is owed, or the witness is missing; [`Error::Conflict`] when the stock does not suffice, or the
/// prescription has ended.
pub async fn dispense(ctx: &mut Ctx, id: SupplyId, handover: &Handover) -> Result<bool> {
    let (lock, supply) = supplies::turn(ctx, id).await?;
    let room = inventory::room(&mut ctx.tx, handover.room).await?.ok_or(Error::NotFound)?;
    if room.clinic_id != supply.clinic_id || room.kind != RoomKind::Pharmacy || room.retired_at.is_some() {
        return Err(Error::invalid("storeroom", tr!(errors.choose)));
    }
    let document = NewDocument {
        note: handover.picked.reason.clone(),
        witness: handover.witness,
        ..NewDocument::new(document_of(handover.key), StockDocumentKind::Dispense, room.id)
    };
    let (stamp, day) = (ctx.stamp(), ctx.today());
    if !inventory::begin(&mut ctx.tx, &document, stamp).await? {
        return match store::find(&mut ctx.tx, handover.key).await? {
            Some(there) if there.supply_id == id => Ok(false),
            _ => Err(Error::key_used()),
        };
    }
    let is_ready = matches!(supply.state, SupplyState::Verified | SupplyState::PartDispensed);
    if !is_ready || supply.prescription_state != PrescriptionState::Active {
        return Err(Error::conflict(tr!(pharmacy.changed, state = supply.state.words().to_lowercase())));
    }
    if handover.quantity > supply.owed() {
        return Err(Error::invalid("quantity", tr!(pharmacy.more_than_owed, count = supply.owed())));
    }
    labels::check(&handover.picked.scan, id)?;
    if handover.counselling.is_none() && labels::advice(ctx, &supply).await?.counsel {
        return Err(Error::invalid("counselling", tr!(pharmacy.counselling_needed)));
    }
    let item = supply.item_id.ok_or(Error::NotFound)?;
    let item = inventory::item(&mut ctx.tx, item).await?.ok_or(Error::NotFound)?;
    supply.check_in_time(&item, stamp.at)?;
    check_witness(ctx, &supply, &item, handover.witness)?;
    check_name(ctx, &item, &handover.picked).await?;
    checks::check(ctx, &supply, SupplyStage::HandOver, &handover.decision).await?;
    let reserved = inventory::end_reservations(&mut ctx.tx, id.0, true, Some((item.id, room.id)), stamp.at).await?;
    let end = supply.dosage.days.and_then(|days| day.checked_add_days(Days::new(u64::try_from(days - 1).ok()?))).unwrap_or(day);
    let batch = batch_of(ctx, (room.id, &item), handover, (day, end)).await?;
    let (place, what) = ((room.id, item.id), (handover.quantity, batch));
    let posted = inventory::dispense_lasting(&mut ctx.tx, document.id, place, what, stamp.at, (day, end)).await?;
    let paid_first = stops::is_paid_first(ctx, supply.clinic_id).await?;
    store::insert(&mut ctx.tx, &supply, handover, paid_first, stamp).await.map_err(refused)?;
    for part in &posted {
        store::insert_line(&mut ctx.tx, part, handover.key, supply.patient_id).await?;
    }
    let dispensed = supply.dispensed + handover.quantity;
    let state = if dispensed - supply.returned == supply.ordered { SupplyState::Dispensed } else { SupplyState::PartDispensed };
    supplies::set_counts(&mut ctx.tx, lock, (dispensed, supply.returned), (state, None), stamp).await?;
    ctx.did(Action::Create, "dispense", handover.key, Some(supply.patient_id));
    // The rest of what was reserved stays so.
    let rest = (reserved - handover.quantity).min(supply.owed() - handover.quantity);
    if rest > 0 {
        match supplies::reserve_in(ctx, &supply, (room.id, item.id), rest).await {
            Ok(()) | Err(Error::Conflict(_)) => {}
            Err(error) => return Err(error),
        }
    }
    charging::charge(ctx, &handed_out(&supply, handover.key, day), &item, handover.quantity).await?;
    supplies::did(ctx, &supply);
    ctx.tell(Event::new(&inventory::STOCK).at(supply.clinic_id));
    stops::go_on(ctx, &supply).await?;
    Ok(true)
}

/// Returns the batch to take; `None` for those whose turn it is. A scanned pack must be the medicine and the batch that is handed out.
///
/// # Errors
/// [`Error::Invalid`] of the field `scan`, `batch_reason` or `short_batch`.
async fn batch_of(
    ctx: &mut Ctx,
    (room, item): (StoreroomId, &StockItem),
    handover: &Handover,
    (day, end): (NaiveDate, NaiveDate),
) -> Result<Option<StockBatchId>> {
    let Picked { batch, reason, scan, short_batch, .. } = &handover.picked;
    inventory::hold(&mut ctx.tx, room, item.id).await?;
    let lines = inventory::in_turn(&mut ctx.tx, (room, item.id), (day, end)).await?;
    let in_turn: Vec<StockBatchId> = inventory::take(&lines, handover.quantity).unwrap_or_default().iter().map(|part| part.batch).collect();
    let mut batch = *batch;
    // The label of this prescription names no pack.
    if !scan.trim().is_empty() && labels::scanned(scan).is_none() {
        let clinic = ctx.clinic.id;
        let scanned = inventory::scan(&mut ctx.tx, clinic, scan, day).await?;
        if scanned.item.id != item.id {
            let (wrong, right) = (scanned.item.shown_name().to_owned(), item.shown_name().to_owned());
            return Err(Error::invalid("scan", tr!(pharmacy.scan_wrong_item, wrong = wrong, right = right)));
        }
        if scanned.scan.batch.is_some() && scanned.batch.is_none_or(|known| batch.is_some_and(|chosen| chosen != known)) {
            let number = scanned.scan.batch.clone().unwrap_or_default();
            return Err(Error::invalid("scan", tr!(pharmacy.scan_wrong_batch, batch = number)));
        }
        batch = batch.or(scanned.batch.filter(|known| !in_turn.contains(known)));
    }
    // One that cannot be handed out at all is refused by the ledger.
    let is_other = |chosen| in_turn.first() != Some(&chosen) && lines.iter().any(|line| line.batch_id == chosen);
    if batch.is_some_and(is_other) && reason.is_empty() {
        return Err(Error::invalid("batch_reason", tr!(pharmacy.why_other_batch)));
    }
    let is_taken = |line: &&UsableLine| batch.map_or_else(|| in_turn.contains(&line.batch_id), |chosen| chosen == line.batch_id);
    let shortest = lines.iter().filter(is_taken).filter_map(|line| line.expires_on).min().filter(|last| *last < end && !short_batch);
    match shortest {
        Some(last) => Err(Error::invalid("short_batch", tr!(pharmacy.ends_before_course, day = show_date(last), end = show_date(end)))),
        None => Ok(batch),
    }
}

fn handed_out(supply: &Supply, id: DispenseId, day: NaiveDate) -> HandedOut {
    HandedOut { source: &DISPENSE, id: id.into(), patient: supply.patient_id, clinic: supply.clinic_id, visit: supply.visit_id, day }
}

fn refused(error: DbError) -> Error {
    if error.violates("dispenses_paid") {
        return Error::conflict(tr!(pharmacy.bag_not_paid));
    }
    if error.violates("dispenses_in_time") {
        return Error::conflict(tr!(pharmacy.ended));
    }
    if error.violates("dispenses_active") {
        return Error::conflict(tr!(pharmacy.ended));
    }
    if error.violates("dispenses_paused") {
        return Error::conflict(tr!(pharmacy.is_paused));
    }
    if error.violates("dispenses_counselled") {
        return Error::invalid("counselling", tr!(pharmacy.counselling_needed));
    }
    if error.violates("dispenses_witnessed") || error.violates("dispenses_two_people") {
        return Error::invalid("witness", tr!(pharmacy.witness_needed));
    }
    error.of_form_key()
}

/// Checks that the pack of a medicine that looks or sounds like another was scanned, or that its name was read.
async fn check_name(ctx: &mut Ctx, item: &StockItem, picked: &Picked) -> Result<()> {
    let is_scanned = !picked.scan.trim().is_empty() && labels::scanned(&picked.scan).is_none();
    super::alike(ctx, item, picked.name_read || is_scanned).await
}

/// A controlled medicine is handed out by two people, of whom none prescribed it.
fn check_witness(ctx: &Ctx, supply: &Supply, item: &StockItem, witness: Option<UserId>) -> Result<()> {
    if !item.is_controlled() {
        return Ok(());
    }
    let by = ctx.user();
    match witness {
        Some(witness) if witness != by && witness != supply.prescribed_by && by != supply.prescribed_by => Ok(()),
        _ => Err(Error::invalid("witness", tr!(pharmacy.witness_needed))),
    }
}

/// A medicine that came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Returned {
    /// Made with the form.
    pub key: StockDocumentId,
    pub line: MovementId,
    pub quantity: i64,
    pub reason: ReturnReason,
    pub note: String,
    /// The second person at a controlled medicine, who has signed in on the form.
    pub witness: Option<UserId>,
}

/// The outcome of a return.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReturnOutcome {
    pub supply: SupplyId,
    /// Whether something was written.
    pub is_new: bool,
    /// The charge is on an invoice: the cashier credits it.
    pub is_billed: bool,
}

/// Takes back a part of what was handed out of a batch. It goes to the quarantine of the clinic and is not handed out again by itself; the
/// charge is reduced, unless an invoice has it.
///
/// # Errors
/// [`Error::Conflict`] when the clinic has no quarantine; [`Error::Invalid`] when it is more than the patient has.
pub async fn take_back(ctx: &mut Ctx, returned: &Returned) -> Result<ReturnOutcome> {
    if returned.reason == ReturnReason::Other && returned.note.is_empty() {
        return Err(Error::invalid("note", tr!(errors.required)));
    }
    let (dispense, _) = store::line(&mut ctx.tx, returned.line).await?.ok_or(Error::NotFound)?;
    let there = store::find(&mut ctx.tx, dispense).await?.ok_or(Error::NotFound)?;
    if there.waits() {
        return Err(Error::conflict(tr!(pharmacy.bag_is_here)));
    }
    let (lock, supply) = supplies::turn(ctx, there.supply_id).await?;
    let quarantine = inventory::quarantine_of(&mut ctx.tx, supply.clinic_id).await?;
    let quarantine = quarantine.ok_or_else(|| Error::conflict(tr!(pharmacy.no_quarantine)))?;
    let item = inventory::item(&mut ctx.tx, supply.item_id.ok_or(Error::NotFound)?).await?.ok_or(Error::NotFound)?;
    inventory::check_witness(ctx, &item, returned.witness)?;
    let document = NewDocument { witness: returned.witness, ..NewDocument::new(returned.key, StockDocumentKind::Return, quarantine.id) };
    let (stamp, day) = (ctx.stamp(), ctx.today());
    if !inventory::begin(&mut ctx.tx, &document, stamp).await? {
        return Ok(ReturnOutcome { supply: supply.id, is_new: false, is_billed: false });
    }
    let (_, left) = store::line(&mut ctx.tx, returned.line).await?.ok_or(Error::NotFound)?;
    let there = store::find(&mut ctx.tx, dispense).await?.ok_or(Error::NotFound)?;
    if returned.quantity > left {
        return Err(Error::invalid("quantity", tr!(pharmacy.more_than_kept, count = left)));
    }
    inventory::post_return(&mut ctx.tx, returned.key, quarantine.id, (returned.line, returned.quantity), stamp.at, day).await?;
    let is_billed = book_return(ctx, (lock, &supply), &there, &item, returned).await?;
    Ok(ReturnOutcome { supply: supply.id, is_new: true, is_billed })
}

/// Writes what came back of a hand-over: the return, the counts and the state of the supply, and the charge. Returns whether an invoice has the charge.
async fn book_return(
    ctx: &mut Ctx,
    (lock, supply): (Locked<SupplyId>, &Supply),
    there: &Dispense,
    item: &StockItem,
    returned: &Returned,
) -> Result<bool> {
    let stamp = ctx.stamp();
    store::insert_return(&mut ctx.tx, returned, supply.patient_id, stamp).await?;
    store::add_returned(&mut ctx.tx, returned.line, there.id, returned.quantity).await?;
    let back = supply.returned + returned.quantity;
    let kept = supply.dispensed - back;
    // A prescription that has ended owes nothing any more, and neither does one to which the patient reacted.
    let (state, refusal) = match (supply.state, supply.prescription_state) {
        (SupplyState::Closed, _) => (SupplyState::Closed, supply.refusal),
        _ if returned.reason == ReturnReason::Reaction => (SupplyState::Closed, Some(Refusal::Unsafe)),
        (waits, PrescriptionState::Active) if waits.is_paused() => (waits, None),
        (_, PrescriptionState::Active) if kept == 0 => (SupplyState::Verified, None),
        (_, PrescriptionState::Active) => (SupplyState::PartDispensed, None),
        (..) => (SupplyState::Closed, Some(Refusal::Prescriber)),
    };
    if !state.is_paused() {
        pauses::end(ctx, supply).await?;
    }
    supplies::set_counts(&mut ctx.tx, lock, (supply.dispensed, back), (state, refusal), stamp).await?;
    ctx.did(Action::Create, "dispense_return", returned.key, Some(supply.patient_id));
    // The units that the patient keeps have the price of the day on which they were handed out.
    let day = ctx.zone().day(there.at);
    let kept_of_it = there.quantity - there.returned - returned.quantity;
    let is_billed = charging::keep(ctx, &handed_out(supply, there.id, day), item, kept_of_it).await?;
    supplies::did(ctx, supply);
    ctx.tell(Event::new(&inventory::STOCK).at(supply.clinic_id));
    Ok(is_billed)
}

/// Returns the dispense with its supply, for staff of its clinic.
///
/// # Errors
/// [`Error::NotFound`] for another clinic's.
pub async fn shown(ctx: &mut Ctx, id: DispenseId) -> Result<(Dispense, Supply)> {
    let dispense = store::find(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    let supply = supplies::find(&mut ctx.tx, dispense.supply_id).await?.ok_or(Error::NotFound)?;
    ctx.at_clinic(Permission::Dispense, supply.clinic_id)?;
    Ok((dispense, supply))
}
