//! The functions of the pharmacy.

use leptos::prelude::*;

use crate::{
    accounts,
    core::{
        DispenseId, Error, MovementId, Permission, Result, StockBatchId, StockDocumentId, StockItemId, StoreroomId, SupplyId,
        error::FieldErrors, form, form::chosen,
    },
    pharmacy::{
        CollectorCheck, Refusal, ReturnReason,
        dispensing::{self, Handover, Returned},
        supplies::{self, MOST},
    },
    server::{Ctx, Request, redirect_to},
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
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::Dispense).await?;
    let mut errors = FieldErrors::new();
    let item = errors.chosen::<StockItemId>("item", &item);
    let quantity = units(&mut errors, &quantity);
    let note = errors.line("note", &note, 500);
    errors.finish()?;
    let (Some(item), Some(quantity)) = (item, quantity) else { return Err(Error::NotFound) };
    supplies::verify(&mut ctx, supply_id, version, item, quantity, &note).await?;
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

/// Hands a medicine out.
#[server(endpoint = "pharmacy/dispense")]
pub async fn dispense(
    supply_id: SupplyId,
    /// The dispense's id, made with the form.
    #[server(default)]
    key: String,
    #[server(default)] storeroom: String,
    #[server(default)] batch: String,
    #[server(default)] quantity: String,
    #[server(default)] identified_by: String,
    #[server(default)] collector: String,
    #[server(default)] witness: String,
    #[server(default)] witness_password: String,
) -> Result<(), Error> {
    // The second person is checked before the transaction: hashing a password takes time.
    let witness = match witness.trim() {
        "" => None,
        login => {
            let Some(request) = Request::current() else { return Err(Error::SignedOut) };
            // The permission is checked before the password.
            drop(Ctx::read(Permission::Dispense).await?);
            let proven = accounts::prove_second(&request, login, &witness_password).await;
            Some(proven.map_err(|error| error.at_field("witness_password"))?)
        }
    };
    let mut ctx = Ctx::write(Permission::Dispense).await?;
    if let Some(user) = witness {
        let who = accounts::principal(&mut ctx.tx, user).await?;
        let clinic = ctx.clinic.id;
        if user == ctx.user() || !who.is_some_and(|who| who.may_at(Permission::Witness, clinic)) {
            return Err(Error::invalid("witness_password", tr!(pharmacy.witness_needed)));
        }
    }
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
    errors.finish()?;
    let (Some(key), Some(room), Some(quantity), Some(identified_by)) = (key, room, quantity, identified_by) else {
        return Err(Error::NotFound);
    };
    let handover = Handover { key, quantity, room, batch, identified_by, collector, witness };
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
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::Dispense).await?;
    let mut errors = FieldErrors::new();
    let key = errors.chosen::<StockDocumentId>("key", &key);
    let quantity = units(&mut errors, &quantity);
    let reason = errors.chosen::<ReturnReason>("reason", &reason);
    let note = errors.line("note", &note, 500);
    errors.finish()?;
    let (Some(key), Some(quantity), Some(reason)) = (key, quantity, reason) else { return Err(Error::NotFound) };
    let returned = Returned { key, line: movement_id, quantity, reason, note };
    let outcome = dispensing::take_back(&mut ctx, &returned).await?;
    if outcome.is_new {
        ctx.commit().await?;
    }
    to_supply(outcome.supply, if outcome.is_billed { "returned_billed" } else { "returned" });
    Ok(())
}
