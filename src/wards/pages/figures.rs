//! `/wards/figures`: occupancy, admissions, discharges and deaths of the wards over some days.

use std::collections::HashMap;

use chrono::{Days, NaiveDate};
use leptos::prelude::*;
use serde::Deserialize;

use crate::{
    core::{Permission, Result, WardId, time::show_date},
    server::{Ctx, Page, Query},
    tr,
    ui::{Button, Column, DataTable, DateField, EmptyState, Glyph, PageHeader, Row},
    wards::{
        figures::{WardPeriod, of_period},
        plan::{Ward, wards},
    },
};

/// Days that are shown at first, and at most.
const USUAL: u64 = 7;
const MOST: i64 = 366;
/// Days back to which the figures go.
const FARTHEST: i64 = 3_660;

/// The first and the last day.
#[derive(Debug, Deserialize)]
pub struct FiguresQuery {
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
}

/// Shows the figures. The last day is yesterday unless another is asked for: the days in bed of today are not charged yet.
///
/// # Errors
/// Not allowed, or when the database refuses.
pub async fn figures_page(Query(FiguresQuery { from, to }): Query<FiguresQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ViewWard).await?;
    let (clinic, zone, today) = (ctx.clinic.id, ctx.zone(), ctx.today());
    let last = to
        .parse::<NaiveDate>()
        .ok()
        .filter(|day| *day <= today && (today - *day).num_days() < FARTHEST)
        .unwrap_or_else(|| today.pred_opt().unwrap_or(today));
    let usual = last.checked_sub_days(Days::new(USUAL - 1)).unwrap_or(last);
    let first = from.parse::<NaiveDate>().ok().filter(|day| *day <= last && (last - *day).num_days() < MOST).unwrap_or(usual);
    let wards = wards(&mut ctx.tx, clinic).await?;
    let figures = of_period(&mut ctx.tx, clinic, zone, (first, last)).await?;
    Ok(Page::new(tr!(wards.figures), move || {
        let back = ("/wards".to_owned(), tr!(wards.title).to_owned());
        let detail = format!("{} – {}", show_date(first), show_date(last));
        let max = today.to_string();
        view! {
            <PageHeader title=tr!(wards.figures) back detail/>
            <form class="filter" method="get" action="/wards/figures" role="search" aria-label=tr!(wards.figures)>
                <DateField name="from" label=tr!(wards.from) value=first.to_string() max=max.clone()/>
                <DateField name="to" label=tr!(wards.to) value=last.to_string() max/>
                <Button label=tr!(wards.show)/>
            </form>
            {table(&wards, &figures, (last - first).num_days() + 1)}
            <p class="muted small">{tr!(wards.figures_hint)}</p>
        }
    }))
}

/// Shows tenths: `71.4`.
fn tenths(value: Option<i64>, unit: &str) -> String {
    value.map_or_else(|| "–".to_owned(), |value| format!("{}.{}{unit}", value / 10, value % 10))
}

fn table(wards: &[Ward], figures: &HashMap<WardId, WardPeriod>, days: i64) -> AnyView {
    let rows = wards
        .iter()
        .map(|ward| {
            let of = figures.get(&ward.id).copied().unwrap_or_default();
            let numbers = [of.beds, of.bed_days, of.trolley_days].map(|number| number.to_string());
            let others = [of.came, of.left, of.died].map(|number| number.to_string());
            let name = view! { <a href=format!("/wards/{}", ward.id)>{ward.name.clone()}</a> }.into_any();
            let cells = numbers.into_iter().chain([tenths(of.occupancy(days), " %")]).chain(others).chain([tenths(of.average_stay(), "")]);
            Row::new(std::iter::once(name).chain(cells.map(IntoAny::into_any)).collect())
        })
        .collect();
    let columns = vec![
        Column::new(tr!(wards.ward)),
        Column::new(tr!(wards.beds)).numeric(),
        Column::new(tr!(wards.days)).numeric(),
        Column::new(tr!(wards.trolley_days)).numeric(),
        Column::new(tr!(wards.occupancy)).numeric(),
        Column::new(tr!(wards.admissions)).numeric(),
        Column::new(tr!(wards.discharges)).numeric(),
        Column::new(tr!(wards.deaths)).numeric(),
        Column::new(tr!(wards.average_stay)).numeric(),
    ];
    let empty = view! { <EmptyState glyph=Glyph::Bed title=tr!(wards.no_wards) text=tr!(wards.no_wards_text)/> }.into_any();
    view! { <DataTable caption=tr!(wards.figures) columns rows empty=Some(empty) stacked=true/> }.into_any()
}
