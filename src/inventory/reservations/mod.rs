//! Reservations: units of a batch that are promised to a prescription or to a transfer. Two people never promise the same units: the item in the
//! storeroom is locked first, and the database keeps the sum of a line's reservations at or below its stock.

mod store;

use chrono::NaiveDate;
use uuid::Uuid;

use super::ledger::{self, Take, take};
use crate::{
    core::{Error, ReservationId, Result, Stamp, StockBatchId, StockItemId, StoreroomId, UserId, time::Instant},
    db::Tx,
    server::AppState,
    tr,
};

pub use store::reserved_for;

crate::text_enum! {
    /// The act that a reservation is for.
    pub enum Purpose("purpose") {
        Supply = "supply",
        Transfer = "transfer",
    }
}

crate::text_enum! {
    /// The state of a reservation.
    pub enum ReservationState("state") {
        Open = "open",
        /// The units left the storeroom for its purpose.
        Used = "used",
        Released = "released",
    }
}

/// Open reservations of one purpose, by storeroom and batch.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Reserved {
    pub store_id: StoreroomId,
    pub store_name: String,
    pub item_id: StockItemId,
    pub batch_id: StockBatchId,
    pub batch_no: String,
    pub quantity: i64,
    pub until_at: Option<Instant>,
}

/// A quantity of an item in a storeroom that is to be promised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ToReserve {
    pub purpose: Purpose,
    /// The supply, or the line of the transfer.
    pub of: Uuid,
    pub room: StoreroomId,
    pub item: StockItemId,
    pub quantity: i64,
    /// Only this batch.
    pub batch: Option<StockBatchId>,
    pub until: Option<Instant>,
}

/// Promises a quantity: the batches that expire first. Returns the parts.
///
/// # Errors
/// [`Error::Conflict`] when less is usable and not promised.
pub async fn reserve(tx: &mut Tx, new: &ToReserve, (now, by): (Instant, UserId), day: NaiveDate) -> Result<Vec<Take>> {
    ledger::hold(tx, new.room, new.item).await?;
    let mut lines = ledger::usable(tx, new.room, new.item, day).await?;
    if let Some(batch) = new.batch {
        lines.retain(|line| line.batch_id == batch);
    }
    let takes = take(&lines, new.quantity).map_err(|left| Error::conflict(tr!(inventory.only_left, count = left)))?;
    for part in &takes {
        let Some(line) = lines.iter().find(|line| line.batch_id == part.batch) else { continue };
        store::insert(tx, ReservationId::new(), line.id, (new, part.quantity), Stamp { by, at: now }).await.map_err(refused)?;
    }
    Ok(takes)
}

fn refused(error: crate::db::DbError) -> Error {
    if error.violates("stock_lines_reserved") || error.violates("stock_lines_reserved_sum") {
        return Error::conflict(tr!(ward_stock.units_reserved));
    }
    if error.violates("stock_reservations_usable") {
        return Error::conflict(tr!(inventory.not_usable));
    }
    error.into()
}

/// Locks items in storerooms in one order, so that two acts on the same ones take turns.
pub(super) async fn hold_all(tx: &mut Tx, mut places: Vec<(StockItemId, StoreroomId)>) -> Result<()> {
    places.sort_unstable();
    places.dedup();
    for (item, room) in places {
        ledger::hold(tx, room, item).await?;
    }
    Ok(())
}

/// Ends the open reservations of a purpose: `used` when its act takes the units now. `also` is locked in the same order. Returns the units.
///
/// # Errors
/// When the database refuses.
pub async fn end_reservations(tx: &mut Tx, of: Uuid, used: bool, also: Option<(StockItemId, StoreroomId)>, now: Instant) -> Result<i64> {
    let places = store::places_of(tx, of).await?.into_iter().chain(also).collect();
    hold_all(tx, places).await?;
    let open = store::reserved_for(tx, of).await?;
    let state = if used { ReservationState::Used } else { ReservationState::Released };
    store::end(tx, of, state, now).await?;
    Ok(open.iter().map(|one| one.quantity).sum())
}

/// Releases the reservations of a batch, which is held back.
///
/// # Errors
/// When the database refuses.
pub(super) async fn release_batch(tx: &mut Tx, batch: StockBatchId, now: Instant) -> Result<()> {
    let places = store::places_of_batch(tx, batch).await?;
    hold_all(tx, places).await?;
    store::end_of_batch(tx, batch, now).await
}

/// Releases reservations whose time is over. Returns their number.
///
/// # Errors
/// When the database refuses.
pub async fn release_due(state: &AppState) -> Result<usize> {
    let now = state.clock.now();
    let mut tx = state.db.read().await?;
    let due = store::due(&mut tx, now).await?;
    drop(tx);
    let mut released = 0;
    for of in due {
        let mut tx = state.db.write().await?;
        let places = store::places_of(&mut tx, of).await?;
        hold_all(&mut tx, places).await?;
        released += usize::from(store::end_due(&mut tx, of, now).await?);
        tx.commit().await?;
    }
    Ok(released)
}

/// Runs every minute until the program stops.
pub(super) async fn keep_up(state: AppState) {
    let mut every = crate::server::jobs::Beat::new(&state, "stock_reservations", std::time::Duration::from_mins(1));
    loop {
        tokio::select! {
            () = every.tick() => {}
            () = state.stopping.cancelled() => return,
        }
        match release_due(&state).await {
            Ok(0) => {}
            Ok(released) => tracing::info!(released, "reservations ended by time"),
            Err(error) => every.failed(&error, "reservations are not released for now"),
        }
    }
}
