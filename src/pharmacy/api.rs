//! The functions of the pharmacy.

use leptos::prelude::*;

use crate::{
    core::{
        CareOrderId, DispenseId, Error, MovementId, Permission, RegisterCheckId, Result, StockBatchId, StockDocumentId, StockItemId,
        StoreroomId, SupplyId, SupplyPauseId, error::FieldErrors, form, form::chosen, time::parse_date,
    },
    inventory::{must_witness, proven, transit::back::BackCondition},
    pharmacy::{
        CollectorCheck, Counselling, Refusal, ReturnReason,
        checks::CheckDecision,
        dispensing::{self, Handover, Picked, Returned, bags},
        pauses::{self, LETTERS},
        register::{self, RegisterCheckState, RegisterCount, RegisterOccasion},
        stops,
        supplies::{self, Choosing, MOST, SubstituteReason},
        wards::{self, UnitsToSupply, WardReturn},
    },
    server::{Ctx, redirect_to},
    tr,
};

fn to_supply(id: SupplyId, done: &str) {
    redirect_to(&format!("/pharmacy/supplies/{id}?done={done}"));
}

/// Parses a number of units.
fn units(errors: &mut FieldErrors, typed: &str) -> Option<i64> {
    let number = typed.trim().parse::<i64>().ok().filter(|number| (1..=MOST).contains(number));
    if number.is_none() {
        errors.add("quantity", tr!(inventory.whole_number, from = 1, to = MOST));
    }
    number
}

/// Verifies a prescription: the item and the quantity that the patient gets.
#[server(endpoint = "pharmacy/verify")]
pub async fn verify(
    supply_id: SupplyId,
    #[server(default)] version: i64,
    #[server(default)] item: String,
    #[server(default)] quantity: String,
    #[server(default)] note: String,
    #[server(default)] substitute_reason: String,
    #[server(default)] decision: String,
    #[server(default)] seen: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::Dispense).await?;
    let mut errors = FieldErrors::new();
    let item = errors.chosen::<StockItemId>("item", &item);
    let quantity = units(&mut errors, &quantity);
    let note = errors.line("note", &note, 500);
    let substitute = match substitute_reason.trim() {
        "" => None,
        reason => errors.chosen::<SubstituteReason>("substitute_reason", reason),
    };
    let decision = CheckDecision { reason: errors.line("decision", &decision, 500), seen };
    errors.finish()?;
    let (Some(item), Some(ordered)) = (item, quantity) else { return Err(Error::NotFound) };
    let choice = Choosing { item, ordered, note, substitute };
    supplies::verify(&mut ctx, supply_id, version, &choice, &decision).await?;
    ctx.commit().await?;
    to_supply(supply_id, "verified");
    Ok(())
}

/// Refuses a prescription, or closes one of which a part was handed out.
#[server(endpoint = "pharmacy/refuse")]
pub async fn refuse(
    supply_id: SupplyId,
    #[server(default)] version: i64,
    #[server(default)] refusal: String,
    #[server(default)] note: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::Dispense).await?;
    let refusal: Refusal = chosen("refusal", &refusal)?;
    let note = form::line("note", &note, 500)?;
    supplies::refuse(&mut ctx, supply_id, version, refusal, &note).await?;
    ctx.commit().await?;
    to_supply(supply_id, "refused");
    Ok(())
}

/// Puts a prescription on hold until a day.
#[server(endpoint = "pharmacy/hold")]
pub async fn hold(
    supply_id: SupplyId,
    /// The pause's id, made with the form.
    #[server(default)]
    key: String,
    #[server(default)] version: i64,
    #[server(default)] until_on: String,
    #[server(default)] words: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::Dispense).await?;
    let mut errors = FieldErrors::new();
    let key = errors.chosen::<SupplyPauseId>("key", &key);
    let until = errors.check(parse_date("until_on", &until_on));
    let words = errors.required_line("words", &words, LETTERS);
    errors.finish()?;
    let (Some(key), Some(until)) = (key, until) else { return Err(Error::NotFound) };
    pauses::hold(&mut ctx, supply_id, (key, version), until, &words).await?;
    ctx.commit().await?;
    to_supply(supply_id, "held");
    Ok(())
}

/// Asks the prescriber a question.
#[server(endpoint = "pharmacy/ask")]
pub async fn ask(
    supply_id: SupplyId,
    /// The pause's id, made with the form.
    #[server(default)]
    key: String,
    #[server(default)] version: i64,
    #[server(default)] words: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::Dispense).await?;
    let key: SupplyPauseId = chosen("key", &key)?;
    let words = form::text("words", &words, LETTERS)?;
    pauses::ask(&mut ctx, supply_id, (key, version), &words).await?;
    ctx.commit().await?;
    to_supply(supply_id, "asked");
    Ok(())
}

/// Ends a hold, or withdraws a question.
#[server(endpoint = "pharmacy/go_on")]
pub async fn go_on(supply_id: SupplyId) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::Dispense).await?;
    pauses::release(&mut ctx, supply_id).await?;
    ctx.commit().await?;
    to_supply(supply_id, "goes_on");
    Ok(())
}

/// Answers a question of the pharmacy.
#[server(endpoint = "pharmacy/answer")]
pub async fn answer(supply_pause_id: SupplyPauseId, #[server(default)] answer: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::WriteNotes).await?;
    let answer = form::text("answer", &answer, LETTERS)?;
    pauses::answer(&mut ctx, supply_pause_id, &answer).await?;
    ctx.commit().await?;
    redirect_to("/pharmacy/queries?done=answered");
    Ok(())
}

/// Hands a medicine out.
#[server(endpoint = "pharmacy/dispense")]
pub async fn dispense(
    supply_id: SupplyId,
    /// The dispense's id, made with the form.
    #[server(default)]
    key: String,
    #[server(default)] storeroom: String,
    #[server(default)] batch: String,
    #[server(default)] batch_reason: String,
    #[server(default)] scan: String,
    #[server(default)] short_batch: bool,
    #[server(default)] name_read: bool,
    #[server(default)] quantity: String,
    #[server(default)] identified_by: String,
    #[server(default)] collector: String,
    #[server(default)] counselling: String,
    #[server(default)] witness: String,
    #[server(default)] witness_password: String,
    #[server(default)] decision: String,
    #[server(default)] seen: String,
) -> Result<(), Error> {
    let witness = proven(Permission::Dispense, &witness, &witness_password).await?;
    let mut ctx = Ctx::write(Permission::Dispense).await?;
    must_witness(&mut ctx, witness).await?;
    let mut errors = FieldErrors::new();
    let key = errors.chosen::<DispenseId>("key", &key);
    let room = errors.chosen::<StoreroomId>("storeroom", &storeroom);
    let batch = match batch.trim() {
        "" => None,
        batch => errors.chosen::<StockBatchId>("batch", batch),
    };
    let quantity = units(&mut errors, &quantity);
    let identified_by = errors.chosen::<CollectorCheck>("identified_by", &identified_by);
    let collector = errors.line("collector", &collector, 120);
    let counselling = match counselling.trim() {
        "" => None,
        counselling => errors.chosen::<Counselling>("counselling", counselling),
    };
    let batch_reason = errors.line("batch_reason", &batch_reason, 500);
    let decision = CheckDecision { reason: errors.line("decision", &decision, 500), seen };
    errors.finish()?;
    let (Some(key), Some(room), Some(quantity), Some(identified_by)) = (key, room, quantity, identified_by) else {
        return Err(Error::NotFound);
    };
    let picked = Picked { batch, reason: batch_reason, scan, short_batch, name_read };
    let handover = Handover { key, quantity, room, picked, identified_by, collector, counselling, witness, decision };
    if dispensing::dispense(&mut ctx, supply_id, &handover).await? {
        ctx.commit().await?;
    }
    to_supply(supply_id, "dispensed");
    Ok(())
}

/// Takes back a part of what was handed out.
#[server(endpoint = "pharmacy/take_back")]
pub async fn take_back(
    movement_id: MovementId,
    /// The document's id, made with the form.
    #[server(default)]
    key: String,
    #[server(default)] quantity: String,
    #[server(default)] reason: String,
    #[server(default)] note: String,
    #[server(default)] witness: String,
    #[server(default)] witness_password: String,
) -> Result<(), Error> {
    let witness = proven(Permission::Dispense, &witness, &witness_password).await?;
    let mut ctx = Ctx::write(Permission::Dispense).await?;
    must_witness(&mut ctx, witness).await?;
    let mut errors = FieldErrors::new();
    let key = errors.chosen::<StockDocumentId>("key", &key);
    let quantity = units(&mut errors, &quantity);
    let reason = errors.chosen::<ReturnReason>("reason", &reason);
    let note = errors.line("note", &note, 500);
    errors.finish()?;
    let (Some(key), Some(quantity), Some(reason)) = (key, quantity, reason) else { return Err(Error::NotFound) };
    let returned = Returned { key, line: movement_id, quantity, reason, note, witness };
    let outcome = dispensing::take_back(&mut ctx, &returned).await?;
    if outcome.is_new {
        ctx.commit().await?;
    }
    to_supply(outcome.supply, if outcome.is_billed { "returned_billed" } else { "returned" });
    Ok(())
}

/// Reserves what is owed in a storeroom, for 24 hours.
#[server(endpoint = "pharmacy/reserve")]
pub async fn reserve(supply_id: SupplyId, #[server(default)] storeroom: String, #[server(default)] quantity: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::Dispense).await?;
    let mut errors = FieldErrors::new();
    let room = errors.chosen::<StoreroomId>("storeroom", &storeroom);
    let quantity = units(&mut errors, &quantity);
    errors.finish()?;
    let (Some(room), Some(quantity)) = (room, quantity) else { return Err(Error::NotFound) };
    supplies::reserve(&mut ctx, supply_id, room, quantity).await?;
    ctx.commit().await?;
    to_supply(supply_id, "reserved");
    Ok(())
}

/// Releases what is reserved for a prescription.
#[server(endpoint = "pharmacy/release")]
pub async fn release(supply_id: SupplyId) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::Dispense).await?;
    supplies::release(&mut ctx, supply_id).await?;
    ctx.commit().await?;
    to_supply(supply_id, "released");
    Ok(())
}

/// Supplies units for a medicine order of a patient on a ward.
#[server(endpoint = "pharmacy/supply_ward")]
pub async fn supply_ward(
    care_order_id: CareOrderId,
    /// The document's id, made with the form.
    #[server(default)]
    key: String,
    #[server(default)] storeroom: String,
    #[server(default)] item: String,
    #[server(default)] quantity: String,
    #[server(default)] name_read: bool,
    #[server(default)] witness: String,
    #[server(default)] witness_password: String,
) -> Result<(), Error> {
    let witness = proven(Permission::Dispense, &witness, &witness_password).await?;
    let mut ctx = Ctx::write(Permission::Dispense).await?;
    must_witness(&mut ctx, witness).await?;
    let mut errors = FieldErrors::new();
    let key = errors.chosen::<StockDocumentId>("key", &key);
    let room = errors.chosen::<StoreroomId>("storeroom", &storeroom);
    let item = errors.chosen::<StockItemId>("item", &item);
    let quantity = units(&mut errors, &quantity);
    errors.finish()?;
    let (Some(key), Some(room), Some(item), Some(quantity)) = (key, room, item, quantity) else { return Err(Error::NotFound) };
    if wards::supply(&mut ctx, care_order_id, &UnitsToSupply { key, room, item, quantity, name_read, witness }).await? {
        ctx.commit().await?;
    }
    redirect_to(&format!("/pharmacy/wards/{care_order_id}?done=supplied"));
    Ok(())
}

/// Takes units back that were supplied for a patient on a ward.
#[server(endpoint = "pharmacy/take_back_ward")]
pub async fn take_back_ward(
    movement_id: MovementId,
    /// The document's id, made with the form.
    #[server(default)]
    key: String,
    #[server(default)] quantity: String,
    #[server(default)] condition: String,
    #[server(default)] note: String,
    #[server(default)] witness: String,
    #[server(default)] witness_password: String,
) -> Result<(), Error> {
    let witness = proven(Permission::Dispense, &witness, &witness_password).await?;
    let mut ctx = Ctx::write(Permission::Dispense).await?;
    must_witness(&mut ctx, witness).await?;
    let mut errors = FieldErrors::new();
    let key = errors.chosen::<StockDocumentId>("key", &key);
    let quantity = units(&mut errors, &quantity);
    let condition = errors.chosen::<BackCondition>("condition", &condition);
    let note = errors.line("note", &note, 500);
    errors.finish()?;
    let (Some(key), Some(quantity), Some(condition)) = (key, quantity, condition) else { return Err(Error::NotFound) };
    let back = WardReturn { key, movement: movement_id, quantity, condition, note, witness };
    let (order, is_billed) = wards::take_back(&mut ctx, &back).await?;
    ctx.commit().await?;
    redirect_to(&format!("/pharmacy/wards/{order}?done={}", if is_billed { "returned_billed" } else { "returned" }));
    Ok(())
}

/// Records a count of a controlled medicine by two people.
#[server(endpoint = "pharmacy/check_register")]
pub async fn check_register(
    /// The check's id, made with the form.
    #[server(default)]
    key: String,
    #[server(default)] storeroom: String,
    #[server(default)] item: String,
    #[server(default)] counted: String,
    #[server(default)] occasion: String,
    #[server(default)] witness: String,
    #[server(default)] witness_password: String,
) -> Result<(), Error> {
    let witness = proven(Permission::Dispense, &witness, &witness_password).await?;
    let mut ctx = Ctx::write(Permission::Dispense).await?;
    must_witness(&mut ctx, witness).await?;
    let mut errors = FieldErrors::new();
    let id = errors.chosen::<RegisterCheckId>("key", &key);
    let room = errors.chosen::<StoreroomId>("storeroom", &storeroom);
    let item = errors.chosen::<StockItemId>("item", &item);
    let occasion = errors.chosen::<RegisterOccasion>("occasion", &occasion);
    let counted = counted.trim().parse::<i64>().ok().filter(|counted| (0..=1_000_000_000).contains(counted));
    if counted.is_none() {
        errors.add("counted", tr!(inventory.whole_number, from = 0, to = 1_000_000_000));
    }
    if witness.is_none() {
        errors.add("witness", tr!(pharmacy.witness_needed));
    }
    errors.finish()?;
    let (Some(id), Some(room), Some(item), Some(occasion)) = (id, room, item, occasion) else { return Err(Error::NotFound) };
    let (Some(counted), Some(witness)) = (counted, witness) else { return Err(Error::NotFound) };
    let state = register::check(&mut ctx, &RegisterCount { id, room, item, counted, occasion, witness }).await?;
    ctx.commit().await?;
    let done = if state == RegisterCheckState::Open { "differs" } else { "agreed" };
    redirect_to(&format!("/pharmacy/register/{room}/{item}?done={done}"));
    Ok(())
}

/// Explains a difference of the register.
#[server(endpoint = "pharmacy/explain_register")]
pub async fn explain_register(register_check_id: RegisterCheckId, #[server(default)] explanation: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::Dispense).await?;
    let explanation = form::line("explanation", &explanation, 1_000)?;
    let check = register::explain(&mut ctx, register_check_id, &explanation).await?;
    ctx.commit().await?;
    redirect_to(&format!("/pharmacy/register/{}/{}?done=explained", check.store_id, check.item_id));
    Ok(())
}

/// Says whether patients of the clinic stop at the pharmacy.
#[server(endpoint = "pharmacy/set_stop")]
pub async fn set_stop(#[server(default)] is_on: bool) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageStock).await?;
    stops::set(&mut ctx, is_on).await?;
    ctx.commit().await?;
    redirect_to("/pharmacy?done=stop_set");
    Ok(())
}

/// Says whether medicines are paid before they are handed over.
#[server(endpoint = "pharmacy/set_paid_first")]
pub async fn set_paid_first(#[server(default)] is_on: bool) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageStock).await?;
    stops::set_paid_first(&mut ctx, is_on).await?;
    ctx.commit().await?;
    redirect_to("/pharmacy?done=stop_set");
    Ok(())
}

/// Hands a packed bag over that was waiting for its payment.
#[server(endpoint = "pharmacy/hand_over_bag")]
pub async fn hand_over_bag(
    dispense_id: DispenseId,
    #[server(default)] identified_by: String,
    #[server(default)] collector: String,
    #[server(default)] decision: String,
    #[server(default)] seen: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::Dispense).await?;
    let mut errors = FieldErrors::new();
    let identified_by = errors.chosen::<CollectorCheck>("identified_by", &identified_by);
    let collector = errors.line("collector", &collector, 120);
    let decision = CheckDecision { reason: errors.line("decision", &decision, 500), seen };
    errors.finish()?;
    let identified_by = identified_by.ok_or(Error::NotFound)?;
    let (supply, is_new) = bags::hand_over(&mut ctx, dispense_id, (identified_by, &collector), &decision).await?;
    if is_new {
        ctx.commit().await?;
    }
    to_supply(supply, "dispensed");
    Ok(())
}

/// Puts a packed bag back on the shelf.
#[server(endpoint = "pharmacy/put_back")]
pub async fn put_back(
    dispense_id: DispenseId,
    #[server(default)] witness: String,
    #[server(default)] witness_password: String,
) -> Result<(), Error> {
    let witness = proven(Permission::Dispense, &witness, &witness_password).await?;
    let mut ctx = Ctx::write(Permission::Dispense).await?;
    must_witness(&mut ctx, witness).await?;
    let (supply, is_new, is_billed) = bags::put_back(&mut ctx, dispense_id, witness).await?;
    if is_new {
        ctx.commit().await?;
    }
    to_supply(supply, if is_billed { "returned_billed" } else { "put_back" });
    Ok(())
}
