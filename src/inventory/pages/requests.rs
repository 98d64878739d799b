//! `/stock/requests`: what wards ask for, and goods on the way. `/stock/requests/{id}`: picking. `/stock/transfers/{id}`: sending.

use leptos::prelude::*;
use serde::Deserialize;

use super::{
    parts::{shown_name, tabs},
    ward_stock::{
        WardRequisitionQuery, requisition_columns, requisition_row, toast, transfer_columns, transfer_row, transfer_table, transfer_words,
        wanted_table,
    },
};
use crate::{
    core::{Permission, Result, StockTransferId, WardRequisitionId, time::show_date_time},
    inventory::{
        goods::{self, StockItem},
        requisitions::{self, WantedLine, WardRequisition},
        rooms::{self, Storeroom},
        transit::{self, GoodsTransferState, MissingGoods, StockTransfer},
    },
    server::{Ctx, Page, Path, Query},
    tr,
    ui::{
        Button, ButtonTone, Choice, DataTable, Dialog, EmptyState, Form, Glyph, LinkButton, ListUrl, NoticeBox, NumberField, PageHeader,
        Paging, PostButton, SelectField, StatusBadge, Tab, Tabs, TextField, Tone,
    },
};

/// The filter, which stands in the address.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct WardRequestsQuery {
    /// `ended`: those that are done.
    show: String,
    page: Option<i64>,
    done: String,
}

/// Shows the requisitions and the transfers of the clinic.
///
/// # Errors
/// Not allowed, or when the database refuses.
pub async fn requests_page(Query(query): Query<WardRequestsQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::MoveStock).await?;
    let (clinic, zone) = (ctx.clinic.id, ctx.zone());
    let ended = query.show == "ended";
    let found = requisitions::page_of(&mut ctx, !ended, query.page).await?;
    let transfers = transit::open_transfers(&mut ctx.tx, clinic).await?;
    let manages = ctx.who.may_at(Permission::ManageStock, clinic);
    let asking = requisitions::asking_rooms(&mut ctx).await?;
    let items = if manages { goods::medicines(&mut ctx.tx).await? } else { Vec::new() };
    Ok(Page::new(tr!(ward_stock.requests), move || {
        let url = ListUrl::new("/stock/requests").with("show", query.show.clone());
        let views = vec![
            Tab::new("/stock/requests", tr!(ward_stock.open_requests), !ended),
            Tab::new("/stock/requests?show=ended", tr!(ward_stock.ended_requests), ended),
        ];
        let rows = found.rows.iter().map(|row| requisition_row(row, zone, "/stock/requests")).collect();
        let moving = transfers.iter().map(|transfer| transfer_row(transfer, zone, "/stock/transfers")).collect();
        let empty = || view! { <EmptyState glyph=Glyph::Check title=tr!(ward_stock.nothing_open)/> }.into_any();
        let paging = Paging::of(&found);
        let level = (manages && !asking.is_empty()).then(|| par_dialog(&asking, &items));
        view! {
            {toast(&query.done)}
            <PageHeader title=tr!(ward_stock.requests) detail=tr!(ward_stock.requests_text) actions=Some(level.into_any())/>
            {tabs("/stock/requests")}
            <Tabs label=tr!(ward_stock.requests) tabs=views/>
            <DataTable caption=tr!(ward_stock.requests) columns=requisition_columns() rows url paging=Some(paging) empty=Some(empty()) stacked=true/>
            <section class="panel">
                <div class="panel__head"><h2>{tr!(ward_stock.on_the_way)}</h2></div>
                <DataTable caption=tr!(ward_stock.on_the_way) columns=transfer_columns() rows=moving empty=Some(empty()) stacked=true/>
            </section>
        }
    }))
}

/// The dialog that sets the level of an item in a storeroom.
fn par_dialog(rooms: &[Storeroom], items: &[StockItem]) -> AnyView {
    let rooms: Vec<Choice> = rooms.iter().map(|room| Choice::new(room.id.to_string(), room.name.clone())).collect();
    let items: Vec<Choice> = items.iter().map(|item| Choice::new(item.id.to_string(), item.shown_name().to_owned())).collect();
    view! {
        <Dialog id="par" opens=tr!(ward_stock.set_level) title=tr!(ward_stock.set_level) action="/api/stock/set_par" tone=ButtonTone::Quiet>
            <Form action="/api/stock/set_par" id="par-form">
                <SelectField name="storeroom" label=tr!(inventory.room) choices=rooms prompt=tr!(errors.choose) required=true/>
                <SelectField name="item" label=tr!(inventory.item) choices=items prompt=tr!(errors.choose) required=true/>
                <NumberField name="par_level" label=tr!(ward_stock.level) hint=tr!(ward_stock.level_text)/>
                <div class="form__actions"><Button label=tr!(ui.save) tone=ButtonTone::Primary/></div>
            </Form>
        </Dialog>
    }
    .into_any()
}

/// Shows one requisition to the stores.
///
/// # Errors
/// Not allowed, another clinic's, or when the database refuses.
pub async fn request_page(Path(id): Path<WardRequisitionId>, Query(query): Query<WardRequisitionQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::MoveStock).await?;
    let known = requisitions::shown(&mut ctx, Permission::MoveStock, id).await?;
    let lines = requisitions::lines_of(&mut ctx.tx, id).await?;
    let transfers = transit::of_requisition(&mut ctx.tx, id).await?;
    let (clinic, zone) = (ctx.clinic.id, ctx.zone());
    let mut rooms = rooms::rooms(&mut ctx.tx, clinic).await?;
    rooms.retain(|room| room.kind.sends() && room.id != known.store_id);
    Ok(Page::new(tr!(ward_stock.requisition), move || {
        let back = ("/stock/requests".to_owned(), tr!(ward_stock.requests).to_owned());
        let badge = view! { <StatusBadge tone=known.state.tone() label=known.state.words()/> }.into_any();
        let detail = format!("{} · {}", known.asked_by, show_date_time(zone.local(known.created_at)));
        let acts = known.state.is_open().then(|| pick_form(&known, &lines, &rooms));
        let reject = (known.state == requisitions::RequisitionState::Submitted).then(|| reject_dialog(&known));
        let rejected = (!known.reason.is_empty()).then(|| {
            let reason = known.reason.clone();
            view! { <NoticeBox tone=Tone::Warning title=tr!(ward_stock.rejected)><p>{reason}</p></NoticeBox> }
        });
        let rows: Vec<_> = transfers.iter().map(|transfer| transfer_row(transfer, zone, "/stock/transfers")).collect();
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
                {acts}
                {sent}
                {reject}
            </div>
        }
    }))
}

fn pick_form(known: &WardRequisition, lines: &[WantedLine], rooms: &[Storeroom]) -> AnyView {
    let hidden = vec![("ward_requisition_id", known.id.to_string()), ("key", StockTransferId::new().to_string())];
    let choices: Vec<Choice> = rooms.iter().map(|room| Choice::new(room.id.to_string(), room.name.clone())).collect();
    let lines: Vec<WantedLine> = lines.iter().filter(|line| line.issued < line.wanted).cloned().collect();
    let field = |line: &WantedLine| {
        let label = shown_name(&line.name, &line.name_es).to_owned();
        let value = (line.wanted - line.issued).to_string();
        view! { <NumberField name=format!("pick-{}", line.id) label value unit=line.unit.words() optional=true/> }
    };
    view! {
        <section class="panel">
            <div class="panel__head"><h2>{tr!(ward_stock.pick)}</h2></div>
            <div class="panel__body">
                <Form action="/api/stock/pick" id="pick" hidden>
                    <p class="muted">{tr!(ward_stock.pick_text)}</p>
                    <SelectField name="storeroom" label=tr!(ward_stock.from) choices prompt=tr!(errors.choose) required=true/>
                    {lines.iter().map(field).collect_view()}
                    <div class="form__actions"><Button label=tr!(ward_stock.pick) tone=ButtonTone::Primary key="Ctrl+Enter"/></div>
                </Form>
            </div>
        </section>
    }
    .into_any()
}

fn reject_dialog(known: &WardRequisition) -> AnyView {
    let hidden = vec![("ward_requisition_id", known.id.to_string()), ("version", known.version.to_string())];
    let action = "/api/stock/reject_request";
    view! {
        <div class="cluster">
            <Dialog id="reject" opens=tr!(ward_stock.reject) title=tr!(ward_stock.reject) action tone=ButtonTone::Danger>
                <Form action id="reject-form" hidden>
                    <TextField name="reason" label=tr!(inventory.reason) maxlength=500 required=true/>
                    <div class="form__actions"><Button label=tr!(ward_stock.reject) tone=ButtonTone::Danger/></div>
                </Form>
            </Dialog>
        </div>
    }
    .into_any()
}

/// Shows a transfer to the stores.
///
/// # Errors
/// Not allowed, another clinic's, or when the database refuses.
pub async fn transfer_page(Path(id): Path<StockTransferId>, Query(query): Query<WardRequisitionQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::MoveStock).await?;
    let known = transit::shown(&mut ctx, Permission::MoveStock, id).await?;
    let lines = transit::lines_of(&mut ctx.tx, id).await?;
    let (zone, clinic) = (ctx.zone(), ctx.clinic.id);
    let manages = ctx.who.may_at(Permission::ManageStock, clinic);
    Ok(Page::new(tr!(ward_stock.transfer), move || {
        let back = ("/stock/requests".to_owned(), tr!(ward_stock.requests).to_owned());
        let badge = view! { <StatusBadge tone=known.state.tone() label=known.state.words()/> }.into_any();
        let send = (known.state == GoodsTransferState::Picked).then(|| {
            let hidden = vec![("stock_transfer_id", id.to_string()), ("version", known.version.to_string())];
            view! { <PostButton action="/api/stock/send_transfer" label=tr!(ward_stock.send) hidden tone=ButtonTone::Primary/> }
        });
        let receive = (known.requisition_id.is_none() && known.state == GoodsTransferState::InTransit).then(|| {
            view! { <LinkButton href=format!("/ward-stock/transfers/{id}") label=tr!(ward_stock.receive) tone=ButtonTone::Primary glyph=Glyph::Arrive/> }
        });
        let explain = (manages && known.state == GoodsTransferState::Difference).then(|| explain_form(&known));
        let call_back = known.state.leads_to(GoodsTransferState::CalledBack).then(|| call_back_dialog(&known));
        let said = (!known.explanation.is_empty()).then(|| {
            let words = known.explanation.clone();
            view! { <NoticeBox tone=Tone::Warning title=tr!(ward_stock.explanation)><p>{words}</p></NoticeBox> }
        });
        view! {
            {toast(&query.done)}
            <PageHeader title=format!("{} → {}", known.from_name, known.to_name) back detail=transfer_words(&known, zone) actions=Some(badge)/>
            <div class="stack">
                {said}
                {transfer_table(&lines)}
                {explain}
                <div class="cluster">{send}{receive}{call_back}</div>
            </div>
        }
    }))
}

fn explain_form(known: &StockTransfer) -> AnyView {
    let hidden = vec![("stock_transfer_id", known.id.to_string()), ("version", known.version.to_string())];
    let choices: Vec<Choice> = MissingGoods::ALL.iter().map(|missing| Choice::new(missing.as_str(), missing.words())).collect();
    view! {
        <section class="panel">
            <div class="panel__head"><h2>{tr!(ward_stock.explain)}</h2></div>
            <div class="panel__body">
                <Form action="/api/stock/explain_transfer" id="explain" hidden>
                    <SelectField name="outcome" label=tr!(ward_stock.outcome) choices prompt=tr!(errors.choose) required=true/>
                    <TextField name="explanation" label=tr!(ward_stock.explanation) maxlength=500 required=true/>
                    <div class="form__actions"><Button label=tr!(ward_stock.explain) tone=ButtonTone::Primary/></div>
                </Form>
            </div>
        </section>
    }
    .into_any()
}

fn call_back_dialog(known: &StockTransfer) -> AnyView {
    let hidden = vec![("stock_transfer_id", known.id.to_string()), ("version", known.version.to_string())];
    let action = "/api/stock/call_back";
    view! {
        <Dialog id="call-back" opens=tr!(ward_stock.call_back) title=tr!(ward_stock.call_back) action tone=ButtonTone::Danger>
            <Form action id="call-back-form" hidden>
                <p>{tr!(ward_stock.call_back_text)}</p>
                <TextField name="explanation" label=tr!(inventory.reason) maxlength=500 required=true/>
                <div class="form__actions"><Button label=tr!(ward_stock.call_back) tone=ButtonTone::Danger/></div>
            </Form>
        </Dialog>
    }
    .into_any()
}
