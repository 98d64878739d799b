//! `/purchasing/suppliers`: the suppliers. `/purchasing/suppliers/{id}`: one, with the items that it usually supplies.

use leptos::prelude::*;

use super::parts::{PurchaseQuery, tabs, toast};
use crate::{
    core::{Currency, Error, Money, Permission, Result, SupplierId, locale},
    inventory::{self, StockItem},
    purchasing::suppliers::{self, Supplier},
    server::{Ctx, Page, Path, Query},
    tr,
    ui::{
        Button, ButtonTone, CheckboxField, Column, DataTable, Dialog, EmailField, EmptyState, Form, Glyph, NumberField, PageHeader, Row,
        StatusBadge, TelField, TextField, Tone,
    },
};

const SAVE: &str = "/api/purchasing/save_supplier";

/// Shows the suppliers.
///
/// # Errors
/// Not allowed, or when the database refuses.
pub async fn suppliers_page(Query(query): Query<PurchaseQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ReadPurchases).await?;
    let clinic = ctx.clinic.id;
    let found = suppliers::list(&mut ctx.tx, true).await?;
    let (manages, currency) = (ctx.who.may_at(Permission::ManageStock, clinic), ctx.state().hospital().currency);
    let orders = ctx.who.may_at(Permission::OrderGoods, clinic);
    Ok(Page::new(tr!(purchasing.suppliers), move || {
        let rows = found.iter().map(row).collect();
        let columns = vec![
            Column::new(tr!(purchasing.supplier)),
            Column::new(tr!(inventory.code)),
            Column::new(tr!(purchasing.lead_days)).numeric(),
            Column::new(tr!(purchasing.tolerance)).numeric(),
            Column::new(tr!(purchasing.contact)).secondary(),
        ];
        let empty = view! { <EmptyState glyph=Glyph::Building title=tr!(purchasing.no_suppliers) text=tr!(purchasing.no_suppliers_text)/> }
            .into_any();
        let actions = manages.then(|| edit(None, currency)).into_any();
        view! {
            {toast(&query.done)}
            <PageHeader title=tr!(purchasing.suppliers) actions=Some(actions)/>
            {tabs("/purchasing/suppliers", orders)}
            <DataTable caption=tr!(purchasing.suppliers) columns rows empty=Some(empty) stacked=true/>
        }
    }))
}

fn row(supplier: &Supplier) -> Row {
    let retired = supplier.retired_at.is_some().then(|| view! { " "<StatusBadge tone=Tone::Inactive label=tr!(purchasing.retired)/> });
    let contact: Vec<&str> = [&supplier.phone, &supplier.email].into_iter().filter(|text| !text.is_empty()).map(String::as_str).collect();
    Row::new(vec![
        view! { <strong>{supplier.name.clone()}</strong>{retired} }.into_any(),
        supplier.code.clone().into_any(),
        supplier.lead_days.to_string().into_any(),
        format!("{} %", supplier.tolerance).into_any(),
        contact.join(" · ").into_any(),
    ])
    .href(format!("/purchasing/suppliers/{}", supplier.id))
}

/// The dialog that adds a supplier, or changes one.
fn edit(supplier: Option<&Supplier>, currency: Currency) -> AnyView {
    let key = supplier.map_or_else(SupplierId::new, |supplier| supplier.id);
    let hidden = vec![("key", key.to_string()), ("version", supplier.map_or(0, |supplier| supplier.version).to_string())];
    let (words, glyph) = if supplier.is_some() { (tr!(inventory.edit), Glyph::Edit) } else { (tr!(purchasing.add_supplier), Glyph::Plus) };
    let of = |field: fn(&Supplier) -> String| supplier.map(field).unwrap_or_default();
    let (code, name) = (of(|supplier| supplier.code.clone()), of(|supplier| supplier.name.clone()));
    let (email, phone, address) =
        (of(|supplier| supplier.email.clone()), of(|supplier| supplier.phone.clone()), of(|supplier| supplier.address.clone()));
    let (lead, tolerance) =
        (supplier.map_or(7, |supplier| supplier.lead_days).to_string(), supplier.map_or(0, |supplier| supplier.tolerance).to_string());
    let return_alone = supplier.map(|supplier| currency.plain(Money(supplier.return_alone), locale::current())).unwrap_or_default();
    let (is_old, retired) = (supplier.is_some(), supplier.is_some_and(|supplier| supplier.retired_at.is_some()));
    view! {
        <Dialog id="supplier" opens=words title=words action=SAVE glyph tone=ButtonTone::Primary>
            <Form action=SAVE id="supplier-form" hidden>
                <TextField name="code" label=tr!(inventory.code) value=code required=true maxlength=20 class="input--code"/>
                <TextField name="name" label=tr!(inventory.name) value=name required=true maxlength=120/>
                <EmailField name="email" label=tr!(purchasing.email) value=email optional=true/>
                <TelField name="phone" label=tr!(purchasing.phone) value=phone optional=true/>
                <TextField name="address" label=tr!(purchasing.address) value=address maxlength=300 optional=true/>
                <NumberField name="lead_days" label=tr!(purchasing.lead_days) value=lead required=true/>
                <NumberField name="tolerance" label=tr!(purchasing.tolerance) hint=tr!(purchasing.tolerance_hint) value=tolerance unit="%" required=true/>
                <TextField name="return_alone" label=tr!(supplier_returns.return_alone) hint=tr!(supplier_returns.return_alone_hint) value=return_alone inputmode="decimal" optional=true/>
                {is_old.then(|| view! { <CheckboxField name="retired" label=tr!(purchasing.retire) checked=retired/> })}
                <div class="form__actions"><Button label=tr!(ui.save) tone=ButtonTone::Primary/></div>
            </Form>
        </Dialog>
    }
    .into_any()
}

/// Shows a supplier.
///
/// # Errors
/// Not allowed, an unknown supplier, or when the database refuses.
pub async fn supplier_page(Path(id): Path<SupplierId>, Query(query): Query<PurchaseQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ReadPurchases).await?;
    let supplier = suppliers::find(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    let clinic = ctx.clinic.id;
    let items = inventory::items_of_supplier(&mut ctx.tx, id).await?;
    let (manages, currency) = (ctx.who.may_at(Permission::ManageStock, clinic), ctx.state().hospital().currency);
    Ok(Page::new(supplier.name.clone(), move || one(&supplier, &items, (manages, currency), &query.done)))
}

fn one(supplier: &Supplier, items: &[StockItem], (manages, currency): (bool, Currency), done: &str) -> AnyView {
    let back = ("/purchasing/suppliers".to_owned(), tr!(purchasing.suppliers).to_owned());
    let rows = items
        .iter()
        .map(|item| {
            Row::new(vec![
                view! { <strong>{item.shown_name().to_owned()}</strong> }.into_any(),
                item.code.clone().into_any(),
                item.pack_size.to_string().into_any(),
            ])
            .href(format!("/stock/items/{}", item.id))
        })
        .collect();
    let columns = vec![Column::new(tr!(inventory.item)), Column::new(tr!(inventory.code)), Column::new(tr!(inventory.pack_size)).numeric()];
    let empty = view! { <EmptyState glyph=Glyph::Pill title=tr!(purchasing.no_items_of_supplier)/> }.into_any();
    let actions = manages.then(|| edit(Some(supplier), currency)).into_any();
    let add = manages.then(|| {
        let hidden = vec![("supplier_id", supplier.id.to_string())];
        view! {
            <Form action="/api/purchasing/supply_item" id="supply" hidden>
                <TextField name="scan" label=tr!(purchasing.item_code) hint=tr!(purchasing.item_code_hint) required=true maxlength=500 class="input--code" autocomplete="off"/>
                <div class="form__actions"><Button label=tr!(purchasing.supplies_item)/></div>
            </Form>
        }
    });
    let detail = [&supplier.code, &supplier.phone, &supplier.email]
        .into_iter()
        .filter(|text| !text.is_empty())
        .cloned()
        .collect::<Vec<_>>()
        .join(" · ");
    view! {
        {toast(done)}
        <PageHeader title=supplier.name.clone() back detail actions=Some(actions)/>
        <div class="stack">
            {add}
            <DataTable caption=tr!(inventory.items) columns rows empty=Some(empty) stacked=true/>
        </div>
    }
    .into_any()
}
