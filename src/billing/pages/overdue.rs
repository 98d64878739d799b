//! `/overdue`: who owes on invoices whose due day is over, since when and how much, with the telephone number; also as a file.

use std::collections::{HashMap, HashSet};

use axum::response::{IntoResponse as _, Response};
use chrono::NaiveDate;
use leptos::prelude::*;
use serde::Deserialize;

use super::books::file;
use crate::{
    billing::{
        ledger::reports::{Cell, Report, ReportRow},
        overdue::{Overdue, overdue},
    },
    core::{
        Currency, Money, PatientId, Permission, Result,
        list::{PAGE_SIZE, Slice, offset},
        time::show_date,
    },
    patients::{self, PatientLine},
    server::{Ctx, Page, Query},
    tr,
    ui::{Column, DataTable, EmptyState, Glyph, LinkButton, ListUrl, PageHeader, Paging, PrintButton, Row, TextField},
};

/// The most patients that a search compares with the list.
const FOUND: usize = 100;

/// The search, the page, and the format of a file.
#[derive(Debug, Default, Deserialize)]
pub struct OverdueQuery {
    #[serde(default)]
    q: String,
    #[serde(default)]
    page: String,
    #[serde(default)]
    format: String,
}

type Names = HashMap<PatientId, PatientLine>;

/// Reads names and telephone numbers of these accounts, and records that they were seen: of any day, so that they count as found.
async fn names(ctx: &mut Ctx, accounts: &[Overdue]) -> Result<Names> {
    let ids: Vec<_> = accounts.iter().map(|account| account.patient).collect();
    let names = patients::names(&mut ctx.tx, &ids).await?;
    ctx.saw_beyond(names.keys().copied(), names.keys().copied(), "overdue accounts").await?;
    Ok(names)
}

/// The list.
///
/// # Errors
/// When the user may not read accounts.
pub async fn overdue_page(Query(query): Query<OverdueQuery>) -> Result<Response> {
    let mut ctx = Ctx::read(Permission::ReadBilling).await?;
    let (clinic, today, currency) = (ctx.clinic.id, ctx.today(), ctx.state().hospital().currency);
    let mut accounts = overdue(&mut ctx.tx, clinic, today).await?;
    let q = query.q.trim().chars().take(100).collect::<String>();
    if !q.is_empty() {
        let hits: HashSet<_> = patients::search(&mut ctx.tx, &q, FOUND).await?.into_iter().map(|hit| hit.id).collect();
        accounts.retain(|account| hits.contains(&account.patient));
    }
    let total: Money = accounts.iter().map(|account| account.amount).sum();
    let detail = tr!(billing.overdue_sum, count = accounts.len(), amount = currency.show(total));
    if !query.format.is_empty() {
        let names = names(&mut ctx, &accounts).await?;
        let report = report(&accounts, &names, total, today, currency);
        if let Some(file) = file(&report, &query.format, currency, "overdue")? {
            return Ok(file);
        }
    }
    let (page, before) = offset(query.page.parse().ok());
    let (before, size) = (usize::try_from(before).unwrap_or_default(), usize::try_from(PAGE_SIZE).unwrap_or_default());
    let shown = Slice::from_surplus(accounts.into_iter().skip(before).take(size + 1).collect(), page);
    let names = names(&mut ctx, &shown.rows).await?;
    let pays = ctx.who.may(Permission::TakePayments);
    Ok(Page::new(tr!(billing.overdue), move || content(q, detail, &shown, &names, (today, currency), pays)).into_response())
}

/// The whole list as a file.
fn report(accounts: &[Overdue], names: &Names, total: Money, today: NaiveDate, currency: Currency) -> Report {
    let text = |text: &str| Cell::Text(text.to_owned());
    let rows = accounts.iter().filter_map(|account| {
        // A patient who is not in the care of the clinic any more has no page here.
        let line = names.get(&account.patient)?;
        let cells = vec![
            Cell::Text(line.name.listed()),
            text(&line.mrn),
            text(&line.phone),
            Cell::Text(show_date(account.since)),
            Cell::Count((today - account.since).num_days()),
            Cell::Count(account.invoices),
            Cell::Amount(account.amount),
            text(currency.code()),
        ];
        Some(ReportRow { cells, href: None })
    });
    let nothing = || text("");
    Report {
        title: tr!(billing.overdue).to_owned(),
        columns: [
            tr!(ui.patient),
            tr!(ui.mrn),
            tr!(patients.phone),
            tr!(billing.overdue_since),
            tr!(billing.overdue_days),
            tr!(billing.invoices),
            tr!(billing.to_pay),
            tr!(billing.currency),
        ]
        .map(str::to_owned)
        .to_vec(),
        rows: rows.collect(),
        total: Some(vec![
            text(tr!(billing.total)),
            nothing(),
            nothing(),
            nothing(),
            nothing(),
            Cell::Count(accounts.iter().map(|account| account.invoices).sum()),
            Cell::Amount(total),
            text(currency.code()),
        ]),
        whole: true,
    }
}

fn content(
    q: String,
    detail: String,
    shown: &Slice<Overdue>,
    names: &Names,
    (today, currency): (NaiveDate, Currency),
    pays: bool,
) -> impl IntoView + use<> {
    let rows = shown.rows.iter().filter_map(|account| {
        let line = names.get(&account.patient)?;
        let href = if pays { format!("/cashier?patient={}", account.patient) } else { format!("/patients/{}/account", account.patient) };
        let cells = vec![
            line.name.listed().into_any(),
            line.phone.clone().into_any(),
            show_date(account.since).into_any(),
            (today - account.since).num_days().into_any(),
            account.invoices.into_any(),
            currency.show(account.amount).into_any(),
        ];
        Some(Row::new(cells).href(href))
    });
    let rows: Vec<_> = rows.collect();
    let columns = vec![
        Column::new(tr!(ui.patient)),
        Column::new(tr!(patients.phone)),
        Column::new(tr!(billing.overdue_since)),
        Column::new(tr!(billing.overdue_days)).numeric().secondary(),
        Column::new(tr!(billing.invoices)).numeric().secondary(),
        Column::new(tr!(billing.to_pay)).numeric(),
    ];
    let url = ListUrl::new("/overdue").with("q", q.clone());
    let files = [("csv", tr!(ledger.as_csv)), ("xlsx", tr!(ledger.as_xlsx))]
        .map(|(format, label)| view! { <LinkButton href=url.clone().with("format", format).href() label/> })
        .collect_view();
    let actions = view! { {files}<PrintButton at_once=false/> }.into_any();
    let filter = view! { <TextField kind="search" name="q" label=tr!(billing.find_by) value=q maxlength=100/> }.into_any();
    let empty =
        view! { <EmptyState glyph=Glyph::Done title=tr!(billing.nothing_overdue) text=tr!(billing.nothing_overdue_text)/> }.into_any();
    view! {
        <PageHeader title=tr!(billing.overdue) detail actions=Some(actions)/>
        <p class="muted">{tr!(billing.overdue_text)}</p>
        <DataTable caption=tr!(billing.overdue) columns rows url paging=Some(Paging::of(shown)) empty=Some(empty) filter=Some(filter)/>
    }
}
