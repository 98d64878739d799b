//! `/stock/scan`: reads a scanned code, and says what it is and where it lies. Here the scanner is tried.

use chrono::NaiveDate;
use leptos::prelude::*;
use serde::Deserialize;

use super::parts::{quantity_words, scan_field, scan_result, tabs, toast};
use crate::{
    core::{Permission, Result, gs1::Scanner, time::show_date},
    inventory::{
        batches::{self, LineRow},
        codes::{self, Scanned},
    },
    server::{Ctx, Page, Query},
    tr,
    ui::{Button, Column, DataTable, DescriptionList, Detail, Form, Glyph, LinkButton, NoticeBox, PageHeader, Row, TextField, Tone},
};

/// The code that was scanned.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ScanQuery {
    scan: String,
    done: String,
}

struct Read {
    scanned: Option<Result<Scanned, String>>,
    lines: Vec<LineRow>,
    scanner: Option<Scanner>,
    manages: bool,
    today: NaiveDate,
}

/// Shows what a code means.
///
/// # Errors
/// Not allowed, or when the database refuses.
pub async fn scan_page(Query(query): Query<ScanQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ReadStock).await?;
    let (clinic, today) = (ctx.clinic.id, ctx.today());
    let scanned = if query.scan.trim().is_empty() { None } else { Some(codes::scan(&mut ctx.tx, clinic, &query.scan, today).await) };
    let lines = match &scanned {
        Some(Ok(scanned)) => batches::lines_of(&mut ctx.tx, scanned.item.id, clinic).await?,
        _ => Vec::new(),
    };
    let read = Read {
        scanned: scanned.map(|found| found.map_err(|error| codes::refusal_words(&error))),
        lines,
        scanner: codes::scanner(&mut ctx.tx, clinic).await?,
        manages: ctx.who.may_at(Permission::ManageStock, clinic),
        today,
    };
    Ok(Page::new(tr!(inventory.scan_title), move || view(&read, &query.done)).class("main--narrow"))
}

fn view(read: &Read, done: &str) -> AnyView {
    let found = read.scanned.as_ref().and_then(|scanned| scanned.as_ref().ok()).map(|scanned| details(read, scanned));
    let state = match &read.scanner {
        Some(scanner) if scanner.separator.is_empty() => tr!(inventory.scanner_sends_gs).to_owned(),
        Some(scanner) => tr!(inventory.scanner_sends, text = scanner.separator.clone()),
        None => tr!(inventory.scanner_untried).to_owned(),
    };
    let tone = if read.scanner.is_some() { Tone::Done } else { Tone::Warning };
    let learn = read.manages.then(|| {
        view! {
            <Form action="/api/stock/learn_scanner" id="learn-scanner">
                <p>{tr!(inventory.learn_text)}</p>
                <p class="code">"(01)09506000134352(10)TEST(21)1234"</p>
                <TextField name="scan" label=tr!(inventory.test_code) required=true maxlength=200 class="input--code" autocomplete="off"/>
                <div class="form__actions"><Button label=tr!(inventory.learn)/></div>
            </Form>
        }
    });
    view! {
        {toast(done)}
        <PageHeader title=tr!(inventory.scan_title) detail=tr!(inventory.scan_text)/>
        {tabs("/stock/scan")}
        <div class="stack">
            {scan_field("/stock/scan", Vec::new())}
            {read.scanned.as_ref().map(scan_result)}
            {found}
            <h2>{tr!(inventory.scanner)}</h2>
            <NoticeBox tone><p>{state}</p></NoticeBox>
            {learn}
        </div>
    }
    .into_any()
}

fn details(read: &Read, scanned: &Scanned) -> AnyView {
    let scan = &scanned.scan;
    let mut details = vec![Detail::new(tr!(inventory.item), scanned.item.shown_name())];
    let gtin = scan.gtin.as_ref().or(scan.content.as_ref());
    details.extend(gtin.map(|gtin| Detail::new(tr!(inventory.gtin), gtin.clone())));
    details.extend(scanned.units.map(|units| Detail::new(tr!(inventory.in_pack), quantity_words(units, scanned.item.unit))));
    details.extend(scan.batch.as_ref().map(|batch| Detail::new(tr!(inventory.batch), batch.clone())));
    details.extend(scan.expires_on.map(|day| Detail::view(tr!(inventory.expires_on), super::parts::expiry(Some(day), read.today))));
    details.extend(scan.serial.as_ref().map(|serial| Detail::new(tr!(inventory.serial), serial.clone())));
    let rows = read
        .lines
        .iter()
        .filter(|line| scanned.batch.is_none_or(|batch| batch == line.batch_id))
        .map(|line| {
            Row::new(vec![
                line.store_name.clone().into_any(),
                line.batch_no.clone().into_any(),
                line.expires_on.map(show_date).unwrap_or_default().into_any(),
                quantity_words(line.on_hand, scanned.item.unit).into_any(),
            ])
        })
        .collect();
    let columns = vec![
        Column::new(tr!(inventory.room)),
        Column::new(tr!(inventory.batch)),
        Column::new(tr!(inventory.expires_on)),
        Column::new(tr!(inventory.quantity)).numeric(),
    ];
    let href = format!("/stock/items/{}", scanned.item.id);
    view! {
        <section class="panel"><div class="panel__body"><DescriptionList details/></div></section>
        <DataTable caption=tr!(inventory.batches) columns rows stacked=true/>
        <div class="cluster"><LinkButton href label=tr!(inventory.item) glyph=Glyph::ArrowRight/></div>
    }
    .into_any()
}
