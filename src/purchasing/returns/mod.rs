//! Goods that go back to a supplier: they leave the stock at once, a credit is expected for them, and the supplier's credit note is matched against
//! the invoice with which they came.
//!
//! ```text
//! sent → credited | difference → approved
//! ```

mod store;

use chrono::{Datelike as _, NaiveDate};

use super::{
    PURCHASES, ReturnCause, SupplierReturnState,
    invoices::{self, SupplierInvoice, SupplierInvoiceLine},
    orders::line_cost,
    suppliers,
};
use crate::{
    audit::Action,
    core::{
        ClinicId, Error, Money, Permission, PurchaseLineId, PurchaseOrderId, Result, StockBatchId, StockDocumentId, StoreroomId,
        SupplierId, SupplierInvoiceId, UserId, time::Instant,
    },
    db::DbError,
    inventory::{self, NewDocument, RoomKind, STOCK, StockDocumentKind, StockUnit},
    organisation,
    server::{Ctx, Event},
    tr,
};

pub use store::{GoodsOrigin, list, of_invoice, of_order, origins};

/// Goods that went back to a supplier.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct SupplierReturn {
    pub id: StockDocumentId,
    pub number: String,
    pub clinic_id: ClinicId,
    pub store_name: String,
    pub supplier_id: SupplierId,
    pub supplier_name: String,
    pub line_id: Option<PurchaseLineId>,
    pub order_id: Option<PurchaseOrderId>,
    pub order_number: Option<String>,
    pub item_name: String,
    pub item_name_es: String,
    pub unit: StockUnit,
    pub batch_no: String,
    pub expires_on: Option<NaiveDate>,
    pub quantity: i64,
    pub reason: ReturnCause,
    pub note: String,
    /// Minor units: the credit that was expected when the goods left.
    pub expected: i64,
    pub at: Instant,
    pub by_name: String,
    pub approver: Option<String>,
    pub state: SupplierReturnState,
    pub invoice_id: Option<SupplierInvoiceId>,
    pub invoice_number: Option<String>,
    pub credit_number: String,
    pub credited_on: Option<NaiveDate>,
    /// Minor units: the credit that the invoice asks for, and the one that came.
    pub due: Option<i64>,
    pub credit: Option<i64>,
    pub entered_by: Option<UserId>,
    pub enterer: Option<String>,
    pub explanation: String,
    pub decider: Option<String>,
    pub version: i64,
}

/// A part of a batch that is to go back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewReturn {
    /// The id of the document in the ledger, made with the form.
    pub key: StockDocumentId,
    pub store: StoreroomId,
    pub batch: StockBatchId,
    /// The order line with which the batch came. Stock that was there before the program names a supplier instead.
    pub line: Option<PurchaseLineId>,
    pub supplier: Option<SupplierId>,
    pub quantity: i64,
    pub reason: ReturnCause,
    pub note: String,
    /// The second person, who signed in on the form.
    pub approver: Option<UserId>,
}

/// The supplier's credit note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreditSlip {
    pub invoice: Option<SupplierInvoiceId>,
    pub number: String,
    pub credited_on: NaiveDate,
    pub credit: Money,
}

impl CreditSlip {
    /// The number in capitals without blanks, by which a credit note is found again.
    fn key(&self) -> String {
        self.number.chars().filter(|letter| !letter.is_whitespace()).flat_map(char::to_uppercase).take(60).collect()
    }
}

/// Returns a return of a clinic where the user has the permission.
///
/// # Errors
/// [`Error::NotFound`] for another clinic's.
pub async fn at_clinic(ctx: &mut Ctx, permission: Permission, id: StockDocumentId) -> Result<SupplierReturn> {
    let known = store::find(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    ctx.at_clinic(permission, known.clinic_id)?;
    Ok(known)
}

fn changed(ctx: &mut Ctx, action: Action, id: StockDocumentId, clinic: ClinicId) {
    ctx.did(action, "supplier_return", id, None);
    ctx.tell(Event::new(&PURCHASES).at(clinic));
}

/// Sends a part of a batch back: it leaves the storeroom with its value, and a credit is expected at the ordered price. Above the supplier's limit a
/// second person approves it. The same key again changes nothing; the answer is then `false`.
///
/// # Errors
/// [`Error::Invalid`] with the field: the supplier or the order is missing, more than came, or no second person; [`Error::Conflict`] when less is in
/// the storeroom or free there.
pub async fn send(ctx: &mut Ctx, new: &NewReturn) -> Result<bool> {
    let room = inventory::room(&mut ctx.tx, new.store).await?.ok_or(Error::NotFound)?;
    ctx.at_clinic(Permission::MoveStock, room.clinic_id)?;
    if let Some(there) = store::find(&mut ctx.tx, new.key).await? {
        return if there.clinic_id == room.clinic_id { Ok(false) } else { Err(Error::key_used()) };
    }
    // Goods on the way move by their transfer only.
    if room.kind == RoomKind::Transit || room.retired_at.is_some() {
        return Err(Error::NotFound);
    }
    if new.reason == ReturnCause::Other && new.note.is_empty() {
        return Err(Error::invalid("note", tr!(errors.required)));
    }
    let batch = inventory::batch(&mut ctx.tx, new.batch).await?.ok_or(Error::NotFound)?;
    // The units that may still go back are counted under this turn.
    ctx.tx.take_turn("supplier return", &new.batch.to_string()).await?;
    let origins = store::origins(&mut ctx.tx, new.batch, room.clinic_id).await?;
    let origin = match new.line {
        Some(line) => {
            let known = origins.iter().find(|origin| origin.line_id == line);
            Some(known.cloned().ok_or_else(|| Error::invalid("line", tr!(errors.choose)))?)
        }
        // A batch that came with an order goes back under it.
        None if !origins.is_empty() => return Err(Error::invalid("line", tr!(errors.choose))),
        None => None,
    };
    if let Some(origin) = origin.as_ref()
        && new.quantity > origin.left()
    {
        return Err(Error::invalid("quantity", tr!(supplier_returns.more_than_came, count = origin.left())));
    }
    let supplier = origin.as_ref().map(|origin| origin.supplier_id).or(new.supplier);
    let supplier = supplier.ok_or_else(|| Error::invalid("supplier", tr!(errors.choose)))?;
    let supplier = suppliers::find(&mut ctx.tx, supplier).await?.ok_or(Error::NotFound)?;
    let (stamp, day) = (ctx.stamp(), ctx.today());
    let document = NewDocument {
        reference: supplier.name.clone(),
        note: new.note.clone(),
        ..NewDocument::new(new.key, StockDocumentKind::SupplierReturn, room.id)
    };
    if !inventory::begin(&mut ctx.tx, &document, stamp).await? {
        return Err(Error::key_used());
    }
    let posted =
        inventory::post_supplier_return(&mut ctx.tx, new.key, (room.id, batch.item_id, batch.id), new.quantity, stamp.at, day).await?;
    let expected = match origin.as_ref() {
        Some(origin) => line_cost(origin.price, new.quantity, origin.price_per),
        // The stock's value is kept in thousandths of a minor unit.
        None => line_cost(posted.value, 1, 1_000),
    };
    let needs_second = expected.0 > supplier.return_alone;
    if needs_second && new.approver.is_none() {
        let limit = ctx.state().hospital().currency.show(Money(supplier.return_alone));
        return Err(Error::invalid("second_login", tr!(supplier_returns.second_needed, limit = limit)));
    }
    let approver = new.approver.filter(|_| needs_second);
    if approver == Some(stamp.by) {
        return Err(Error::invalid("second_login", tr!(purchasing.second_is_first)));
    }
    let code = organisation::clinic(&mut ctx.tx, room.clinic_id).await?.code;
    let prefix = format!("{code}-R{:02}", day.year() % 100);
    let number = organisation::number_document(&mut ctx.tx, &format!("supplier return {prefix}"), new.key.into()).await?;
    let row = store::ReturnRow {
        number: format!("{prefix}-{number:06}"),
        clinic: room.clinic_id,
        supplier: supplier.id,
        expected: expected.0,
        alone_up_to: supplier.return_alone,
        approver,
    };
    let refused = |error: DbError| {
        if error.violates("supplier_returns_not_above") {
            Error::invalid("quantity", tr!(supplier_returns.more_than_came, count = origin.as_ref().map_or(0, GoodsOrigin::left)))
        } else {
            error.of_form_key()
        }
    };
    store::insert(&mut ctx.tx, new, &row, stamp).await.map_err(refused)?;
    changed(ctx, Action::Create, new.key, room.clinic_id);
    ctx.tell(Event::new(&STOCK).at(room.clinic_id));
    Ok(true)
}

/// Returns the credit that an invoice asks for: its amount for the line, shared over its units. `None` when it does not have the line.
pub fn due_of(lines: &[SupplierInvoiceLine], line: PurchaseLineId, quantity: i64) -> Option<Money> {
    let of = lines.iter().find(|of| of.line_id == line)?;
    Some(line_cost(of.amount, quantity, of.quantity))
}

/// Returns the invoices of the order that may be credited: those that are settled and have the line.
///
/// # Errors
/// When the database refuses.
pub async fn creditable(ctx: &mut Ctx, known: &SupplierReturn) -> Result<Vec<(SupplierInvoice, Money)>> {
    let (Some(order), Some(line)) = (known.order_id, known.line_id) else { return Ok(Vec::new()) };
    let mut all = Vec::new();
    for invoice in invoices::of_order(&mut ctx.tx, order).await? {
        if !invoice.state.is_settled() {
            continue;
        }
        let lines = invoices::lines(&mut ctx.tx, invoice.id).await?;
        all.extend(due_of(&lines, line, known.quantity).map(|due| (invoice, due)));
    }
    Ok(all)
}

/// Enters the supplier's credit note, and matches it: against the chosen invoice, or against the credit that was expected.
///
/// # Errors
/// [`Error::Invalid`] with the field; [`Error::Conflict`] when it was entered before.
pub async fn enter_credit(ctx: &mut Ctx, id: StockDocumentId, version: i64, slip: &CreditSlip) -> Result<()> {
    let known = at_clinic(ctx, Permission::EnterInvoices, id).await?;
    if known.version != version || known.state != SupplierReturnState::Sent {
        return Err(Error::conflict(tr!(errors.newer_version)));
    }
    let due = match slip.invoice {
        None => Money(known.expected),
        Some(invoice) => {
            let all = creditable(ctx, &known).await?;
            let found = all.into_iter().find(|(of, _)| of.id == invoice);
            found.ok_or_else(|| Error::invalid("invoice", tr!(errors.choose)))?.1
        }
    };
    let state = if due == slip.credit { SupplierReturnState::Credited } else { SupplierReturnState::Difference };
    let (now, by) = (ctx.now, ctx.user());
    let refused = |error: DbError| {
        if error.violates("supplier_returns_invoiced") {
            Error::invalid("invoice", tr!(supplier_returns.more_than_invoiced))
        } else if error.is_unique() {
            Error::invalid("number", tr!(supplier_returns.credit_known))
        } else {
            error.into()
        }
    };
    let done = store::enter_credit(&mut ctx.tx, (id, version), slip, (state, due), (now, by)).await.map_err(refused)?;
    if !done {
        return Err(Error::conflict(tr!(errors.newer_version)));
    }
    changed(ctx, Action::Update, id, known.clinic_id);
    Ok(())
}

/// Reads a return whose credit differs, in the version that the form showed.
async fn open_difference(ctx: &mut Ctx, permission: Permission, id: StockDocumentId, version: i64) -> Result<SupplierReturn> {
    let known = at_clinic(ctx, permission, id).await?;
    if known.version != version {
        return Err(Error::conflict(tr!(errors.newer_version)));
    }
    if known.state != SupplierReturnState::Difference {
        return Err(Error::conflict(tr!(purchasing.no_difference)));
    }
    Ok(known)
}

/// Explains a credit that differs. Another person approves it.
///
/// # Errors
/// [`Error::Invalid`] without a text; [`Error::Conflict`] when it does not differ, or was changed since.
pub async fn explain(ctx: &mut Ctx, id: StockDocumentId, version: i64, explanation: &str) -> Result<()> {
    let known = open_difference(ctx, Permission::EnterInvoices, id, version).await?;
    if explanation.is_empty() {
        return Err(Error::invalid("explanation", tr!(errors.required)));
    }
    if !store::explain(&mut ctx.tx, (id, version), explanation).await? {
        return Err(Error::conflict(tr!(errors.newer_version)));
    }
    changed(ctx, Action::Update, id, known.clinic_id);
    Ok(())
}

/// Approves the explained difference of a credit that another person entered.
///
/// # Errors
/// [`Error::Conflict`] for one's own entry, without an explanation, or when it was changed since.
pub async fn approve(ctx: &mut Ctx, id: StockDocumentId, version: i64) -> Result<()> {
    let known = open_difference(ctx, Permission::ApprovePurchases, id, version).await?;
    if known.explanation.is_empty() {
        return Err(Error::conflict(tr!(purchasing.explain_first)));
    }
    let stamp = ctx.stamp();
    if known.entered_by == Some(stamp.by) {
        return Err(Error::conflict(tr!(purchasing.own_invoice)));
    }
    if !store::approve(&mut ctx.tx, (id, version), stamp).await? {
        return Err(Error::conflict(tr!(errors.newer_version)));
    }
    changed(ctx, Action::Update, id, known.clinic_id);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_credit_that_is_due_is_the_invoiced_price_of_the_units() {
        let (line, other) = (PurchaseLineId::new(), PurchaseLineId::new());
        let lines = [SupplierInvoiceLine { line_id: line, quantity: 60, amount: 350 }];
        for (quantity, due) in [(60, Some(350)), (30, Some(175)), (1, Some(6)), (6, Some(35)), (3, Some(18))] {
            assert_eq!(due_of(&lines, line, quantity).map(|due| due.0), due, "{quantity}");
        }
        assert_eq!(due_of(&lines, other, 1), None);
    }
}
