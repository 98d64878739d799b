//! Transfers: goods that one storeroom sends to another. They are picked and promised, sent, and received by another person; on the way they lie in
//! a storeroom of their own, so that the sum of all storerooms stays. A difference stays on the way until somebody explains it. See `back` for wards.

mod store;

pub mod api;
pub mod back;

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::{
    BatchStatus, MovementKind, STOCK, StockDocumentKind, StockReason, StockUnit,
    ledger::{self, Change, NewDocument, take},
    requisitions::{self, RequisitionState},
    reservations::{self, Purpose, ToReserve},
    rooms,
};
use crate::{
    audit::Action,
    core::{
        ClinicId, Error, Permission, Result, Stamp, StockBatchId, StockDocumentId, StockItemId, StockTransferId, StoreroomId,
        TransferLineId, UserId, WantedLineId, WardRequisitionId, error::FieldErrors, time::Instant,
    },
    db::{Locked, Tx},
    server::{Ctx, Event},
    tr,
    ui::Tone,
};

pub use store::{lines_of, of_requisition, open_transfers};

crate::text_enum! {
    /// The state of a transfer.
    pub enum GoodsTransferState("state") {
        Picked = "picked" => tr!(ward_stock.transfer_picked),
        InTransit = "in_transit" => tr!(ward_stock.transfer_in_transit),
        Received = "received" => tr!(ward_stock.transfer_received),
        /// Less was received than was sent, and the rest is not explained.
        Difference = "difference" => tr!(ward_stock.transfer_difference),
        CalledBack = "called_back" => tr!(ward_stock.transfer_called_back),
    }
}

crate::text_enum! {
    /// The fate of goods that were sent and not received.
    pub enum MissingGoods("outcome") {
        Lost = "lost" => tr!(ward_stock.missing_lost),
        /// They are back where they came from.
        Returned = "returned" => tr!(ward_stock.missing_returned),
    }
}

impl GoodsTransferState {
    /// The colour of the state.
    pub const fn tone(self) -> Tone {
        match self {
            Self::Picked => Tone::Waiting,
            Self::InTransit => Tone::Reserved,
            Self::Received => Tone::Done,
            Self::Difference => Tone::Critical,
            Self::CalledBack => Tone::Inactive,
        }
    }

    /// Whether the state may follow this one. The database has the same table (`stock_transfers_moves`).
    pub const fn leads_to(self, next: Self) -> bool {
        use GoodsTransferState as S;
        matches!(
            (self, next),
            (S::Picked, S::InTransit | S::CalledBack)
                | (S::InTransit, S::Received | S::Difference | S::CalledBack)
                | (S::Difference, S::Received)
        )
    }
}

/// Goods that one storeroom sends to another.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct StockTransfer {
    pub id: StockTransferId,
    pub clinic_id: ClinicId,
    pub from_id: StoreroomId,
    pub from_name: String,
    pub to_id: StoreroomId,
    pub to_name: String,
    pub to_clinic: ClinicId,
    pub requisition_id: Option<WardRequisitionId>,
    pub state: GoodsTransferState,
    pub created_at: Instant,
    pub picked_by: String,
    pub sent_at: Option<Instant>,
    pub sent_by: Option<UserId>,
    pub sender: Option<String>,
    pub received_at: Option<Instant>,
    pub receiver: Option<String>,
    pub explanation: String,
    pub version: i64,
}

/// The part of a transfer that comes from one batch.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct TransferLine {
    pub id: TransferLineId,
    pub item_id: StockItemId,
    pub name: String,
    pub name_es: String,
    pub unit: StockUnit,
    pub batch_id: StockBatchId,
    pub batch_no: String,
    pub expires_on: Option<NaiveDate>,
    pub shelf_status: BatchStatus,
    pub quantity: i64,
    pub in_transit: i64,
    pub received: i64,
    pub lost: i64,
    pub returned: i64,
}

/// A change of one of the numbers of a line: so many units come into transit, or leave it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Leg {
    Sent,
    Received,
    Lost,
    Returned,
}

fn changed(known: &StockTransfer) -> Error {
    Error::conflict(tr!(ward_stock.changed, state = known.state.words().to_lowercase()))
}

fn did(ctx: &mut Ctx, action: Action, known: &StockTransfer) {
    ctx.did(action, "stock_transfer", known.id, None);
    ctx.tell(Event::new(&STOCK).at(known.clinic_id));
    if known.to_clinic != known.clinic_id {
        ctx.tell(Event::new(&STOCK).at(known.to_clinic));
    }
}

/// Returns a transfer of a clinic where the user has the permission: the sender's for those who move stock, the receiver's for those who ask.
///
/// # Errors
/// [`Error::NotFound`] for another clinic's.
pub async fn shown(ctx: &mut Ctx, permission: Permission, id: StockTransferId) -> Result<StockTransfer> {
    let known = store::find(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    let clinic = if permission == Permission::AskStock { known.to_clinic } else { known.clinic_id };
    ctx.at_clinic(permission, clinic)?;
    Ok(known)
}

async fn turn(ctx: &mut Ctx, permission: Permission, id: StockTransferId) -> Result<(Locked<StockTransferId>, StockTransfer)> {
    shown(ctx, permission, id).await?;
    let lock = ctx.tx.lock(id).await?;
    Ok((lock, store::find(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?))
}

/// Picks goods for a requisition: the batches that expire first are promised to a new transfer. The same key again changes nothing.
///
/// # Errors
/// [`Error::Invalid`] with the line's field when the storeroom has less, or the requisition wants less.
pub async fn pick(
    ctx: &mut Ctx,
    id: StockTransferId,
    requisition: WardRequisitionId,
    from: StoreroomId,
    picks: &[(WantedLineId, i64)],
) -> Result<bool> {
    let (lock, wanted) = requisitions::turn(ctx, Permission::MoveStock, requisition).await?;
    if let Some(there) = store::find(&mut ctx.tx, id).await? {
        return if there.requisition_id == Some(requisition) { Ok(false) } else { Err(Error::key_used()) };
    }
    let room = rooms::room(&mut ctx.tx, from).await?.ok_or(Error::NotFound)?;
    ctx.at_clinic(Permission::MoveStock, room.clinic_id)?;
    if !room.kind.sends() || room.retired_at.is_some() || room.id == wanted.store_id {
        return Err(Error::invalid("storeroom", tr!(errors.choose)));
    }
    if !wanted.state.is_open() {
        return Err(Error::conflict(tr!(ward_stock.changed, state = wanted.state.words().to_lowercase())));
    }
    if picks.is_empty() {
        return Err(Error::conflict(tr!(ward_stock.nothing_picked)));
    }
    let (stamp, day) = (ctx.stamp(), ctx.today());
    store::insert(&mut ctx.tx, (id, Some(requisition)), (room.clinic_id, room.id, wanted.store_id), stamp).await?;
    let (mut errors, mut places) = (FieldErrors::new(), Vec::new());
    for (line, quantity) in picks {
        match requisitions::add_issued(&mut ctx.tx, requisition, *line, *quantity).await? {
            Some(item) => places.push((item, *line, *quantity)),
            None => errors.add(&format!("pick-{line}"), tr!(ward_stock.more_than_wanted)),
        }
    }
    places.sort_unstable();
    for (item, line, quantity) in places {
        ledger::hold(&mut ctx.tx, room.id, item).await?;
        let lines = ledger::usable(&mut ctx.tx, room.id, item, day).await?;
        let takes = match take(&lines, quantity) {
            Ok(takes) => takes,
            Err(left) => {
                errors.add(&format!("pick-{line}"), tr!(inventory.only_left, count = left));
                continue;
            }
        };
        for part in takes {
            let of = TransferLineId::new();
            store::insert_line(&mut ctx.tx, (of, id, Some(line)), (item, part.batch), part.quantity).await?;
            let (batch, quantity) = (Some(part.batch), part.quantity);
            let new = ToReserve { purpose: Purpose::Transfer, of: of.0, room: room.id, item, quantity, batch, until: None };
            reservations::reserve(&mut ctx.tx, &new, (stamp.at, stamp.by), day).await?;
        }
    }
    errors.finish()?;
    let is_whole = requisitions::lines_of(&mut ctx.tx, requisition).await?.iter().all(|line| line.issued == line.wanted);
    let state = if is_whole { RequisitionState::Issued } else { RequisitionState::PartIssued };
    requisitions::reach(&mut ctx.tx, lock, state, "", stamp).await?;
    ctx.did(Action::Update, "ward_requisition", requisition, None);
    let known = store::find(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    did(ctx, Action::Create, &known);
    Ok(true)
}

/// Moves a part of a batch between two storerooms with its value, as one document of the ledger.
async fn shift(
    tx: &mut Tx,
    (from, to): (StoreroomId, StoreroomId),
    (line, quantity): (&TransferLine, i64),
    transfer: StockTransferId,
    (now, by, day): (Instant, UserId, NaiveDate),
) -> Result<()> {
    let document = StockDocumentId::new();
    let new =
        NewDocument { to: Some(to), reference: transfer.to_string(), ..NewDocument::new(document, StockDocumentKind::Transfer, from) };
    ledger::begin(tx, &new, Stamp { by, at: now }).await?;
    let mut change = Change {
        document,
        store: from,
        item: line.item_id,
        batch: line.batch_id,
        kind: MovementKind::TransferOut,
        quantity,
        value: 0,
        reverses: None,
    };
    let posted = ledger::post_out(tx, &change, now, day).await?;
    (change.store, change.kind, change.value) = (to, MovementKind::TransferIn, posted.value);
    ledger::post_in(tx, &change, now, day).await?;
    Ok(())
}

/// Locks the items of all lines in the storerooms that take part.
async fn hold_lines(ctx: &mut Ctx, lines: &[TransferLine], rooms: &[StoreroomId]) -> Result<()> {
    let places = lines.iter().flat_map(|line| rooms.iter().map(|room| (line.item_id, *room))).collect();
    reservations::hold_all(&mut ctx.tx, places).await
}

/// Sends picked goods: they leave the storeroom, and are on the way.
///
/// # Errors
/// [`Error::Conflict`] when it was changed since, or a batch may not be handed out any more.
pub async fn send(ctx: &mut Ctx, id: StockTransferId, version: i64) -> Result<()> {
    let (lock, known) = turn(ctx, Permission::MoveStock, id).await?;
    if known.state != GoodsTransferState::Picked || known.version != version {
        return Err(changed(&known));
    }
    let (stamp, day) = (ctx.stamp(), ctx.today());
    let transit = rooms::transit_of(&mut ctx.tx, known.clinic_id, stamp.at).await?;
    let lines = store::lines_of(&mut ctx.tx, id).await?;
    hold_lines(ctx, &lines, &[known.from_id, transit]).await?;
    store::reach(&mut ctx.tx, lock, GoodsTransferState::InTransit, "", stamp).await?;
    for line in &lines {
        reservations::end_reservations(&mut ctx.tx, line.id.0, true, None, stamp.at).await?;
        store::count(&mut ctx.tx, line.id, Leg::Sent, line.quantity).await?;
        shift(&mut ctx.tx, (known.from_id, transit), (line, line.quantity), id, (stamp.at, stamp.by, day)).await?;
    }
    did(ctx, Action::Update, &known);
    Ok(())
}

/// Receives goods: each line with the units that came. A batch that was held back or has expired on the way goes to the quarantine. The rest of a
/// line stays on the way.
///
/// # Errors
/// [`Error::Invalid`] with a line's field; [`Error::Conflict`] for the sender, or when it was changed since.
pub async fn receive(
    ctx: &mut Ctx,
    id: StockTransferId,
    version: i64,
    counts: &BTreeMap<TransferLineId, i64>,
) -> Result<GoodsTransferState> {
    let (lock, known) = turn(ctx, Permission::AskStock, id).await?;
    if known.state != GoodsTransferState::InTransit || known.version != version {
        return Err(changed(&known));
    }
    if known.requisition_id.is_none() {
        ctx.at_clinic(Permission::MoveStock, known.to_clinic)?;
    }
    let (stamp, day) = (ctx.stamp(), ctx.today());
    if known.sent_by == Some(stamp.by) {
        return Err(Error::conflict(tr!(ward_stock.another_receives)));
    }
    let lines = store::lines_of(&mut ctx.tx, id).await?;
    let mut errors = FieldErrors::new();
    for line in &lines {
        match counts.get(&line.id) {
            Some(received) if (0..=line.in_transit).contains(received) => {}
            Some(_) => errors.add(&format!("received-{}", line.id), tr!(ward_stock.more_than_sent, count = line.in_transit)),
            None => errors.add(&format!("received-{}", line.id), tr!(errors.required)),
        }
    }
    errors.finish()?;
    let transit = rooms::transit_of(&mut ctx.tx, known.clinic_id, stamp.at).await?;
    let is_usable = |line: &TransferLine| line.shelf_status == BatchStatus::Released && line.expires_on.is_none_or(|last| last >= day);
    let quarantine = rooms::quarantine_of(&mut ctx.tx, known.to_clinic).await?.map(|room| room.id);
    if quarantine.is_none() && !lines.iter().all(is_usable) {
        return Err(Error::conflict(tr!(ward_stock.no_quarantine)));
    }
    let rooms: Vec<StoreroomId> = [Some(known.to_id), Some(transit), quarantine].into_iter().flatten().collect();
    hold_lines(ctx, &lines, &rooms).await?;
    let mut is_whole = true;
    for line in &lines {
        let received = counts.get(&line.id).copied().unwrap_or_default();
        is_whole &= received == line.in_transit;
        if received == 0 {
            continue;
        }
        let to = if is_usable(line) { known.to_id } else { quarantine.unwrap_or(known.to_id) };
        store::count(&mut ctx.tx, line.id, Leg::Received, received).await?;
        shift(&mut ctx.tx, (transit, to), (line, received), id, (stamp.at, stamp.by, day)).await?;
    }
    let state = if is_whole { GoodsTransferState::Received } else { GoodsTransferState::Difference };
    store::reach(&mut ctx.tx, lock, state, "", stamp).await.map_err(|error| {
        if error.violates("stock_transfers_two_people") { Error::conflict(tr!(ward_stock.another_receives)) } else { error.into() }
    })?;
    did(ctx, Action::Update, &known);
    Ok(state)
}

/// Explains a difference: what did not arrive was lost and is written off, or is back where it came from.
///
/// # Errors
/// [`Error::Invalid`] without an explanation; [`Error::Conflict`] when it was changed since.
pub async fn explain(ctx: &mut Ctx, id: StockTransferId, version: i64, missing: MissingGoods, explanation: &str) -> Result<()> {
    let (lock, known) = turn(ctx, Permission::ManageStock, id).await?;
    if known.state != GoodsTransferState::Difference || known.version != version {
        return Err(changed(&known));
    }
    if explanation.is_empty() {
        return Err(Error::invalid("explanation", tr!(errors.required)));
    }
    let stamp = ctx.stamp();
    empty_transit(ctx, &known, missing, explanation).await?;
    store::reach(&mut ctx.tx, lock, GoodsTransferState::Received, explanation, stamp).await?;
    did(ctx, Action::Update, &known);
    Ok(())
}

/// Takes out of transit what a transfer has there.
async fn empty_transit(ctx: &mut Ctx, known: &StockTransfer, missing: MissingGoods, why: &str) -> Result<()> {
    let (stamp, day) = (ctx.stamp(), ctx.today());
    let transit = rooms::transit_of(&mut ctx.tx, known.clinic_id, stamp.at).await?;
    let quarantine = rooms::quarantine_of(&mut ctx.tx, known.clinic_id).await?.map(|room| room.id);
    let lines = store::lines_of(&mut ctx.tx, known.id).await?;
    let rooms: Vec<StoreroomId> = [Some(known.from_id), Some(transit), quarantine].into_iter().flatten().collect();
    hold_lines(ctx, &lines, &rooms).await?;
    for line in lines.iter().filter(|line| line.in_transit > 0) {
        match missing {
            MissingGoods::Returned => {
                store::count(&mut ctx.tx, line.id, Leg::Returned, line.in_transit).await?;
                let is_usable = line.shelf_status == BatchStatus::Released && line.expires_on.is_none_or(|last| last >= day);
                let to =
                    if is_usable { known.from_id } else { quarantine.ok_or_else(|| Error::conflict(tr!(ward_stock.no_quarantine)))? };
                shift(&mut ctx.tx, (transit, to), (line, line.in_transit), known.id, (stamp.at, stamp.by, day)).await?;
            }
            MissingGoods::Lost => {
                store::count(&mut ctx.tx, line.id, Leg::Lost, line.in_transit).await?;
                let document = StockDocumentId::new();
                let new = NewDocument {
                    reason: Some(StockReason::Lost),
                    reference: known.id.to_string(),
                    note: why.to_owned(),
                    ..NewDocument::new(document, StockDocumentKind::WriteOff, transit)
                };
                ledger::begin(&mut ctx.tx, &new, stamp).await?;
                let change = Change {
                    document,
                    store: transit,
                    item: line.item_id,
                    batch: line.batch_id,
                    kind: MovementKind::WriteOff,
                    quantity: line.in_transit,
                    value: 0,
                    reverses: None,
                };
                ledger::post_out(&mut ctx.tx, &change, stamp.at, day).await?;
            }
        }
    }
    Ok(())
}

/// Calls goods back: picked ones are released, those on the way return to their storeroom. The ward asks anew for what it still needs.
///
/// # Errors
/// [`Error::Conflict`] when it was changed since.
pub async fn call_back(ctx: &mut Ctx, id: StockTransferId, version: i64, why: &str) -> Result<()> {
    let (lock, known) = turn(ctx, Permission::MoveStock, id).await?;
    if known.version != version || !known.state.leads_to(GoodsTransferState::CalledBack) {
        return Err(changed(&known));
    }
    let stamp = ctx.stamp();
    if known.state == GoodsTransferState::Picked {
        let lines = store::lines_of(&mut ctx.tx, id).await?;
        hold_lines(ctx, &lines, &[known.from_id]).await?;
        for line in lines {
            reservations::end_reservations(&mut ctx.tx, line.id.0, false, None, stamp.at).await?;
        }
    } else {
        empty_transit(ctx, &known, MissingGoods::Returned, why).await?;
    }
    store::reach(&mut ctx.tx, lock, GoodsTransferState::CalledBack, why, stamp).await?;
    did(ctx, Action::Update, &known);
    Ok(())
}

/// Goods of the demo hospital that were sent, and of which some are missing on arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SentGoods {
    pub clinic: ClinicId,
    pub from: StoreroomId,
    pub to: StoreroomId,
    pub item: StockItemId,
    pub quantity: i64,
    /// Units that were not received; `None` while the goods are on the way.
    pub missing: Option<i64>,
}

/// Writes a requisition, and the goods that were sent for it.
///
/// # Errors
/// When the database refuses, or the storeroom has less.
pub async fn add(
    tx: &mut Tx,
    goods: &SentGoods,
    (asker, sender): (UserId, UserId),
    (now, day): (Instant, NaiveDate),
) -> Result<StockTransferId> {
    let (requisition, id) = (WardRequisitionId::new(), StockTransferId::new());
    requisitions::add(tx, requisition, (goods.clinic, goods.to), &[(goods.item, goods.quantity)], (now, asker)).await?;
    let wanted = requisitions::lines_of(tx, requisition).await?;
    let line = wanted.first().ok_or(Error::NotFound)?.id;
    requisitions::add_issued(tx, requisition, line, goods.quantity).await?;
    let lock = tx.lock(requisition).await?;
    requisitions::reach(tx, lock, RequisitionState::Issued, "", Stamp { by: sender, at: now }).await?;
    store::insert(tx, (id, Some(requisition)), (goods.clinic, goods.from, goods.to), Stamp { by: sender, at: now }).await?;
    let usable = ledger::usable(tx, goods.from, goods.item, day).await?;
    for part in take(&usable, goods.quantity).map_err(|left| Error::conflict(tr!(inventory.only_left, count = left)))? {
        store::insert_line(tx, (TransferLineId::new(), id, Some(line)), (goods.item, part.batch), part.quantity).await?;
    }
    let transit = rooms::transit_of(tx, goods.clinic, now).await?;
    let lock = tx.lock(id).await?;
    store::reach(tx, lock, GoodsTransferState::InTransit, "", Stamp { by: sender, at: now }).await?;
    for line in store::lines_of(tx, id).await? {
        store::count(tx, line.id, Leg::Sent, line.quantity).await?;
        shift(tx, (goods.from, transit), (&line, line.quantity), id, (now, sender, day)).await?;
    }
    let Some(mut missing) = goods.missing else { return Ok(id) };
    for line in store::lines_of(tx, id).await? {
        let received = (line.in_transit - missing).max(0);
        missing -= line.in_transit - received;
        if received > 0 {
            store::count(tx, line.id, Leg::Received, received).await?;
            shift(tx, (transit, goods.to), (&line, received), id, (now, asker, day)).await?;
        }
    }
    let state = if goods.missing == Some(0) { GoodsTransferState::Received } else { GoodsTransferState::Difference };
    store::reach(tx, lock, state, "", Stamp { by: asker, at: now }).await?;
    Ok(id)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_database_has_the_same_moves_of_a_transfer() {
        let pairs = GoodsTransferState::ALL.iter().flat_map(|from| GoodsTransferState::ALL.iter().map(move |to| (*from, *to)));
        let own: BTreeSet<String> = pairs.filter(|(from, to)| from.leads_to(*to)).map(|(from, to)| format!("{from}>{to}")).collect();
        for migration in [
            include_str!("../../../migrations/sqlite/20261201020100_ward_stock.sql"),
            include_str!("../../../migrations/postgres/20261201020100_ward_stock.sql"),
        ] {
            let list = migration.split("NOT IN (").nth(2).and_then(|rest| rest.split(')').next()).expect("the list");
            let moves: BTreeSet<String> = list.split('\'').filter(|word| word.contains('>')).map(str::to_owned).collect();
            assert_eq!(moves, own);
        }
    }
}
