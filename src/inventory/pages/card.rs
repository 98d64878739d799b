//! `/stock/items/{id}/card`: the ledger of an item, with its balance after each movement.

use leptos::prelude::*;

use super::parts::{ItemTab, StockItemQuery, item_tabs};
use crate::{
    core::{
        Error, Permission, Result, StockItemId,
        list::{Slice, offset},
        time::{Zone, show_date_time},
    },
    inventory::{
        goods::{self, StockItem},
        ledger::{self, BinEntry},
    },
    server::{Ctx, Page, Path, Query},
    tr,
    ui::{Column, DataTable, EmptyState, Glyph, LinkButton, ListUrl, PageHeader, Paging, Row},
};

/// Shows the movements.
///
/// # Errors
/// Not allowed, an unknown item, or when the database refuses.
pub async fn card_page(Path(id): Path<StockItemId>, Query(query): Query<StockItemQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ReadStock).await?;
    let item = goods::item(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    let (clinic, zone) = (ctx.clinic.id, ctx.zone());
    let (page, skip) = offset(query.page);
    let card = Slice::from_surplus(ledger::bin_card(&mut ctx.tx, id, clinic, skip).await?, page);
    Ok(Page::new(item.shown_name().to_owned(), move || view(&item, &card, zone)))
}

fn view(item: &StockItem, card: &Slice<BinEntry>, zone: Zone) -> AnyView {
    let back = ("/stock/items".to_owned(), tr!(inventory.items).to_owned());
    let file =
        view! { <LinkButton href=format!("/stock/items/{}/export", item.id) label=tr!(inventory.as_workbook) glyph=Glyph::Download/> }
            .into_any();
    let rows = card
        .rows
        .iter()
        .map(|entry| {
            let reason = entry.reason.map(|reason| reason.words().to_owned());
            let facts_of = [reason, Some(entry.reference.clone())].into_iter().flatten().filter(|text| !text.is_empty());
            let because = facts_of.collect::<Vec<_>>().join(" · ");
            let quantity = if entry.quantity > 0 { format!("+{}", entry.quantity) } else { entry.quantity.to_string() };
            Row::new(vec![
                show_date_time(zone.local(entry.at)).into_any(),
                view! { {entry.kind.words()}<br/><span class="muted small">{because}</span> }.into_any(),
                entry.store_name.clone().into_any(),
                entry.batch_no.clone().into_any(),
                quantity.into_any(),
                entry.on_hand_after.to_string().into_any(),
                entry.by_name.clone().into_any(),
            ])
        })
        .collect();
    let columns = vec![
        Column::new(tr!(inventory.at)),
        Column::new(tr!(inventory.movement)),
        Column::new(tr!(inventory.room)),
        Column::new(tr!(inventory.batch)).secondary(),
        Column::new(tr!(inventory.quantity)).numeric(),
        Column::new(tr!(inventory.balance)).numeric(),
        Column::new(tr!(inventory.by)).secondary(),
    ];
    let paging = Paging::of(card);
    let url = ListUrl::new(format!("/stock/items/{}/card", item.id));
    let empty = view! { <EmptyState glyph=Glyph::Building title=tr!(inventory.none)/> }.into_any();
    view! {
        <PageHeader title=item.shown_name().to_owned() back detail=item.code.clone() actions=Some(file)/>
        {item_tabs(item.id, ItemTab::Card)}
        <DataTable caption=tr!(inventory.bin_card) columns rows url paging=Some(paging) empty=Some(empty) stacked=true/>
    }
    .into_any()
}
