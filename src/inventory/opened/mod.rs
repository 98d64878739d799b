//! Opened packs: a pack of a ward's storeroom that was opened or made ready may be used for the days that a pharmacist confirmed, and never beyond the date
//! of its batch. It is closed when it is empty or thrown away.

mod store;

use chrono::{Days, NaiveDate};

use super::{RoomKind, STOCK, Storeroom, acts};
use crate::{
    audit::Action,
    core::{
        Error, OpenedPackId, Permission, Result, StockBatchId, StockItemId, StoreroomId,
        locale::{self, Locale},
        time::Instant,
    },
    server::{Ctx, Event},
    tr,
};

pub use store::{of_room, openable};

crate::text_enum! {
    /// The end of an opened pack.
    pub enum PackOutcome("outcome") {
        UsedUp = "used_up" => tr!(inventory.pack_used_up),
        ThrownAway = "thrown_away" => tr!(inventory.pack_thrown_away),
    }
}

/// A batch of a storeroom of which a pack can be opened.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct OpenableBatch {
    pub batch_id: StockBatchId,
    pub item_id: StockItemId,
    pub name: String,
    pub name_es: String,
    pub batch_no: String,
    pub expires_on: Option<NaiveDate>,
    pub diluent: String,
    pub in_use_days: i64,
    /// A pharmacist has confirmed the days.
    pub confirmed: bool,
}

/// A pack that is open.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct OpenedPack {
    pub id: OpenedPackId,
    pub store_id: StoreroomId,
    pub name: String,
    pub name_es: String,
    pub batch_no: String,
    pub opened_at: Instant,
    pub by_name: String,
    /// The last day of use.
    pub use_until: NaiveDate,
}

/// Returns the name in the reader's language.
pub fn in_language<'n>(name: &'n str, name_es: &'n str) -> &'n str {
    if locale::current() == Locale::es && !name_es.is_empty() { name_es } else { name }
}

/// Returns a ward's storeroom of the user's clinic.
async fn ward_room(ctx: &mut Ctx, id: StoreroomId) -> Result<Storeroom> {
    let room = acts::open_room(ctx, Permission::AskStock, id).await?;
    if matches!(room.kind, RoomKind::Ward | RoomKind::Theatre) { Ok(room) } else { Err(Error::NotFound) }
}

/// Opens a pack of a batch. The same key again changes nothing; the answer is then `false`.
///
/// # Errors
/// [`Error::Invalid`] when the batch is not there, is not in date, or no pharmacist has confirmed for how long it may be used.
pub async fn open(ctx: &mut Ctx, key: OpenedPackId, room: StoreroomId, batch: StockBatchId) -> Result<bool> {
    let room = ward_room(ctx, room).await?;
    ctx.tx.lock(room.id).await?;
    if let Some((_, known)) = store::find(&mut ctx.tx, key).await? {
        return if known == room.id { Ok(false) } else { Err(Error::key_used()) };
    }
    let (stamp, today) = (ctx.stamp(), ctx.today());
    let batch = openable(&mut ctx.tx, room.id, today).await?.into_iter().find(|one| one.batch_id == batch);
    let batch = batch.ok_or_else(|| Error::invalid("batch", tr!(errors.choose)))?;
    if !batch.confirmed {
        return Err(Error::invalid("batch", tr!(inventory.in_use_unconfirmed)));
    }
    let last = today.checked_add_days(Days::new(batch.in_use_days.unsigned_abs())).ok_or(Error::NotFound)?;
    let until = batch.expires_on.map_or(last, |expires| expires.min(last));
    store::insert(&mut ctx.tx, key, (room.id, batch.batch_id), until, stamp).await?;
    ctx.did(Action::Create, "opened_pack", key, None);
    ctx.tell(Event::new(&STOCK).at(room.clinic_id));
    Ok(true)
}

/// Closes an opened pack.
///
/// # Errors
/// [`Error::Conflict`] when somebody closed it before.
pub async fn close(ctx: &mut Ctx, id: OpenedPackId, outcome: PackOutcome) -> Result<StoreroomId> {
    let (_, room) = store::find(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    let room = ward_room(ctx, room).await?;
    let lock = ctx.tx.lock(room.id).await?;
    let stamp = ctx.stamp();
    if !store::close(&mut ctx.tx, lock, id, outcome, stamp).await? {
        return Err(Error::conflict(tr!(inventory.pack_closed)));
    }
    ctx.did(Action::Update, "opened_pack", id, None);
    ctx.tell(Event::new(&STOCK).at(room.clinic_id));
    Ok(room.id)
}
