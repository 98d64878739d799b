//! Hand-overs and returns: each is a document of the ledger of stock, moves batches, and changes the charge.

mod store;

use chrono::NaiveDate;
use uuid::Uuid;

use super::{
    CollectorCheck, Refusal, ReturnReason, SupplyState,
    checks::{self, CheckDecision, SupplyStage},
    supplies::{self, Supply},
};
use crate::{
    audit::Action,
    billing::{self, Quantity, Service, ToCharge, Wanted},
    clinical::PrescriptionState,
    core::{
        DispenseId, Error, MovementId, PatientId, Permission, Result, StockBatchId, StockDocumentId, StoreroomId, SupplyId, UserId,
        time::Instant,
    },
    db::DbError,
    inventory::{self, NewDocument, RoomKind, StockDocumentKind, StockItem, StockUnit},
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
    /// The prescribed medicine, where this is a substitute; else empty.
    pub substitute_for: String,
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
    /// Another batch than those that expire first.
    pub batch: Option<StockBatchId>,
    pub identified_by: CollectorCheck,
    /// The person who takes it, where that is not the patient.
    pub collector: String,
    /// The second person, who has signed in on the form.
    pub witness: Option<UserId>,
    /// The pharmacist's answer to what is new since the prescription was verified.
    pub decision: CheckDecision,
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
    let document = NewDocument::new(document_of(handover.key), StockDocumentKind::Dispense, room.id);
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
    let item = supply.item_id.ok_or(Error::NotFound)?;
    let item = inventory::item(&mut ctx.tx, item).await?.ok_or(Error::NotFound)?;
    check_witness(ctx, &supply, &item, handover.witness)?;
    checks::check(ctx, &supply, SupplyStage::HandOver, &handover.decision).await?;
    let reserved = inventory::end_reservations(&mut ctx.tx, id.0, true, Some((item.id, room.id)), stamp.at).await?;
    let posted =
        inventory::dispense(&mut ctx.tx, document.id, (room.id, item.id), (handover.quantity, handover.batch), stamp.at, day).await?;
    store::insert(&mut ctx.tx, &supply, handover, stamp).await.map_err(refused)?;
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
    charge(ctx, &supply, &item, handover.key, handover.quantity).await?;
    supplies::did(ctx, &supply);
    ctx.tell(Event::new(&inventory::STOCK).at(supply.clinic_id));
    super::stops::go_on(ctx, &supply).await?;
    Ok(true)
}

fn refused(error: DbError) -> Error {
    if error.violates("dispenses_active") {
        return Error::conflict(tr!(pharmacy.ended));
    }
    if error.violates("dispenses_witnessed") || error.violates("dispenses_two_people") {
        return Error::invalid("witness", tr!(pharmacy.witness_needed));
    }
    error.of_form_key()
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

/// Puts a dispense on the patient's account, or changes its quantity to what the patient has kept.
async fn charge(ctx: &mut Ctx, supply: &Supply, item: &StockItem, id: DispenseId, quantity: i64) -> Result<()> {
    let (stamp, day) = (ctx.stamp(), ctx.today());
    let source = (&DISPENSE, Uuid::from(id));
    if quantity == 0 {
        if let Some(charge) = billing::uncharge(&mut ctx.tx, source, supply.patient_id, false, stamp.at).await? {
            ctx.did(Action::Update, "charge", charge, Some(supply.patient_id));
            ctx.tell(Event::new(&billing::BILLING).at(supply.clinic_id).of(supply.patient_id));
        }
        return Ok(());
    }
    let priced = billing::drug_item(ctx, &format!("MED-{}", item.code), &item.name, item.unit.as_str()).await?;
    let service = Service {
        wanted: Wanted::Item(priced),
        patient: supply.patient_id,
        clinic: supply.clinic_id,
        department: None,
        provider: None,
        day,
        quantity: Quantity(quantity * Quantity::ONE.0),
    };
    let to_charge = ToCharge::done(&DISPENSE, id.into(), supply.visit_id, service);
    let charged = billing::recharge(&mut ctx.tx, &to_charge, stamp).await?;
    if charged.changed {
        ctx.did(Action::Update, "charge", charged.id, Some(supply.patient_id));
        ctx.tell(Event::new(&billing::BILLING).at(supply.clinic_id).of(supply.patient_id));
    }
    Ok(())
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
    let (lock, supply) = supplies::turn(ctx, there.supply_id).await?;
    let quarantine = inventory::quarantine_of(&mut ctx.tx, supply.clinic_id).await?;
    let quarantine = quarantine.ok_or_else(|| Error::conflict(tr!(pharmacy.no_quarantine)))?;
    let document = NewDocument::new(returned.key, StockDocumentKind::Return, quarantine.id);
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
    store::insert_return(&mut ctx.tx, returned, supply.patient_id, stamp).await?;
    store::add_returned(&mut ctx.tx, returned.line, dispense, returned.quantity).await?;
    let back = supply.returned + returned.quantity;
    let kept = supply.dispensed - back;
    // A prescription that has ended owes nothing any more.
    let (state, refusal) = match (supply.state, supply.prescription_state) {
        (SupplyState::Closed, _) => (SupplyState::Closed, supply.refusal),
        (_, PrescriptionState::Active) if kept == 0 => (SupplyState::Verified, None),
        (_, PrescriptionState::Active) => (SupplyState::PartDispensed, None),
        (..) => (SupplyState::Closed, Some(Refusal::Prescriber)),
    };
    supplies::set_counts(&mut ctx.tx, lock, (supply.dispensed, back), (state, refusal), stamp).await?;
    ctx.did(Action::Create, "dispense_return", returned.key, Some(supply.patient_id));
    let item = inventory::item(&mut ctx.tx, supply.item_id.ok_or(Error::NotFound)?).await?.ok_or(Error::NotFound)?;
    let is_billed = match charge(ctx, &supply, &item, dispense, there.quantity - there.returned - returned.quantity).await {
        Ok(()) => false,
        Err(Error::Conflict(_)) => true,
        Err(error) => return Err(error),
    };
    supplies::did(ctx, &supply);
    ctx.tell(Event::new(&inventory::STOCK).at(supply.clinic_id));
    Ok(ReturnOutcome { supply: supply.id, is_new: true, is_billed })
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
