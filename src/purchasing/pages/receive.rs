//! `/purchasing/orders/{id}/receive`: the goods of a delivery. A scanned code chooses the line and fills batch and expiry date.

use leptos::prelude::*;
use serde::Deserialize;

use crate::{
    core::{Error, Permission, PurchaseOrderId, Result, StockDocumentId, time::show_date},
    inventory::{self, Scanned},
    purchasing::orders::{self, PurchaseLine, PurchaseOrder},
    server::{Ctx, Page, Path, Query},
    tr,
    ui::{Button, ButtonTone, DateField, Fieldset, Form, NoticeBox, NumberField, PageHeader, PasswordField, TextField, Tone},
};

/// The code that was scanned.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct DeliveryQuery {
    scan: String,
}

struct Delivery {
    order: PurchaseOrder,
    lines: Vec<PurchaseLine>,
    typed: String,
    scanned: Option<Result<Scanned, String>>,
}

/// Shows the form.
///
/// # Errors
/// Not allowed, another clinic's order, or when the database refuses.
pub async fn receive_page(Path(id): Path<PurchaseOrderId>, Query(query): Query<DeliveryQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::MoveStock).await?;
    let order = orders::at_clinic(&mut ctx, Permission::MoveStock, id).await?;
    if !order.state.is_open_for_goods() {
        return Err(Error::conflict(tr!(purchasing.not_in_this_state, state = order.state.words())));
    }
    let lines = orders::lines(&mut ctx.tx, id).await?;
    let (clinic, today) = (ctx.clinic.id, ctx.today());
    let scanned = if query.scan.trim().is_empty() { None } else { Some(inventory::scan(&mut ctx.tx, clinic, &query.scan, today).await) };
    let scanned = scanned.map(|found| match found {
        Ok(scanned) if lines.iter().all(|line| line.item_id != scanned.item.id) => {
            Err(tr!(purchasing.not_on_the_order, item = scanned.item.shown_name().to_owned()))
        }
        Ok(scanned) => Ok(scanned),
        Err(error) => Err(inventory::refusal_words(&error)),
    });
    let delivery = Delivery { order, lines, typed: query.scan, scanned };
    Ok(Page::new(tr!(purchasing.receive), move || view(&delivery)).class("main--narrow"))
}

fn view(delivery: &Delivery) -> AnyView {
    let order = &delivery.order;
    let back = (format!("/purchasing/orders/{}", order.id), order.number.clone());
    let at = format!("/purchasing/orders/{}/receive", order.id);
    let hidden = vec![("purchase_order_id", order.id.to_string()), ("key", StockDocumentId::new().to_string())];
    // A scanned line comes first; a line that is complete comes last.
    let scanned = delivery.scanned.as_ref().and_then(|scanned| scanned.as_ref().ok()).cloned();
    let (mut lines, typed) = (delivery.lines.clone(), delivery.typed.clone());
    lines.sort_by_key(|line| (scanned.as_ref().is_none_or(|scanned| scanned.item.id != line.item_id), line.open() == 0));
    let result = delivery.scanned.as_ref().map(said);
    view! {
        <PageHeader title=tr!(purchasing.receive) back detail=order.supplier_name.clone()/>
        <div class="stack">
            <form class="filter" method="get" action=at role="search" aria-label=tr!(inventory.scan_field)>
                <TextField name="scan" label=tr!(inventory.scan_field) maxlength=500 class="input--code" autocomplete="off" autofocus=true/>
                <Button label=tr!(inventory.read_code)/>
            </form>
            {result}
            <Form action="/api/purchasing/receive" id="delivery" hidden>
                <TextField name="delivery_note" label=tr!(purchasing.delivery_note) required=true maxlength=100/>
                {lines.iter().map(|line| fields(line, scanned.as_ref(), &typed)).collect_view()}
                <Fieldset legend=tr!(purchasing.above_title) hint=tr!(purchasing.above_text)>
                    <TextField name="over_reason" label=tr!(inventory.reason) maxlength=500 optional=true/>
                    <TextField name="second_login" label=tr!(purchasing.second_login) maxlength=120 optional=true autocomplete="off"/>
                    <PasswordField name="second_password" label=tr!(purchasing.second_password) autocomplete="off"/>
                </Fieldset>
                <div class="form__actions"><Button label=tr!(purchasing.post_receipt) tone=ButtonTone::Primary key="Ctrl+Enter"/></div>
            </Form>
        </div>
    }
    .into_any()
}

fn said(scanned: &Result<Scanned, String>) -> AnyView {
    match scanned {
        Ok(scanned) => {
            let parts = [Some(scanned.item.shown_name().to_owned()), scanned.scan.batch.clone(), scanned.scan.expires_on.map(show_date)];
            let words = parts.into_iter().flatten().collect::<Vec<_>>().join(" · ");
            view! { <NoticeBox tone=Tone::Done><p>{words}</p></NoticeBox> }.into_any()
        }
        Err(words) => {
            let words = words.clone();
            view! { <NoticeBox tone=Tone::Critical><p role="alert">{words}</p></NoticeBox> }.into_any()
        }
    }
}

/// The fields of a line. The scanned code goes along, so that the server compares it with what is typed.
fn fields(line: &PurchaseLine, scanned: Option<&Scanned>, typed: &str) -> AnyView {
    let scanned = scanned.filter(|scanned| scanned.item.id == line.item_id);
    let of = |field: &str| format!("{field}-{}", line.id);
    let unit = line.unit.words();
    let legend = line.shown_name().to_owned();
    let hint = tr!(purchasing.open_of, open = line.open(), ordered = line.ordered, unit = unit);
    let batch = scanned.and_then(|scanned| scanned.scan.batch.clone()).unwrap_or_default();
    let day = scanned.and_then(|scanned| scanned.scan.expires_on).map(|day| day.to_string()).unwrap_or_default();
    let code = if scanned.is_some() { typed.to_owned() } else { String::new() };
    let (scan_name, batch_name, day_name) = (of("scan"), of("batch"), of("expires"));
    let (quantity_name, free_name, rejected_name, why_name) = (of("quantity"), of("free"), of("rejected"), of("why"));
    view! {
        <Fieldset legend hint>
            <NumberField name=quantity_name label=tr!(purchasing.received) unit optional=true/>
            <TextField name=scan_name label=tr!(inventory.scan_field) value=code maxlength=500 optional=true class="input--code" autocomplete="off"/>
            <TextField name=batch_name label=tr!(inventory.batch) value=batch maxlength=40 optional=true class="input--code"/>
            <DateField name=day_name label=tr!(inventory.expires_on) value=day optional=true/>
            <NumberField name=free_name label=tr!(purchasing.free) unit optional=true/>
            <NumberField name=rejected_name label=tr!(purchasing.rejected) unit optional=true/>
            <TextField name=why_name label=tr!(purchasing.reject_reason) maxlength=200 optional=true/>
        </Fieldset>
    }
    .into_any()
}
