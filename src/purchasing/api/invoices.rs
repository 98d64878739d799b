//! The functions of the invoices of suppliers.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    core::{Error, Money, Permission, PurchaseOrderId, Result, SupplierInvoiceId, error::FieldErrors, form, time::parse_date},
    inventory::whole,
    organisation::Typed,
    purchasing::{
        invoices::{self, NewSupplierInvoice, SupplierInvoiceLine},
        orders::{self, MOST},
    },
    server::{Ctx, redirect_to},
};

fn to_invoice(invoice: SupplierInvoiceId, done: &str) {
    redirect_to(&format!("/purchasing/invoices/{invoice}?done={done}"));
}

/// The form of a supplier's invoice.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SupplierInvoiceForm {
    /// The invoice's id, made with the form.
    pub key: String,
    pub number: String,
    pub invoiced_on: String,
    pub due_on: String,
    pub freight: String,
    pub tax: String,
    pub total: String,
}

/// Enters an invoice of a supplier: `quantity-LINE` and `amount-LINE` for the lines that it has.
#[server(endpoint = "purchasing/enter_invoice")]
pub async fn enter_invoice(
    purchase_order_id: PurchaseOrderId,
    #[server(flatten)] fields: Typed,
    #[server(flatten)] form: SupplierInvoiceForm,
) -> Result<(), Error> {
    let SupplierInvoiceForm { key, number, invoiced_on, due_on, freight, tax, total } = form;
    let mut ctx = Ctx::write(Permission::EnterInvoices).await?;
    let order = orders::at_clinic(&mut ctx, Permission::EnterInvoices, purchase_order_id).await?;
    let currency = ctx.state().hospital().currency;
    let mut errors = FieldErrors::new();
    let id = errors.chosen::<SupplierInvoiceId>("key", &key);
    let number = errors.required_line("number", &number, 60);
    let invoiced_on = errors.check(parse_date("invoiced_on", &invoiced_on));
    let due_on = match due_on.trim() {
        "" => None,
        day => errors.check(parse_date("due_on", day)),
    };
    let mut money = |field: &str, typed: &str| match typed.trim() {
        "" => Some(Money::ZERO),
        typed => errors.check(currency.parse(field, typed)),
    };
    let (freight, tax, total) = (money("freight", &freight), money("tax", &tax), money("total", &total));
    let mut lines = Vec::new();
    for line in orders::lines(&mut ctx.tx, order.id).await? {
        let (of_quantity, of_amount) = (format!("quantity-{}", line.id), format!("amount-{}", line.id));
        let typed = |field: &str| fields.get(field).map_or("", |typed| typed.trim());
        if typed(&of_quantity).is_empty() && typed(&of_amount).is_empty() {
            continue;
        }
        let quantity = whole(&mut errors, &of_quantity, typed(&of_quantity), 1, MOST);
        let amount = errors.check(currency.parse(&of_amount, typed(&of_amount)));
        if let (Some(quantity), Some(amount)) = (quantity, amount) {
            lines.push(SupplierInvoiceLine { line_id: line.id, quantity, amount: amount.0 });
        }
    }
    errors.finish()?;
    let (Some(id), Some(invoiced_on), Some(freight), Some(tax), Some(total)) = (id, invoiced_on, freight, tax, total) else {
        return Err(Error::NotFound);
    };
    let new = NewSupplierInvoice { id, order: order.id, number, invoiced_on, due_on, freight, tax, total, lines };
    if invoices::enter(&mut ctx, &new).await? {
        ctx.commit().await?;
    }
    to_invoice(id, "entered");
    Ok(())
}

/// Explains the difference of an invoice.
#[server(endpoint = "purchasing/explain_invoice")]
pub async fn explain_invoice(
    supplier_invoice_id: SupplierInvoiceId,
    #[server(default)] version: i64,
    #[server(default)] explanation: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::EnterInvoices).await?;
    let explanation = form::line("explanation", &explanation, 500)?;
    invoices::explain(&mut ctx, supplier_invoice_id, version, &explanation).await?;
    ctx.commit().await?;
    to_invoice(supplier_invoice_id, "explained");
    Ok(())
}

/// Approves an explained difference.
#[server(endpoint = "purchasing/approve_invoice")]
pub async fn approve_invoice(supplier_invoice_id: SupplierInvoiceId, #[server(default)] version: i64) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ApprovePurchases).await?;
    invoices::approve(&mut ctx, supplier_invoice_id, version).await?;
    ctx.commit().await?;
    to_invoice(supplier_invoice_id, "approved");
    Ok(())
}
