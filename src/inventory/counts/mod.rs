//! Stock counts. A batch is counted blind, at a position of the ledger; the storeroom stays open. A difference waits for another person, and is
//! posted onto the stock of that moment.

mod store;

use chrono::NaiveDate;
use uuid::Uuid;

use super::{
    MovementKind, STOCK, StockDocumentKind, StockUnit,
    ledger::{self, Change, NewDocument},
    rooms,
};
use crate::{
    audit::Action,
    core::{
        Error, FieldError, Permission, Result, StockBatchId, StockCountId, StockDocumentId, StockItemId, StockLineId, StoreroomId, UserId,
        time::Instant,
    },
    server::{Ctx, Event},
    tr,
    ui::Tone,
};

pub use store::{CountSheetLine, open_counts, sheet};

/// The batches on a page of a sheet.
pub const LINES: i64 = 400;

crate::text_enum! {
    /// The state of a count.
    pub enum CountState("state") {
        /// It agrees with the ledger.
        Matched = "matched" => tr!(inventory.count_matched),
        /// Its difference waits for another person.
        Asked = "asked" => tr!(inventory.count_asked),
        Approved = "approved" => tr!(inventory.count_approved),
        Rejected = "rejected" => tr!(inventory.count_rejected),
    }
}

impl CountState {
    /// The colour of the state.
    pub const fn tone(self) -> Tone {
        match self {
            Self::Matched | Self::Approved => Tone::Done,
            Self::Asked => Tone::Waiting,
            Self::Rejected => Tone::Inactive,
        }
    }
}

/// A count of a batch in a storeroom.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct StockCount {
    pub id: StockCountId,
    pub line_id: StockLineId,
    pub store_id: StoreroomId,
    pub store_name: String,
    pub item_id: StockItemId,
    pub name: String,
    pub name_es: String,
    pub unit: StockUnit,
    pub batch_id: StockBatchId,
    pub batch_no: String,
    pub expires_on: Option<NaiveDate>,
    /// The stock at the position of the ledger at which it was counted.
    pub expected: i64,
    pub counted: i64,
    pub state: CountState,
    pub counted_at: Instant,
    pub counted_by: UserId,
    pub counter: String,
}

/// One counted line of a sheet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CountedLine {
    pub line: StockLineId,
    /// The number of the line's latest movement when the sheet was printed or opened.
    pub seq: i64,
    pub counted: i64,
}

/// The id of the count of a line on a form: the form's key with the line's bits.
fn count_id(key: StockCountId, line: StockLineId) -> StockCountId {
    let mixed = key.0.as_u128() ^ (line.0.as_u128() & 0x3fff_ffff_ffff_ffff);
    StockCountId(Uuid::from_u128(mixed))
}

/// Records the counted lines of a sheet. The same form again changes nothing. Returns the number of differences.
///
/// # Errors
/// [`Error::Invalid`] with the line's field when its batch has another count that waits.
pub async fn record(ctx: &mut Ctx, key: StockCountId, room: StoreroomId, lines: &[CountedLine]) -> Result<usize> {
    let room = rooms::room(&mut ctx.tx, room).await?.ok_or(Error::NotFound)?;
    ctx.at_clinic(Permission::MoveStock, room.clinic_id)?;
    let stamp = ctx.stamp();
    let (mut differences, mut wrong) = (0, Vec::new());
    for line in lines {
        let id = count_id(key, line.line);
        if store::find(&mut ctx.tx, id).await?.is_some() {
            continue;
        }
        let expected = store::stock_at(&mut ctx.tx, line.line, room.id, line.seq).await?.ok_or(Error::NotFound)?;
        let state = if expected == line.counted { CountState::Matched } else { CountState::Asked };
        match store::insert(&mut ctx.tx, id, line, (expected, state), stamp).await {
            Ok(true) => {
                ctx.did(Action::Create, "stock_count", id, None);
                differences += usize::from(state == CountState::Asked);
            }
            Ok(false) => {
                wrong.push(FieldError { field: format!("count-{}", line.line), message: tr!(inventory.count_waits).to_owned() });
            }
            Err(error) => return Err(error.into()),
        }
    }
    if !wrong.is_empty() {
        return Err(Error::Invalid(wrong));
    }
    ctx.tell(Event::new(&STOCK).at(room.clinic_id));
    Ok(differences)
}

/// Decides on a difference that another person counted: approved, it is posted onto the stock of this moment.
///
/// # Errors
/// [`Error::Conflict`] for one's own count, one that was decided, or when less is in stock than is missing.
pub async fn decide(ctx: &mut Ctx, id: StockCountId, is_approved: bool) -> Result<()> {
    let lock = ctx.tx.lock(id).await?;
    let count = store::find(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    let room = rooms::room(&mut ctx.tx, count.store_id).await?.ok_or(Error::NotFound)?;
    ctx.at_clinic(Permission::ManageStock, room.clinic_id)?;
    let (stamp, day) = (ctx.stamp(), ctx.today());
    if count.state != CountState::Asked {
        return Err(Error::conflict(tr!(inventory.count_decided)));
    }
    if count.counted_by == stamp.by {
        return Err(Error::conflict(tr!(inventory.count_own)));
    }
    let document = StockDocumentId(id.0);
    if is_approved {
        // Two people by themselves: one has counted, another decides.
        let new = NewDocument { witness: Some(count.counted_by), ..NewDocument::new(document, StockDocumentKind::Count, room.id) };
        if !ledger::begin(&mut ctx.tx, &new, stamp).await? {
            return Err(Error::key_used());
        }
        let difference = count.counted - count.expected;
        let mut change = Change {
            document,
            store: room.id,
            item: count.item_id,
            batch: count.batch_id,
            kind: if difference > 0 { MovementKind::Gain } else { MovementKind::Loss },
            quantity: difference.abs(),
            value: 0,
            reverses: None,
        };
        if difference > 0 {
            let (quantity, value) = ledger::hold(&mut ctx.tx, room.id, count.item_id).await?;
            change.value = super::acts::average(value, difference, quantity);
            ledger::post_in(&mut ctx.tx, &change, stamp.at, day).await?;
        } else {
            ledger::post_out(&mut ctx.tx, &change, stamp.at, day).await?;
        }
    }
    let state = if is_approved { CountState::Approved } else { CountState::Rejected };
    store::decide(&mut ctx.tx, lock, state, is_approved.then_some(document), stamp).await?;
    ctx.did(Action::Update, "stock_count", id, None);
    ctx.tell(Event::new(&STOCK).at(room.clinic_id));
    Ok(())
}
