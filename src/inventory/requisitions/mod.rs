//! Requisitions: the goods that a ward, a theatre or a pharmacy asks the stores for, up to the level of each item.

mod store;

pub mod api;

use super::{RoomKind, STOCK, StockUnit, goods, rooms};
use crate::{
    audit::Action,
    core::{
        ClinicId, Error, Permission, Result, Stamp, StockItemId, StoreroomId, UserId, WantedLineId, WardRequisitionId,
        list::{PAGE_SIZE, Slice, offset},
        time::Instant,
    },
    db::{Locked, Tx},
    server::{Ctx, Event},
    tr,
    ui::Tone,
};

pub(super) use store::{add_issued, reach};
pub use store::{lines_of, set_par as write_par, wanted_of_room};

/// The largest quantity that a ward asks for.
pub const MOST: i64 = 100_000;

crate::text_enum! {
    /// The state of a requisition.
    pub enum RequisitionState("state") {
        Draft = "draft" => tr!(ward_stock.draft),
        Submitted = "submitted" => tr!(ward_stock.submitted),
        /// A part of it was picked.
        PartIssued = "part_issued" => tr!(ward_stock.part_issued),
        Issued = "issued" => tr!(ward_stock.issued),
        Rejected = "rejected" => tr!(ward_stock.rejected),
        Cancelled = "cancelled" => tr!(ward_stock.cancelled),
    }
}

impl RequisitionState {
    /// The colour of the state.
    pub const fn tone(self) -> Tone {
        match self {
            Self::Draft | Self::Submitted => Tone::Waiting,
            Self::PartIssued => Tone::Warning,
            Self::Issued => Tone::Done,
            Self::Rejected | Self::Cancelled => Tone::Inactive,
        }
    }

    /// Whether goods can still be picked for it.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Submitted | Self::PartIssued)
    }

    /// Whether the state may follow this one. The database has the same table (`ward_requisitions_moves`).
    pub const fn leads_to(self, next: Self) -> bool {
        use RequisitionState as S;
        matches!(
            (self, next),
            (S::Draft, S::Submitted | S::Cancelled)
                | (S::Submitted, S::PartIssued | S::Issued | S::Rejected | S::Cancelled)
                | (S::PartIssued, S::Issued | S::Cancelled)
        )
    }
}

/// A request of a storeroom for goods.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct WardRequisition {
    pub id: WardRequisitionId,
    pub clinic_id: ClinicId,
    pub store_id: StoreroomId,
    pub store_name: String,
    pub state: RequisitionState,
    pub note: String,
    pub reason: String,
    pub created_at: Instant,
    pub asked_by: String,
    /// The number of items.
    pub items: i64,
    pub version: i64,
}

/// An item of a requisition.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct WantedLine {
    pub id: WantedLineId,
    pub item_id: StockItemId,
    pub name: String,
    pub name_es: String,
    pub unit: StockUnit,
    pub wanted: i64,
    /// The units that were picked.
    pub issued: i64,
}

/// An item of a storeroom with its level, and what is there and on the way.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct ParRow {
    pub item_id: StockItemId,
    pub name: String,
    pub name_es: String,
    pub unit: StockUnit,
    pub pack_size: i64,
    /// The units that can be handed out.
    pub quantity: i64,
    pub low_at: i64,
    pub par_level: i64,
    /// Units that were asked for and are not here yet.
    pub coming: i64,
}

impl ParRow {
    /// The units to ask for: whole packs up to the level, when the stock is at its low mark or below; 0 otherwise.
    pub fn top_up(&self) -> i64 {
        let missing = self.par_level - self.quantity - self.coming;
        if missing <= 0 || self.quantity + self.coming > self.low_at.max(self.par_level / 2) {
            return 0;
        }
        let pack = self.pack_size.max(1);
        // The last pack is asked for only where it fits under the level; a storeroom without one full pack still asks for what is missing.
        if missing < pack { missing } else { missing / pack * pack }
    }
}

/// Asks for goods. The same id again changes nothing.
///
/// # Errors
/// [`Error::Invalid`] without a line; [`Error::Conflict`] for a storeroom that asks for nothing.
pub async fn ask(ctx: &mut Ctx, id: WardRequisitionId, room: StoreroomId, lines: &[(StockItemId, i64)], note: &str) -> Result<bool> {
    let room = rooms::room(&mut ctx.tx, room).await?.ok_or(Error::NotFound)?;
    ctx.at_clinic(Permission::AskStock, room.clinic_id)?;
    if !room.kind.asks() || room.retired_at.is_some() {
        return Err(Error::invalid("storeroom", tr!(errors.choose)));
    }
    ctx.tx.take_turn("ward requisition", &id.to_string()).await?;
    if let Some(there) = store::find(&mut ctx.tx, id).await? {
        return if there.store_id == room.id { Ok(false) } else { Err(Error::key_used()) };
    }
    if lines.is_empty() {
        return Err(Error::conflict(tr!(ward_stock.nothing_wanted)));
    }
    let stamp = ctx.stamp();
    store::insert(&mut ctx.tx, id, (room.clinic_id, room.id), note, stamp).await?;
    for (item, wanted) in lines {
        let item = goods::item(&mut ctx.tx, *item).await?.filter(|item| item.retired_at.is_none()).ok_or(Error::NotFound)?;
        store::insert_line(&mut ctx.tx, id, item.id, *wanted).await?;
    }
    let lock = ctx.tx.lock(id).await?;
    store::reach(&mut ctx.tx, lock, RequisitionState::Submitted, "", stamp).await?;
    ctx.did(Action::Create, "ward_requisition", id, None);
    ctx.tell(Event::new(&STOCK).at(room.clinic_id));
    Ok(true)
}

/// Writes a submitted requisition of the demo hospital.
///
/// # Errors
/// When the database refuses.
pub async fn add(
    tx: &mut Tx,
    id: WardRequisitionId,
    (clinic, room): (ClinicId, StoreroomId),
    lines: &[(StockItemId, i64)],
    (now, by): (Instant, UserId),
) -> Result<()> {
    store::insert(tx, id, (clinic, room), "", Stamp { by, at: now }).await?;
    for (item, wanted) in lines {
        store::insert_line(tx, id, *item, *wanted).await?;
    }
    let lock = tx.lock(id).await?;
    store::reach(tx, lock, RequisitionState::Submitted, "", Stamp { by, at: now }).await
}

/// Locks a requisition and reads it.
pub(super) async fn turn(
    ctx: &mut Ctx,
    permission: Permission,
    id: WardRequisitionId,
) -> Result<(Locked<WardRequisitionId>, WardRequisition)> {
    let known = store::find(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    ctx.at_clinic(permission, known.clinic_id)?;
    let lock = ctx.tx.lock(id).await?;
    Ok((lock, store::find(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?))
}

/// Ends a requisition: the stores reject it with a reason, or the ward cancels what is not picked yet.
///
/// # Errors
/// [`Error::Conflict`] when it was changed since, or a part of it was picked and it is to be rejected.
pub async fn end(
    ctx: &mut Ctx,
    permission: Permission,
    id: WardRequisitionId,
    version: i64,
    state: RequisitionState,
    why: &str,
) -> Result<()> {
    let (lock, known) = turn(ctx, permission, id).await?;
    if known.version != version || !known.state.leads_to(state) {
        return Err(Error::conflict(tr!(ward_stock.changed, state = known.state.words().to_lowercase())));
    }
    let stamp = ctx.stamp();
    store::reach(&mut ctx.tx, lock, state, why, stamp).await?;
    ctx.did(Action::Update, "ward_requisition", id, None);
    ctx.tell(Event::new(&STOCK).at(known.clinic_id));
    Ok(())
}

/// Reads a page of requisitions, those that are open first in time, or the ended ones, the latest first.
///
/// # Errors
/// When the database refuses.
pub async fn page_of(ctx: &mut Ctx, is_open: bool, page: Option<i64>) -> Result<Slice<WardRequisition>> {
    let (page, skip) = offset(page);
    let rows = store::page(&mut ctx.tx, ctx.clinic.id, is_open, PAGE_SIZE + 1, skip).await?;
    Ok(Slice::from_surplus(rows, page))
}

/// Returns a requisition of a clinic where the user has the permission.
///
/// # Errors
/// [`Error::NotFound`] for another clinic's.
pub async fn shown(ctx: &mut Ctx, permission: Permission, id: WardRequisitionId) -> Result<WardRequisition> {
    let known = store::find(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    ctx.at_clinic(permission, known.clinic_id)?;
    Ok(known)
}

/// Writes the level up to which an item of a storeroom is filled.
///
/// # Errors
/// [`Error::Invalid`] for a storeroom that is not filled from others.
pub async fn set_par(ctx: &mut Ctx, room: StoreroomId, item: StockItemId, level: i64) -> Result<()> {
    let room = rooms::room(&mut ctx.tx, room).await?.ok_or(Error::NotFound)?;
    ctx.at_clinic(Permission::ManageStock, room.clinic_id)?;
    if !room.kind.asks() {
        return Err(Error::invalid("storeroom", tr!(errors.choose)));
    }
    goods::item(&mut ctx.tx, item).await?.ok_or(Error::NotFound)?;
    store::set_par(&mut ctx.tx, room.id, item, level).await?;
    ctx.did(Action::Update, "stock_item", item, None);
    Ok(())
}

/// The storerooms of the clinic that ask for goods.
///
/// # Errors
/// When the database refuses.
pub async fn asking_rooms(ctx: &mut Ctx) -> Result<Vec<rooms::Storeroom>> {
    let clinic = ctx.clinic.id;
    let mut all = rooms::rooms(&mut ctx.tx, clinic).await?;
    all.retain(|room| room.kind.asks());
    // A ward's own storeroom stands first.
    all.sort_by_key(|room| (room.kind == RoomKind::Pharmacy, room.name.clone()));
    Ok(all)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn row(quantity: i64, coming: i64, (low_at, par_level, pack_size): (i64, i64, i64)) -> ParRow {
        let (name, name_es) = (String::new(), String::new());
        ParRow { item_id: StockItemId::new(), name, name_es, unit: StockUnit::Tablet, pack_size, quantity, low_at, par_level, coming }
    }

    #[test]
    fn a_ward_asks_for_whole_packs_up_to_its_level() {
        for (quantity, coming, levels, wanted) in [
            (0, 0, (10, 50, 20), 40),
            (5, 0, (10, 50, 10), 40),
            (10, 0, (10, 50, 1), 40),
            (30, 0, (10, 50, 1), 0),
            (5, 45, (10, 50, 1), 0),
            (5, 10, (20, 50, 1), 35),
            (0, 0, (0, 3, 10), 3),
            (0, 0, (0, 0, 1), 0),
            (60, 0, (10, 50, 1), 0),
        ] {
            assert_eq!(row(quantity, coming, levels).top_up(), wanted, "{quantity} here, {coming} coming, {levels:?}");
        }
    }

    #[test]
    fn the_database_has_the_same_moves_of_a_requisition() {
        let pairs = RequisitionState::ALL.iter().flat_map(|from| RequisitionState::ALL.iter().map(move |to| (*from, *to)));
        let own: BTreeSet<String> = pairs.filter(|(from, to)| from.leads_to(*to)).map(|(from, to)| format!("{from}>{to}")).collect();
        for migration in [
            include_str!("../../../migrations/sqlite/20261201020100_ward_stock.sql"),
            include_str!("../../../migrations/postgres/20261201020100_ward_stock.sql"),
        ] {
            let list = migration.split("NOT IN (").nth(1).and_then(|rest| rest.split(')').next()).expect("the list");
            let moves: BTreeSet<String> = list.split('\'').filter(|word| word.contains('>')).map(str::to_owned).collect();
            assert_eq!(moves, own);
        }
    }
}
