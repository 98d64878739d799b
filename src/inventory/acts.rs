//! Acts on the stock: goods received, transfer, adjustment, write-off, and the status of a batch.

use chrono::NaiveDate;

use super::{
    BatchStatus, MovementKind, RoomKind, STOCK, StockDocumentKind, StockReason, batches, goods,
    ledger::{self, Change, NewDocument},
    reservations,
    rooms::{self, Storeroom},
    witness::check_witness,
};
use crate::{
    audit::Action,
    core::{Error, Money, Permission, Result, Stamp, StockBatchId, StockDocumentId, StockItemId, StoreroomId, UserId, time::Instant},
    db::Tx,
    server::{Ctx, Event},
    tr,
};

/// The largest quantity of a batch in a storeroom.
pub const MOST: i64 = 1_000_000_000;

/// Goods that came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    pub key: StockDocumentId,
    pub store: StoreroomId,
    pub item: StockItemId,
    pub batch_no: String,
    pub expires_on: Option<NaiveDate>,
    /// Units, not packs.
    pub quantity: i64,
    /// The cost of the whole quantity.
    pub cost: Money,
    /// The supplier, or the delivery note.
    pub reference: String,
    /// Stock that was there before the program.
    pub is_opening: bool,
}

/// Returns a storeroom that is in use, where the user has the permission.
pub(super) async fn open_room(ctx: &mut Ctx, permission: Permission, id: StoreroomId) -> Result<Storeroom> {
    let room = rooms::room(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    ctx.at_clinic(permission, room.clinic_id)?;
    // Goods on the way move by their transfer only.
    if room.kind == RoomKind::Transit {
        return Err(Error::NotFound);
    }
    if room.retired_at.is_some() {
        return Err(Error::conflict(tr!(inventory.room_retired)));
    }
    Ok(room)
}

fn did(ctx: &mut Ctx, document: &NewDocument, room: &Storeroom) {
    ctx.did(Action::Create, "stock_document", document.id, None);
    ctx.tell(Event::new(&STOCK).at(room.clinic_id));
}

impl Delivery {
    fn document(&self) -> NewDocument {
        let kind = if self.is_opening { StockDocumentKind::Opening } else { StockDocumentKind::Receipt };
        NewDocument { reference: self.reference.clone(), ..NewDocument::new(self.key, kind, self.store) }
    }
}

/// Writes goods received with their batch. Returns `false` when the key was used before for the same.
///
/// # Errors
/// [`Error::Invalid`] when it is more than the ledger can hold; [`Error::Conflict`] when the key belongs to another act.
pub async fn put_in(tx: &mut Tx, delivery: &Delivery, (now, by): (Instant, UserId), day: NaiveDate) -> Result<bool> {
    if !ledger::begin(tx, &delivery.document(), Stamp { by, at: now }).await? {
        return Ok(false);
    }
    tx.take_turn("stock batch", &delivery.item.to_string()).await?;
    let batch = ledger::batch_on(tx, delivery.item, &delivery.batch_no, delivery.expires_on, Stamp { by, at: now }).await?;
    let value = delivery.cost.0.checked_mul(1_000).ok_or_else(|| Error::invalid("cost", tr!(inventory.too_much)))?;
    let kind = if delivery.is_opening { MovementKind::Opening } else { MovementKind::Receipt };
    let (document, store, item, quantity) = (delivery.key, delivery.store, delivery.item, delivery.quantity);
    let change = Change { document, store, item, batch, kind, quantity, value, reverses: None };
    ledger::post_in(tx, &change, now, day).await?;
    Ok(true)
}

/// A batch in a delivery for an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceivedBatch {
    pub item: StockItemId,
    pub batch_no: String,
    pub expires_on: Option<NaiveDate>,
    /// Units, the free ones too.
    pub quantity: i64,
    /// The cost of the whole quantity.
    pub cost: Money,
}

/// Posts the goods of a delivery under a document that was begun, and returns their batches in the same order. The items are locked in the order
/// of their ids.
///
/// # Errors
/// [`Error::Invalid`] when it is more than the ledger can hold, or when a batch comes twice.
pub async fn post_receipt(
    tx: &mut Tx,
    document: StockDocumentId,
    store: StoreroomId,
    goods: &[ReceivedBatch],
    (now, by): (Instant, UserId),
    day: NaiveDate,
) -> Result<Vec<StockBatchId>> {
    ledger::hold_all(tx, store, goods.iter().map(|goods| goods.item).collect()).await?;
    let mut batches = Vec::new();
    for goods in goods {
        tx.take_turn("stock batch", &goods.item.to_string()).await?;
        let batch = ledger::batch_on(tx, goods.item, &goods.batch_no, goods.expires_on, Stamp { by, at: now }).await?;
        if batches.contains(&batch) {
            return Err(Error::conflict(tr!(inventory.batch_twice, batch = goods.batch_no.clone())));
        }
        let value = goods.cost.0.checked_mul(1_000).ok_or_else(|| Error::invalid("cost", tr!(inventory.too_much)))?;
        let (item, quantity, kind) = (goods.item, goods.quantity, MovementKind::Receipt);
        ledger::post_in(tx, &Change { document, store, item, batch, kind, quantity, value, reverses: None }, now, day).await?;
        batches.push(batch);
    }
    Ok(batches)
}

/// Records goods received, or opening stock. The same key again changes nothing; the answer is then `false`.
///
/// # Errors
/// [`Error::Invalid`] with the field, such as an expiry date in the past.
pub async fn receive(ctx: &mut Ctx, delivery: &Delivery) -> Result<bool> {
    let room = open_room(ctx, Permission::MoveStock, delivery.store).await?;
    let item = goods::item(&mut ctx.tx, delivery.item).await?.ok_or(Error::NotFound)?;
    if item.retired_at.is_some() {
        return Err(Error::conflict(tr!(inventory.item_retired)));
    }
    let today = ctx.today();
    match delivery.expires_on {
        None if item.expires => return Err(Error::invalid("expires_on", tr!(inventory.which_expiry))),
        Some(day) if day < today && !delivery.is_opening => return Err(Error::invalid("expires_on", tr!(inventory.expired_refused))),
        _ => {}
    }
    let (now, by) = (ctx.now, ctx.user());
    if !put_in(&mut ctx.tx, delivery, (now, by), today).await? {
        return Ok(false);
    }
    let document = delivery.document();
    did(ctx, &document, &room);
    Ok(true)
}

/// A part of a batch in a storeroom, with the key of the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Portion {
    pub key: StockDocumentId,
    pub store: StoreroomId,
    pub batch: StockBatchId,
    pub quantity: i64,
    /// The second person at a controlled medicine, who has signed in on the form.
    pub witness: Option<UserId>,
}

/// Reads the item of a batch, and refuses a controlled one without a witness.
async fn witnessed(ctx: &mut Ctx, portion: Portion) -> Result<StockItemId> {
    let batch = ledger::batch(&mut ctx.tx, portion.batch).await?.ok_or(Error::NotFound)?;
    let item = goods::item(&mut ctx.tx, batch.item_id).await?.ok_or(Error::NotFound)?;
    check_witness(ctx, &item, portion.witness)?;
    Ok(item.id)
}

/// Moves a part of a batch to another storeroom: out of the one and into the other at once, with its value.
///
/// # Errors
/// [`Error::Conflict`] when less is there, or the batch may not be handed out and the other storeroom is no quarantine.
pub async fn transfer(ctx: &mut Ctx, portion: Portion, to: StoreroomId, note: &str) -> Result<bool> {
    let from = open_room(ctx, Permission::MoveStock, portion.store).await?;
    let target = open_room(ctx, Permission::MoveStock, to).await?;
    if from.id == target.id {
        return Err(Error::invalid("to", tr!(inventory.same_room)));
    }
    let item = witnessed(ctx, portion).await?;
    let document = NewDocument {
        to: Some(to),
        note: note.to_owned(),
        witness: portion.witness,
        ..NewDocument::new(portion.key, StockDocumentKind::Transfer, from.id)
    };
    let (stamp, day) = (ctx.stamp(), ctx.today());
    if !ledger::begin(&mut ctx.tx, &document, stamp).await? {
        return Ok(false);
    }
    // Two transfers in opposite directions lock the storerooms in the same order.
    let mut both = [from.id, target.id];
    both.sort_unstable();
    for room in both {
        ledger::hold(&mut ctx.tx, room, item).await?;
    }
    let mut change = Change {
        document: portion.key,
        store: from.id,
        item,
        batch: portion.batch,
        kind: MovementKind::TransferOut,
        quantity: portion.quantity,
        value: 0,
        reverses: None,
    };
    let posted = ledger::post_out(&mut ctx.tx, &change, stamp.at, day).await?;
    (change.store, change.kind, change.value) = (target.id, MovementKind::TransferIn, posted.value);
    ledger::post_in(&mut ctx.tx, &change, stamp.at, day).await?;
    did(ctx, &document, &from);
    if target.clinic_id != from.clinic_id {
        ctx.tell(Event::new(&STOCK).at(target.clinic_id));
    }
    Ok(true)
}

/// Writes a part of a batch off.
///
/// # Errors
/// [`Error::Conflict`] when less is there.
pub async fn write_off(ctx: &mut Ctx, portion: Portion, reason: StockReason, note: &str) -> Result<bool> {
    post(ctx, portion, (StockDocumentKind::WriteOff, MovementKind::WriteOff), reason, note).await
}

/// Corrects the quantity of a batch by some units more (`is_more`) or less.
///
/// # Errors
/// [`Error::Conflict`] when less is there.
pub async fn adjust(ctx: &mut Ctx, portion: Portion, is_more: bool, reason: StockReason, note: &str) -> Result<bool> {
    let kind = if is_more { MovementKind::Gain } else { MovementKind::Loss };
    post(ctx, portion, (StockDocumentKind::Adjustment, kind), reason, note).await
}

async fn post(
    ctx: &mut Ctx,
    portion: Portion,
    (document_kind, kind): (StockDocumentKind, MovementKind),
    reason: StockReason,
    note: &str,
) -> Result<bool> {
    if reason == StockReason::Other && note.is_empty() {
        return Err(Error::invalid("note", tr!(errors.required)));
    }
    let room = open_room(ctx, Permission::MoveStock, portion.store).await?;
    let item = witnessed(ctx, portion).await?;
    let (reason, note, witness) = (Some(reason), note.to_owned(), portion.witness);
    let new = NewDocument { reason, note, witness, ..NewDocument::new(portion.key, document_kind, room.id) };
    let (stamp, day) = (ctx.stamp(), ctx.today());
    if !ledger::begin(&mut ctx.tx, &new, stamp).await? {
        return Ok(false);
    }
    let mut change = Change {
        document: portion.key,
        store: room.id,
        item,
        batch: portion.batch,
        kind,
        quantity: portion.quantity,
        value: 0,
        reverses: None,
    };
    if kind.is_in() {
        // Goods that are found have the average value of those that are there.
        let (quantity, value) = ledger::hold(&mut ctx.tx, room.id, item).await?;
        change.value = average(value, portion.quantity, quantity);
        ledger::post_in(&mut ctx.tx, &change, stamp.at, day).await?;
    } else {
        ledger::post_out(&mut ctx.tx, &change, stamp.at, day).await?;
    }
    did(ctx, &new, &room);
    Ok(true)
}

/// The value of more units at the average value of those that are there.
pub(super) fn average(value: i64, more: i64, quantity: i64) -> i64 {
    if quantity <= 0 {
        return 0;
    }
    let whole = i128::from(value) * i128::from(more) / i128::from(quantity);
    i64::try_from(whole).unwrap_or_default()
}

/// Holds a batch back, recalls it, or releases it again, in all storerooms at once.
///
/// # Errors
/// [`Error::Conflict`] when it was changed since, or was recalled; [`Error::Invalid`] without a reason.
pub async fn set_status(ctx: &mut Ctx, id: StockBatchId, version: i64, status: BatchStatus, reason: &str) -> Result<StockItemId> {
    if status != BatchStatus::Released && reason.is_empty() {
        return Err(Error::invalid("reason", tr!(errors.required)));
    }
    let stamp = ctx.stamp();
    // A batch that is held back is not promised any more. Its storerooms are locked before the batch, as in acts that move it.
    if status != BatchStatus::Released {
        reservations::release_batch(&mut ctx.tx, id, stamp.at).await?;
    }
    let lock = ctx.tx.lock(id).await?;
    let batch = ledger::batch(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    if batch.status == BatchStatus::Recalled {
        return Err(Error::conflict(tr!(inventory.recalled_stays)));
    }
    if !ledger::set_status(&mut ctx.tx, lock, version, (status, reason), stamp).await? {
        return Err(Error::conflict(tr!(errors.newer_version)));
    }
    ctx.did(Action::Update, "stock_batch", id, None);
    // The batch has the status in all clinics.
    for clinic in batches::clinics_of(&mut ctx.tx, id).await? {
        ctx.tell(Event::new(&STOCK).at(clinic));
    }
    Ok(batch.item_id)
}

/// Writes the quantity at which an item is low in a storeroom.
///
/// # Errors
/// When the database refuses.
pub async fn set_low(ctx: &mut Ctx, store: StoreroomId, item: StockItemId, low_at: i64) -> Result<()> {
    let room = open_room(ctx, Permission::ManageStock, store).await?;
    if room.kind == RoomKind::Quarantine {
        return Err(Error::invalid("low_at", tr!(inventory.no_low_mark)));
    }
    goods::item(&mut ctx.tx, item).await?.ok_or(Error::NotFound)?;
    ledger::set_low(&mut ctx.tx, store, item, low_at).await?;
    ctx.did(Action::Update, "stock_item", item, None);
    Ok(())
}
