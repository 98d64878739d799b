//! `/purchasing`: the open purchase requests of the clinic.

use leptos::prelude::*;

use super::parts::{PurchasesQuery, shown_name, tabs, toast};
use crate::{
    core::{
        Permission, PurchaseRequestId, Result, UserId,
        list::{Slice, offset},
        time::{Zone, show_date_time},
    },
    inventory::{self, RoomKind, Storeroom},
    purchasing::{
        PurchaseRequestState,
        requests::{self, PurchaseRequest},
    },
    server::{Ctx, Page, Query},
    tr,
    ui::{
        Button, ButtonTone, Choice, Column, DataTable, Dialog, EmptyState, Form, Glyph, LinkButton, ListUrl, NumberField, PageHeader,
        Paging, PostButton, Row, SelectField, StatusBadge, TextField,
    },
};

const DECIDE: &str = "/api/purchasing/decide_request";

/// Shows the requests.
///
/// # Errors
/// Not allowed, or when the database refuses.
pub async fn requests_page(Query(query): Query<PurchasesQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ReadPurchases).await?;
    let (clinic, zone, user) = (ctx.clinic.id, ctx.zone(), ctx.user());
    let (page, skip) = offset(query.page);
    let found = Slice::from_surplus(requests::open(&mut ctx.tx, clinic, skip).await?, page);
    let rooms = inventory::rooms(&mut ctx.tx, clinic).await?;
    let orders = ctx.who.may_at(Permission::OrderGoods, clinic);
    let approves = ctx.who.may_at(Permission::ApprovePurchases, clinic);
    Ok(Page::new(tr!(purchasing.requests), move || {
        let rows = found.rows.iter().map(|request| row(request, zone, user, (orders, approves))).collect();
        let columns = vec![
            Column::new(tr!(inventory.item)),
            Column::new(tr!(inventory.room)),
            Column::new(tr!(inventory.quantity)).numeric(),
            Column::new(tr!(inventory.reason)),
            Column::new(tr!(inventory.status)),
            Column::new(tr!(inventory.by)).secondary(),
            Column::new(tr!(inventory.acts)).label_hidden(),
        ];
        let empty =
            view! { <EmptyState glyph=Glyph::Receipt title=tr!(purchasing.no_requests) text=tr!(purchasing.no_requests_text)/> }.into_any();
        let paging = Paging::of(&found);
        let actions = orders.then(|| {
            view! {
                <LinkButton href="/purchasing/reorder" label=tr!(purchasing.reorder) glyph=Glyph::Repeat/>
                {request_dialog(&rooms)}
            }
        });
        view! {
            {toast(&query.done)}
            <PageHeader title=tr!(purchasing.title) detail=tr!(purchasing.purpose) actions=Some(actions.into_any())/>
            {tabs("/purchasing", orders)}
            <DataTable caption=tr!(purchasing.requests) columns rows url=ListUrl::new("/purchasing") paging=Some(paging) empty=Some(empty) stacked=true/>
        }
    }))
}

fn row(request: &PurchaseRequest, zone: Zone, user: UserId, (orders, approves): (bool, bool)) -> Row {
    let name = shown_name(&request.name, &request.name_es).to_owned();
    let of = |decision: &str| vec![("purchase_request_id", request.id.to_string()), ("decision", decision.to_owned())];
    let about = || name.clone();
    // Another person than the one who asks decides.
    let decides = (approves && request.state == PurchaseRequestState::Submitted && request.requested_by != user).then(|| {
        view! {
            <PostButton action=DECIDE label=tr!(purchasing.approve) about=about() hidden=of("approved")/>
            <PostButton action=DECIDE label=tr!(purchasing.reject) about=about() hidden=of("rejected") tone=ButtonTone::Quiet/>
        }
    });
    let cancels = orders.then(|| {
        view! { <PostButton action=DECIDE label=tr!(purchasing.cancel_request) about=about() hidden=of("cancelled") tone=ButtonTone::Quiet/> }
    });
    let by = format!("{} · {}", request.requester, show_date_time(zone.local(request.requested_at)));
    Row::new(vec![
        view! { <strong>{name.clone()}</strong> }.into_any(),
        request.store_name.clone().into_any(),
        request.unit.count(request.quantity).into_any(),
        request.reason.clone().into_any(),
        view! { <StatusBadge tone=request.state.tone() label=request.state.words()/> }.into_any(),
        by.into_any(),
        view! { <div class="cluster">{decides}{cancels}</div> }.into_any(),
    ])
}

fn request_dialog(rooms: &[Storeroom]) -> AnyView {
    let hidden = vec![("key", PurchaseRequestId::new().to_string())];
    let choices: Vec<Choice> = rooms
        .iter()
        .filter(|room| room.kind != RoomKind::Quarantine)
        .map(|room| Choice::new(room.id.to_string(), room.name.clone()))
        .collect();
    view! {
        <Dialog id="request" action="/api/purchasing/request" opens=tr!(purchasing.new_request) title=tr!(purchasing.new_request) glyph=Glyph::Plus tone=ButtonTone::Primary>
            <Form action="/api/purchasing/request" id="request-form" hidden>
                <SelectField name="storeroom" label=tr!(inventory.room) choices prompt=tr!(errors.choose) required=true/>
                <TextField name="scan" label=tr!(purchasing.item_code) hint=tr!(purchasing.item_code_hint) required=true maxlength=500 class="input--code" autocomplete="off"/>
                <NumberField name="quantity" label=tr!(inventory.quantity) required=true/>
                <TextField name="reason" label=tr!(inventory.reason) required=true maxlength=500/>
                <div class="form__actions"><Button label=tr!(purchasing.new_request) tone=ButtonTone::Primary/></div>
            </Form>
        </Dialog>
    }
    .into_any()
}
