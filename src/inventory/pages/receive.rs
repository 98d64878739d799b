//! `/stock/items/{id}/receive`: goods of an item that came without an order. A scanned code fills batch and expiry date.

use leptos::prelude::*;
use serde::Deserialize;

use super::parts::{ItemTab, item_tabs, scan_field, scan_result};
use crate::{
    core::{Error, Permission, Result, StockDocumentId, StockItemId},
    inventory::{
        RoomKind,
        codes::{self, Scanned},
        goods::{self, StockItem},
        rooms::{self, Storeroom},
    },
    server::{Ctx, Page, Path, Query},
    tr,
    ui::{Button, ButtonTone, CheckboxField, Choice, DateField, EmptyState, Form, Glyph, NumberField, PageHeader, SelectField, TextField},
};

/// The code that was scanned.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ReceiveQuery {
    scan: String,
}

/// Shows the form.
///
/// # Errors
/// Not allowed, an unknown item, or when the database refuses.
pub async fn receive_page(Path(id): Path<StockItemId>, Query(query): Query<ReceiveQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::MoveStock).await?;
    let item = goods::item(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    let (clinic, today) = (ctx.clinic.id, ctx.today());
    let rooms = rooms::rooms(&mut ctx.tx, clinic).await?;
    let scanned = if query.scan.trim().is_empty() { None } else { Some(codes::scan(&mut ctx.tx, clinic, &query.scan, today).await) };
    let scanned = scanned.map(|found| match found {
        Ok(scanned) if scanned.item.id != id => Err(tr!(inventory.code_of_another, item = scanned.item.shown_name().to_owned())),
        Ok(scanned) => Ok(scanned),
        Err(error) => Err(codes::refusal_words(&error)),
    });
    Ok(Page::new(tr!(inventory.receive), move || view(&item, &rooms, scanned.as_ref())).class("main--narrow"))
}

fn view(item: &StockItem, rooms: &[Storeroom], scanned: Option<&Result<Scanned, String>>) -> AnyView {
    let back = ("/stock/items".to_owned(), tr!(inventory.items).to_owned());
    let at = format!("/stock/items/{}/receive", item.id);
    let body = if rooms.is_empty() {
        view! { <EmptyState glyph=Glyph::Building title=tr!(inventory.no_rooms) text=tr!(inventory.no_rooms_text)/> }.into_any()
    } else {
        form(item, rooms, scanned.and_then(|scanned| scanned.as_ref().ok()))
    };
    view! {
        <PageHeader title=item.shown_name().to_owned() back detail=item.code.clone()/>
        {item_tabs(item.id, ItemTab::Receive)}
        <div class="stack">
            {scan_field(&at, Vec::new())}
            {scanned.map(scan_result)}
            {body}
        </div>
    }
    .into_any()
}

fn form(item: &StockItem, rooms: &[Storeroom], scanned: Option<&Scanned>) -> AnyView {
    let unit = item.unit.words();
    let hidden = vec![("stock_item_id", item.id.to_string()), ("key", StockDocumentId::new().to_string())];
    let rooms: Vec<Choice> = rooms
        .iter()
        .filter(|room| room.kind != RoomKind::Quarantine)
        .map(|room| Choice::new(room.id.to_string(), room.name.clone()))
        .collect();
    let (pack_size, expires) = (item.pack_size, item.expires);
    let hint = tr!(inventory.packs_hint, count = pack_size);
    let batch = scanned.and_then(|scanned| scanned.scan.batch.clone()).unwrap_or_default();
    let day = scanned.and_then(|scanned| scanned.scan.expires_on).map(|day| day.to_string()).unwrap_or_default();
    let day_again = day.clone();
    view! {
        <Form action="/api/stock/receive" id="receive" hidden>
            <SelectField name="storeroom" label=tr!(inventory.room) choices=rooms prompt=tr!(errors.choose) required=true/>
            <TextField name="batch_no" label=tr!(inventory.batch) value=batch required=true maxlength=40 class="input--code"/>
            {match expires {
                true => view! { <DateField name="expires_on" label=tr!(inventory.expires_on) value=day required=true/> }.into_any(),
                false => view! { <DateField name="expires_on" label=tr!(inventory.expires_on) value=day_again optional=true/> }.into_any(),
            }}
            <NumberField name="quantity" label=tr!(inventory.quantity) unit optional={pack_size > 1}/>
            {(pack_size > 1).then(|| view! { <NumberField name="packs" label=tr!(inventory.packs) hint optional=true/> })}
            <TextField name="cost" label=tr!(inventory.cost) hint=tr!(inventory.cost_hint) inputmode="decimal" optional=true/>
            <TextField name="reference" label=tr!(inventory.reference) maxlength=200 optional=true/>
            <CheckboxField name="opening" label=tr!(inventory.opening)/>
            <div class="form__actions"><Button label=tr!(inventory.receive) tone=ButtonTone::Primary key="Ctrl+Enter"/></div>
        </Form>
    }
    .into_any()
}
