//! Goods received against an order: short, above it, with free units, and in several deliveries. They are posted into the ledger of the stock.

mod store;

use chrono::{Datelike as _, NaiveDate};

use super::{
    PurchaseOrderState,
    orders::{self, PurchaseLine, PurchaseOrder, line_cost},
};
use crate::{
    audit::Action,
    core::{Error, Permission, PurchaseLineId, PurchaseOrderId, Result, StockDocumentId, UserId, error::FieldErrors},
    db::DbError,
    inventory::{self, NewDocument, ReceivedBatch, STOCK, StockDocumentKind},
    organisation,
    server::{Ctx, Event},
    tr,
};

pub use store::{ReceiptRow, of_order};

/// The goods of one line in a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveredLine {
    pub line: PurchaseLineId,
    pub batch_no: String,
    pub expires_on: Option<NaiveDate>,
    /// Units that are paid.
    pub quantity: i64,
    pub free: i64,
    /// Units that went back with the driver: they are not in stock.
    pub rejected: i64,
    pub reject_reason: String,
}

/// A delivery for an order.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_field_names, reason = "the field's name of the form")]
pub struct DeliveryNote {
    /// The id of the document in the ledger, made with the form.
    pub key: StockDocumentId,
    pub delivery_note: String,
    pub lines: Vec<DeliveredLine>,
    /// The second person, when more came than was ordered, and the reason.
    pub approver: Option<UserId>,
    pub over_reason: String,
}

/// A receipt line to be written.
#[derive(Clone, Debug)]
struct Checked<'d> {
    delivered: &'d DeliveredLine,
    of: &'d PurchaseLine,
    over: i64,
}

/// Compares a delivery with the order.
fn checked<'d>(note: &'d DeliveryNote, lines: &'d [PurchaseLine], today: NaiveDate) -> Result<Vec<Checked<'d>>> {
    let (mut errors, mut all) = (FieldErrors::new(), Vec::new());
    for delivered in &note.lines {
        let of = lines.iter().find(|line| line.id == delivered.line).ok_or(Error::NotFound)?;
        let at = |field: &str| format!("{field}-{}", of.id);
        let comes_in = delivered.quantity + delivered.free > 0;
        if comes_in && delivered.batch_no.is_empty() {
            errors.add(&at("batch"), tr!(errors.required));
        }
        match delivered.expires_on {
            None if comes_in && of.expires => errors.add(&at("expires"), tr!(inventory.which_expiry)),
            Some(day) if comes_in && day < today => errors.add(&at("expires"), tr!(inventory.expired_refused)),
            _ => {}
        }
        if delivered.rejected > 0 && delivered.reject_reason.is_empty() {
            errors.add(&at("why"), tr!(errors.required));
        }
        all.push(Checked { delivered, of, over: (delivered.quantity - of.room_left()).max(0) });
    }
    let above: Vec<_> = all.iter().filter(|line| line.over > 0).collect();
    if note.approver.is_none() {
        for line in &above {
            errors.add(&format!("quantity-{}", line.of.id), tr!(purchasing.above_order, count = line.over));
        }
        if !above.is_empty() {
            errors.add("second_login", tr!(purchasing.second_needed));
        }
    } else if !above.is_empty() && note.over_reason.is_empty() {
        errors.add("over_reason", tr!(errors.required));
    }
    errors.finish()?;
    Ok(all)
}

/// Records a delivery: the receipt, the batches in the ledger, and the sums of the order. The same key again changes nothing; the answer is then
/// `false`.
///
/// # Errors
/// [`Error::Invalid`] with the fields; [`Error::Conflict`] when the order expects no goods, or nothing came.
pub async fn receive(ctx: &mut Ctx, id: PurchaseOrderId, note: &DeliveryNote) -> Result<bool> {
    let (lock, order) = orders::locked(ctx, Permission::MoveStock, id).await?;
    if store::exists(&mut ctx.tx, note.key, id).await? {
        return Ok(false);
    }
    if !order.state.is_open_for_goods() {
        return Err(Error::conflict(tr!(purchasing.not_in_this_state, state = order.state.words())));
    }
    if note.lines.iter().all(|line| line.quantity + line.free == 0) {
        return Err(Error::conflict(tr!(purchasing.nothing_came)));
    }
    let lines = orders::lines(&mut ctx.tx, id).await?;
    let today = ctx.today();
    let checked = checked(note, &lines, today)?;
    let needs_second = checked.iter().any(|line| line.over > 0);
    let approver = note.approver.filter(|_| needs_second);
    if approver == Some(ctx.user()) {
        return Err(Error::invalid("second_login", tr!(purchasing.second_is_first)));
    }
    let stamp = ctx.stamp();
    let document = NewDocument {
        reference: format!("{} · {}", order.number, note.delivery_note),
        ..NewDocument::new(note.key, StockDocumentKind::Receipt, order.store_id)
    };
    if !inventory::begin(&mut ctx.tx, &document, stamp).await? {
        return Err(Error::key_used());
    }
    let number = number(ctx, &order, note.key).await?;
    let over_reason = if approver.is_some() { note.over_reason.as_str() } else { "" };
    let receipt = store::NewReceipt { id: note.key, number, order: id, delivery_note: &note.delivery_note, approver, over_reason };
    store::insert(&mut ctx.tx, &receipt, stamp).await.map_err(DbError::of_form_key)?;
    let goods: Vec<ReceivedBatch> = checked.iter().filter(|line| line.delivered.quantity + line.delivered.free > 0).map(received).collect();
    let batches = inventory::post_receipt(&mut ctx.tx, note.key, order.store_id, &goods, (stamp.at, stamp.by), today).await?;
    let mut batches = batches.into_iter();
    for line in &checked {
        let batch = if line.delivered.quantity + line.delivered.free > 0 { batches.next() } else { None };
        store::insert_line(&mut ctx.tx, note.key, line.delivered, (batch, line.over)).await?;
        if line.delivered.quantity > 0 {
            orders::add_received(&mut ctx.tx, line.of.id, line.delivered.quantity, line.over).await?;
        }
    }
    let is_complete = orders::lines(&mut ctx.tx, id).await?.iter().all(|line| line.open() == 0);
    let next = if is_complete { PurchaseOrderState::Received } else { PurchaseOrderState::PartReceived };
    if order.state != next {
        orders::set_state(&mut ctx.tx, lock, next, "", stamp).await?;
    }
    super::invoices::match_again(ctx, id).await?;
    ctx.did(Action::Create, "goods_receipt", note.key, None);
    orders::changed(ctx, &order);
    ctx.tell(Event::new(&STOCK).at(order.clinic_id));
    Ok(true)
}

/// The goods of a line for the ledger: the cost of what is paid is spread over the free units too.
fn received(line: &Checked<'_>) -> ReceivedBatch {
    ReceivedBatch {
        item: line.of.item_id,
        batch_no: line.delivered.batch_no.clone(),
        expires_on: line.delivered.expires_on,
        quantity: line.delivered.quantity + line.delivered.free,
        cost: line_cost(line.of.price, line.delivered.quantity, line.of.price_per),
    }
}

/// The number of a receipt: "MAIN-G26-000123", without a gap in the clinic and year.
async fn number(ctx: &mut Ctx, order: &PurchaseOrder, key: StockDocumentId) -> Result<String> {
    let code = organisation::clinic(&mut ctx.tx, order.clinic_id).await?.code;
    let prefix = format!("{code}-G{:02}", ctx.today().year() % 100);
    let number = organisation::number_document(&mut ctx.tx, &format!("goods receipt {prefix}"), key.into()).await?;
    Ok(format!("{prefix}-{number:06}"))
}
