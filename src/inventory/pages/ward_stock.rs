//! `/ward-stock`: what a ward has, asks for and receives. `/ward-stock/{id}`: one requisition. `/ward-stock/transfers/{id}`: goods to receive.

use leptos::prelude::*;
use serde::Deserialize;

use super::parts::{quantity_words, shown_name};
use crate::{
    core::{
        Permission, Result, StockTransferId, StoreroomId, WardRequisitionId,
        list::Slice,
        time::{Zone, show_date, show_date_time},
    },
    inventory::{
        goods::{self, StockItem},
        requisitions::{self, ParRow, WantedLine, WardRequisition},
        rooms::Storeroom,
        transit::{self, GoodsTransferState, StockTransfer, TransferLine},
    },
    server::{Ctx, Page, Path, Query},
    tr,
    ui::{
        Button, ButtonTone, Choice, Column, DataTable, EmptyState, Form, Glyph, Icon, LinkButton, NoticeBox, NumberField, PageHeader,
        PostButton, Row, SelectField, StatusBadge, TextField, Toast, Tone,
    },
};

/// The storeroom that asks.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct WardStockQuery {
    pub(super) room: String,
    pub(super) done: String,
}

/// The message of a page.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct WardRequisitionQuery {
    pub done: String,
}

/// Shows the message for the act that was just done.
pub fn toast(done: &str) -> AnyView {
    let text = match done {
        "asked" => tr!(ward_stock.done_asked),
        "cancelled" => tr!(ward_stock.done_cancelled),
        "rejected" => tr!(ward_stock.done_rejected),
        "picked" => tr!(ward_stock.done_picked),
        "sent" => tr!(ward_stock.done_sent),
        "received" => tr!(ward_stock.done_received),
        "differs" => tr!(ward_stock.done_differs),
        "explained" => tr!(ward_stock.done_explained),
        "called_back" => tr!(ward_stock.done_called_back),
        "sent_back" => tr!(ward_stock.done_sent_back),
        "par_set" => tr!(ward_stock.done_par_set),
        _ => return ().into_any(),
    };
    view! { <Toast text/> }.into_any()
}

struct WardStock {
    rooms: Vec<Storeroom>,
    room: Option<Storeroom>,
    levels: Vec<ParRow>,
    items: Vec<StockItem>,
    open: Slice<WardRequisition>,
    transfers: Vec<StockTransfer>,
    zone: Zone,
}

/// Shows the stock of a ward, and the form to ask for more.
///
/// # Errors
/// Not allowed, or when the database refuses.
pub async fn ward_stock_page(Query(query): Query<WardStockQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::AskStock).await?;
    let (clinic, zone, today) = (ctx.clinic.id, ctx.zone(), ctx.today());
    let rooms = requisitions::asking_rooms(&mut ctx).await?;
    let chosen = query.room.parse::<StoreroomId>().ok();
    let room = rooms.iter().find(|room| chosen.is_none_or(|chosen| room.id == chosen)).cloned();
    let levels = match &room {
        Some(room) => requisitions::wanted_of_room(&mut ctx.tx, room.id, today).await?,
        None => Vec::new(),
    };
    let items = goods::medicines(&mut ctx.tx).await?;
    let open = requisitions::page_of(&mut ctx, true, None).await?;
    let transfers = transit::open_transfers(&mut ctx.tx, clinic).await?;
    let stock = WardStock { rooms, room, levels, items, open, transfers, zone };
    Ok(Page::new(tr!(ward_stock.title), move || view(&stock, &query.done)))
}

fn view(stock: &WardStock, done: &str) -> AnyView {
    let Some(room) = &stock.room else {
        return view! {
            <PageHeader title=tr!(ward_stock.title) detail=tr!(ward_stock.purpose)/>
            <EmptyState glyph=Glyph::Building title=tr!(ward_stock.no_rooms) text=tr!(ward_stock.no_rooms_text)/>
        }
        .into_any();
    };
    let choices: Vec<Choice> = stock.rooms.iter().map(|room| Choice::new(room.id.to_string(), room.name.clone())).collect();
    let coming = stock.transfers.iter().filter(|transfer| transfer.to_id == room.id && transfer.state != GoodsTransferState::Picked);
    let coming: Vec<Row> = coming.map(|transfer| transfer_row(transfer, stock.zone, "/ward-stock/transfers")).collect();
    let open: Vec<Row> =
        stock.open.rows.iter().filter(|row| row.store_id == room.id).map(|row| requisition_row(row, stock.zone, "/ward-stock")).collect();
    let nothing = || view! { <EmptyState glyph=Glyph::Check title=tr!(ward_stock.nothing_open)/> }.into_any();
    let value = room.id.to_string();
    let send_back = view! {
        <LinkButton href=format!("/ward-stock/consume?room={}", room.id) label=tr!(inventory.consume) glyph=Glyph::Check/>
        <LinkButton href=format!("/ward-stock/opened?room={}", room.id) label=tr!(inventory.opened_packs) glyph=Glyph::Clock/>
        <LinkButton href=format!("/ward-stock/return/{}", room.id) label=tr!(ward_stock.back_title) glyph=Glyph::Repeat/>
    }
    .into_any();
    view! {
        {toast(done)}
        <PageHeader title=tr!(ward_stock.title) detail=tr!(ward_stock.purpose) actions=Some(send_back)/>
        <form class="filter" method="get" action="/ward-stock">
            <SelectField name="room" label=tr!(inventory.room) choices value/>
            <button class="button" type="submit"><Icon glyph=Glyph::Building/>{tr!(ui.show)}</button>
        </form>
        <div class="stack">
            <section class="panel">
                <div class="panel__head"><h2>{tr!(ward_stock.on_the_way)}</h2></div>
                <DataTable caption=tr!(ward_stock.on_the_way) columns=transfer_columns() rows=coming empty=Some(nothing()) stacked=true/>
            </section>
            <section class="panel">
                <div class="panel__head"><h2>{tr!(ward_stock.open_requests)}</h2></div>
                <DataTable caption=tr!(ward_stock.open_requests) columns=requisition_columns() rows=open empty=Some(nothing()) stacked=true/>
            </section>
            {ask_form(room, &stock.levels, &stock.items)}
        </div>
    }
    .into_any()
}

/// The columns of a table of requisitions.
pub fn requisition_columns() -> Vec<Column> {
    vec![
        Column::new(tr!(inventory.room)),
        Column::new(tr!(ward_stock.asked_at)),
        Column::new(tr!(ward_stock.asked_by)).secondary(),
        Column::new(tr!(inventory.items)).numeric(),
        Column::new(tr!(ward_stock.status)),
    ]
}

/// A row of a table of requisitions.
pub fn requisition_row(row: &WardRequisition, zone: Zone, under: &str) -> Row {
    Row::new(vec![
        view! { <strong>{row.store_name.clone()}</strong> }.into_any(),
        show_date_time(zone.local(row.created_at)).into_any(),
        row.asked_by.clone().into_any(),
        row.items.to_string().into_any(),
        view! { <StatusBadge tone=row.state.tone() label=row.state.words()/> }.into_any(),
    ])
    .href(format!("{under}/{}", row.id))
}

/// The columns of a table of transfers.
pub fn transfer_columns() -> Vec<Column> {
    vec![
        Column::new(tr!(ward_stock.from)),
        Column::new(tr!(ward_stock.to)),
        Column::new(tr!(ward_stock.sent_at)),
        Column::new(tr!(ward_stock.status)),
    ]
}

/// A row of a table of transfers.
pub fn transfer_row(transfer: &StockTransfer, zone: Zone, under: &str) -> Row {
    Row::new(vec![
        view! { <strong>{transfer.from_name.clone()}</strong> }.into_any(),
        transfer.to_name.clone().into_any(),
        transfer.sent_at.map(|at| show_date_time(zone.local(at))).unwrap_or_default().into_any(),
        view! { <StatusBadge tone=transfer.state.tone() label=transfer.state.words()/> }.into_any(),
    ])
    .href(format!("{under}/{}", transfer.id))
}

fn ask_form(room: &Storeroom, levels: &[ParRow], items: &[StockItem]) -> AnyView {
    let hidden = vec![("key", WardRequisitionId::new().to_string()), ("storeroom", room.id.to_string())];
    let levels = levels.to_vec();
    let items: Vec<Choice> = items.iter().map(|item| Choice::new(item.id.to_string(), item.shown_name().to_owned())).collect();
    let field = |row: &ParRow| {
        let label = shown_name(&row.name, &row.name_es).to_owned();
        let hint = tr!(ward_stock.level_hint, here = row.quantity, level = row.par_level, coming = row.coming);
        let value = match row.top_up() {
            0 => String::new(),
            wanted => wanted.to_string(),
        };
        view! { <NumberField name=format!("want-{}", row.item_id) label hint value unit=row.unit.words() optional=true/> }
    };
    view! {
        <section class="panel">
            <div class="panel__head"><h2>{tr!(ward_stock.ask)}</h2></div>
            <div class="panel__body">
                <Form action="/api/stock/ask" id="ask" hidden>
                    <p class="muted">{tr!(ward_stock.ask_text)}</p>
                    {levels.iter().map(field).collect_view()}
                    <SelectField name="other" label=tr!(ward_stock.other_item) choices=items prompt=tr!(errors.choose) optional=true/>
                    <NumberField name="other_quantity" label=tr!(ward_stock.other_quantity) optional=true/>
                    <TextField name="note" label=tr!(pharmacy.note) maxlength=500 optional=true/>
                    <div class="form__actions"><Button label=tr!(ward_stock.send_request) tone=ButtonTone::Primary key="Ctrl+Enter"/></div>
                </Form>
            </div>
        </section>
    }
    .into_any()
}

/// The items of a requisition.
pub fn wanted_table(lines: &[WantedLine]) -> AnyView {
    let columns = vec![
        Column::new(tr!(inventory.item)),
        Column::new(tr!(ward_stock.wanted)).numeric(),
        Column::new(tr!(ward_stock.picked)).numeric(),
    ];
    let rows = lines
        .iter()
        .map(|line| {
            Row::new(vec![
                view! { <strong>{shown_name(&line.name, &line.name_es).to_owned()}</strong> }.into_any(),
                quantity_words(line.wanted, line.unit).into_any(),
                line.issued.to_string().into_any(),
            ])
        })
        .collect();
    view! { <DataTable caption=tr!(inventory.items) columns rows stacked=true/> }.into_any()
}

/// Shows one requisition to the ward.
///
/// # Errors
/// Not allowed, another clinic's, or when the database refuses.
pub async fn ward_requisition_page(Path(id): Path<WardRequisitionId>, Query(query): Query<WardRequisitionQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::AskStock).await?;
    let known = requisitions::shown(&mut ctx, Permission::AskStock, id).await?;
    let lines = requisitions::lines_of(&mut ctx.tx, id).await?;
    let transfers = transit::of_requisition(&mut ctx.tx, id).await?;
    let zone = ctx.zone();
    Ok(Page::new(tr!(ward_stock.requisition), move || {
        let back = (format!("/ward-stock?room={}", known.store_id), tr!(ward_stock.title).to_owned());
        let badge = view! { <StatusBadge tone=known.state.tone() label=known.state.words()/> }.into_any();
        let detail = format!("{} · {}", known.asked_by, show_date_time(zone.local(known.created_at)));
        let rejected = (!known.reason.is_empty()).then(|| {
            let reason = known.reason.clone();
            view! { <NoticeBox tone=Tone::Warning title=tr!(ward_stock.rejected)><p>{reason}</p></NoticeBox> }
        });
        let cancel = known.state.is_open().then(|| {
            let hidden = vec![("ward_requisition_id", id.to_string()), ("version", known.version.to_string())];
            view! { <PostButton action="/api/stock/cancel_request" label=tr!(ward_stock.cancel) hidden tone=ButtonTone::Quiet/> }
        });
        let rows: Vec<Row> = transfers.iter().map(|transfer| transfer_row(transfer, zone, "/ward-stock/transfers")).collect();
        let sent = (!rows.is_empty()).then(|| {
            view! { <DataTable caption=tr!(ward_stock.transfers) columns=transfer_columns() rows stacked=true/> }
        });
        view! {
            {toast(&query.done)}
            <PageHeader title=known.store_name.clone() back detail actions=Some(badge)/>
            <div class="stack">
                {rejected}
                <p>{known.note.clone()}</p>
                {wanted_table(&lines)}
                {sent}
                {cancel}
            </div>
        }
    }))
}

/// The batches of a transfer, with what was received of each.
pub fn transfer_table(lines: &[TransferLine]) -> AnyView {
    let columns = vec![
        Column::new(tr!(inventory.item)),
        Column::new(tr!(inventory.batch)),
        Column::new(tr!(inventory.expires_on)),
        Column::new(tr!(ward_stock.sent)).numeric(),
        Column::new(tr!(ward_stock.came)).numeric(),
        Column::new(tr!(ward_stock.missing)).numeric(),
    ];
    let rows = lines
        .iter()
        .map(|line| {
            Row::new(vec![
                view! { <strong>{shown_name(&line.name, &line.name_es).to_owned()}</strong> }.into_any(),
                line.batch_no.clone().into_any(),
                line.expires_on.map(show_date).unwrap_or_default().into_any(),
                quantity_words(line.quantity, line.unit).into_any(),
                line.received.to_string().into_any(),
                (line.in_transit + line.lost).to_string().into_any(),
            ])
        })
        .collect();
    view! { <DataTable caption=tr!(inventory.items) columns rows stacked=true/> }.into_any()
}

/// Shows a transfer to the storeroom that receives it.
///
/// # Errors
/// Not allowed, another clinic's, or when the database refuses.
pub async fn incoming_page(Path(id): Path<StockTransferId>, Query(query): Query<WardRequisitionQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::AskStock).await?;
    let known = transit::shown(&mut ctx, Permission::AskStock, id).await?;
    let lines = transit::lines_of(&mut ctx.tx, id).await?;
    let (zone, user) = (ctx.zone(), ctx.user());
    Ok(Page::new(tr!(ward_stock.transfer), move || {
        let back = (format!("/ward-stock?room={}", known.to_id), tr!(ward_stock.title).to_owned());
        let badge = view! { <StatusBadge tone=known.state.tone() label=known.state.words()/> }.into_any();
        let detail = transfer_words(&known, zone);
        let body = match known.state {
            GoodsTransferState::InTransit if known.sent_by == Some(user) => {
                view! { <NoticeBox tone=Tone::Warning><p>{tr!(ward_stock.another_receives)}</p></NoticeBox>{transfer_table(&lines)} }
                    .into_any()
            }
            GoodsTransferState::InTransit => receive_form(&known, &lines),
            _ => transfer_table(&lines),
        };
        view! {
            {toast(&query.done)}
            <PageHeader title=format!("{} → {}", known.from_name, known.to_name) back detail actions=Some(badge)/>
            <div class="stack">{body}</div>
        }
    }))
}

/// Names the people who picked, sent and received it.
pub fn transfer_words(known: &StockTransfer, zone: Zone) -> String {
    let at = |at| show_date_time(zone.local(at));
    let sent = known.sent_at.zip(known.sender.clone()).map(|(when, who)| tr!(ward_stock.sent_by, who = who, at = at(when)));
    let received = known.received_at.zip(known.receiver.clone()).map(|(when, who)| tr!(ward_stock.received_by, who = who, at = at(when)));
    let picked = tr!(ward_stock.picked_by, who = known.picked_by.clone(), at = at(known.created_at));
    [Some(picked), sent, received].into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

fn receive_form(known: &StockTransfer, lines: &[TransferLine]) -> AnyView {
    let hidden = vec![("stock_transfer_id", known.id.to_string()), ("version", known.version.to_string())];
    let lines = lines.to_vec();
    let field = |line: &TransferLine| {
        let expiry = line.expires_on.map(show_date).unwrap_or_default();
        let label = format!("{} · {}", shown_name(&line.name, &line.name_es), line.batch_no);
        let hint = tr!(ward_stock.sent_hint, count = line.in_transit, expiry = expiry);
        view! { <NumberField name=format!("received-{}", line.id) label hint unit=line.unit.words() required=true/> }
    };
    view! {
        <section class="panel">
            <div class="panel__head"><h2>{tr!(ward_stock.receive)}</h2></div>
            <div class="panel__body">
                <Form action="/api/stock/receive_transfer" id="receive-transfer" hidden>
                    <p class="muted">{tr!(ward_stock.receive_text)}</p>
                    {lines.iter().map(field).collect_view()}
                    <div class="form__actions"><Button label=tr!(ward_stock.sign_receipt) tone=ButtonTone::Primary key="Ctrl+Enter"/></div>
                </Form>
            </div>
        </section>
    }
    .into_any()
}
