//! Consumption: a department uses up goods that no patient gets by name, such as consumables, linen and reagents. The document names the department and
//! its cost centre of that day; the batches that expire first go first. A mistake is taken back as a whole by a movement on the same lines.

mod store;

use super::{
    GoodsKind, MovementKind, RoomKind, STOCK, StockDocumentKind, StockUnit, acts, goods,
    ledger::{self, Change, NewDocument, Take},
};
use crate::{
    audit::Action,
    core::{DepartmentId, Error, Permission, Result, StockBatchId, StockDocumentId, StockItemId, StoreroomId},
    server::{Ctx, Event},
    tr,
};

pub use store::{CostCentre, Used, cost_by_department, cost_centres, goods_in, latest};

/// Goods that a department used up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consumed {
    pub key: StockDocumentId,
    pub store: StoreroomId,
    pub item: StockItemId,
    /// The scanned batch; without one the first to expire goes first.
    pub batch: Option<StockBatchId>,
    pub quantity: i64,
    pub department: DepartmentId,
    pub note: String,
}

/// An item in a storeroom that can be used up.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Goods {
    pub item_id: StockItemId,
    pub name: String,
    pub name_es: String,
    pub unit: StockUnit,
    pub quantity: i64,
}

/// Whether a user with the permission uses goods of a storeroom up: who asks for goods does so on wards and in theatres.
pub const fn fits(permission: Permission, kind: RoomKind) -> bool {
    match kind {
        RoomKind::Ward | RoomKind::Theatre => true,
        RoomKind::Main | RoomKind::Pharmacy => matches!(permission, Permission::MoveStock),
        RoomKind::Quarantine | RoomKind::Transit => false,
    }
}

/// Records that a department used goods up. The same key again changes nothing; the answer is then `false`.
///
/// # Errors
/// [`Error::Invalid`] with the field; [`Error::Conflict`] when less is there.
pub async fn consume(ctx: &mut Ctx, permission: Permission, used: &Consumed) -> Result<bool> {
    let room = acts::open_room(ctx, permission, used.store).await?;
    if !fits(permission, room.kind) {
        return Err(Error::NotFound);
    }
    let item = goods::item(&mut ctx.tx, used.item).await?.ok_or(Error::NotFound)?;
    if item.kind == GoodsKind::Medicine {
        return Err(Error::invalid("item", tr!(inventory.no_medicine_consumed)));
    }
    let centres = cost_centres(&mut ctx.tx).await?;
    let centre = centres.into_iter().find(|centre| centre.id == used.department);
    let centre = centre.ok_or_else(|| Error::invalid("department", tr!(errors.choose)))?;
    let document = NewDocument {
        note: used.note.clone(),
        charged_to: Some((centre.id, centre.code)),
        ..NewDocument::new(used.key, StockDocumentKind::Consume, room.id)
    };
    let (stamp, day) = (ctx.stamp(), ctx.today());
    if !ledger::begin(&mut ctx.tx, &document, stamp).await? {
        return Ok(false);
    }
    ledger::hold(&mut ctx.tx, room.id, item.id).await?;
    let mut lines = ledger::usable(&mut ctx.tx, room.id, item.id, day).await?;
    if let Some(batch) = used.batch {
        lines.retain(|line| line.batch_id == batch);
    }
    let takes = ledger::take(&lines, used.quantity);
    let takes = takes.map_err(|left| Error::conflict(tr!(inventory.only_left, count = left)))?;
    for Take { batch, quantity } in takes {
        let (document, kind) = (used.key, MovementKind::Consume);
        let change = Change { document, store: room.id, item: item.id, batch, kind, quantity, value: 0, reverses: None };
        ledger::post_out(&mut ctx.tx, &change, stamp.at, day).await?;
    }
    ctx.did(Action::Create, "stock_document", used.key, None);
    ctx.tell(Event::new(&STOCK).at(room.clinic_id));
    Ok(true)
}

/// Takes a consumption back that was recorded by mistake, as a whole and with its value. The same key again changes nothing.
///
/// # Errors
/// [`Error::NotFound`] for another document, [`Error::Conflict`] when it was taken back before.
pub async fn take_back(ctx: &mut Ctx, permission: Permission, of: StockDocumentId, key: StockDocumentId, note: &str) -> Result<bool> {
    let (store, department, cost_centre) = store::document(&mut ctx.tx, of).await?.ok_or(Error::NotFound)?;
    let room = acts::open_room(ctx, permission, store).await?;
    if !fits(permission, room.kind) {
        return Err(Error::NotFound);
    }
    if note.is_empty() {
        return Err(Error::invalid("note", tr!(errors.required)));
    }
    let document = NewDocument {
        note: note.to_owned(),
        charged_to: Some((department, cost_centre)),
        ..NewDocument::new(key, StockDocumentKind::Consume, store)
    };
    let (stamp, day) = (ctx.stamp(), ctx.today());
    if !ledger::begin(&mut ctx.tx, &document, stamp).await? {
        return Ok(false);
    }
    // All lines of a consumption are of one item, whose lock two users wait for.
    let Some(first) = store::movements(&mut ctx.tx, of).await?.first().cloned() else { return Err(Error::NotFound) };
    ledger::hold(&mut ctx.tx, store, first.item_id).await?;
    for moved in store::movements(&mut ctx.tx, of).await? {
        if moved.back > 0 {
            return Err(Error::conflict(tr!(inventory.taken_back_already)));
        }
        let change = Change {
            document: key,
            store,
            item: moved.item_id,
            batch: moved.batch_id,
            kind: MovementKind::ConsumeReturn,
            quantity: -moved.quantity,
            value: -moved.value,
            reverses: Some(moved.id),
        };
        ledger::post_in(&mut ctx.tx, &change, stamp.at, day).await?;
    }
    ctx.did(Action::Create, "stock_document", key, None);
    ctx.tell(Event::new(&STOCK).at(room.clinic_id));
    Ok(true)
}
