//! `/stock/usage`: the consumption of a storeroom's items, how long the stock lasts, and what will expire before it is used.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};
use leptos::prelude::*;
use serde::Deserialize;

use super::parts::{quantity_words, shown_name, tabs, value_words};
use crate::{
    core::{
        Currency, Permission, Result, StockItemId, StoreroomId,
        list::{Slice, offset},
    },
    inventory::{
        RoomKind, consumption,
        rooms::{self, Storeroom},
        usage::{self, Consumption, ItemLevel, WINDOW, losses},
    },
    server::{Ctx, Page, Query},
    tr,
    ui::{Choice, Column, DataTable, EmptyState, Glyph, ListUrl, PageHeader, Paging, Row, SelectField, StatusBadge, Tone},
};

/// The storeroom and the page of the list.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct UsageQuery {
    room: String,
    page: Option<i64>,
}

struct Usage {
    rooms: Vec<Storeroom>,
    room: Option<StoreroomId>,
    rows: Slice<ItemLevel>,
    used: Consumption,
    usable: BTreeMap<StockItemId, i64>,
    batches: Vec<(StockItemId, NaiveDate, i64)>,
    /// Department, cost centre and value of what was used up at the clinic.
    costs: Vec<(String, String, i64)>,
    /// Expiry date and value of the clinic's batches.
    expiring: Vec<(NaiveDate, i64)>,
    today: NaiveDate,
    currency: Currency,
}

/// Shows the consumption.
///
/// # Errors
/// Not allowed, or when the database refuses.
pub async fn usage_page(Query(query): Query<UsageQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ReadStock).await?;
    let (clinic, today) = (ctx.clinic.id, ctx.today());
    let (page, skip) = offset(query.page);
    let rooms: Vec<Storeroom> =
        rooms::rooms(&mut ctx.tx, clinic).await?.into_iter().filter(|room| room.kind != RoomKind::Quarantine).collect();
    let chosen = query.room.parse::<StoreroomId>().ok();
    let room = rooms.iter().find(|room| chosen == Some(room.id)).or_else(|| rooms.first()).map(|room| room.id);
    let rows = match room {
        Some(room) => usage::usage_list(&mut ctx.tx, room, skip).await?,
        None => Vec::new(),
    };
    let rows = Slice::from_surplus(rows, page);
    let ids: Vec<StockItemId> = rows.rows.iter().map(|row| row.item_id).collect();
    let (mut used, mut usable, mut batches) = (Consumption::new(), BTreeMap::new(), Vec::new());
    if let Some(room) = room.filter(|_| !ids.is_empty()) {
        used = usage::consumption_of(&mut ctx.tx, room, &ids, today).await?;
        usable = usage::usable_of(&mut ctx.tx, room, &ids, today).await?;
        batches = usage::stock_of_items(&mut ctx.tx, room, &ids).await?;
    }
    let until = today.checked_add_days(Days::new(180)).unwrap_or(today);
    let expiring = usage::expiring_value(&mut ctx.tx, clinic, until).await?;
    let currency = ctx.state().hospital().currency;
    let ids: Vec<StoreroomId> = rooms.iter().map(|room| room.id).collect();
    let costs = consumption::cost_by_department(&mut ctx.tx, &ids, ctx.now - chrono::Duration::days(WINDOW)).await?;
    let usage = Usage { rooms, room, rows, used, usable, batches, costs, expiring, today, currency };
    Ok(Page::new(tr!(inventory.usage), move || view(&usage)))
}

fn view(usage: &Usage) -> AnyView {
    let rows = usage.rows.rows.iter().map(|level| row(usage, level)).collect();
    let columns = vec![
        Column::new(tr!(inventory.item)),
        Column::new(tr!(inventory.usable)).numeric(),
        Column::new(tr!(inventory.used_in_window)).numeric(),
        Column::new(tr!(inventory.per_day)).numeric(),
        Column::new(tr!(inventory.days_left)).numeric(),
        Column::new(tr!(inventory.will_expire)).numeric(),
    ];
    let room = usage.room.map(|room| room.to_string()).unwrap_or_default();
    let choices: Vec<Choice> = usage.rooms.iter().map(|room| Choice::new(room.id.to_string(), room.name.clone())).collect();
    let value = room.clone();
    let filter = view! { <SelectField name="room" label=tr!(inventory.room) choices value/> }.into_any();
    let empty = view! { <EmptyState glyph=Glyph::Chart title=tr!(inventory.none)/> }.into_any();
    let paging = Paging::of(&usage.rows);
    let url = ListUrl::new("/stock/usage").with("room", room);
    view! {
        <PageHeader title=tr!(inventory.usage) detail=tr!(inventory.usage_text, days = WINDOW)/>
        {tabs("/stock/usage")}
        {expiry_sums(usage)}
        {costs(usage)}
        <DataTable caption=tr!(inventory.usage) columns rows url paging=Some(paging) empty=Some(empty) filter=Some(filter) stacked=true/>
    }
    .into_any()
}

/// The value of what has expired, and of what expires within 30, 90 and 180 days.
fn expiry_sums(usage: &Usage) -> AnyView {
    let within = |days: i64| {
        let sum =
            usage.expiring.iter().filter(|(day, _)| (0..=days).contains(&(*day - usage.today).num_days())).map(|(_, value)| value).sum();
        value_words(sum, &usage.currency)
    };
    let expired: i64 = usage.expiring.iter().filter(|(day, _)| *day < usage.today).map(|(_, value)| value).sum();
    let rows = vec![Row::new(vec![
        value_words(expired, &usage.currency).into_any(),
        within(30).into_any(),
        within(90).into_any(),
        within(180).into_any(),
    ])];
    let columns = vec![
        Column::new(tr!(inventory.expired)).numeric(),
        Column::new(tr!(inventory.within_days, days = 30)).numeric(),
        Column::new(tr!(inventory.within_days, days = 90)).numeric(),
        Column::new(tr!(inventory.within_days, days = 180)).numeric(),
    ];
    view! { <DataTable caption=tr!(inventory.expiry_value) columns rows stacked=true/> }.into_any()
}

/// The value of what each department used up in the window, with its cost centre.
fn costs(usage: &Usage) -> AnyView {
    if usage.costs.is_empty() {
        return ().into_any();
    }
    let rows = usage
        .costs
        .iter()
        .map(|(department, centre, value)| {
            Row::new(vec![
                view! { <strong>{department.clone()}</strong> }.into_any(),
                centre.clone().into_any(),
                value_words(*value, &usage.currency).into_any(),
            ])
        })
        .collect();
    let columns =
        vec![Column::new(tr!(inventory.department)), Column::new(tr!(inventory.cost_centre)), Column::new(tr!(inventory.value)).numeric()];
    view! { <DataTable caption=tr!(inventory.by_cost_centre, days = WINDOW) columns rows stacked=true/> }.into_any()
}

/// `12.5` for thousandths.
fn tenths(thousandths: i64) -> String {
    let tenths = (thousandths + 50).div_euclid(100);
    format!("{}.{}", tenths.div_euclid(10), tenths.rem_euclid(10))
}

fn row(usage: &Usage, level: &ItemLevel) -> Row {
    let daily = usage.used.get(&level.item_id).map(Vec::as_slice).unwrap_or_default();
    let used: i64 = daily.iter().sum::<i64>().max(0);
    let days = i64::try_from(daily.len()).unwrap_or_default();
    let adu = if days > 0 { used.saturating_mul(1_000) / days } else { 0 };
    let usable = usage.usable.get(&level.item_id).copied().unwrap_or_default();
    let left = (adu > 0).then(|| usable.saturating_mul(1_000) / adu);
    let batches: Vec<(i64, i64)> = usage
        .batches
        .iter()
        .filter(|(item, ..)| *item == level.item_id)
        .map(|(_, day, units)| ((*day - usage.today).num_days(), *units))
        .collect();
    let lost: i64 = losses(&batches, adu).iter().sum();
    let is_dead = used == 0 && level.quantity > 0;
    let dead = is_dead.then(|| view! { " "<StatusBadge tone=Tone::Inactive label=tr!(inventory.slow)/> });
    let name = shown_name(&level.name, &level.name_es).to_owned();
    let lost_cell = if lost > 0 { quantity_words(lost, level.unit) } else { "–".to_owned() };
    Row::new(vec![
        view! { <strong>{name}</strong>{dead}<br/><span class="muted small">{level.code.clone()}</span> }.into_any(),
        quantity_words(usable, level.unit).into_any(),
        used.to_string().into_any(),
        tenths(adu).into_any(),
        left.map_or_else(|| "–".to_owned(), |days| days.to_string()).into_any(),
        lost_cell.into_any(),
    ])
    .href(format!("/stock/items/{}", level.item_id))
}
