//! The journal of the ledger, and the work that no invoice has.

use axum::{
    http::header,
    response::{IntoResponse as _, Response},
};
use chrono::Datelike as _;
use leptos::prelude::*;

use super::{
    ReportQuery, Shown,
    reports::{days_filter, names, page_of, reading, texts},
};
use crate::{
    billing::ledger::{
        journal::{self, beancount},
        reports::{Cell, MOST, Report, ReportRow},
    },
    core::{
        Error, Money, Result,
        time::{parse_date, show_date},
    },
    server::Query,
    tr,
    ui::ListUrl,
};

/// Every transfer of some days; also as a file for Beancount.
///
/// # Errors
/// When the user does not read the reports; [`Error::Invalid`] when the days have more transfers than one file takes.
pub async fn journal_page(Query(query): Query<ReportQuery>) -> Result<Response> {
    let mut ctx = reading().await?;
    let (day, clinic, currency) = (query.day(ctx.today()), ctx.clinic.clone(), ctx.state().hospital().currency);
    let from = parse_date("from", &query.from).unwrap_or_else(|_| day.with_day(1).unwrap_or(day));
    let most = if query.format == "beancount" { journal::MOST } else { MOST };
    let lines = journal::journal(&mut ctx.tx, clinic.id, (from, day), most + 1).await?;
    let is_cut = i64::try_from(lines.len()).is_ok_and(|count| count > most);
    if query.format == "beancount" {
        // Half a journal would balance, and be wrong.
        if is_cut {
            return Err(Error::invalid("from", tr!(ledger.journal_too_long, most = most)));
        }
        let headers = [
            (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
            (header::CONTENT_DISPOSITION, "attachment; filename=\"journal.beancount\""),
        ];
        return Ok((headers, beancount(&lines, currency)).into_response());
    }
    let rows = lines.into_iter().take(usize::try_from(most).unwrap_or_default()).map(|line| ReportRow {
        cells: vec![
            Cell::Text(show_date(line.day)),
            Cell::Text(format!("{} {}", line.kind.word(), line.number)),
            Cell::Text(format!("{} {}", line.debit_kind.word(), line.debit_id)),
            Cell::Text(format!("{} {}", line.credit_kind.word(), line.credit_id)),
            Cell::Text(line.posted_by),
            Cell::Amount(line.amount),
        ],
        href: Some(page_of(line.kind, line.opens)),
    });
    let report = Report {
        title: tr!(ledger.journal).to_owned(),
        columns: texts(&[
            tr!(billing.date),
            tr!(ledger.document),
            tr!(ledger.debit),
            tr!(ledger.credit),
            tr!(ledger.posted_by),
            tr!(till.amount),
        ]),
        rows: rows.collect(),
        total: None,
        whole: false,
    };
    let url = ListUrl::new("/books/journal").with("from", from).with("day", day);
    let file = url.clone().with("format", "beancount").href();
    let days = days_filter("/books/journal", Some(from), day, Vec::new());
    let filter = Some(view! { {days}<p class="no-print"><a href=file>{tr!(ledger.as_beancount)}</a></p> }.into_any());
    let detail = tr!(ledger.revenue_of, clinic = clinic.name, from = show_date(from), to = show_date(day));
    Shown { report, url, detail, filter, next: None }.answer(&query, currency, "journal")
}

/// The charges that no invoice has, by patient.
///
/// # Errors
/// When the user does not read the reports.
pub async fn unbilled_page(Query(query): Query<ReportQuery>) -> Result<Response> {
    let mut ctx = reading().await?;
    let (clinic, currency) = (ctx.clinic.clone(), ctx.state().hospital().currency);
    let lines = journal::unbilled(&mut ctx.tx, clinic.id, MOST).await?;
    let names = names(&mut ctx, lines.iter().map(|line| line.patient_id).collect()).await?;
    let total = vec![
        Cell::Text(tr!(billing.total).to_owned()),
        Cell::Text(String::new()),
        Cell::Count(lines.iter().map(|line| line.charges).sum()),
        Cell::Amount(lines.iter().map(|line| line.net).sum::<Money>()),
    ];
    let rows = lines.into_iter().filter_map(|line| {
        // A patient who is not in the care of the clinic any more has no page here.
        let name = names.get(&line.patient_id)?.clone();
        Some(ReportRow {
            cells: vec![Cell::Text(name), Cell::Text(show_date(line.since)), Cell::Count(line.charges), Cell::Amount(line.net)],
            href: Some(format!("/patients/{}/account", line.patient_id)),
        })
    });
    let report = Report {
        title: tr!(ledger.unbilled).to_owned(),
        columns: texts(&[tr!(ledger.patients), tr!(ledger.unbilled_since), tr!(billing.lines), tr!(ledger.net)]),
        rows: rows.collect(),
        total: Some(total),
        whole: false,
    };
    let url = ListUrl::new("/books/unbilled");
    Shown { report, url, detail: clinic.name, filter: None, next: None }.answer(&query, currency, "unbilled")
}
