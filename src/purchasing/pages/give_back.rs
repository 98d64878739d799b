//! `/purchasing/batches/{id}/return?room=`: sends a part of a batch back to its supplier.

use leptos::prelude::*;
use serde::Deserialize;

use super::parts::price_words;
use crate::{
    core::{Currency, Error, Permission, Result, StockBatchId, StockDocumentId, StoreroomId, time::show_date},
    inventory::{self, StockItem, Storeroom},
    purchasing::{
        ReturnCause,
        returns::{self, GoodsOrigin},
        suppliers::{self, Supplier},
    },
    server::{Ctx, Page, Path, Query},
    tr,
    ui::{Button, ButtonTone, Choice, Fieldset, Form, NumberField, PageHeader, PasswordField, SelectField, TextField},
};

/// The storeroom that the batch lies in.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct GiveBackQuery {
    room: String,
}

struct GiveBack {
    room: Storeroom,
    item: StockItem,
    batch: StockBatchId,
    batch_words: String,
    on_hand: i64,
    origins: Vec<GoodsOrigin>,
    suppliers: Vec<Supplier>,
    currency: Currency,
}

/// Shows the form.
///
/// # Errors
/// Not allowed, another clinic's storeroom, an unknown batch, or when the database refuses.
pub async fn give_back_page(Path(batch): Path<StockBatchId>, Query(query): Query<GiveBackQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::MoveStock).await?;
    let room: StoreroomId = query.room.parse().map_err(|_| Error::NotFound)?;
    let room = inventory::room(&mut ctx.tx, room).await?.ok_or(Error::NotFound)?;
    ctx.at_clinic(Permission::MoveStock, room.clinic_id)?;
    let known = inventory::batch(&mut ctx.tx, batch).await?.ok_or(Error::NotFound)?;
    let lines = inventory::lines_of(&mut ctx.tx, known.item_id, room.clinic_id).await?;
    let held = lines.iter().find(|line| line.store_id == room.id && line.batch_id == batch);
    let origins = returns::origins(&mut ctx.tx, batch, room.clinic_id).await?;
    let form = GiveBack {
        item: inventory::item(&mut ctx.tx, known.item_id).await?.ok_or(Error::NotFound)?,
        batch,
        batch_words: match known.expires_on {
            Some(day) => format!("{} · {}", known.batch_no, show_date(day)),
            None => known.batch_no,
        },
        on_hand: held.map_or(0, |line| line.on_hand),
        suppliers: if origins.is_empty() { suppliers::list(&mut ctx.tx, false).await? } else { Vec::new() },
        origins,
        currency: ctx.state().hospital().currency,
        room,
    };
    Ok(Page::new(tr!(supplier_returns.give_back), move || view(&form)).class("main--narrow"))
}

fn view(form: &GiveBack) -> AnyView {
    let back = (format!("/stock/items/{}", form.item.id), form.item.shown_name().to_owned());
    let hidden =
        vec![("key", StockDocumentId::new().to_string()), ("storeroom", form.room.id.to_string()), ("batch", form.batch.to_string())];
    let unit = form.item.unit.words();
    let detail = format!("{} · {} · {}", form.batch_words, form.room.name, form.item.unit.count(form.on_hand));
    let of_line = |origin: &GoodsOrigin| {
        let price = price_words(origin.price, origin.price_per, &form.currency);
        let words = format!("{} · {} · {price} · {}", origin.order_number, origin.supplier_name, form.item.unit.count(origin.left()));
        Choice::new(origin.line_id.to_string(), words)
    };
    let lines: Vec<Choice> = form.origins.iter().map(of_line).collect();
    let suppliers: Vec<Choice> =
        form.suppliers.iter().map(|supplier| Choice::new(supplier.id.to_string(), supplier.name.clone())).collect();
    let reasons: Vec<Choice> = ReturnCause::ALL.iter().map(|reason| Choice::new(reason.as_str(), reason.words())).collect();
    let came = !lines.is_empty();
    view! {
        <PageHeader title=tr!(supplier_returns.give_back) back detail/>
        <Form action="/api/purchasing/return_goods" id="return-form" hidden>
            {if came {
                view! { <SelectField name="line" label=tr!(supplier_returns.came_with) choices=lines prompt=tr!(errors.choose) required=true/> }.into_any()
            } else {
                view! {
                    <SelectField name="supplier" label=tr!(purchasing.supplier) hint=tr!(supplier_returns.no_order) choices=suppliers prompt=tr!(errors.choose) required=true/>
                }.into_any()
            }}
            <NumberField name="quantity" label=tr!(inventory.quantity) unit required=true/>
            <SelectField name="reason" label=tr!(inventory.reason) choices=reasons prompt=tr!(errors.choose) required=true/>
            <TextField name="note" label=tr!(inventory.note) maxlength=500 optional=true/>
            <Fieldset legend=tr!(supplier_returns.second_title) hint=tr!(supplier_returns.second_text)>
                <TextField name="second_login" label=tr!(purchasing.second_login) maxlength=120 optional=true autocomplete="off"/>
                <PasswordField name="second_password" label=tr!(purchasing.second_password) autocomplete="off"/>
            </Fieldset>
            <div class="form__actions"><Button label=tr!(supplier_returns.send) tone=ButtonTone::Primary key="Ctrl+Enter"/></div>
        </Form>
    }
    .into_any()
}
