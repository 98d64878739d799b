//! `/purchasing/orders/{id}/invoice`: enters an invoice of the supplier against the order.

use leptos::prelude::*;

use crate::{
    core::{Currency, Error, Money, Permission, PurchaseOrderId, Result, SupplierInvoiceId, locale},
    purchasing::orders::{self, PurchaseLine, PurchaseOrder, line_cost},
    server::{Ctx, Page, Path},
    tr,
    ui::{Button, ButtonTone, DateField, Fieldset, Form, NumberField, PageHeader, TextField},
};

/// Shows the form.
///
/// # Errors
/// Not allowed, another clinic's order, or when the database refuses.
pub async fn enter_page(Path(id): Path<PurchaseOrderId>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::EnterInvoices).await?;
    let order = orders::at_clinic(&mut ctx, Permission::EnterInvoices, id).await?;
    if order.sent_at.is_none() {
        return Err(Error::conflict(tr!(purchasing.not_in_this_state, state = order.state.words())));
    }
    let lines = orders::lines(&mut ctx.tx, id).await?;
    let currency = ctx.state().hospital().currency;
    Ok(Page::new(tr!(purchasing.enter_invoice), move || view(&order, &lines, currency)).class("main--narrow"))
}

fn view(order: &PurchaseOrder, lines: &[PurchaseLine], currency: Currency) -> AnyView {
    let back = (format!("/purchasing/orders/{}", order.id), order.number.clone());
    let hidden = vec![("purchase_order_id", order.id.to_string()), ("key", SupplierInvoiceId::new().to_string())];
    let lines = lines.to_vec();
    view! {
        <PageHeader title=tr!(purchasing.enter_invoice) back detail=order.supplier_name.clone()/>
        <Form action="/api/purchasing/enter_invoice" id="invoice-form" hidden>
            <TextField name="number" label=tr!(purchasing.invoice_number) required=true maxlength=60 class="input--code"/>
            <DateField name="invoiced_on" label=tr!(purchasing.invoiced_on) required=true/>
            <DateField name="due_on" label=tr!(purchasing.due_on) optional=true/>
            {lines.iter().map(|line| fields(line, currency)).collect_view()}
            <TextField name="freight" label=tr!(purchasing.freight) inputmode="decimal" optional=true/>
            <TextField name="tax" label=tr!(purchasing.tax) inputmode="decimal" optional=true/>
            <TextField name="total" label=tr!(purchasing.total) hint=tr!(purchasing.total_hint) inputmode="decimal" required=true/>
            <div class="form__actions"><Button label=tr!(purchasing.match_invoice) tone=ButtonTone::Primary key="Ctrl+Enter"/></div>
        </Form>
    }
    .into_any()
}

fn fields(line: &PurchaseLine, currency: Currency) -> AnyView {
    let legend = line.shown_name().to_owned();
    let unit = line.unit.words();
    let cost = line_cost(line.price, line.received, line.price_per);
    let hint = tr!(purchasing.received_cost, count = line.received, unit = unit, cost = currency.show(cost));
    let (quantity_name, amount_name) = (format!("quantity-{}", line.id), format!("amount-{}", line.id));
    let none = line.received == 0;
    let quantity = if none { String::new() } else { line.received.to_string() };
    let amount = if none { String::new() } else { currency.plain(Money(cost.0), locale::current()) };
    view! {
        <Fieldset legend hint>
            <NumberField name=quantity_name label=tr!(purchasing.invoiced_units) unit value=quantity optional=true/>
            <TextField name=amount_name label=tr!(purchasing.amount) value=amount inputmode="decimal" optional=true/>
        </Fieldset>
    }
    .into_any()
}
