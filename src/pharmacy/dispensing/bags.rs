//! Bags that wait for their payment, in a clinic that wants medicines paid before they are handed over. The bag is packed, labelled and charged; it is
//! handed over when its charge is paid or covered, or it is put back on the shelf.

use super::{Dispense, Returned, book_return, refused, store};
use crate::{
    audit::Action,
    clinical::PrescriptionState,
    core::{ClinicId, DispenseId, Error, Result, StockDocumentId, SupplyId, UserId},
    db::{Locked, Tx},
    inventory::{self, BatchStatus, NewDocument, StockDocumentKind, StockItem},
    pharmacy::{
        CollectorCheck, ReturnReason,
        checks::{self, CheckDecision, SupplyStage},
        stops,
        supplies::{self, Supply},
    },
    server::Ctx,
    tr,
};

/// The most bags in the list.
const MOST: i64 = 300;

/// Reads the bags of a clinic that wait, the oldest first, and those of them that are paid or covered.
///
/// # Errors
/// When the database refuses.
pub async fn waiting(tx: &mut Tx, clinic: ClinicId) -> Result<(Vec<Dispense>, Vec<DispenseId>)> {
    let bags = store::waiting(tx, clinic, MOST).await?;
    let ids: Vec<DispenseId> = bags.iter().map(|bag| bag.id).collect();
    let paid = store::paid(tx, &ids).await?;
    Ok((bags, paid))
}

/// Returns those of the hand-overs that are paid or covered.
///
/// # Errors
/// When the database refuses.
pub async fn paid(tx: &mut Tx, ids: &[DispenseId]) -> Result<Vec<DispenseId>> {
    store::paid(tx, ids).await
}

/// Waits for the turn of a bag's supply, and reads both.
async fn turn(ctx: &mut Ctx, id: DispenseId) -> Result<(Locked<SupplyId>, Supply, Dispense, StockItem)> {
    let known = store::find(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    let (lock, supply) = supplies::turn(ctx, known.supply_id).await?;
    let bag = store::find(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    let item = inventory::item(&mut ctx.tx, supply.item_id.ok_or(Error::NotFound)?).await?.ok_or(Error::NotFound)?;
    Ok((lock, supply, bag, item))
}

/// Hands a packed bag over: to a person who was identified, when its charge is paid or covered and nothing new speaks against it. A second time changes
/// nothing; the supply is returned either way.
///
/// # Errors
/// [`Error::Conflict`] when it is not paid, was put back, or its prescription has ended; [`Error::Invalid`] with new warnings.
pub async fn hand_over(ctx: &mut Ctx, id: DispenseId, to: (CollectorCheck, &str), decision: &CheckDecision) -> Result<(SupplyId, bool)> {
    let (lock, supply, bag, item) = turn(ctx, id).await?;
    if bag.handed_at.is_some() || !bag.paid_first {
        return Ok((supply.id, false));
    }
    if !bag.waits() || supply.prescription_state != PrescriptionState::Active {
        return Err(Error::conflict(tr!(pharmacy.ended)));
    }
    if store::paid(&mut ctx.tx, &[id]).await?.is_empty() {
        return Err(Error::conflict(tr!(pharmacy.bag_not_paid)));
    }
    if bag.returned > 0 {
        return Err(Error::conflict(tr!(pharmacy.bag_not_whole)));
    }
    let stamp = ctx.stamp();
    supply.check_in_time(&item, stamp.at)?;
    checks::check(ctx, &supply, SupplyStage::HandOver, decision).await?;
    store::hand_over(&mut ctx.tx, lock, id, to, stamp).await.map_err(refused)?;
    ctx.did(Action::Update, "dispense", id, Some(supply.patient_id));
    supplies::did(ctx, &supply);
    stops::go_on(ctx, &supply).await?;
    Ok((supply.id, true))
}

/// Puts a packed bag back: each part to the storeroom that it came from, or to the quarantine where its batch may no longer be handed out. The charge
/// is taken back; one that an invoice has is left to the cashier. Returns the supply, whether something was written, and whether the cashier must credit.
///
/// # Errors
/// [`Error::Conflict`] when it was handed over, or the clinic has no quarantine; [`Error::Invalid`] when the witness is missing.
pub async fn put_back(ctx: &mut Ctx, id: DispenseId, witness: Option<UserId>) -> Result<(SupplyId, bool, bool)> {
    let (lock, supply, bag, item) = turn(ctx, id).await?;
    if !bag.paid_first || bag.handed_at.is_some() {
        return Err(Error::conflict(tr!(pharmacy.bag_handed_over)));
    }
    inventory::check_witness(ctx, &item, witness)?;
    let (stamp, today) = (ctx.stamp(), ctx.today());
    let (mut is_new, mut is_billed) = (false, false);
    for (line, store, batch, quantity) in store::bag_parts(&mut ctx.tx, id).await? {
        let batch = inventory::batch(&mut ctx.tx, batch).await?.ok_or(Error::NotFound)?;
        let room = if batch.status == BatchStatus::Released && batch.expires_on.is_none_or(|last| last >= today) {
            store
        } else {
            let quarantine = inventory::quarantine_of(&mut ctx.tx, supply.clinic_id).await?;
            quarantine.ok_or_else(|| Error::conflict(tr!(pharmacy.no_quarantine)))?.id
        };
        let key = StockDocumentId::new();
        let document = NewDocument { witness, ..NewDocument::new(key, StockDocumentKind::Return, room) };
        inventory::begin(&mut ctx.tx, &document, stamp).await?;
        inventory::post_return(&mut ctx.tx, key, room, (line, quantity), stamp.at, today).await?;
        let returned = Returned { key, line, quantity, reason: ReturnReason::NotNeeded, note: String::new(), witness };
        // Each part changes the counts that the next one adds to.
        let supply = supplies::find(&mut ctx.tx, supply.id).await?.ok_or(Error::NotFound)?;
        let bag = store::find(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
        is_billed |= book_return(ctx, (lock, &supply), &bag, &item, &returned).await?;
        is_new = true;
    }
    Ok((supply.id, is_new, is_billed))
}
