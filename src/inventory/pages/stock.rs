//! `/stock`: the stock of the clinic by item and storeroom, with search and pages.

use chrono::NaiveDate;
use leptos::prelude::*;
use serde::Deserialize;

use super::parts::{expiry, quantity_words, shown_name, tabs, toast, value_words};
use crate::{
    core::{
        Currency, Permission, Result, StoreroomId,
        list::{Slice, offset},
    },
    inventory::{
        ledger::{self, StockRow},
        rooms::{self, Storeroom},
    },
    server::{Ctx, Page, Part, Query},
    tr,
    ui::{
        ButtonTone, Choice, Column, DataTable, EmptyState, Glyph, LinkButton, ListUrl, Live, NoticeBox, PageHeader, Paging, Row,
        SelectField, StatusBadge, TextField, Tone,
    },
};

/// The filter, which stands in the address.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct StockQuery {
    q: String,
    room: String,
    /// `yes`: only items that are low.
    low: String,
    page: Option<i64>,
    done: String,
}

struct Stock {
    rows: Slice<StockRow>,
    rooms: Vec<Storeroom>,
    low: i64,
    today: NaiveDate,
    currency: Currency,
    manages: bool,
}

impl Stock {
    async fn read(ctx: &mut Ctx, query: &StockQuery) -> Result<Self> {
        let (clinic, today) = (ctx.clinic.id, ctx.today());
        let (page, skip) = offset(query.page);
        let room = query.room.parse::<StoreroomId>().ok();
        let rows = ledger::stock_list(&mut ctx.tx, clinic, room, &query.q, (query.low == "yes", today), skip).await?;
        let low = ledger::low_count(&mut ctx.tx, clinic, today).await?;
        let rooms = rooms::rooms(&mut ctx.tx, clinic).await?;
        let currency = ctx.state().hospital().currency;
        let manages = ctx.who.may_at(Permission::ManageStock, clinic);
        Ok(Self { rows: Slice::from_surplus(rows, page), rooms, low, today, currency, manages })
    }
}

impl StockQuery {
    fn at(&self, path: &str) -> ListUrl {
        ListUrl::new(path).with("q", self.q.clone()).with("room", self.room.clone()).with("low", self.low.clone())
    }
}

/// Shows the stock.
///
/// # Errors
/// Not allowed, or when the database refuses.
pub async fn stock_page(Query(query): Query<StockQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ReadStock).await?;
    let stock = Stock::read(&mut ctx, &query).await?;
    Ok(Page::new(tr!(inventory.title), move || view(&stock, &query)))
}

/// Serves the list alone.
///
/// # Errors
/// Not allowed, or when the database refuses.
pub async fn stock_part(Query(query): Query<StockQuery>) -> Result<Part> {
    let mut ctx = Ctx::read(Permission::ReadStock).await?;
    let stock = Stock::read(&mut ctx, &query).await?;
    Ok(Part::new(move || list(&stock, &query)))
}

fn view(stock: &Stock, query: &StockQuery) -> AnyView {
    let actions = stock.manages.then(|| {
        view! {
            <LinkButton href="/stock/opening" label=tr!(inventory.opening_title)/>
            <LinkButton href="/stock/items" label=tr!(inventory.receive) tone=ButtonTone::Primary glyph=Glyph::Plus/>
        }
    });
    let file = view! { <LinkButton href="/stock/export" label=tr!(inventory.as_workbook) glyph=Glyph::Download/> };
    let actions = view! { {file}{actions} }.into_any();
    let low = (stock.low > 0 && query.low.is_empty()).then(|| {
        let href = query.at("/stock").with("low", "yes").href();
        let words = tr!(inventory.are_low, count = stock.low);
        view! { <NoticeBox tone=Tone::Warning><p><a href=href>{words}</a></p></NoticeBox> }
    });
    let from = query.at("/stock/live").with("page", query.page.map(|page| page.to_string()).unwrap_or_default()).href();
    let rows = list(stock, query);
    view! {
        {toast(&query.done)}
        <PageHeader title=tr!(inventory.title) detail=tr!(inventory.purpose) actions=Some(actions)/>
        {tabs("/stock")}
        {low}
        <Live topics="stock" from>{rows}</Live>
    }
    .into_any()
}

fn list(stock: &Stock, query: &StockQuery) -> AnyView {
    let rows = stock.rows.rows.iter().map(|row| line(stock, row)).collect();
    let columns = vec![
        Column::new(tr!(inventory.item)),
        Column::new(tr!(inventory.room)),
        Column::new(tr!(inventory.quantity)).numeric(),
        Column::new(tr!(inventory.first_expiry)),
        Column::new(tr!(inventory.value)).numeric().secondary(),
    ];
    let rooms: Vec<Choice> = stock.rooms.iter().map(|room| Choice::new(room.id.to_string(), room.name.clone())).collect();
    let lows = vec![Choice::new("yes", tr!(inventory.only_low))];
    let filter = view! {
        <TextField kind="search" name="q" label=tr!(inventory.find) value=query.q.clone() maxlength=100/>
        <SelectField name="room" label=tr!(inventory.room) choices=rooms value=query.room.clone() prompt=tr!(inventory.all_rooms)/>
        <SelectField name="low" label=tr!(inventory.level) choices=lows value=query.low.clone() prompt=tr!(inventory.every_level)/>
    }
    .into_any();
    let empty = view! { <EmptyState glyph=Glyph::Building title=tr!(inventory.none) text=tr!(inventory.none_text)/> }.into_any();
    let paging = Paging::of(&stock.rows);
    view! {
        <DataTable caption=tr!(inventory.title) columns rows url=query.at("/stock") paging=Some(paging) empty=Some(empty) filter=Some(filter) stacked=true/>
    }
    .into_any()
}

fn line(stock: &Stock, row: &StockRow) -> Row {
    let is_low = row.low_at > 0 && row.usable <= row.low_at;
    let usable = (row.usable < row.quantity).then(|| {
        let words = tr!(inventory.of_it_usable, count = row.usable);
        view! { <br/><span class="muted small">{words}</span> }
    });
    let low = is_low.then(|| view! { " "<StatusBadge tone=Tone::Warning label=tr!(inventory.low)/> });
    let name = shown_name(&row.name, &row.name_es).to_owned();
    let first = (row.quantity > 0).then(|| expiry(row.first_expiry, stock.today));
    Row::new(vec![
        view! { <strong>{name}</strong><br/><span class="muted small">{row.code.clone()}</span> }.into_any(),
        row.store_name.clone().into_any(),
        view! { {quantity_words(row.quantity, row.unit)}{low}{usable} }.into_any(),
        first.into_any(),
        value_words(row.value, &stock.currency).into_any(),
    ])
    .href(format!("/stock/items/{}", row.item_id))
    .key(format!("{}-{}", row.item_id, row.store_id))
}
