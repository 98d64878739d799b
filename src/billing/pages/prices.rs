//! `/prices`: the price list, to look things up.

use leptos::prelude::*;
use serde::Deserialize;

use crate::{
    billing::{PriceRow, price_list},
    core::{
        Permission, Result,
        list::{self, PAGE_SIZE, Slice},
        time::show_date,
    },
    server::{Ctx, Page, Query},
    tr,
    ui::{Column, DataTable, EmptyState, Glyph, ListUrl, PageHeader, Paging, Row, TextField},
};

/// Search, order and page.
#[derive(Debug, Deserialize)]
pub struct Which {
    #[serde(default)]
    q: String,
    #[serde(default)]
    sort: String,
    #[serde(default)]
    page: Option<i64>,
}

/// What everything costs at this clinic today.
///
/// # Errors
/// When the user may not read prices.
pub async fn prices_page(Query(which): Query<Which>) -> Result<Page> {
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
    Ok(Page::new(tr!(billing.prices), move || {
        let paging = Paging { total, ..Paging::of(&slice) };
        let rows = slice
            .rows
            .into_iter()
            .map(|price| {
                let valid = match price.valid_to {
                    Some(to) => tr!(billing.valid_until, day = show_date(to)),
                    None => tr!(billing.valid_since, day = show_date(price.valid_from)),
                };
                Row::new(vec![
                    price.name.into_any(),
                    price.code.into_any(),
                    kind_word(&price.kind).into_any(),
                    valid.into_any(),
                    (if price.own { tr!(billing.this_clinic) } else { tr!(billing.all_clinics) }).into_any(),
                    currency.show(price.amount).into_any(),
                ])
            })
            .collect();
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
        view! {
            <PageHeader title=tr!(billing.prices) detail=clinic/>
            <DataTable caption=tr!(billing.prices) columns rows url paging=Some(paging) empty=Some(empty) filter=Some(filter)/>
        }
    }))
}

fn order(prices: &mut [PriceRow], sort: &str) {
    let (key, descending) = sort.strip_prefix('-').map_or((sort, false), |key| (key, true));
    match key {
        "name" => prices.sort_by(|one, other| one.name.cmp(&other.name)),
        "code" => prices.sort_by(|one, other| one.code.cmp(&other.code)),
        "price" => prices.sort_by_key(|price| price.amount),
        // As the list comes: by kind, then name.
        _ => {}
    }
    if descending {
        prices.reverse();
    }
}

fn kind_word(kind: &str) -> &'static str {
    match kind {
        "consultation" => tr!(billing.kind_consultation),
        "procedure" => tr!(billing.kind_procedure),
        "test" => tr!(billing.kind_test),
        "drug" => tr!(billing.kind_drug),
        "bed_day" => tr!(billing.kind_bed_day),
        _ => tr!(billing.kind_other),
    }
}
