//! `/stock/items`: the items of which stock is kept.

use leptos::prelude::*;
use serde::Deserialize;

use super::parts::{tabs, toast};
use crate::{
    core::{
        Permission, Result,
        list::{Slice, offset},
    },
    inventory::goods::{self, StockItem},
    server::{Ctx, Page, Query},
    tr,
    ui::{
        ButtonTone, Column, DataTable, EmptyState, Glyph, LinkButton, ListUrl, PageHeader, Paging, PostButton, Row, StatusBadge, TextField,
        Tone,
    },
};

/// The search, which stands in the address.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ItemsQuery {
    q: String,
    page: Option<i64>,
    done: String,
}

/// Shows the items.
///
/// # Errors
/// Not allowed, or when the database refuses.
pub async fn items_page(Query(query): Query<ItemsQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ReadStock).await?;
    let (page, skip) = offset(query.page);
    let found = Slice::from_surplus(goods::list(&mut ctx.tx, &query.q, skip).await?, page);
    let manages = ctx.who.may_at(Permission::ManageStock, ctx.clinic.id);
    Ok(Page::new(tr!(inventory.items), move || view(&found, query, manages)))
}

fn view(found: &Slice<StockItem>, query: ItemsQuery, manages: bool) -> AnyView {
    let rows = found
        .rows
        .iter()
        .map(|item| {
            let controlled = item.is_controlled().then(|| view! { " "<StatusBadge tone=Tone::Warning label=tr!(formulary.controlled)/> });
            Row::new(vec![
                view! { <strong>{item.shown_name().to_owned()}</strong>{controlled} }.into_any(),
                item.code.clone().into_any(),
                item.kind.words().into_any(),
                item.unit.words().into_any(),
                item.pack_size.to_string().into_any(),
            ])
            .href(format!("/stock/items/{}", item.id))
        })
        .collect();
    let columns = vec![
        Column::new(tr!(inventory.item)),
        Column::new(tr!(inventory.code)),
        Column::new(tr!(inventory.kind)).secondary(),
        Column::new(tr!(inventory.unit)),
        Column::new(tr!(inventory.pack_size)).numeric().secondary(),
    ];
    let actions = manages.then(|| {
        view! {
            <PostButton action="/api/stock/adopt_formulary" label=tr!(inventory.adopt)/>
            <LinkButton href="/stock/items/new" label=tr!(inventory.new_item) tone=ButtonTone::Primary glyph=Glyph::Plus/>
        }
    });
    let filter = view! { <TextField kind="search" name="q" label=tr!(inventory.find) value=query.q.clone() maxlength=100/> }.into_any();
    let empty = view! { <EmptyState glyph=Glyph::Pill title=tr!(inventory.no_items) text=tr!(inventory.no_items_text)/> }.into_any();
    let url = ListUrl::new("/stock/items").with("q", query.q);
    let paging = Paging::of(found);
    view! {
        {toast(&query.done)}
        <PageHeader title=tr!(inventory.items) detail=tr!(inventory.items_text) actions=Some(actions.into_any())/>
        {tabs("/stock/items")}
        <DataTable caption=tr!(inventory.items) columns rows url paging=Some(paging) empty=Some(empty) filter=Some(filter) stacked=true/>
    }
    .into_any()
}
