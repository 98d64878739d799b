//! Stock: storerooms, items, batches, and the ledger of their movements.
//!
//! An *item* is a drug of the formulary, or goods of another kind. Its quantities are whole numbers of the smallest unit that is ever handed
//! out. A *batch* of an item has a number and an expiry date; its stock in a *storeroom* is a *line*. Stock changes by *movements* only: each
//! belongs to a document, continues the movement before it, and is never changed. A mistake is corrected by another movement.
//!
//! ```text
//! in    opening · receipt · transfer_in · dispense_return · gain · consume_return
//! out   dispense · transfer_out · loss · write_off · supplier_return · consume
//! batch released <──> quarantined · released, quarantined ──> recalled
//! ```
//!
//! A batch that is expired or not released is not handed out: it is written off, or moved to the quarantine of the clinic. The value of an
//! item in a storeroom is a moving average; the last unit takes what is left. A count that differs (`asked`) is `approved` or `rejected` by
//! another person. Acts on a controlled medicine have a witness, who signs in on the form.
//!
//! Units of a batch can be *reserved* for a prescription or a transfer: `open` ──> `used` · `released` (by time, by hand, when the batch is held
//! back). A ward asks for goods with a *requisition*, and gets them by a *transfer*; on the way they lie in a storeroom of their own.
//!
//! ```text
//! requisition draft ──> submitted ──> part_issued ──> issued · submitted ──> rejected · all open ones ──> cancelled
//! transfer    picked ──> in_transit ──> received · in_transit ──> difference ──> received · picked, in_transit ──> called_back
//! ```

mod acts;
pub mod api;
mod batches;
mod codes;
mod consumption;
mod counts;
mod department;
mod export;
mod goods;
mod ledger;
mod opened;
mod opening;
pub mod pages;
pub mod requisitions;
mod reservations;
mod rooms;
mod rules;
pub mod transit;
mod usage;
mod vocabulary;
mod witness;

pub use acts::{Delivery, ReceivedBatch, post_receipt, put_in, set_status};
pub use batches::{LineRow, lines_of};
pub use codes::{ItemCode, Scanned, refusal_words, scan};
pub use department::{DEPARTMENT, STOCK};
pub use goods::{ItemDraft, StockItem, adopt_formulary, item, items_of_drug, items_of_supplier, medicines, save_item, whole};
pub use ledger::{
    NewDocument, Posted, UsableLine, batch, begin, dispense, dispense_lasting, hold, in_turn, post_return, post_supplier_return, take,
    usable,
};
pub use reservations::{Purpose, Reserved, ToReserve, end_reservations, release_due, reserve, reserved_for};
pub use rooms::{RoomDraft, Storeroom, quarantine_of, room, rooms, save_room};
pub use usage::{Forecast, ItemLevel, ItemNeed, Needs, consumption_of, forecast, levels, set_supplier, supplied_by, usable_of};
pub use vocabulary::*;
pub use witness::{check_witness, must_witness, proven, witness_fields};
