//! Purchase orders and their lines.

mod money;
mod store;

use chrono::Datelike as _;

use super::{PURCHASES, PurchaseOrderState, requests, suppliers};
use crate::{
    audit::Action,
    core::{
        ClinicId, Error, Money, Permission, PurchaseLineId, PurchaseOrderId, Result, StockItemId, StoreroomId, SupplierId, UserId,
        locale::{self, Locale},
        time::Instant,
    },
    db::{DbError, Locked},
    inventory::{self, RoomKind, StockUnit},
    organisation,
    server::{Ctx, Event},
    tr,
};

pub use money::line_cost;
pub(super) use store::{add_received, set_state};
pub use store::{find, lines, list};

/// The largest quantity of a line, in units.
pub const MOST: i64 = 100_000_000;

/// A purchase order.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct PurchaseOrder {
    pub id: PurchaseOrderId,
    pub number: String,
    pub clinic_id: ClinicId,
    pub store_id: StoreroomId,
    pub store_name: String,
    pub supplier_id: SupplierId,
    pub supplier_name: String,
    pub state: PurchaseOrderState,
    pub note: String,
    /// Why the rest was cancelled.
    pub reason: String,
    pub created_at: Instant,
    pub created_by: UserId,
    pub writer: String,
    pub approver: Option<String>,
    pub sent_at: Option<Instant>,
    pub ended_at: Option<Instant>,
    pub version: i64,
}

/// An item on a purchase order.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct PurchaseLine {
    pub id: PurchaseLineId,
    pub order_id: PurchaseOrderId,
    pub item_id: StockItemId,
    pub code: String,
    pub name: String,
    pub name_es: String,
    pub unit: StockUnit,
    pub pack_size: i64,
    pub expires: bool,
    /// Units.
    pub ordered: i64,
    /// Minor units of the currency for `price_per` units.
    pub price: i64,
    pub price_per: i64,
    pub tolerance: i64,
    pub received: i64,
    pub over_allowed: i64,
}

impl PurchaseLine {
    /// The name in the reader's language.
    pub fn shown_name(&self) -> &str {
        match locale::current() {
            Locale::es if !self.name_es.is_empty() => &self.name_es,
            _ => &self.name,
        }
    }

    /// The units that are still to come; never below zero.
    pub fn open(&self) -> i64 {
        (self.ordered - self.received).max(0)
    }

    /// The units that may still come without a second person.
    pub fn room_left(&self) -> i64 {
        (self.ordered + self.ordered * self.tolerance / 100 + self.over_allowed - self.received).max(0)
    }

    /// The cost of the whole line.
    pub fn cost(&self) -> Money {
        line_cost(self.price, self.ordered, self.price_per)
    }
}

/// An item to be put on an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewPurchaseLine {
    pub id: PurchaseLineId,
    pub item: StockItemId,
    /// Units.
    pub ordered: i64,
    pub price: Money,
    pub price_per: i64,
}

/// Reads an order of a clinic where the user has the permission.
///
/// # Errors
/// [`Error::NotFound`] for another clinic's order.
pub async fn at_clinic(ctx: &mut Ctx, permission: Permission, id: PurchaseOrderId) -> Result<PurchaseOrder> {
    let order = store::find(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    ctx.at_clinic(permission, order.clinic_id)?;
    Ok(order)
}

/// Locks an order, and reads it after that.
pub(super) async fn locked(ctx: &mut Ctx, permission: Permission, id: PurchaseOrderId) -> Result<(Locked<PurchaseOrderId>, PurchaseOrder)> {
    let lock = ctx.tx.lock(id).await?;
    let order = at_clinic(ctx, permission, id).await?;
    Ok((lock, order))
}

pub(super) fn changed(ctx: &mut Ctx, order: &PurchaseOrder) {
    ctx.did(Action::Update, "purchase_order", order.id, None);
    ctx.tell(Event::new(&PURCHASES).at(order.clinic_id));
}

/// Begins an order. The same key again changes nothing.
///
/// # Errors
/// [`Error::Invalid`] with the field when the supplier or the storeroom is retired.
pub async fn begin(ctx: &mut Ctx, id: PurchaseOrderId, supplier: SupplierId, room: StoreroomId, note: &str) -> Result<bool> {
    ctx.tx.take_turn("purchase order", &id.to_string()).await?;
    if let Some(there) = store::find(&mut ctx.tx, id).await? {
        return if there.supplier_id == supplier && there.store_id == room { Ok(false) } else { Err(Error::key_used()) };
    }
    let room = inventory::room(&mut ctx.tx, room).await?.ok_or(Error::NotFound)?;
    ctx.at_clinic(Permission::OrderGoods, room.clinic_id)?;
    if room.retired_at.is_some() || room.kind == RoomKind::Quarantine {
        return Err(Error::invalid("storeroom", tr!(purchasing.room_not_for_goods)));
    }
    let known = suppliers::find(&mut ctx.tx, supplier).await?.ok_or(Error::NotFound)?;
    if known.retired_at.is_some() {
        return Err(Error::invalid("supplier", tr!(purchasing.supplier_retired)));
    }
    let stamp = ctx.stamp();
    let code = organisation::clinic(&mut ctx.tx, room.clinic_id).await?.code;
    let prefix = format!("{code}-P{:02}", ctx.today().year() % 100);
    let number = organisation::number_document(&mut ctx.tx, &format!("purchase order {prefix}"), id.into()).await?;
    let new = store::NewOrder {
        id,
        number: format!("{prefix}-{number:06}"),
        clinic: room.clinic_id,
        room: room.id,
        supplier,
        note: note.to_owned(),
    };
    store::insert(&mut ctx.tx, &new, stamp).await.map_err(DbError::of_form_key)?;
    ctx.did(Action::Create, "purchase_order", id, None);
    ctx.tell(Event::new(&PURCHASES).at(room.clinic_id));
    Ok(true)
}

fn drafts_only(order: &PurchaseOrder) -> Result<()> {
    if order.state == PurchaseOrderState::Draft { Ok(()) } else { Err(Error::conflict(tr!(purchasing.not_a_draft))) }
}

/// Puts an item on a draft; one that is on it gets the new quantity and price.
///
/// # Errors
/// [`Error::Conflict`] when the order is no draft, or the item is retired.
pub async fn put_line(ctx: &mut Ctx, id: PurchaseOrderId, line: &NewPurchaseLine) -> Result<()> {
    let (_, order) = locked(ctx, Permission::OrderGoods, id).await?;
    drafts_only(&order)?;
    let item = inventory::item(&mut ctx.tx, line.item).await?.ok_or(Error::NotFound)?;
    if item.retired_at.is_some() {
        return Err(Error::conflict(tr!(inventory.item_retired)));
    }
    let supplier = suppliers::find(&mut ctx.tx, order.supplier_id).await?.ok_or(Error::NotFound)?;
    store::put_line(&mut ctx.tx, order.id, line, supplier.tolerance).await.map_err(DbError::of_form_key)?;
    changed(ctx, &order);
    Ok(())
}

/// Takes a line off a draft.
///
/// # Errors
/// [`Error::Conflict`] when the order is no draft.
pub async fn remove_line(ctx: &mut Ctx, id: PurchaseOrderId, line: PurchaseLineId) -> Result<()> {
    let (_, order) = locked(ctx, Permission::OrderGoods, id).await?;
    drafts_only(&order)?;
    store::delete_line(&mut ctx.tx, order.id, line).await?;
    changed(ctx, &order);
    Ok(())
}

/// Puts the approved requests for the order's storeroom on a draft, without a price: those of items whose usual supplier is another stay.
/// Returns their number.
///
/// # Errors
/// [`Error::Conflict`] when the order is no draft.
pub async fn take_requests(ctx: &mut Ctx, id: PurchaseOrderId) -> Result<usize> {
    let (_, order) = locked(ctx, Permission::OrderGoods, id).await?;
    drafts_only(&order)?;
    let supplier = suppliers::find(&mut ctx.tx, order.supplier_id).await?.ok_or(Error::NotFound)?;
    let wanted = requests::approved_for(&mut ctx.tx, order.store_id, order.supplier_id).await?;
    let on_it: Vec<StockItemId> = store::lines(&mut ctx.tx, order.id).await?.iter().map(|line| line.item_id).collect();
    let mut taken = 0;
    for request in wanted.iter().filter(|request| !on_it.contains(&request.item_id)) {
        let (price, price_per) =
            store::last_price(&mut ctx.tx, order.supplier_id, request.item_id).await?.unwrap_or((0, request.pack_size));
        let line =
            NewPurchaseLine { id: PurchaseLineId::new(), item: request.item_id, ordered: request.quantity, price: Money(price), price_per };
        requests::set_ordered(&mut ctx.tx, request.id, order.id).await?;
        store::put_line(&mut ctx.tx, order.id, &line, supplier.tolerance).await?;
        taken += 1;
    }
    if taken > 0 {
        changed(ctx, &order);
    }
    Ok(taken)
}

/// Approves a draft of another person, reopens an approved order, or records that it was sent.
///
/// # Errors
/// [`Error::Conflict`] for one's own draft, an empty one, another state, or when the order was changed since.
pub async fn decide(ctx: &mut Ctx, id: PurchaseOrderId, version: i64, next: PurchaseOrderState) -> Result<()> {
    let permission = match next {
        PurchaseOrderState::Approved => Permission::ApprovePurchases,
        PurchaseOrderState::Draft | PurchaseOrderState::Sent => Permission::OrderGoods,
        _ => return Err(Error::NotFound),
    };
    let (lock, order) = locked(ctx, permission, id).await?;
    if order.version != version {
        return Err(Error::conflict(tr!(errors.newer_version)));
    }
    if !order.state.may_become(next) {
        return Err(Error::conflict(tr!(purchasing.not_in_this_state, state = order.state.words())));
    }
    let stamp = ctx.stamp();
    if next == PurchaseOrderState::Approved && order.created_by == stamp.by {
        return Err(Error::conflict(tr!(purchasing.own_order)));
    }
    let refused = |error: DbError| {
        if error.violates("purchase_orders_empty") { Error::conflict(tr!(purchasing.empty_order)) } else { error.into() }
    };
    store::set_state(&mut ctx.tx, lock, next, "", stamp).await.map_err(refused)?;
    changed(ctx, &order);
    Ok(())
}

/// Cancels what has not come. What was received stays.
///
/// # Errors
/// [`Error::Invalid`] without a reason; [`Error::Conflict`] when all came, or the order was changed since.
pub async fn cancel(ctx: &mut Ctx, id: PurchaseOrderId, version: i64, reason: &str) -> Result<()> {
    if reason.is_empty() {
        return Err(Error::invalid("reason", tr!(errors.required)));
    }
    let (lock, order) = locked(ctx, Permission::OrderGoods, id).await?;
    if order.version != version {
        return Err(Error::conflict(tr!(errors.newer_version)));
    }
    if !order.state.may_become(PurchaseOrderState::Cancelled) {
        return Err(Error::conflict(tr!(purchasing.not_in_this_state, state = order.state.words())));
    }
    let stamp = ctx.stamp();
    store::set_state(&mut ctx.tx, lock, PurchaseOrderState::Cancelled, reason, stamp).await?;
    super::invoices::match_again(ctx, order.id).await?;
    changed(ctx, &order);
    Ok(())
}
