//! `/lab/turnaround`: how long results took, by test and priority; the same as a file.

use axum::{
    http::header,
    response::{IntoResponse, Response},
};
use chrono::{Duration, NaiveDate};
use leptos::prelude::*;
use serde::Deserialize;

use super::parts::priority_badge;
use crate::{
    core::{Permission, Result, time::parse_date, time::show_minutes},
    lab::turnaround::{self, MOST, MOST_DAYS, Measure, Spread, Turnaround},
    server::{Ctx, Page, Query},
    tr,
    ui::{Column, DataTable, DateField, EmptyState, Glyph, LinkButton, ListUrl, NoticeBox, PageHeader, Row, StatusBadge, TextField, Tone},
};

/// Days that are shown unless others are chosen.
const DAYS: i64 = 7;

/// The range and the text sought, which stand in the address.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct TurnaroundQuery {
    from: String,
    to: String,
    q: String,
}

impl TurnaroundQuery {
    /// The days of the range; a day that cannot be read is the usual one.
    fn days(&self, today: NaiveDate) -> (NaiveDate, NaiveDate) {
        let read = |field: &str, text: &str| parse_date(field, text).ok();
        let to = read("to", &self.to).unwrap_or(today);
        let from = read("from", &self.from).unwrap_or(to - Duration::days(DAYS - 1));
        let (from, to) = (from.min(to), from.max(to));
        (from.max(to - Duration::days(MOST_DAYS - 1)), to)
    }
}

/// Shows the turnaround.
///
/// # Errors
/// Not allowed, or when the database refuses.
pub async fn turnaround_page(Query(query): Query<TurnaroundQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::WorkLab).await?;
    let days = query.days(ctx.today());
    let measure = turnaround::measure(&mut ctx, days, &query.q).await?;
    Ok(Page::new(tr!(lab.turnaround), move || view(&measure, days, &query.q)))
}

/// Downloads the rows as a file.
///
/// # Errors
/// Not allowed, or when the database refuses.
pub async fn export_file(Query(query): Query<TurnaroundQuery>) -> Result<Response> {
    let mut ctx = Ctx::read(Permission::WorkLab).await?;
    let days = query.days(ctx.today());
    ctx.saw_file("lab_turnaround_file").await?;
    let measure = turnaround::measure(&mut ctx, days, &query.q).await?;
    let headers =
        [(header::CONTENT_TYPE, "text/csv; charset=utf-8"), (header::CONTENT_DISPOSITION, "attachment; filename=\"turnaround.csv\"")];
    Ok((headers, turnaround::file(&measure)?).into_response())
}

fn view(measure: &Measure, (from, to): (NaiveDate, NaiveDate), text: &str) -> AnyView {
    let at = |path: &str| ListUrl::new(path).with("from", from.to_string()).with("to", to.to_string()).with("q", text.to_owned());
    let file = view! { <LinkButton href=at("/lab/turnaround/export").href() label=tr!(lab.export) glyph=Glyph::Download/> };
    let columns = vec![
        Column::new(tr!(lab.test)),
        Column::new(tr!(lab.priority)),
        Column::new(tr!(lab.turnaround_count)).numeric(),
        Column::new(tr!(lab.from_order)).numeric(),
        Column::new(tr!(lab.from_collection)).numeric(),
        Column::new(tr!(lab.from_receipt)).numeric(),
        Column::new(tr!(lab.turnaround_target)).numeric(),
        Column::new(tr!(lab.in_target)).numeric(),
    ];
    let fields = view! {
        <DateField name="from" label=tr!(lab.turnaround_from) value=from.to_string()/>
        <DateField name="to" label=tr!(lab.turnaround_to) value=to.to_string()/>
        <TextField kind="search" name="q" label=tr!(lab.test) value=text.to_owned() maxlength=80/>
    }
    .into_any();
    let cut = measure.is_cut.then(|| view! { <NoticeBox tone=Tone::Warning><p>{tr!(lab.turnaround_cut, most = MOST)}</p></NoticeBox> });
    let empty = view! { <EmptyState glyph=Glyph::Clock title=tr!(lab.turnaround_none) text=tr!(lab.turnaround_none_text)/> }.into_any();
    let rows = measure.rows.iter().map(row).collect();
    view! {
        <PageHeader title=tr!(lab.turnaround) detail=tr!(lab.turnaround_text) actions=Some(file.into_any())/>
        {cut}
        <DataTable caption=tr!(lab.turnaround) columns rows url=at("/lab/turnaround") empty=Some(empty) filter=Some(fields) stacked=true/>
    }
    .into_any()
}

fn row(one: &Turnaround) -> Row {
    let spread = |spread: Option<Spread>| match spread {
        Some(Spread { median, p90 }) => format!("{} / {}", show_minutes(median), show_minutes(p90)).into_any(),
        None => "–".into_any(),
    };
    let priority = match one.priority.tone() {
        Some(_) => priority_badge(one.priority),
        None => one.priority.words().into_any(),
    };
    let (share, tone) = (format!("{} %", one.percent()), if one.percent() < 90 { Tone::Warning } else { Tone::Done });
    Row::new(vec![
        format!("{} ({})", one.test, one.code).into_any(),
        priority,
        one.count.to_string().into_any(),
        spread(one.ordered),
        spread(one.collected),
        spread(one.received),
        show_minutes(one.target).into_any(),
        view! { <StatusBadge tone label=share/> }.into_any(),
    ])
}
