//! `/purchasing/orders`: the purchase orders of the clinic. `/purchasing/orders/new`: begins one.

use leptos::prelude::*;

use super::parts::{PurchasesQuery, tabs, toast};
use crate::{
    core::{
        Permission, PurchaseOrderId, Result,
        list::{Slice, offset},
        time::{Zone, show_date_time},
    },
    inventory::{self, RoomKind, Storeroom},
    purchasing::{
        orders::{self, PurchaseOrder},
        suppliers::{self, Supplier},
    },
    server::{Ctx, Page, Query},
    tr,
    ui::{
        Button, ButtonTone, Choice, Column, DataTable, EmptyState, Form, Glyph, LinkButton, ListUrl, PageHeader, Paging, Row, SelectField,
        StatusBadge, TextField,
    },
};

/// Shows the orders.
///
/// # Errors
/// Not allowed, or when the database refuses.
pub async fn orders_page(Query(query): Query<PurchasesQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ReadPurchases).await?;
    let (clinic, zone) = (ctx.clinic.id, ctx.zone());
    let (page, skip) = offset(query.page);
    let all = query.all == "yes";
    let found = Slice::from_surplus(orders::list(&mut ctx.tx, clinic, all, skip).await?, page);
    let may_order = ctx.who.may_at(Permission::OrderGoods, clinic);
    Ok(Page::new(tr!(purchasing.orders), move || view(&found, &query, zone, may_order)))
}

fn view(found: &Slice<PurchaseOrder>, query: &PurchasesQuery, zone: Zone, may_order: bool) -> AnyView {
    let rows = found
        .rows
        .iter()
        .map(|order| {
            let state = order.state;
            let at = order.sent_at.unwrap_or(order.created_at);
            Row::new(vec![
                view! { <strong class="code">{order.number.clone()}</strong> }.into_any(),
                order.supplier_name.clone().into_any(),
                order.store_name.clone().into_any(),
                view! { <StatusBadge tone=state.tone() label=state.words()/> }.into_any(),
                show_date_time(zone.local(at)).into_any(),
            ])
            .href(format!("/purchasing/orders/{}", order.id))
        })
        .collect();
    let columns = vec![
        Column::new(tr!(purchasing.number)),
        Column::new(tr!(purchasing.supplier)),
        Column::new(tr!(inventory.room)),
        Column::new(tr!(inventory.status)),
        Column::new(tr!(inventory.at)).secondary(),
    ];
    let choices = vec![Choice::new("yes", tr!(purchasing.all_orders))];
    let value = query.all.clone();
    let filter =
        view! { <SelectField name="all" label=tr!(inventory.status) choices value prompt=tr!(purchasing.open_orders)/> }.into_any();
    let empty = view! { <EmptyState glyph=Glyph::Receipt title=tr!(purchasing.no_orders) text=tr!(purchasing.no_orders_text)/> }.into_any();
    let actions = may_order.then(|| {
        view! { <LinkButton href="/purchasing/orders/new" label=tr!(purchasing.new_order) tone=ButtonTone::Primary glyph=Glyph::Plus/> }
    });
    let url = ListUrl::new("/purchasing/orders").with("all", query.all.clone());
    let paging = Paging::of(found);
    view! {
        {toast(&query.done)}
        <PageHeader title=tr!(purchasing.orders) actions=Some(actions.into_any())/>
        {tabs("/purchasing/orders", may_order)}
        <DataTable caption=tr!(purchasing.orders) columns rows url paging=Some(paging) empty=Some(empty) filter=Some(filter) stacked=true/>
    }
    .into_any()
}

/// Shows the form of a new order.
///
/// # Errors
/// Not allowed, or when the database refuses.
pub async fn new_page() -> Result<Page> {
    let mut ctx = Ctx::read(Permission::OrderGoods).await?;
    let clinic = ctx.clinic.id;
    let suppliers = suppliers::list(&mut ctx.tx, false).await?;
    let rooms = inventory::rooms(&mut ctx.tx, clinic).await?;
    Ok(Page::new(tr!(purchasing.new_order), move || new_view(&suppliers, &rooms)).class("main--narrow"))
}

fn new_view(suppliers: &[Supplier], rooms: &[Storeroom]) -> AnyView {
    let back = ("/purchasing/orders".to_owned(), tr!(purchasing.orders).to_owned());
    if suppliers.is_empty() {
        return view! {
            <PageHeader title=tr!(purchasing.new_order) back/>
            <EmptyState glyph=Glyph::Building title=tr!(purchasing.no_suppliers) text=tr!(purchasing.no_suppliers_text)/>
        }
        .into_any();
    }
    let hidden = vec![("key", PurchaseOrderId::new().to_string())];
    let suppliers: Vec<Choice> = suppliers.iter().map(|supplier| Choice::new(supplier.id.to_string(), supplier.name.clone())).collect();
    let rooms: Vec<Choice> = rooms
        .iter()
        .filter(|room| room.kind != RoomKind::Quarantine)
        .map(|room| Choice::new(room.id.to_string(), room.name.clone()))
        .collect();
    view! {
        <PageHeader title=tr!(purchasing.new_order) back/>
        <Form action="/api/purchasing/begin_order" id="order-form" hidden>
            <SelectField name="supplier" label=tr!(purchasing.supplier) choices=suppliers prompt=tr!(errors.choose) required=true/>
            <SelectField name="storeroom" label=tr!(purchasing.deliver_to) choices=rooms prompt=tr!(errors.choose) required=true/>
            <TextField name="note" label=tr!(purchasing.note_to_supplier) maxlength=500 optional=true/>
            <div class="form__actions"><Button label=tr!(purchasing.begin) tone=ButtonTone::Primary key="Ctrl+Enter"/></div>
        </Form>
    }
    .into_any()
}
