//! `/stock/items/{id}/packs`: the article numbers of an item's packs, and the levels at which it is ordered.

use leptos::prelude::*;

use super::parts::{ItemTab, StockItemQuery, item_tabs, toast};
use crate::{
    core::{Error, Permission, Result, StockItemId, StoreroomId},
    inventory::{
        RoomKind,
        codes::{self, ItemCode},
        goods::{self, StockItem},
        rooms::{self, Storeroom},
        usage::{self, ItemNeed},
    },
    server::{Ctx, Page, Path, Query},
    tr,
    ui::{
        Button, ButtonTone, Choice, Column, DataTable, Dialog, EmptyState, Form, Glyph, NumberField, PageHeader, PostButton, Row,
        SelectField, TextField,
    },
};

struct Packs {
    item: StockItem,
    codes: Vec<ItemCode>,
    need: ItemNeed,
    rooms: Vec<Storeroom>,
    /// Storeroom, low and high mark.
    levels: Vec<(StoreroomId, i64, i64)>,
    manages: bool,
}

/// Shows the numbers and levels.
///
/// # Errors
/// Not allowed, an unknown item, or when the database refuses.
pub async fn packs_page(Path(id): Path<StockItemId>, Query(query): Query<StockItemQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ReadStock).await?;
    let item = goods::item(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    let clinic = ctx.clinic.id;
    let packs = Packs {
        codes: codes::of_item(&mut ctx.tx, id).await?,
        need: usage::supplied_by(&mut ctx.tx, id).await?.map_or(ItemNeed::Essential, |(_, need)| need),
        rooms: rooms::rooms(&mut ctx.tx, clinic).await?,
        levels: goods::marks_of(&mut ctx.tx, id).await?,
        manages: ctx.who.may_at(Permission::ManageStock, clinic),
        item,
    };
    Ok(Page::new(packs.item.shown_name().to_owned(), move || view(&packs, &query.done)))
}

fn view(packs: &Packs, done: &str) -> AnyView {
    let item = &packs.item;
    let back = ("/stock/items".to_owned(), tr!(inventory.items).to_owned());
    view! {
        {toast(done)}
        <PageHeader title=item.shown_name().to_owned() back detail=item.code.clone()/>
        {item_tabs(item.id, ItemTab::Packs)}
        <div class="stack">
            <h2>{tr!(inventory.gtins)}</h2>
            {numbers(packs)}
            {packs.manages.then(|| add_number(item))}
            <h2>{tr!(inventory.levels)}</h2>
            {packs.manages.then(|| need_form(packs))}
            {levels(packs)}
        </div>
    }
    .into_any()
}

fn numbers(packs: &Packs) -> AnyView {
    let rows = packs
        .codes
        .iter()
        .map(|code| {
            let hidden = vec![("stock_item_id", packs.item.id.to_string()), ("gtin", code.gtin.clone())];
            let remove = packs.manages.then(|| {
                view! { <PostButton action="/api/stock/remove_code" label=tr!(inventory.remove) about=code.gtin.clone() hidden tone=ButtonTone::Quiet/> }
            });
            Row::new(vec![
                view! { <span class="code">{code.gtin.clone()}</span> }.into_any(),
                packs.item.unit.count(code.units).into_any(),
                remove.into_any(),
            ])
        })
        .collect();
    let columns = vec![
        Column::new(tr!(inventory.gtin)),
        Column::new(tr!(inventory.in_pack)).numeric(),
        Column::new(tr!(inventory.acts)).label_hidden(),
    ];
    let empty = view! { <EmptyState glyph=Glyph::Search title=tr!(inventory.no_gtins) text=tr!(inventory.no_gtins_text)/> }.into_any();
    view! { <DataTable caption=tr!(inventory.gtins) columns rows empty=Some(empty) stacked=true/> }.into_any()
}

fn add_number(item: &StockItem) -> AnyView {
    let hidden = vec![("stock_item_id", item.id.to_string())];
    let (unit, units) = (item.unit.words(), item.pack_size.to_string());
    view! {
        <Form action="/api/stock/add_code" id="add-code" hidden>
            <TextField name="gtin" label=tr!(inventory.gtin) hint=tr!(inventory.gtin_hint) required=true maxlength=200 class="input--code" autocomplete="off"/>
            <NumberField name="units" label=tr!(inventory.in_pack) unit value=units required=true/>
            <div class="form__actions"><Button label=tr!(inventory.add_gtin)/></div>
        </Form>
    }
    .into_any()
}

fn need_form(packs: &Packs) -> AnyView {
    let hidden = vec![("stock_item_id", packs.item.id.to_string())];
    let choices: Vec<Choice> = ItemNeed::ALL.iter().map(|need| Choice::new(need.as_str(), need.words())).collect();
    let value = packs.need.as_str();
    view! {
        <Form action="/api/stock/set_need" id="need" hidden>
            <SelectField name="need" label=tr!(inventory.need) hint=tr!(inventory.need_hint) choices value/>
            <div class="form__actions"><Button label=tr!(ui.save)/></div>
        </Form>
    }
    .into_any()
}

fn levels(packs: &Packs) -> AnyView {
    let rows = packs
        .rooms
        .iter()
        .filter(|room| room.kind != RoomKind::Quarantine)
        .map(|room| {
            let (low, max) = packs.levels.iter().find(|(id, ..)| *id == room.id).map(|(_, low, max)| (*low, *max)).unwrap_or_default();
            let edit = packs.manages.then(|| {
                let hidden = vec![("stock_item_id", packs.item.id.to_string()), ("storeroom", room.id.to_string())];
                let (id, form_id) = (format!("levels-{}", room.id), format!("levels-form-{}", room.id));
                let unit = packs.item.unit.words();
                view! {
                    <Dialog id opens=tr!(inventory.set_levels) title=tr!(inventory.set_levels) tone=ButtonTone::Quiet>
                        <Form action="/api/stock/set_levels" id=form_id hidden>
                            <NumberField name="low_at" label=tr!(inventory.low_at) unit value=low.to_string()/>
                            <NumberField name="max_at" label=tr!(inventory.max_at) hint=tr!(inventory.max_hint) unit value=max.to_string()/>
                            <div class="form__actions"><Button label=tr!(ui.save) tone=ButtonTone::Primary/></div>
                        </Form>
                    </Dialog>
                }
            });
            Row::new(vec![
                view! { <strong>{room.name.clone()}</strong> }.into_any(),
                low.to_string().into_any(),
                max.to_string().into_any(),
                edit.into_any(),
            ])
        })
        .collect();
    let columns = vec![
        Column::new(tr!(inventory.room)),
        Column::new(tr!(inventory.low_at)).numeric(),
        Column::new(tr!(inventory.max_at)).numeric(),
        Column::new(tr!(inventory.set_levels)).label_hidden(),
    ];
    view! { <DataTable caption=tr!(inventory.levels) columns rows stacked=true/> }.into_any()
}
