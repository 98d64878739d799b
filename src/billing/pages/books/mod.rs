//! `/books`: the months of the ledger and its reports. Each report is a page whose numbers open their rows, a CSV file, and a workbook.

mod journal;
mod reports;

use axum::{
    http::header,
    response::{IntoResponse as _, Response},
};
use chrono::NaiveDate;
use leptos::prelude::*;
use serde::Deserialize;

pub use journal::{journal_page, unbilled_page};
pub use reports::{account_page, accounts_page, ageing_page, cash_book_page, day_book_page, revenue_page, trial_balance_page};

use crate::{
    billing::ledger::{
        Period, PeriodState, closes_books, periods,
        reports::{Cell, Report},
    },
    core::{
        Currency, Permission, Result,
        time::{parse_date, show_date, show_date_time},
        xlsx,
    },
    server::{Ctx, Page, Query},
    tr,
    ui::{
        ButtonTone, Column, DataTable, EmptyState, Glyph, LinkButton, ListUrl, NoticeBox, PageHeader, PostButton, PrintButton, Row,
        StatusBadge, Toast, Tone,
    },
};

/// The query of all reports.
#[derive(Debug, Default, Deserialize)]
pub struct ReportQuery {
    #[serde(default)]
    done: String,
    /// The day; of a report over several days the last one.
    #[serde(default)]
    day: String,
    #[serde(default)]
    from: String,
    #[serde(default)]
    by: String,
    #[serde(default)]
    kind: String,
    /// The row that is opened.
    #[serde(default)]
    key: Option<String>,
    #[serde(default)]
    after: i64,
    #[serde(default)]
    format: String,
}

impl ReportQuery {
    fn day(&self, today: NaiveDate) -> NaiveDate {
        parse_date("day", &self.day).unwrap_or(today)
    }
}

/// A report as it is shown: with its address, the fields of its filter, and what stands under its title.
struct Shown {
    report: Report,
    url: ListUrl,
    detail: String,
    filter: Option<AnyView>,
    next: Option<String>,
}

/// Returns a report as the file of a format; none when it is to be a page.
pub(super) fn file(report: &Report, format: &str, currency: Currency, name: &'static str) -> Result<Option<Response>> {
    let attached = |kind: &str, extension: &str| {
        [(header::CONTENT_TYPE, kind.to_owned()), (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}.{extension}\""))]
    };
    Ok(match format {
        "csv" => Some((attached("text/csv; charset=utf-8", "csv"), report.csv(currency)?).into_response()),
        "xlsx" => Some((attached(xlsx::MEDIA_TYPE, "xlsx"), report.xlsx(currency)?).into_response()),
        _ => None,
    })
}

impl Shown {
    /// Answers with the page, or with the file.
    fn answer(self, query: &ReportQuery, currency: Currency, name: &'static str) -> Result<Response> {
        if let Some(file) = file(&self.report, &query.format, currency, name)? {
            return Ok(file);
        }
        let title = self.report.title.clone();
        Ok(Page::new(title, move || self.view(currency)).into_response())
    }

    fn view(self, currency: Currency) -> AnyView {
        let export = |format: &'static str| self.url.clone().with("format", format).href();
        let (csv, xlsx) = (export("csv"), export("xlsx"));
        let cut = self
            .report
            .cut()
            .map(|warning| view! { <NoticeBox tone=Tone::Warning title=tr!(ledger.cut_title)><p>{warning}</p></NoticeBox> });
        let Report { title, columns, rows, total, .. } = self.report;
        let is_number = |place: usize| {
            let cells = total.as_ref().or_else(|| rows.first().map(|row| &row.cells));
            cells.and_then(|cells| cells.get(place)).is_some_and(|cell| !matches!(cell, Cell::Text(_)))
        };
        let columns = columns
            .into_iter()
            .enumerate()
            .map(|(place, label)| if is_number(place) { Column::new(label).numeric() } else { Column::new(label) })
            .collect();
        let show = |cell: &Cell| match cell {
            Cell::Text(text) => text.clone().into_any(),
            Cell::Amount(amount) => currency.show(*amount).into_any(),
            Cell::Count(count) => count.to_string().into_any(),
        };
        let mut table: Vec<Row> = rows
            .iter()
            .map(|row| {
                let shown = Row::new(row.cells.iter().map(show).collect());
                match &row.href {
                    Some(href) => shown.href(href.clone()),
                    None => shown,
                }
            })
            .collect();
        if !rows.is_empty()
            && let Some(total) = &total
        {
            table.push(Row::new(total.iter().map(show).collect()).class("is-selected"));
        }
        let empty = view! { <EmptyState glyph=Glyph::Receipt title=tr!(ledger.nothing) text=tr!(ledger.nothing_text)/> }.into_any();
        let next = self.next.map(|href| view! { <LinkButton href label=tr!(ledger.next_page)/> });
        let actions = view! { <LinkButton href=csv label=tr!(ledger.as_csv)/><LinkButton href=xlsx label=tr!(ledger.as_xlsx)/><PrintButton at_once=false/> }.into_any();
        let back = ("/books".to_owned(), tr!(ledger.title).to_owned());
        let caption = title.clone();
        view! {
            <PageHeader title back detail=self.detail actions=Some(actions)/>
            <div class="stack">
                {self.filter}
                {cut}
                <DataTable caption columns rows=table empty=Some(empty)/>
                {next}
            </div>
        }
        .into_any()
    }
}

/// Shows the months and leads to the reports.
///
/// # Errors
/// When the user does not read the reports.
pub async fn books_page(Query(query): Query<ReportQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ReadReports).await?;
    let (zone, today) = (ctx.zone(), ctx.today());
    let closes = closes_books(&ctx.who);
    let months = periods(&mut ctx.tx).await?;
    Ok(Page::new(tr!(ledger.title), move || {
        let toast = (query.done == "saved").then(|| view! { <Toast text=tr!(ledger.saved)/> });
        let links = [
            ("/books/day", tr!(ledger.day_book)),
            ("/books/cash", tr!(ledger.cash_book)),
            ("/books/revenue", tr!(ledger.revenue)),
            ("/books/ageing", tr!(ledger.ageing)),
            ("/overdue", tr!(billing.overdue)),
            ("/books/trial-balance", tr!(ledger.trial_balance)),
            ("/books/journal", tr!(ledger.journal)),
            ("/books/unbilled", tr!(ledger.unbilled)),
            ("/books/accounts?kind=over_short", tr!(ledger.over_short)),
            ("/books/accounts?kind=write_off", tr!(ledger.write_offs)),
        ]
        .map(|(href, label)| view! { <LinkButton href label/> })
        .collect_view();
        let rows = months
            .iter()
            .map(|month| {
                let closed = month.closed_at.map(|at| show_date_time(zone.local(at))).unwrap_or_default();
                let closed = match (&month.closed_by, &month.asker) {
                    (_, Some(asker)) => tr!(ledger.reopen_asked, name = asker.clone()),
                    (Some(name), None) => format!("{closed}, {name}"),
                    (None, None) => String::new(),
                };
                let acts = closes.then(|| month_acts(month, today));
                Row::new(vec![
                    show_date(month.starts_on).into_any(),
                    month_badge(month.state),
                    closed.into_any(),
                    view! { {acts} }.into_any(),
                ])
            })
            .collect();
        let columns = vec![
            Column::new(tr!(ledger.month_from)),
            Column::new(tr!(billing.state)),
            Column::new(tr!(ledger.closed)),
            Column::new(tr!(billing.act)).label_hidden(),
        ];
        let empty = view! { <EmptyState glyph=Glyph::Receipt title=tr!(ledger.nothing) text=tr!(ledger.nothing_text)/> }.into_any();
        view! {
            {toast}
            <PageHeader title=tr!(ledger.title)/>
            <div class="stack">
                <div class="cluster">{links}</div>
                <section class="panel">
                    <div class="panel__head"><h2>{tr!(ledger.months)}</h2></div>
                    <DataTable caption=tr!(ledger.months) columns rows empty=Some(empty)/>
                </section>
            </div>
        }
    }))
}

fn month_badge(state: PeriodState) -> AnyView {
    let tone = match state {
        PeriodState::Open => Tone::Progress,
        PeriodState::Closing => Tone::Warning,
        PeriodState::Closed => Tone::Done,
    };
    view! { <StatusBadge tone label=state.word()/> }.into_any()
}

fn month_acts(month: &Period, today: NaiveDate) -> AnyView {
    let hidden = || vec![("month", month.starts_on.to_string())];
    let about = show_date(month.starts_on);
    match month.state {
        PeriodState::Open if today < month.ends_before() => ().into_any(),
        PeriodState::Open => {
            view! { <PostButton action="/api/books/begin_closing" label=tr!(ledger.begin_closing) about hidden=hidden()/> }.into_any()
        }
        PeriodState::Closing => {
            let other = about.clone();
            view! {
                <PostButton action="/api/books/close" label=tr!(ledger.close_month) about hidden=hidden() tone=ButtonTone::Primary/>
                <PostButton action="/api/books/resume" label=tr!(ledger.resume) about=other hidden=hidden()/>
            }
            .into_any()
        }
        PeriodState::Closed => view! { <PostButton action="/api/books/reopen" label=tr!(ledger.reopen) about hidden=hidden()/> }.into_any(),
    }
}
