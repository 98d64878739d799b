//! `/prices`: the price list for all readers; a user who may set prices can open an item from it.

mod import;
mod item;
mod package;
mod rules;
mod taxes;

use axum::{
    http::header,
    response::{IntoResponse as _, Response},
};
use leptos::prelude::*;
use serde::Deserialize;

use crate::{
    billing::prices::{self, PriceRow, price_list, sets_prices},
    core::{
        Currency, Money, Permission, Result,
        list::{self, PAGE_SIZE, Slice},
        time::show_date,
    },
    server::{Ctx, Page, Query},
    tr,
    ui::{
        ButtonTone, Column, DataTable, EmptyState, Glyph, LinkButton, ListUrl, PageHeader, Paging, Row, StatusBadge, TextField, Toast, Tone,
    },
};

pub use import::import_page;
pub use item::{item_page, new_item_page};
pub use rules::rules_page;
pub(super) use taxes::rate_words;
pub use taxes::tax_class_page;

/// The query: search, order and page.
#[derive(Debug, Deserialize)]
pub struct PriceListQuery {
    #[serde(default)]
    q: String,
    #[serde(default)]
    sort: String,
    #[serde(default)]
    page: Option<i64>,
    #[serde(default)]
    done: String,
}

/// Shows all prices at this clinic today.
///
/// # Errors
/// When the user may not read prices.
pub async fn prices_page(Query(which): Query<PriceListQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ReadPrices).await?;
    let (clinic, today) = (ctx.clinic.id, ctx.today());
    let mut prices = price_list(&mut ctx.tx, clinic, today).await?;
    let words = which.q.trim().to_lowercase();
    prices.retain(|price| price.name.to_lowercase().contains(&words) || price.code.to_lowercase().contains(&words));
    order(&mut prices, &which.sort);
    let total = i64::try_from(prices.len()).ok();
    let (page, offset) = list::offset(which.page);
    let (skip, take) = (usize::try_from(offset).unwrap_or_default(), usize::try_from(PAGE_SIZE + 1).unwrap_or_default());
    let slice = Slice::from_surplus(prices.into_iter().skip(skip).take(take).collect(), page);
    let currency = ctx.state().hospital().currency;
    let clinic = ctx.clinic.name.clone();
    let sets = sets_prices(&ctx.who);
    Ok(Page::new(tr!(billing.prices), move || list_view((slice, total), which, page, sets, currency, clinic)))
}

/// The act that was just done, in words.
fn done_words(done: &str) -> Option<&'static str> {
    match done {
        "saved" => Some(tr!(billing.price_saved)),
        "retired" => Some(tr!(billing.item_was_retired)),
        "back" => Some(tr!(billing.item_is_back)),
        "imported" => Some(tr!(billing.prices_imported)),
        _ => None,
    }
}

fn list_view(
    (slice, total): (Slice<PriceRow>, Option<i64>),
    which: PriceListQuery,
    page: i64,
    sets: bool,
    currency: Currency,
    clinic: String,
) -> impl IntoView {
    let paging = Paging { total, ..Paging::of(&slice) };
    let rows = slice.rows.into_iter().map(|price| row(price, sets, currency)).collect();
    let columns = vec![
        Column::new(tr!(billing.service)).sorted_by("name"),
        Column::new(tr!(billing.code)).sorted_by("code"),
        Column::new(tr!(billing.kind)).sorted_by("kind").secondary(),
        Column::new(tr!(billing.valid)).secondary(),
        Column::new(tr!(billing.applies)).secondary(),
        Column::new(tr!(billing.price)).sorted_by("price").numeric(),
    ];
    let url = ListUrl::new("/prices").with("q", which.q.clone()).with("sort", which.sort).with("page", page);
    let filter = view! { <TextField kind="search" name="q" label=tr!(billing.find_price) value=which.q/> }.into_any();
    let empty = view! { <EmptyState glyph=Glyph::Money title=tr!(billing.no_prices) text=tr!(billing.no_prices_text)/> }.into_any();
    let set = sets.then(|| {
        view! {
            <LinkButton href="/prices/new" label=tr!(billing.new_item) tone=ButtonTone::Primary glyph=Glyph::Plus/>
            <LinkButton href="/prices/import" label=tr!(billing.import_prices)/>
            <LinkButton href="/prices/rules" label=tr!(billing.price_rules)/>
        }
    });
    let actions = view! { {set}<LinkButton href="/prices/export" label=tr!(billing.export_prices) glyph=Glyph::Download/> }.into_any();
    view! {
        {done_words(&which.done).map(|text| view! { <Toast text/> })}
        <PageHeader title=tr!(billing.prices) detail=clinic actions=Some(actions)/>
        <DataTable caption=tr!(billing.prices) columns rows url paging=Some(paging) empty=Some(empty) filter=Some(filter)/>
    }
}

fn row(price: PriceRow, sets: bool, currency: Currency) -> Row {
    let valid = match (price.valid_from, price.valid_to) {
        (_, Some(to)) => tr!(billing.valid_until, day = show_date(to)),
        (Some(from), None) => tr!(billing.valid_since, day = show_date(from)),
        (None, None) => String::new(),
    };
    let applies = match (price.amount, price.own) {
        (None, _) => "",
        (Some(_), true) => tr!(billing.this_clinic),
        (Some(_), false) => tr!(billing.all_clinics),
    };
    let amount = match price.amount {
        Some(amount) => amount_words(amount, price.per.unwrap_or(1), &price.unit, currency).into_any(),
        None => view! { <StatusBadge tone=Tone::Warning label=tr!(billing.no_price)/> }.into_any(),
    };
    let row = Row::new(vec![
        price.name.into_any(),
        price.code.into_any(),
        price.kind.word().into_any(),
        valid.into_any(),
        applies.into_any(),
        amount,
    ]);
    if sets { row.href(format!("/prices/{}", price.item_id)) } else { row }
}

/// Returns an amount with its quantity: "$37.55 per 100 tablets".
pub(super) fn amount_words(amount: Money, per: i64, unit: &str, currency: Currency) -> String {
    match (per, unit) {
        (1, "") => currency.show(amount),
        (1, unit) => tr!(billing.amount_per_unit, amount = currency.show(amount), unit = unit.to_owned()),
        (per, unit) => tr!(billing.amount_per, amount = currency.show(amount), per = per, unit = unit.to_owned()).trim_end().to_owned(),
    }
}

/// Downloads the price list as a file.
///
/// # Errors
/// When the user may not read prices.
pub async fn export_file() -> Result<Response> {
    let mut ctx = Ctx::read(Permission::ReadPrices).await?;
    let text = prices::export(&mut ctx).await?;
    let headers = [(header::CONTENT_TYPE, "text/csv; charset=utf-8"), (header::CONTENT_DISPOSITION, "attachment; filename=\"prices.csv\"")];
    Ok((headers, text).into_response())
}

fn order(prices: &mut [PriceRow], sort: &str) {
    let (key, descending) = sort.strip_prefix('-').map_or((sort, false), |key| (key, true));
    match key {
        "name" => prices.sort_by(|one, other| one.name.cmp(&other.name)),
        "code" => prices.sort_by(|one, other| one.code.cmp(&other.code)),
        "price" => prices.sort_by_key(|price| price.amount),
        // The list is already sorted: by kind, then name.
        _ => {}
    }
    if descending {
        prices.reverse();
    }
}
