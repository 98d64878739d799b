//! `/stock/consume` and `/ward-stock/consume`: goods that a department uses up, by form or by scan, and the latest of them with the way to take a
//! mistake back.

use leptos::prelude::*;
use serde::Deserialize;

use super::parts::{scan_field, scan_result, shown_name, toast};
use crate::{
    core::{
        Permission, Result, StockDocumentId,
        time::{Zone, show_date_time},
    },
    inventory::{
        MovementKind,
        codes::{self, Scanned},
        consumption::{self, CostCentre, Goods, Used},
        rooms::{self, Storeroom},
    },
    server::{Ctx, Page, Query},
    tr,
    ui::{
        Button, ButtonTone, Choice, Column, DataTable, Dialog, EmptyState, Form, Glyph, Icon, NumberField, PageHeader, Row, SelectField,
        StatusBadge, TextField, Tone,
    },
};

/// The most goods in the form, and the latest documents below it.
const GOODS: i64 = 500;
const LATEST: i64 = 20;

/// The storeroom, a scanned code, and `?done=`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ConsumeQuery {
    room: String,
    scan: String,
    done: String,
}

struct Consume {
    permission: Permission,
    rooms: Vec<Storeroom>,
    room: Option<Storeroom>,
    goods: Vec<Goods>,
    centres: Vec<CostCentre>,
    scanned: Option<std::result::Result<Scanned, String>>,
    latest: Vec<Used>,
    zone: Zone,
}

impl Consume {
    const fn page(&self) -> &'static str {
        if matches!(self.permission, Permission::MoveStock) { "/stock/consume" } else { "/ward-stock/consume" }
    }

    const fn acts(&self) -> (&'static str, &'static str) {
        if matches!(self.permission, Permission::MoveStock) {
            ("/api/stock/consume", "/api/stock/take_consumed_back")
        } else {
            ("/api/stock/consume_on_ward", "/api/stock/take_consumed_back_on_ward")
        }
    }
}

/// Shows the form for all storerooms.
///
/// # Errors
/// Not allowed, or when the database refuses.
pub async fn consume_page(Query(query): Query<ConsumeQuery>) -> Result<Page> {
    let ctx = Ctx::read(Permission::MoveStock).await?;
    show(ctx, Permission::MoveStock, query).await
}

/// Shows the form for the storerooms of wards and theatres.
///
/// # Errors
/// Not allowed, or when the database refuses.
pub async fn ward_consume_page(Query(query): Query<ConsumeQuery>) -> Result<Page> {
    let ctx = Ctx::read(Permission::AskStock).await?;
    show(ctx, Permission::AskStock, query).await
}

async fn show(mut ctx: Ctx, permission: Permission, query: ConsumeQuery) -> Result<Page> {
    let (clinic, today) = (ctx.clinic.id, ctx.today());
    let mut rooms = rooms::rooms(&mut ctx.tx, clinic).await?;
    rooms.retain(|room| consumption::fits(permission, room.kind));
    let room = rooms.iter().find(|room| room.id.to_string() == query.room).or_else(|| rooms.first()).cloned();
    let scanned = if query.scan.trim().is_empty() { None } else { Some(codes::scan(&mut ctx.tx, clinic, &query.scan, today).await) };
    let (goods, latest) = match &room {
        Some(room) => (consumption::goods_in(&mut ctx.tx, room.id, GOODS).await?, consumption::latest(&mut ctx.tx, room.id, LATEST).await?),
        None => (Vec::new(), Vec::new()),
    };
    let scanned = scanned.map(|found| match found {
        Ok(scanned) if goods.iter().all(|goods| goods.item_id != scanned.item.id) => Err(tr!(inventory.not_in_this_room).to_owned()),
        Ok(scanned) => Ok(scanned),
        Err(error) => Err(codes::refusal_words(&error)),
    });
    let centres = consumption::cost_centres(&mut ctx.tx).await?;
    let consume = Consume { permission, rooms, room, goods, centres, scanned, latest, zone: ctx.zone() };
    Ok(Page::new(tr!(inventory.consume), move || view(&consume, &query.done)).class("main--narrow"))
}

fn view(consume: &Consume, done: &str) -> AnyView {
    let back = match consume.permission {
        Permission::MoveStock => ("/stock".to_owned(), tr!(inventory.title).to_owned()),
        _ => ("/ward-stock".to_owned(), tr!(ward_stock.title).to_owned()),
    };
    let header = view! { {toast(done)}<PageHeader title=tr!(inventory.consume) back detail=tr!(inventory.consume_text)/> };
    let Some(room) = &consume.room else {
        return view! { {header}<EmptyState glyph=Glyph::Building title=tr!(inventory.no_rooms) text=tr!(inventory.no_rooms_text)/> }
            .into_any();
    };
    let choices: Vec<Choice> = consume.rooms.iter().map(|room| Choice::new(room.id.to_string(), room.name.clone())).collect();
    let body = if consume.goods.is_empty() {
        view! { <EmptyState glyph=Glyph::Building title=tr!(inventory.no_goods_here)/> }.into_any()
    } else {
        form(consume, room)
    };
    view! {
        {header}
        <div class="stack">
            <form class="filter" method="get" action=consume.page()>
                <SelectField name="room" label=tr!(inventory.room) choices value=room.id.to_string()/>
                <button class="button" type="submit"><Icon glyph=Glyph::ArrowRight/>{tr!(ui.show)}</button>
            </form>
            {scan_field(consume.page(), vec![("room", room.id.to_string())])}
            {consume.scanned.as_ref().map(scan_result)}
            {body}
            {latest(consume)}
        </div>
    }
    .into_any()
}

fn form(consume: &Consume, room: &Storeroom) -> AnyView {
    let scanned = consume.scanned.as_ref().and_then(|scanned| scanned.as_ref().ok());
    let batch = scanned.and_then(|scanned| scanned.batch).map(|batch| batch.to_string()).unwrap_or_default();
    let hidden = vec![("key", StockDocumentId::new().to_string()), ("storeroom", room.id.to_string()), ("batch", batch)];
    let words = |goods: &Goods| format!("{} · {}", shown_name(&goods.name, &goods.name_es), goods.unit.count(goods.quantity));
    let items: Vec<Choice> = consume.goods.iter().map(|goods| Choice::new(goods.item_id.to_string(), words(goods))).collect();
    let item = scanned.map(|scanned| scanned.item.id.to_string()).unwrap_or_default();
    let centres: Vec<Choice> =
        consume.centres.iter().map(|centre| Choice::new(centre.id.to_string(), format!("{} · {}", centre.name, centre.code))).collect();
    view! {
        <Form action=consume.acts().0 id="consume" hidden>
            <SelectField name="item" label=tr!(inventory.item) choices=items value=item prompt=tr!(errors.choose) required=true/>
            <NumberField name="quantity" label=tr!(inventory.quantity) required=true/>
            <SelectField name="department" label=tr!(inventory.cost_centre) choices=centres prompt=tr!(errors.choose) required=true/>
            <TextField name="note" label=tr!(inventory.note) maxlength=500 optional=true/>
            <div class="form__actions"><Button label=tr!(inventory.consume_go) tone=ButtonTone::Primary key="Ctrl+Enter"/></div>
        </Form>
    }
    .into_any()
}

/// The latest consumption of the storeroom; the first line of each document has the way to take it back.
fn latest(consume: &Consume) -> AnyView {
    if consume.latest.is_empty() {
        return ().into_any();
    }
    let rows = consume
        .latest
        .iter()
        .enumerate()
        .map(|(at, used)| {
            let is_first = at == 0 || consume.latest[at - 1].document_id != used.document_id;
            let is_back = used.kind == MovementKind::ConsumeReturn;
            let badge = match (is_back, used.back > 0) {
                (true, _) => Some(tr!(inventory.movement_consume_return)),
                (false, true) => Some(tr!(inventory.is_taken_back)),
                (false, false) => None,
            };
            let badge = badge.map(|label| view! { <br/><StatusBadge tone=Tone::Inactive label/> });
            let note = (!used.note.is_empty()).then(|| view! { <br/><span class="muted small">{used.note.clone()}</span> });
            let act = (is_first && !is_back && used.back == 0).then(|| back_dialog(consume, used));
            let by = format!("{} · {}", show_date_time(consume.zone.local(used.at)), used.by_name);
            Row::new(vec![
                view! { <strong>{shown_name(&used.item_name, &used.item_name_es).to_owned()}</strong>{badge}{note} }.into_any(),
                used.batch_no.clone().into_any(),
                used.unit.count(-used.quantity).into_any(),
                format!("{} · {}", used.department, used.cost_centre).into_any(),
                by.into_any(),
                act.into_any(),
            ])
        })
        .collect();
    let columns = vec![
        Column::new(tr!(inventory.item)),
        Column::new(tr!(inventory.batch)),
        Column::new(tr!(inventory.quantity)).numeric(),
        Column::new(tr!(inventory.cost_centre)),
        Column::new(tr!(inventory.by)),
        Column::new(tr!(inventory.acts)).label_hidden(),
    ];
    view! { <h2>{tr!(inventory.latest_consumed)}</h2><DataTable caption=tr!(inventory.latest_consumed) columns rows stacked=true/> }
        .into_any()
}

fn back_dialog(consume: &Consume, used: &Used) -> AnyView {
    let hidden = vec![("stock_document_id", used.document_id.to_string()), ("key", StockDocumentId::new().to_string())];
    let (id, form_id, action) = (format!("back-{}", used.document_id), format!("back-form-{}", used.document_id), consume.acts().1);
    view! {
        <Dialog id opens=tr!(inventory.take_consumed_back) title=tr!(inventory.take_consumed_back) tone=ButtonTone::Quiet>
            <Form action id=form_id hidden>
                <p>{tr!(inventory.take_consumed_back_text)}</p>
                <TextField name="note" label=tr!(inventory.reason) maxlength=500 required=true/>
                <div class="form__actions"><Button label=tr!(inventory.take_consumed_back) tone=ButtonTone::Primary/></div>
            </Form>
        </Dialog>
    }
    .into_any()
}
