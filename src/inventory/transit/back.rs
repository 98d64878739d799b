//! Supplies that a ward sends back to a pharmacy. They are on the way until another person receives them there; what was opened, may have been
//! stored wrongly, is expired or recalled goes to the quarantine.

use super::{GoodsTransferState, Leg, did, hold_lines, shift, store};
use crate::{
    audit::Action,
    core::{Error, Permission, Result, StockBatchId, StockTransferId, StoreroomId, TransferLineId},
    inventory::{BatchStatus, RoomKind, ledger, rooms},
    server::Ctx,
    tr,
};

pub use store::{HeldBatch, held_in};

crate::text_enum! {
    /// The condition of goods that a ward sends back.
    pub enum BackCondition("condition") {
        /// In its unopened pack, and stored as its label says the whole time.
        Unopened = "unopened" => tr!(ward_stock.back_unopened),
        Doubtful = "doubtful" => tr!(ward_stock.back_doubtful),
    }
}

/// A part of a batch in the storeroom of a ward that goes back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentBack {
    pub from: StoreroomId,
    pub to: StoreroomId,
    pub batch: StockBatchId,
    pub quantity: i64,
    pub condition: BackCondition,
    pub reason: String,
}

/// Sends supplies of a ward back. The same id again changes nothing; the answer is then `false`.
///
/// # Errors
/// [`Error::Invalid`] with the field; [`Error::Conflict`] when less is there, or the clinic has no quarantine for doubtful goods.
pub async fn send_back(ctx: &mut Ctx, id: StockTransferId, back: &SentBack) -> Result<bool> {
    let from = rooms::room(&mut ctx.tx, back.from).await?.ok_or(Error::NotFound)?;
    ctx.at_clinic(Permission::AskStock, from.clinic_id)?;
    ctx.tx.take_turn("stock transfer", &id.to_string()).await?;
    if let Some(there) = store::find(&mut ctx.tx, id).await? {
        return if there.from_id == from.id && there.requisition_id.is_none() { Ok(false) } else { Err(Error::key_used()) };
    }
    if !matches!(from.kind, RoomKind::Ward | RoomKind::Theatre) || from.retired_at.is_some() {
        return Err(Error::NotFound);
    }
    if back.reason.is_empty() {
        return Err(Error::invalid("reason", tr!(errors.required)));
    }
    let pharmacy = rooms::room(&mut ctx.tx, back.to).await?;
    let fits = |room: &rooms::Storeroom| room.clinic_id == from.clinic_id && room.kind == RoomKind::Pharmacy && room.retired_at.is_none();
    let pharmacy = pharmacy.filter(fits).ok_or_else(|| Error::invalid("to", tr!(errors.choose)))?;
    let batch = ledger::batch(&mut ctx.tx, back.batch).await?.ok_or(Error::NotFound)?;
    let (stamp, day) = (ctx.stamp(), ctx.today());
    let is_usable = batch.status == BatchStatus::Released && batch.expires_on.is_none_or(|last| last >= day);
    let to = if back.condition == BackCondition::Unopened && is_usable {
        pharmacy.id
    } else {
        let quarantine = rooms::quarantine_of(&mut ctx.tx, from.clinic_id).await?;
        quarantine.ok_or_else(|| Error::conflict(tr!(ward_stock.no_quarantine)))?.id
    };
    store::insert(&mut ctx.tx, (id, None), (from.clinic_id, from.id, to), stamp).await?;
    store::insert_line(&mut ctx.tx, (TransferLineId::new(), id, None), (batch.item_id, batch.id), back.quantity).await?;
    let transit = rooms::transit_of(&mut ctx.tx, from.clinic_id, stamp.at).await?;
    let lines = store::lines_of(&mut ctx.tx, id).await?;
    hold_lines(ctx, &lines, &[from.id, transit]).await?;
    let lock = ctx.tx.lock(id).await?;
    store::reach(&mut ctx.tx, lock, GoodsTransferState::InTransit, &back.reason, stamp).await?;
    for line in &lines {
        store::count(&mut ctx.tx, line.id, Leg::Sent, line.quantity).await?;
        shift(&mut ctx.tx, (from.id, transit), (line, line.quantity), id, (stamp.at, stamp.by, day)).await?;
    }
    let known = store::find(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    did(ctx, Action::Create, &known);
    Ok(true)
}
