//! `/recalls`: the recalls of the clinic.

use leptos::prelude::*;
use serde::Deserialize;

use super::item_name;
use crate::{
    core::{
        Permission, Result,
        list::{Slice, offset},
        time::{Zone, show_date_time},
    },
    recalls::store::{self, Recall},
    server::{Ctx, Page, Query},
    tr,
    ui::{Column, DataTable, EmptyState, Glyph, LinkButton, ListUrl, PageHeader, Paging, Row, StatusBadge, Tab, Tabs},
};

/// Whether closed ones are listed too, and the page of the list.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct RecallsQuery {
    all: String,
    page: Option<i64>,
}

/// Shows the recalls.
///
/// # Errors
/// Not allowed, or when the database refuses.
pub async fn recalls_page(Query(query): Query<RecallsQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ReadStock).await?;
    let (clinic, zone, all) = (ctx.clinic.id, ctx.zone(), query.all == "yes");
    let (page, skip) = offset(query.page);
    let found = Slice::from_surplus(store::list(&mut ctx.tx, clinic, all, skip).await?, page);
    let manages = ctx.who.may_at(Permission::ManageStock, clinic);
    Ok(Page::new(tr!(recalls.title), move || {
        let rows = found.rows.iter().map(|recall| row(recall, zone)).collect();
        let columns = vec![
            Column::new(tr!(inventory.item)),
            Column::new(tr!(recalls.reference)),
            Column::new(tr!(recalls.source)).secondary(),
            Column::new(tr!(inventory.status)),
            Column::new(tr!(recalls.announced)),
        ];
        let tabs = vec![Tab::new("/recalls", tr!(recalls.open_ones), !all), Tab::new("/recalls?all=yes", tr!(recalls.all_ones), all)];
        let actions = manages.then(|| view! { <LinkButton href="/stock/items" label=tr!(recalls.choose_item) glyph=Glyph::Plus/> });
        let empty = view! { <EmptyState glyph=Glyph::Check title=tr!(recalls.none) text=tr!(recalls.none_text)/> }.into_any();
        let url = if all { ListUrl::new("/recalls").with("all", "yes".to_owned()) } else { ListUrl::new("/recalls") };
        let paging = Paging::of(&found);
        view! {
            <PageHeader title=tr!(recalls.title) detail=tr!(recalls.detail) actions=Some(actions.into_any())/>
            <Tabs label=tr!(recalls.title) tabs/>
            <DataTable caption=tr!(recalls.title) columns rows url paging=Some(paging) empty=Some(empty) stacked=true/>
        }
    }))
}

fn row(recall: &Recall, zone: Zone) -> Row {
    Row::new(vec![
        view! { <strong>{item_name(recall)}</strong> }.into_any(),
        recall.reference.clone().into_any(),
        recall.source.words().into_any(),
        view! { <StatusBadge tone=recall.state.tone() label=recall.state.words()/> }.into_any(),
        show_date_time(zone.local(recall.announced_at)).into_any(),
    ])
    .href(format!("/recalls/{}", recall.id))
}
