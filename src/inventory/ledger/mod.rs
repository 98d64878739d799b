//! The ledger: documents, movements, and the choice of batches. Stock never goes below zero: each act locks the item of the storeroom first,
//! and the database refuses what gets past that.

mod fefo;
mod store;
mod value;

use chrono::NaiveDate;

use super::{BatchStatus, MovementKind, StockDocumentKind, StockReason};
use crate::{
    core::{
        DepartmentId, Error, MovementId, Result, Stamp, StockBatchId, StockDocumentId, StockItemId, StockLineId, StoreroomId, UserId,
        time::Instant,
    },
    db::{DbError, Tx},
    tr,
};

pub use fefo::{Take, take};
pub(super) use store::push_usable;
pub use store::{
    BinEntry, Expiring, StockRow, all_expiring, all_movements, all_stock, batch, batch_on, bin_card, expiring, expiring_units, low_count,
    moved_by, set_low, set_status, stock_list, usable,
};
pub(super) use value::share;

/// A document to be written. Its id is the key of the form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDocument {
    pub id: StockDocumentId,
    pub kind: StockDocumentKind,
    pub store: StoreroomId,
    pub to: Option<StoreroomId>,
    pub reason: Option<StockReason>,
    pub reference: String,
    pub note: String,
    /// The second person at a controlled medicine.
    pub witness: Option<UserId>,
    /// The department that used goods up, with its cost centre of that day.
    pub charged_to: Option<(DepartmentId, String)>,
}

impl NewDocument {
    /// Creates a document without a reason.
    pub const fn new(id: StockDocumentId, kind: StockDocumentKind, store: StoreroomId) -> Self {
        Self { id, kind, store, to: None, reason: None, reference: String::new(), note: String::new(), witness: None, charged_to: None }
    }
}

/// A batch of an item in a storeroom that can be handed out.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct UsableLine {
    pub id: StockLineId,
    pub batch_id: StockBatchId,
    pub batch_no: String,
    pub batch_key: String,
    pub expires_on: Option<NaiveDate>,
    /// The units that are not promised.
    pub on_hand: i64,
}

/// A movement that was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Posted {
    pub id: MovementId,
    pub batch: StockBatchId,
    /// Always above zero.
    pub quantity: i64,
    /// Thousandths of a minor unit, always zero or above.
    pub value: i64,
}

/// A change of one line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Change {
    pub document: StockDocumentId,
    pub store: StoreroomId,
    pub item: StockItemId,
    pub batch: StockBatchId,
    pub kind: MovementKind,
    /// Always above zero: the kind has the sign.
    pub quantity: i64,
    /// The value of goods that come in, in thousandths of a minor unit.
    pub value: i64,
    pub reverses: Option<MovementId>,
}

/// Writes a document. Returns `false` when it is there already: the form was sent twice.
///
/// # Errors
/// [`Error::Conflict`] when the key belongs to another act.
pub async fn begin(tx: &mut Tx, new: &NewDocument, stamp: Stamp) -> Result<bool> {
    tx.take_turn("stock document", &new.id.to_string()).await?;
    if let Some((kind, store)) = store::document(tx, new.id).await? {
        return if kind == new.kind && store == new.store { Ok(false) } else { Err(Error::key_used()) };
    }
    store::insert_document(tx, new, stamp).await.map_err(DbError::of_form_key)?;
    Ok(true)
}

/// Locks the item in the storeroom until the transaction ends, and returns its quantity and value. All acts on its batches take turns.
///
/// # Errors
/// When the database refuses.
pub async fn hold(tx: &mut Tx, store: StoreroomId, item: StockItemId) -> Result<(i64, i64)> {
    Ok(store::hold(tx, store, item).await?.unwrap_or_default())
}

/// Locks several items in a storeroom in the order of their ids, and makes the rows that are missing.
pub(super) async fn hold_all(tx: &mut Tx, store: StoreroomId, mut items: Vec<StockItemId>) -> Result<()> {
    items.sort_unstable();
    items.dedup();
    for item in items {
        store::ensure_item(tx, store, item).await?;
        hold(tx, store, item).await?;
    }
    Ok(())
}

fn refused(error: DbError) -> Error {
    if error.violates("stock_movements_usable") {
        return Error::conflict(tr!(inventory.not_usable));
    }
    if error.violates("stock_movements_witnessed") {
        return Error::invalid("witness", tr!(pharmacy.witness_needed));
    }
    if error.violates("stock_lines_reserved") {
        return Error::conflict(tr!(ward_stock.units_reserved));
    }
    if error.violates("stock_lines_not_negative") || error.violates("store_items_not_negative") {
        return Error::conflict(tr!(inventory.changed_meanwhile));
    }
    error.into()
}

/// Writes a movement that adds to a line.
pub(super) async fn post_in(tx: &mut Tx, change: &Change, now: Instant, day: NaiveDate) -> Result<Posted> {
    store::ensure_item(tx, change.store, change.item).await?;
    let (quantity, value) = hold(tx, change.store, change.item).await?;
    let (line, on_hand, seq) = match store::line(tx, change.store, change.batch).await? {
        Some(line) => line,
        None => (store::insert_line(tx, change.store, change.item, change.batch).await?, 0, 0),
    };
    let after = on_hand.checked_add(change.quantity).filter(|after| *after <= super::acts::MOST);
    let Some(after) = after else { return Err(Error::invalid("quantity", tr!(inventory.too_much))) };
    let id = MovementId::new();
    store::set_line(tx, line, seq, after).await.map_err(refused)?;
    store::set_item(tx, change.store, change.item, quantity + change.quantity, value + change.value).await.map_err(refused)?;
    let row = store::NewMovement { id, line, seq: seq + 1, quantity: change.quantity, after, value: change.value, now, day };
    store::insert_movement(tx, change, &row).await.map_err(refused)?;
    Ok(Posted { id, batch: change.batch, quantity: change.quantity, value: change.value })
}

/// Writes a movement that takes from a line; its value is its share of the item's value in the storeroom.
pub(super) async fn post_out(tx: &mut Tx, change: &Change, now: Instant, day: NaiveDate) -> Result<Posted> {
    let (quantity, value) = hold(tx, change.store, change.item).await?;
    let found = store::line(tx, change.store, change.batch).await?;
    let Some((line, on_hand, seq)) = found.filter(|(_, on_hand, _)| *on_hand >= change.quantity) else {
        let left = found.map_or(0, |(_, on_hand, _)| on_hand);
        return Err(Error::conflict(tr!(inventory.only_left, count = left)));
    };
    let taken = share(value, change.quantity, quantity);
    let id = MovementId::new();
    let after = on_hand - change.quantity;
    store::set_line(tx, line, seq, after).await.map_err(refused)?;
    store::set_item(tx, change.store, change.item, quantity - change.quantity, value - taken).await.map_err(refused)?;
    let row = store::NewMovement { id, line, seq: seq + 1, quantity: -change.quantity, after, value: -taken, now, day };
    store::insert_movement(tx, change, &row).await.map_err(refused)?;
    Ok(Posted { id, batch: change.batch, quantity: change.quantity, value: taken })
}

/// Takes a quantity of an item from a storeroom for a patient: the batches that expire first, or the named one. Returns the movements.
///
/// # Errors
/// [`Error::Conflict`] when less is usable.
pub async fn dispense(
    tx: &mut Tx,
    document: StockDocumentId,
    place: (StoreroomId, StockItemId),
    what: (i64, Option<StockBatchId>),
    now: Instant,
    day: NaiveDate,
) -> Result<Vec<Posted>> {
    dispense_lasting(tx, document, place, what, now, (day, day)).await
}

/// Reads the batches that can be handed out on a day, in the order in which they are taken: of those that last until the end of a course the first
/// to expire first, then the shorter ones.
///
/// # Errors
/// When the database refuses.
pub async fn in_turn(tx: &mut Tx, (room, item): (StoreroomId, StockItemId), (day, end): (NaiveDate, NaiveDate)) -> Result<Vec<UsableLine>> {
    let mut lines = usable(tx, room, item, day).await?;
    lines.sort_by_key(|line| line.expires_on.is_some_and(|last| last < end));
    Ok(lines)
}

/// Takes a quantity as [`dispense()`] does, for a course that ends on a day: batches that last until then go first.
///
/// # Errors
/// [`Error::Conflict`] when less is usable.
pub async fn dispense_lasting(
    tx: &mut Tx,
    document: StockDocumentId,
    (room, item): (StoreroomId, StockItemId),
    (quantity, batch): (i64, Option<StockBatchId>),
    now: Instant,
    (day, end): (NaiveDate, NaiveDate),
) -> Result<Vec<Posted>> {
    hold(tx, room, item).await?;
    let mut lines = in_turn(tx, (room, item), (day, end)).await?;
    if let Some(batch) = batch {
        lines.retain(|line| line.batch_id == batch);
    }
    let takes = take(&lines, quantity).map_err(|left| Error::conflict(tr!(inventory.only_left, count = left)))?;
    let mut posted = Vec::new();
    for Take { batch, quantity } in takes {
        let change = Change { document, store: room, item, batch, kind: MovementKind::Dispense, quantity, value: 0, reverses: None };
        posted.push(post_out(tx, &change, now, day).await?);
    }
    Ok(posted)
}

/// Puts what a patient gave back of a dispensed movement into a storeroom, with its part of the value.
///
/// # Errors
/// When the database refuses.
pub async fn post_return(
    tx: &mut Tx,
    document: StockDocumentId,
    room: StoreroomId,
    (dispensed, quantity): (MovementId, i64),
    now: Instant,
    day: NaiveDate,
) -> Result<Posted> {
    let (item, batch, out, value) = store::movement(tx, dispensed).await?.ok_or(Error::NotFound)?;
    let before = store::returned_of(tx, dispensed).await?;
    // The last part takes the rest of the value.
    let (left, value) = (-out - before.0, -value - before.1);
    if quantity > left {
        return Err(Error::conflict(tr!(inventory.only_left, count = left)));
    }
    let value = share(value, quantity, left);
    let kind = MovementKind::DispenseReturn;
    let change = Change { document, store: room, item, batch, kind, quantity, value, reverses: Some(dispensed) };
    post_in(tx, &change, now, day).await
}

/// Takes a part of a batch out of a storeroom for its supplier; one that is expired or held back too.
///
/// # Errors
/// [`Error::Conflict`] when less is there, or promised to others.
pub async fn post_supplier_return(
    tx: &mut Tx,
    document: StockDocumentId,
    (store, item, batch): (StoreroomId, StockItemId, StockBatchId),
    quantity: i64,
    now: Instant,
    day: NaiveDate,
) -> Result<Posted> {
    let kind = MovementKind::SupplierReturn;
    post_out(tx, &Change { document, store, item, batch, kind, quantity, value: 0, reverses: None }, now, day).await
}
