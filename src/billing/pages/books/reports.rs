//! The pages of the reports.

use std::collections::HashMap;

use axum::response::Response;
use chrono::{Datelike as _, NaiveDate};
use leptos::prelude::*;
use uuid::Uuid;

use super::{ReportQuery, Shown};
use crate::{
    billing::ledger::{
        AccountKind, Posting,
        reports::{self, Cell, PAGE, Report, ReportRow, RevenueBy},
    },
    core::{
        Money, PatientId, Permission, Result,
        time::{parse_date, show_date, show_time},
    },
    patients,
    server::{Ctx, Path, Query},
    tr,
    ui::ListUrl,
};

pub(super) async fn reading() -> Result<Ctx> {
    Ctx::read(Permission::ReadReports).await
}

/// The page of a document.
pub(super) fn page_of(kind: Posting, opens: Uuid) -> String {
    match kind {
        Posting::Invoice | Posting::WriteOff => format!("/invoices/{opens}"),
        Posting::Payment => format!("/receipts/{opens}"),
        Posting::DepositUsed | Posting::Void | Posting::Refund | Posting::Bounce => format!("/payments/{opens}"),
        Posting::CreditNote => format!("/credit-notes/{opens}"),
        Posting::Float | Posting::CashMove | Posting::CashReceived | Posting::CashWithdrawn | Posting::ShiftClosed => {
            format!("/till/shifts/{opens}")
        }
    }
}

/// The form that asks for the days of a report.
pub(super) fn days_filter(path: &'static str, from: Option<NaiveDate>, day: NaiveDate, kept: Vec<(&'static str, String)>) -> AnyView {
    let field = |name: &'static str, label: &'static str, value: NaiveDate| {
        let id = format!("report-{name}");
        view! {
            <div class="field">
                <label class="field__label" for=id.clone()>{label}</label>
                <input class="input input--date" type="date" id=id name=name value=value.to_string()/>
            </div>
        }
    };
    let first = from.map(|from| field("from", tr!(ledger.from_day), from));
    let last = field("day", if from.is_some() { tr!(ledger.to_day) } else { tr!(billing.date) }, day);
    let kept = kept.into_iter().map(|(name, value)| view! { <input type="hidden" name=name value=value/> }).collect_view();
    view! {
        <form class="cluster no-print" method="get" action=path>
            {kept}
            {first}
            {last}
            <button class="button" type="submit">{tr!(ledger.show)}</button>
        </form>
    }
    .into_any()
}

pub(super) fn texts(labels: &[&str]) -> Vec<String> {
    labels.iter().map(|label| (*label).to_owned()).collect()
}

/// The trial balance up to a day.
///
/// # Errors
/// When the user does not read the reports.
pub async fn trial_balance_page(Query(query): Query<ReportQuery>) -> Result<Response> {
    let mut ctx = reading().await?;
    let (day, clinic, currency) = (query.day(ctx.today()), ctx.clinic.clone(), ctx.state().hospital().currency);
    let balances = reports::trial_balance(&mut ctx.tx, clinic.id, day).await?;
    let sums = |one: fn(&reports::Balance) -> Money| Cell::Amount(balances.iter().map(one).sum());
    let report = Report {
        title: tr!(ledger.trial_balance).to_owned(),
        columns: texts(&[tr!(ledger.account), tr!(ledger.debit), tr!(ledger.credit), tr!(ledger.balance)]),
        total: Some(vec![
            Cell::Text(tr!(billing.total).to_owned()),
            sums(|line| line.debit),
            sums(|line| line.credit),
            sums(|line| line.debit - line.credit),
        ]),
        rows: balances
            .iter()
            .map(|line| ReportRow {
                cells: vec![
                    Cell::Text(line.kind.word().to_owned()),
                    Cell::Amount(line.debit),
                    Cell::Amount(line.credit),
                    Cell::Amount(line.debit - line.credit),
                ],
                href: Some(ListUrl::new("/books/accounts").with("kind", line.kind).with("day", day).href()),
            })
            .collect(),
        whole: false,
    };
    let url = ListUrl::new("/books/trial-balance").with("day", day);
    let filter = Some(days_filter("/books/trial-balance", None, day, Vec::new()));
    Shown { report, url, detail: tr!(ledger.until, clinic = clinic.name, day = show_date(day)), filter, next: None }.answer(
        &query,
        currency,
        "trial-balance",
    )
}

/// Returns the names of patients, and records that they were seen on a list; of any day, so that they count as found.
pub(super) async fn names(ctx: &mut Ctx, ids: Vec<PatientId>) -> Result<HashMap<PatientId, String>> {
    let lines = patients::names(&mut ctx.tx, &ids).await?;
    ctx.saw_beyond(lines.keys().copied(), lines.keys().copied(), "accounts of the ledger").await?;
    Ok(lines.into_iter().map(|(id, line)| (id, line.name.listed())).collect())
}

/// The accounts of a kind.
///
/// # Errors
/// When the user does not read the reports.
pub async fn accounts_page(Query(query): Query<ReportQuery>) -> Result<Response> {
    let mut ctx = reading().await?;
    let kind: AccountKind = query.kind.parse().unwrap_or(AccountKind::Patient);
    let (day, clinic, currency) = (query.day(ctx.today()), ctx.clinic.clone(), ctx.state().hospital().currency);
    let mut accounts = reports::accounts(&mut ctx.tx, clinic.id, kind, day).await?;
    accounts.retain(|account| account.debit != Money::ZERO || account.credit != Money::ZERO);
    let ids = if kind.is_of_patient() { accounts.iter().map(|account| PatientId(account.owner_id)).collect() } else { Vec::new() };
    let names = names(&mut ctx, ids).await?;
    let rows = accounts
        .iter()
        .map(|account| {
            let name = names.get(&PatientId(account.owner_id)).unwrap_or(&account.owner);
            let name = if name.is_empty() { kind.word() } else { name.as_str() };
            ReportRow {
                cells: vec![
                    Cell::Text(name.to_owned()),
                    Cell::Amount(account.debit),
                    Cell::Amount(account.credit),
                    Cell::Amount(account.debit - account.credit),
                ],
                href: Some(format!("/books/accounts/{}", account.id)),
            }
        })
        .collect();
    let sum = |one: fn(&reports::AccountLine) -> Money| Cell::Amount(accounts.iter().map(one).sum());
    let report = Report {
        title: kind.word().to_owned(),
        columns: texts(&[tr!(ledger.account), tr!(ledger.debit), tr!(ledger.credit), tr!(ledger.balance)]),
        rows,
        total: Some(vec![
            Cell::Text(tr!(billing.total).to_owned()),
            sum(|line| line.debit),
            sum(|line| line.credit),
            sum(|line| line.debit - line.credit),
        ]),
        whole: false,
    };
    let url = ListUrl::new("/books/accounts").with("kind", kind).with("day", day);
    let filter = Some(days_filter("/books/accounts", None, day, vec![("kind", kind.to_string())]));
    Shown { report, url, detail: tr!(ledger.until, clinic = clinic.name, day = show_date(day)), filter, next: None }
        .answer(&query, currency, "accounts")
}

/// The statement of an account, by pages.
///
/// # Errors
/// [`crate::core::Error::NotFound`] when there is no such account, or its patient is not in the care of the reader's clinics.
pub async fn account_page(Path(id): Path<String>, Query(query): Query<ReportQuery>) -> Result<Response> {
    let mut ctx = reading().await?;
    let account = reports::account(&mut ctx.tx, id.parse().map_err(|_| crate::core::Error::NotFound)?).await?;
    let (clinic, currency) = (ctx.clinic.clone(), ctx.state().hospital().currency);
    let ids = if account.kind.is_of_patient() { vec![PatientId(account.owner_id)] } else { Vec::new() };
    ctx.reach(ids.iter().copied()).await?;
    let names = names(&mut ctx, ids).await?;
    let name = names.get(&PatientId(account.owner_id)).cloned().unwrap_or_else(|| account.owner.clone());
    // A page has some lines of the account, a file has all of them.
    let page = query.format.is_empty();
    let mut lines = if page {
        reports::statement(&mut ctx.tx, clinic.id, &account, (query.after, PAGE + 1)).await?
    } else {
        reports::whole_statement(&mut ctx.tx, clinic.id, &account).await?
    };
    let more = page && i64::try_from(lines.len()).is_ok_and(|count| count > PAGE);
    if more {
        lines.pop();
    }
    let path = format!("/books/accounts/{id}");
    let next = lines.last().filter(|_| more).map(|last| ListUrl::new(path.clone()).with("after", last.seq).href());
    let balanced = matches!(account.kind, AccountKind::Patient | AccountKind::Insurer);
    let mut columns = texts(&[tr!(billing.date), tr!(ledger.document), tr!(ledger.debit), tr!(ledger.credit)]);
    if balanced {
        columns.push(tr!(ledger.balance).to_owned());
    }
    let rows = lines
        .into_iter()
        .map(|line| {
            let mut cells = vec![
                Cell::Text(show_date(line.day)),
                Cell::Text(format!("{} {}", line.kind.word(), line.number)),
                Cell::Amount(line.debit),
                Cell::Amount(line.credit),
            ];
            if balanced {
                cells.push(Cell::Amount(line.balance));
            }
            ReportRow { cells, href: Some(page_of(line.kind, line.opens)) }
        })
        .collect();
    let title = if name.is_empty() { account.kind.word().to_owned() } else { format!("{}: {name}", account.kind.word()) };
    let report = Report { title, columns, rows, total: None, whole: true };
    let url = ListUrl::new(path).with("after", query.after);
    Shown { report, url, detail: clinic.name, filter: None, next }.answer(&query, currency, "account")
}

/// The documents of a day.
///
/// # Errors
/// When the user does not read the reports.
pub async fn day_book_page(Query(query): Query<ReportQuery>) -> Result<Response> {
    let mut ctx = reading().await?;
    let (day, clinic, currency, zone) = (query.day(ctx.today()), ctx.clinic.clone(), ctx.state().hospital().currency, ctx.zone());
    let lines = reports::day_book(&mut ctx.tx, clinic.id, day).await?;
    // Each means is counted apart; the sums stand under the title, on the page and on paper.
    let means = reports::by_means(&mut ctx.tx, clinic.id, day).await?;
    let means = means.into_iter().map(|(kind, sum)| {
        let word = if kind == AccountKind::Till { tr!(billing.cash) } else { kind.word() };
        format!("{word} {}", currency.show(sum))
    });
    let detail: Vec<_> = [format!("{}, {}", clinic.name, show_date(day))].into_iter().chain(means).collect();
    let rows = lines
        .into_iter()
        .map(|line| ReportRow {
            cells: vec![
                Cell::Text(show_time(zone.local(line.posted_at).time())),
                Cell::Text(format!("{} {}", line.kind.word(), line.number)),
                Cell::Text(line.posted_by),
                Cell::Amount(line.amount),
            ],
            href: Some(page_of(line.kind, line.opens)),
        })
        .collect();
    let report = Report {
        title: tr!(ledger.day_book).to_owned(),
        columns: texts(&[tr!(till.at), tr!(ledger.document), tr!(ledger.posted_by), tr!(till.amount)]),
        rows,
        total: None,
        whole: false,
    };
    let url = ListUrl::new("/books/day").with("day", day);
    let filter = Some(days_filter("/books/day", None, day, Vec::new()));
    Shown { report, url, detail: detail.join(" · "), filter, next: None }.answer(&query, currency, "day-book")
}

/// The cash of a day: what was there, what came and went, what is left.
///
/// # Errors
/// When the user does not read the reports.
pub async fn cash_book_page(Query(query): Query<ReportQuery>) -> Result<Response> {
    let mut ctx = reading().await?;
    let (day, clinic, currency, zone) = (query.day(ctx.today()), ctx.clinic.clone(), ctx.state().hospital().currency, ctx.zone());
    let (before, lines) = reports::cash_book(&mut ctx.tx, clinic.id, day).await?;
    let mut balance = before;
    let text = |text: &str| Cell::Text(text.to_owned());
    let mut rows = vec![ReportRow {
        cells: vec![
            text(""),
            text(tr!(ledger.opening)),
            text(""),
            Cell::Amount(Money::ZERO),
            Cell::Amount(Money::ZERO),
            Cell::Amount(before),
        ],
        href: None,
    }];
    let (mut all_in, mut all_out) = (Money::ZERO, Money::ZERO);
    for line in lines {
        let came = if line.debit_kind.is_cash() { line.amount } else { Money::ZERO };
        let went = if line.credit_kind.is_cash() { line.amount } else { Money::ZERO };
        balance = balance + came - went;
        (all_in, all_out) = (all_in + came, all_out + went);
        rows.push(ReportRow {
            cells: vec![
                Cell::Text(show_time(zone.local(line.posted_at).time())),
                Cell::Text(format!("{} {}", line.kind.word(), line.number)),
                Cell::Text(format!("{} → {}", line.credit_kind.word(), line.debit_kind.word())),
                Cell::Amount(came),
                Cell::Amount(went),
                Cell::Amount(balance),
            ],
            href: Some(page_of(line.kind, line.opens)),
        });
    }
    let report = Report {
        title: tr!(ledger.cash_book).to_owned(),
        columns: texts(&[
            tr!(till.at),
            tr!(ledger.document),
            tr!(ledger.from_to),
            tr!(ledger.came_in),
            tr!(ledger.went_out),
            tr!(ledger.balance),
        ]),
        rows,
        total: Some(vec![text(""), text(tr!(billing.total)), text(""), Cell::Amount(all_in), Cell::Amount(all_out), Cell::Amount(balance)]),
        whole: false,
    };
    let url = ListUrl::new("/books/cash").with("day", day);
    let filter = Some(days_filter("/books/cash", None, day, Vec::new()));
    Shown { report, url, detail: format!("{}, {}", clinic.name, show_date(day)), filter, next: None }.answer(&query, currency, "cash-book")
}

fn by_words(by: RevenueBy) -> &'static str {
    match by {
        RevenueBy::Department => tr!(billing.department),
        RevenueBy::Doctor => tr!(ledger.doctor),
        RevenueBy::Item => tr!(billing.code),
        RevenueBy::Payer => tr!(ledger.payer),
        RevenueBy::Tax => tr!(ledger.tax_rate),
        RevenueBy::Approver => tr!(ledger.discount_by),
    }
}

/// A rate in hundredths of a percent, in words: 1900 is `19 %`.
fn rate_words(basis_points: &str) -> String {
    let rate: i64 = basis_points.parse().unwrap_or_default();
    match rate % 100 {
        0 => format!("{} %", rate / 100),
        part => format!("{}.{part:02} %", rate / 100),
    }
}

/// The revenue of some days, by department, doctor, item or payer; by the day on which the invoice was posted.
///
/// # Errors
/// When the user does not read the reports.
pub async fn revenue_page(Query(query): Query<ReportQuery>) -> Result<Response> {
    let mut ctx = reading().await?;
    let (day, clinic, currency) = (query.day(ctx.today()), ctx.clinic.clone(), ctx.state().hospital().currency);
    let from = parse_date("from", &query.from).unwrap_or_else(|_| day.with_day(1).unwrap_or(day));
    let by: RevenueBy = query.by.parse().unwrap_or(RevenueBy::Department);
    let url = ListUrl::new("/books/revenue").with("from", from).with("day", day).with("by", by);
    let money = [tr!(ledger.gross), tr!(ledger.discount), tr!(ledger.net), tr!(ledger.tax), tr!(ledger.credited)];
    let report = if let Some(key) = &query.key {
        let lines = reports::revenue_lines(&mut ctx.tx, clinic.id, (from, day), (by, key.as_str())).await?;
        let rows = lines
            .into_iter()
            .map(|line| {
                let texts = [show_date(line.day), line.number, format!("{} {}", line.code, line.description)].map(Cell::Text);
                let amounts = [line.gross, line.discount, line.net, line.tax, line.credited].map(Cell::Amount);
                ReportRow { cells: texts.into_iter().chain(amounts).collect(), href: Some(format!("/invoices/{}", line.invoice)) }
            })
            .collect();
        let columns = [&[tr!(billing.date), tr!(billing.invoice), tr!(billing.service)][..], &money].concat();
        Report { title: format!("{}: {key}", tr!(ledger.revenue)), columns: texts(&columns), rows, total: None, whole: false }
    } else {
        let lines = reports::revenue(&mut ctx.tx, clinic.id, (from, day), by).await?;
        let sum = |one: fn(&reports::RevenueRow) -> Money| Cell::Amount(lines.iter().map(one).sum());
        let total = vec![
            Cell::Text(tr!(billing.total).to_owned()),
            Cell::Count(lines.iter().map(|line| line.lines).sum()),
            sum(|line| line.gross),
            sum(|line| line.discount),
            sum(|line| line.net),
            sum(|line| line.tax),
            sum(|line| line.credited),
        ];
        let rows = lines
            .iter()
            .map(|line| {
                let name = match by {
                    _ if line.name.is_empty() => tr!(ledger.without).to_owned(),
                    RevenueBy::Tax => rate_words(&line.name),
                    _ => line.name.clone(),
                };
                let amounts = [line.gross, line.discount, line.net, line.tax, line.credited].map(Cell::Amount);
                ReportRow {
                    cells: [Cell::Text(name), Cell::Count(line.lines)].into_iter().chain(amounts).collect(),
                    href: Some(url.clone().with("key", &line.name).href()),
                }
            })
            .collect();
        let columns = [&[by_words(by), tr!(billing.lines)][..], &money].concat();
        Report { title: tr!(ledger.revenue).to_owned(), columns: texts(&columns), rows, total: Some(total), whole: false }
    };
    let others = RevenueBy::ALL.iter().map(|by| {
        let href = ListUrl::new("/books/revenue").with("from", from).with("day", day).with("by", by).href();
        view! { <a class="button button--quiet" href=href>{by_words(*by)}</a> }
    });
    let others = others.collect_view();
    let days = days_filter("/books/revenue", Some(from), day, vec![("by", by.to_string())]);
    let filter = Some(view! { {days}<div class="cluster no-print">{others}</div> }.into_any());
    let detail = tr!(ledger.revenue_of, clinic = clinic.name, from = show_date(from), to = show_date(day));
    let url = match &query.key {
        Some(key) => url.with("key", key),
        None => url,
    };
    Shown { report, url, detail, filter, next: None }.answer(&query, currency, "revenue")
}

/// The debts on a day, by debtor and age.
///
/// # Errors
/// When the user does not read the reports.
pub async fn ageing_page(Query(query): Query<ReportQuery>) -> Result<Response> {
    let mut ctx = reading().await?;
    let (day, clinic, currency) = (query.day(ctx.today()), ctx.clinic.clone(), ctx.state().hospital().currency);
    let aged = reports::ageing(&mut ctx.tx, clinic.id, day).await?;
    let names = names(&mut ctx, aged.iter().filter_map(reports::Aged::patient).collect()).await?;
    let rows = aged
        .iter()
        .map(|line| {
            let name = line.patient().and_then(|patient| names.get(&patient).cloned()).unwrap_or_else(|| line.owner.clone());
            let amounts = line.ages.into_iter().chain([line.owed(), line.credit]).map(Cell::Amount);
            ReportRow {
                cells: [Cell::Text(line.kind.word().to_owned()), Cell::Text(name)].into_iter().chain(amounts).collect(),
                href: Some(format!("/books/accounts/{}", line.account)),
            }
        })
        .collect();
    let sums = (0..5).map(|place| aged.iter().map(|line| line.ages[place]).sum::<Money>());
    let sums = sums.chain([aged.iter().map(reports::Aged::owed).sum(), aged.iter().map(|line| line.credit).sum()]).map(Cell::Amount);
    let total = [Cell::Text(String::new()), Cell::Text(tr!(billing.total).to_owned())].into_iter().chain(sums).collect();
    let report = Report {
        title: tr!(ledger.ageing).to_owned(),
        columns: texts(&[
            tr!(till.kind),
            tr!(ledger.debtor),
            tr!(ledger.days_30),
            tr!(ledger.days_60),
            tr!(ledger.days_90),
            tr!(ledger.days_120),
            tr!(ledger.days_more),
            tr!(ledger.owed),
            tr!(ledger.credit_left),
        ]),
        rows,
        total: Some(total),
        whole: false,
    };
    let url = ListUrl::new("/books/ageing").with("day", day);
    let filter = Some(days_filter("/books/ageing", None, day, Vec::new()));
    Shown { report, url, detail: tr!(ledger.until, clinic = clinic.name, day = show_date(day)), filter, next: None }
        .answer(&query, currency, "ageing")
}
