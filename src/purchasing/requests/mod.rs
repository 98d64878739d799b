//! Purchase requests: an item that somebody asks to buy for a storeroom. Another person approves it; then it goes on an order.

mod store;

use super::{PURCHASES, PurchaseRequestState};
use crate::{
    audit::Action,
    core::{ClinicId, Error, Permission, PurchaseRequestId, Result, StockItemId, StoreroomId, UserId, time::Instant},
    db::DbError,
    inventory::{self, RoomKind, StockUnit},
    server::{Ctx, Event},
    tr,
};

pub use store::{approved_for, open, open_count, set_ordered};

/// A request to buy an item.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct PurchaseRequest {
    pub id: PurchaseRequestId,
    pub clinic_id: ClinicId,
    pub store_id: StoreroomId,
    pub store_name: String,
    pub item_id: StockItemId,
    pub name: String,
    pub name_es: String,
    pub unit: StockUnit,
    pub pack_size: i64,
    /// Units.
    pub quantity: i64,
    pub reason: String,
    pub state: PurchaseRequestState,
    pub requested_at: Instant,
    pub requested_by: UserId,
    pub requester: String,
}

/// A request to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPurchaseRequest {
    pub id: PurchaseRequestId,
    pub store: StoreroomId,
    pub item: StockItemId,
    pub quantity: i64,
    pub reason: String,
}

/// Asks to buy items for storerooms of the user's clinics. The same key again changes nothing, and an item for which another request is open is
/// left out. Returns the number of new requests.
///
/// # Errors
/// [`Error::Conflict`] when an item is retired; [`Error::Invalid`] for a quarantine.
pub async fn submit(ctx: &mut Ctx, wanted: &[NewPurchaseRequest]) -> Result<usize> {
    let stamp = ctx.stamp();
    let mut made = 0;
    for new in wanted {
        let room = inventory::room(&mut ctx.tx, new.store).await?.ok_or(Error::NotFound)?;
        ctx.at_clinic(Permission::OrderGoods, room.clinic_id)?;
        if room.retired_at.is_some() || room.kind == RoomKind::Quarantine {
            return Err(Error::invalid("storeroom", tr!(purchasing.room_not_for_goods)));
        }
        let item = inventory::item(&mut ctx.tx, new.item).await?.ok_or(Error::NotFound)?;
        if item.retired_at.is_some() {
            return Err(Error::conflict(tr!(inventory.item_retired)));
        }
        if store::insert(&mut ctx.tx, room.clinic_id, new, stamp).await.map_err(DbError::of_form_key)? {
            ctx.did(Action::Create, "purchase_request", new.id, None);
            ctx.tell(Event::new(&PURCHASES).at(room.clinic_id));
            made += 1;
        }
    }
    Ok(made)
}

/// Approves or rejects the request of another person, or cancels one.
///
/// # Errors
/// [`Error::Conflict`] for one's own request, or one that was decided.
pub async fn decide(ctx: &mut Ctx, id: PurchaseRequestId, next: PurchaseRequestState) -> Result<()> {
    let permission = match next {
        PurchaseRequestState::Approved | PurchaseRequestState::Rejected => Permission::ApprovePurchases,
        PurchaseRequestState::Cancelled => Permission::OrderGoods,
        PurchaseRequestState::Submitted | PurchaseRequestState::Ordered => return Err(Error::NotFound),
    };
    let lock = ctx.tx.lock(id).await?;
    let request = store::find(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    ctx.at_clinic(permission, request.clinic_id)?;
    let is_open = match request.state {
        PurchaseRequestState::Submitted => true,
        PurchaseRequestState::Approved => next == PurchaseRequestState::Cancelled,
        _ => false,
    };
    if !is_open {
        return Err(Error::conflict(tr!(purchasing.request_decided)));
    }
    let stamp = ctx.stamp();
    if next != PurchaseRequestState::Cancelled && request.requested_by == stamp.by {
        return Err(Error::conflict(tr!(purchasing.own_request)));
    }
    store::decide(&mut ctx.tx, lock, next, stamp).await?;
    ctx.did(Action::Update, "purchase_request", id, None);
    ctx.tell(Event::new(&PURCHASES).at(request.clinic_id));
    Ok(())
}
