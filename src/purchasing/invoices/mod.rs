//! The invoices of suppliers: entered against an order, matched with what was ordered and received, and approved when a difference is explained.

mod matching;
mod store;

use chrono::NaiveDate;

use super::{
    PURCHASES, SupplierInvoiceState,
    orders::{self, PurchaseLine},
};
use crate::{
    audit::Action,
    core::{
        ClinicId, Error, Money, Permission, PurchaseLineId, PurchaseOrderId, Result, SupplierId, SupplierInvoiceId, UserId, time::Instant,
    },
    db::DbError,
    server::{Ctx, Event},
    tr,
};

use matching::{MatchLine, state_of};
pub use matching::{Mismatch, compare};
pub use store::{find, lines, list, of_order, settled};

/// An invoice of a supplier.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct SupplierInvoice {
    pub id: SupplierInvoiceId,
    pub supplier_id: SupplierId,
    pub supplier_name: String,
    pub order_id: PurchaseOrderId,
    pub order_number: String,
    pub clinic_id: ClinicId,
    pub number: String,
    pub invoiced_on: NaiveDate,
    pub due_on: Option<NaiveDate>,
    /// Minor units of the currency.
    pub net: i64,
    pub freight: i64,
    pub tax: i64,
    pub total: i64,
    pub state: SupplierInvoiceState,
    pub explanation: String,
    pub entered_at: Instant,
    pub entered_by: UserId,
    pub enterer: String,
    pub approver: Option<String>,
    pub version: i64,
}

/// A line of an invoice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct SupplierInvoiceLine {
    pub line_id: PurchaseLineId,
    pub quantity: i64,
    /// Minor units of the currency.
    pub amount: i64,
}

/// An invoice as it is entered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSupplierInvoice {
    pub id: SupplierInvoiceId,
    pub order: PurchaseOrderId,
    pub number: String,
    pub invoiced_on: NaiveDate,
    pub due_on: Option<NaiveDate>,
    pub freight: Money,
    pub tax: Money,
    pub total: Money,
    pub lines: Vec<SupplierInvoiceLine>,
}

impl NewSupplierInvoice {
    /// The sum of the lines.
    pub fn net(&self) -> i64 {
        self.lines.iter().fold(0, |sum, line| sum.saturating_add(line.amount))
    }

    /// The number in capitals without blanks, by which an invoice is found again.
    fn key(&self) -> String {
        self.number.chars().filter(|letter| !letter.is_whitespace()).flat_map(char::to_uppercase).take(60).collect()
    }
}

/// Enters an invoice and matches it. The same key again changes nothing; the answer is then `false`.
///
/// # Errors
/// [`Error::Invalid`] with the field: the sum is wrong, or the number of the supplier was entered before.
pub async fn enter(ctx: &mut Ctx, new: &NewSupplierInvoice) -> Result<bool> {
    let (_, order) = orders::locked(ctx, Permission::EnterInvoices, new.order).await?;
    if let Some(there) = store::find(&mut ctx.tx, new.id).await? {
        return if there.order_id == new.order { Ok(false) } else { Err(Error::key_used()) };
    }
    if order.sent_at.is_none() {
        return Err(Error::conflict(tr!(purchasing.not_in_this_state, state = order.state.words())));
    }
    if new.lines.is_empty() {
        return Err(Error::conflict(tr!(purchasing.invoice_empty)));
    }
    let net = new.net();
    let sum = net.saturating_add(new.freight.0).saturating_add(new.tax.0);
    if sum != new.total.0 {
        let shown = ctx.state().hospital().currency.show(Money(sum));
        return Err(Error::invalid("total", tr!(purchasing.total_differs, sum = shown)));
    }
    if new.due_on.is_some_and(|due| due < new.invoiced_on) {
        return Err(Error::invalid("due_on", tr!(purchasing.due_before)));
    }
    let stamp = ctx.stamp();
    let refused = |error: DbError| {
        if error.violates("supplier_invoices_once") || error.is_unique() {
            Error::invalid("number", tr!(purchasing.invoice_known))
        } else {
            error.into()
        }
    };
    store::insert(&mut ctx.tx, new, (order.supplier_id, &new.key()), stamp).await.map_err(refused)?;
    for line in &new.lines {
        store::insert_line(&mut ctx.tx, new.id, line).await?;
    }
    ctx.did(Action::Create, "supplier_invoice", new.id, None);
    match_again(ctx, new.order).await?;
    ctx.tell(Event::new(&PURCHASES).at(order.clinic_id));
    Ok(true)
}

/// Returns the lines of an invoice beside what was ordered, received and invoiced before.
pub(super) fn beside(lines: &[PurchaseLine], of: &[SupplierInvoiceLine], settled: &[(PurchaseLineId, i64)]) -> Vec<MatchLine> {
    of.iter()
        .filter_map(|line| {
            let ordered = lines.iter().find(|ordered| ordered.id == line.line_id)?;
            let before = settled.iter().filter(|(id, _)| *id == line.line_id).map(|(_, quantity)| quantity).sum();
            Some(MatchLine {
                line: line.line_id,
                price: ordered.price,
                price_per: ordered.price_per,
                received: ordered.received,
                before,
                quantity: line.quantity,
                amount: line.amount,
            })
        })
        .collect()
}

/// Matches the open invoices of an order, the oldest first, after goods came or the order ended.
pub(super) async fn match_again(ctx: &mut Ctx, order: PurchaseOrderId) -> Result<()> {
    let found = orders::find(&mut ctx.tx, order).await?.ok_or(Error::NotFound)?;
    let lines = orders::lines(&mut ctx.tx, order).await?;
    let is_over = found.ended_at.is_some();
    for invoice in store::open_of_order(&mut ctx.tx, order).await? {
        let of = store::lines(&mut ctx.tx, invoice.id).await?;
        let settled = store::settled(&mut ctx.tx, order, invoice.id).await?;
        let next = state_of(&beside(&lines, &of, &settled), invoice.freight, is_over);
        // A difference that was found is not taken back to waiting.
        if next == invoice.state || (invoice.state == SupplierInvoiceState::Difference && next == SupplierInvoiceState::Entered) {
            continue;
        }
        store::set_state(&mut ctx.tx, invoice.id, next).await?;
    }
    Ok(())
}

/// Explains a difference. Another person approves it.
///
/// # Errors
/// [`Error::Invalid`] without a text; [`Error::Conflict`] when the invoice does not differ, or was changed since.
pub async fn explain(ctx: &mut Ctx, id: SupplierInvoiceId, version: i64, explanation: &str) -> Result<PurchaseOrderId> {
    if explanation.is_empty() {
        return Err(Error::invalid("explanation", tr!(errors.required)));
    }
    let invoice = open_difference(ctx, Permission::EnterInvoices, id, version).await?;
    store::explain(&mut ctx.tx, id, explanation).await?;
    done(ctx, &invoice);
    Ok(invoice.order_id)
}

/// Approves an explained difference of another person's invoice.
///
/// # Errors
/// [`Error::Conflict`] for one's own invoice, without an explanation, or when it was changed since.
pub async fn approve(ctx: &mut Ctx, id: SupplierInvoiceId, version: i64) -> Result<PurchaseOrderId> {
    let invoice = open_difference(ctx, Permission::ApprovePurchases, id, version).await?;
    if invoice.explanation.is_empty() {
        return Err(Error::conflict(tr!(purchasing.explain_first)));
    }
    let stamp = ctx.stamp();
    if invoice.entered_by == stamp.by {
        return Err(Error::conflict(tr!(purchasing.own_invoice)));
    }
    store::approve(&mut ctx.tx, id, stamp).await?;
    match_again(ctx, invoice.order_id).await?;
    done(ctx, &invoice);
    Ok(invoice.order_id)
}

/// Locks the order of an invoice that differs, and reads the invoice after that.
async fn open_difference(ctx: &mut Ctx, permission: Permission, id: SupplierInvoiceId, version: i64) -> Result<SupplierInvoice> {
    let before = store::find(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    orders::locked(ctx, permission, before.order_id).await?;
    let invoice = store::find(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    if invoice.version != version {
        return Err(Error::conflict(tr!(errors.newer_version)));
    }
    if invoice.state != SupplierInvoiceState::Difference {
        return Err(Error::conflict(tr!(purchasing.no_difference)));
    }
    Ok(invoice)
}

fn done(ctx: &mut Ctx, invoice: &SupplierInvoice) {
    ctx.did(Action::Update, "supplier_invoice", invoice.id, None);
    ctx.tell(Event::new(&PURCHASES).at(invoice.clinic_id));
}
