//! `/stock/counts`: the differences that wait for another person. `/stock/counts/new`: the sheet of a storeroom, without the quantities.

use chrono::NaiveDate;
use leptos::prelude::*;
use serde::Deserialize;

use super::parts::{expiry, scan_field, scan_result, shown_name, tabs, toast};
use crate::{
    core::{
        Error, Permission, Result, StockCountId, StoreroomId, UserId,
        list::{Slice, offset},
        time::{Zone, show_date_time},
    },
    inventory::{
        codes,
        counts::{self, CountSheetLine, StockCount},
        rooms::{self, Storeroom},
    },
    server::{Ctx, Page, Query},
    tr,
    ui::{
        Button, ButtonTone, Choice, Column, DataTable, EmptyState, Form, Glyph, Icon, LinkButton, ListUrl, NoticeBox, NumberField,
        PageHeader, Paging, PostButton, Row, SelectField, Tone,
    },
};

/// The page of the list.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct CountsQuery {
    page: Option<i64>,
    done: String,
}

/// Shows the differences.
///
/// # Errors
/// Not allowed, or when the database refuses.
pub async fn counts_page(Query(query): Query<CountsQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ReadStock).await?;
    let (clinic, today, zone, user) = (ctx.clinic.id, ctx.today(), ctx.zone(), ctx.user());
    let (page, skip) = offset(query.page);
    let found = Slice::from_surplus(counts::open_counts(&mut ctx.tx, clinic, skip).await?, page);
    let rooms = rooms::rooms(&mut ctx.tx, clinic).await?;
    let decides = ctx.who.may_at(Permission::ManageStock, clinic);
    let counting = ctx.who.may_at(Permission::MoveStock, clinic);
    Ok(Page::new(tr!(inventory.counts), move || {
        let rows = found.rows.iter().map(|count| row(count, (today, zone), user, decides)).collect();
        let columns = vec![
            Column::new(tr!(inventory.item)),
            Column::new(tr!(inventory.batch)),
            Column::new(tr!(inventory.expires_on)).secondary(),
            Column::new(tr!(inventory.room)),
            Column::new(tr!(inventory.expected)).numeric(),
            Column::new(tr!(inventory.counted)).numeric(),
            Column::new(tr!(inventory.difference)).numeric(),
            Column::new(tr!(inventory.by)),
            Column::new(tr!(inventory.acts)).label_hidden(),
        ];
        let empty = view! { <EmptyState glyph=Glyph::Check title=tr!(inventory.no_differences)/> }.into_any();
        let paging = Paging::of(&found);
        let begin = (counting && !rooms.is_empty()).then(|| begin(&rooms));
        view! {
            {toast(&query.done)}
            <PageHeader title=tr!(inventory.counts) detail=tr!(inventory.counts_text)/>
            {tabs("/stock/counts")}
            {begin}
            <DataTable caption=tr!(inventory.counts) columns rows url=ListUrl::new("/stock/counts") paging=Some(paging) empty=Some(empty) stacked=true/>
        }
    }))
}

/// The choice of a storeroom to count.
fn begin(rooms: &[Storeroom]) -> AnyView {
    let choices: Vec<Choice> = rooms.iter().map(|room| Choice::new(room.id.to_string(), room.name.clone())).collect();
    view! {
        <form class="filter" method="get" action="/stock/counts/new">
            <SelectField name="room" label=tr!(inventory.room) choices/>
            <button class="button" type="submit"><Icon glyph=Glyph::Edit/>{tr!(inventory.count)}</button>
        </form>
    }
    .into_any()
}

fn row(count: &StockCount, (today, zone): (NaiveDate, Zone), user: UserId, decides: bool) -> Row {
    let difference = count.counted - count.expected;
    let shown = if difference > 0 { format!("+{difference}") } else { difference.to_string() };
    let by = format!("{} · {}", count.counter, show_date_time(zone.local(count.counted_at)));
    // Another person than the counter decides.
    let acts = (decides && count.counted_by != user).then(|| {
        let of = |decision: &str| vec![("stock_count_id", count.id.to_string()), ("decision", decision.to_owned())];
        view! {
            <div class="cluster">
                <PostButton action="/api/stock/decide_count" label=tr!(inventory.approve) about=count.batch_no.clone() hidden=of("approved")/>
                <PostButton action="/api/stock/decide_count" label=tr!(inventory.reject) about=count.batch_no.clone() hidden=of("rejected") tone=ButtonTone::Quiet/>
            </div>
        }
    });
    Row::new(vec![
        view! { <strong>{shown_name(&count.name, &count.name_es).to_owned()}</strong> }.into_any(),
        count.batch_no.clone().into_any(),
        expiry(count.expires_on, today),
        count.store_name.clone().into_any(),
        count.expected.to_string().into_any(),
        count.counted.to_string().into_any(),
        shown.into_any(),
        by.into_any(),
        acts.into_any(),
    ])
}

/// The storeroom to count.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct CountSheetQuery {
    room: String,
    /// A scanned code: the sheet then has the batches of this item, or this batch.
    scan: String,
    page: Option<i64>,
}

/// Shows the sheet.
///
/// # Errors
/// Not allowed, an unknown storeroom, or when the database refuses.
pub async fn sheet_page(Query(query): Query<CountSheetQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::MoveStock).await?;
    let (clinic, today) = (ctx.clinic.id, ctx.today());
    let all = rooms::rooms(&mut ctx.tx, clinic).await?;
    let chosen = query.room.parse::<StoreroomId>().ok();
    let room = match chosen {
        Some(chosen) => Some(all.into_iter().find(|room| room.id == chosen).ok_or(Error::NotFound)?),
        // Without a choice it is the first.
        None => all.into_iter().next(),
    };
    let scanned = if query.scan.trim().is_empty() { None } else { Some(codes::scan(&mut ctx.tx, clinic, &query.scan, today).await) };
    let page = query.page.filter(|page| (1..=1_000).contains(page)).unwrap_or(1);
    let item = scanned.as_ref().and_then(|found| found.as_ref().ok()).map(|scanned| scanned.item.id);
    let mut lines = match &room {
        Some(room) => counts::sheet(&mut ctx.tx, room.id, clinic, item, (page - 1) * counts::LINES).await?,
        None => Vec::new(),
    };
    let most = usize::try_from(counts::LINES).unwrap_or(usize::MAX);
    let more = lines.len() > most;
    lines.truncate(most);
    if let Some(batch) = scanned.as_ref().and_then(|found| found.as_ref().ok()).and_then(|scanned| scanned.batch) {
        lines.retain(|line| line.batch_id == batch);
    }
    let scanned = scanned.map(|found| found.map_err(|error| codes::refusal_words(&error)));
    Ok(Page::new(tr!(inventory.count), move || {
        let back = ("/stock/counts".to_owned(), tr!(inventory.counts).to_owned());
        let Some(room) = room else {
            return view! {
                <PageHeader title=tr!(inventory.count) back/>
                <EmptyState glyph=Glyph::Building title=tr!(inventory.no_rooms) text=tr!(inventory.no_rooms_text)/>
            }
            .into_any();
        };
        let body = if lines.is_empty() {
            view! { <EmptyState glyph=Glyph::Building title=tr!(inventory.none)/> }.into_any()
        } else {
            form(&room, &lines, today)
        };
        let scan = scan_field("/stock/counts/new", vec![("room", room.id.to_string())]);
        let found = scanned.as_ref().map(scan_result);
        let parts = (more || page > 1).then(|| parts(room.id, page, more));
        view! { <PageHeader title=tr!(inventory.count) back detail=room.name.clone()/>{scan}{found}{parts}{body} }.into_any()
    })
    .class("main--narrow"))
}

/// Says that the sheet has several parts, with the ways to the others.
fn parts(room: StoreroomId, page: i64, more: bool) -> AnyView {
    let href = |page: i64| format!("/stock/counts/new?room={room}&page={page}");
    let before = (page > 1).then(|| view! { <LinkButton href=href(page - 1) label=tr!(inventory.sheet_before)/> });
    let next = more.then(|| view! { <LinkButton href=href(page + 1) label=tr!(inventory.sheet_next)/> });
    let words = tr!(inventory.sheet_part, page = page);
    view! { <NoticeBox tone=Tone::Warning><p>{words}</p><div class="cluster">{before}{next}</div></NoticeBox> }.into_any()
}

fn form(room: &Storeroom, lines: &[CountSheetLine], today: NaiveDate) -> AnyView {
    let hidden = vec![("key", StockCountId::new().to_string()), ("storeroom", room.id.to_string())];
    let lines = lines.to_vec();
    let field = move |line: &CountSheetLine| {
        let label = format!("{} · {}", shown_name(&line.name, &line.name_es), line.batch_no);
        let (name, seq, unit) = (format!("count-{}", line.line_id), format!("seq-{}", line.line_id), line.unit.words());
        view! {
            <div>
                <NumberField name label unit optional=true/>
                <input type="hidden" name=seq value=line.seq.to_string()/>
                <p class="muted small">{expiry(line.expires_on, today)}</p>
            </div>
        }
    };
    view! {
        <p>{tr!(inventory.count_text)}</p>
        <Form action="/api/stock/count" id="count-form" hidden>
            {lines.iter().map(field).collect_view()}
            <div class="form__actions"><Button label=tr!(inventory.record_count) tone=ButtonTone::Primary key="Ctrl+Enter"/></div>
        </Form>
    }
    .into_any()
}
