//! `/purchasing/orders/{id}`: an order with its lines, its receipts and invoices, and the next step.

use leptos::prelude::*;

use super::{
    parts::{PurchaseQuery, price_words, toast},
    returns::returned,
};
use crate::{
    core::{
        Currency, Money, Permission, PurchaseLineId, PurchaseOrderId, Result, UserId,
        time::{Zone, show_date, show_date_time},
    },
    purchasing::{
        PurchaseOrderState,
        invoices::{self, SupplierInvoice},
        orders::{self, PurchaseLine, PurchaseOrder},
        receipts::{self, ReceiptRow},
        returns::{self, SupplierReturn},
    },
    server::{Ctx, Page, Path, Query},
    tr,
    ui::{
        Button, ButtonTone, Column, DataTable, DescriptionList, Detail, Dialog, EmptyState, Form, Glyph, LinkButton, NumberField,
        PageHeader, PostButton, Row, StatusBadge, TextField,
    },
};

#[expect(clippy::struct_excessive_bools, reason = "each is a right of its own")]
struct Facts {
    order: PurchaseOrder,
    lines: Vec<PurchaseLine>,
    receipts: Vec<ReceiptRow>,
    invoices: Vec<SupplierInvoice>,
    returns: Vec<SupplierReturn>,
    zone: Zone,
    currency: Currency,
    user: UserId,
    may_order: bool,
    approves: bool,
    receives: bool,
    enters: bool,
}

/// Shows an order.
///
/// # Errors
/// Not allowed, another clinic's order, or when the database refuses.
pub async fn order_page(Path(id): Path<PurchaseOrderId>, Query(query): Query<PurchaseQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ReadPurchases).await?;
    let order = orders::at_clinic(&mut ctx, Permission::ReadPurchases, id).await?;
    let clinic = order.clinic_id;
    let facts = Facts {
        lines: orders::lines(&mut ctx.tx, id).await?,
        receipts: receipts::of_order(&mut ctx.tx, id).await?,
        invoices: invoices::of_order(&mut ctx.tx, id).await?,
        returns: returns::of_order(&mut ctx.tx, id).await?,
        zone: ctx.zone(),
        currency: ctx.state().hospital().currency,
        user: ctx.user(),
        may_order: ctx.who.may_at(Permission::OrderGoods, clinic),
        approves: ctx.who.may_at(Permission::ApprovePurchases, clinic),
        receives: ctx.who.may_at(Permission::MoveStock, clinic),
        enters: ctx.who.may_at(Permission::EnterInvoices, clinic),
        order,
    };
    Ok(Page::new(facts.order.number.clone(), move || view(&facts, &query.done)))
}

fn view(facts: &Facts, done: &str) -> AnyView {
    let order = &facts.order;
    let back = ("/purchasing/orders".to_owned(), tr!(purchasing.orders).to_owned());
    let at = |path: &str| format!("/purchasing/orders/{}/{path}", order.id);
    let receive = (facts.receives && order.state.is_open_for_goods()).then(|| {
        view! { <LinkButton href=at("receive") label=tr!(purchasing.receive) tone=ButtonTone::Primary glyph=Glyph::Arrive/> }
    });
    let enter = (facts.enters && order.sent_at.is_some()).then(|| {
        view! { <LinkButton href=at("invoice") label=tr!(purchasing.enter_invoice) glyph=Glyph::Receipt/> }
    });
    let paper = (order.state != PurchaseOrderState::Draft).then(|| {
        view! { <LinkButton href=at("paper") label=tr!(purchasing.paper) glyph=Glyph::Print/> }
    });
    let actions = view! { {paper}{enter}{receive} }.into_any();
    let add = (facts.may_order && order.state == PurchaseOrderState::Draft).then(|| add_line(order));
    view! {
        {toast(done)}
        <PageHeader title=order.number.clone() back detail=order.supplier_name.clone() actions=Some(actions)/>
        <div class="stack">
            <section class="panel"><div class="panel__body"><DescriptionList details=details(facts)/></div></section>
            {lines(facts)}
            {add}
            {steps(facts)}
            {receipts(facts)}
            {invoices(facts)}
            {returned(&facts.returns, facts.currency)}
        </div>
    }
    .into_any()
}

fn details(facts: &Facts) -> Vec<Detail> {
    let order = &facts.order;
    let badge = view! { <StatusBadge tone=order.state.tone() label=order.state.words()/> }.into_any();
    let total: i64 = facts.lines.iter().fold(0, |sum, line| sum.saturating_add(line.cost().0));
    let mut details = vec![
        Detail::view(tr!(inventory.status), badge),
        Detail::new(tr!(purchasing.deliver_to), order.store_name.clone()),
        Detail::new(tr!(purchasing.total), facts.currency.show(Money(total))),
        Detail::new(tr!(purchasing.written_by), format!("{} · {}", order.writer, show_date_time(facts.zone.local(order.created_at)))),
    ];
    details.extend(order.approver.as_ref().map(|name| Detail::new(tr!(purchasing.approved_by), name.clone())));
    details.extend(order.sent_at.map(|at| Detail::new(tr!(purchasing.sent_at), show_date_time(facts.zone.local(at)))));
    if !order.note.is_empty() {
        details.push(Detail::new(tr!(purchasing.note_to_supplier), order.note.clone()));
    }
    if !order.reason.is_empty() {
        details.push(Detail::new(tr!(purchasing.cancelled_because), order.reason.clone()));
    }
    details
}

fn lines(facts: &Facts) -> AnyView {
    let order = &facts.order;
    let is_draft = order.state == PurchaseOrderState::Draft;
    let rows = facts
        .lines
        .iter()
        .map(|line| {
            let name = line.shown_name().to_owned();
            let about = name.clone();
            let remove = (is_draft && facts.may_order).then(|| {
                let hidden = vec![("purchase_order_id", order.id.to_string()), ("purchase_line_id", line.id.to_string())];
                view! { <PostButton action="/api/purchasing/remove_line" label=tr!(inventory.remove) about hidden tone=ButtonTone::Quiet/> }
            });
            let packs = format!("{} × {}", line.ordered / line.pack_size.max(1), line.pack_size);
            let whole_packs = line.pack_size > 1 && line.ordered % line.pack_size == 0;
            let packs = whole_packs.then(|| view! { <br/><span class="muted small">{packs}</span> });
            Row::new(vec![
                view! { <strong>{name}</strong><br/><span class="muted small">{line.code.clone()}</span> }.into_any(),
                view! { {line.unit.count(line.ordered)}{packs} }.into_any(),
                price_words(line.price, line.price_per, &facts.currency).into_any(),
                facts.currency.show(line.cost()).into_any(),
                line.unit.count(line.received).into_any(),
                line.unit.count(line.open()).into_any(),
                remove.into_any(),
            ])
        })
        .collect();
    let columns = vec![
        Column::new(tr!(inventory.item)),
        Column::new(tr!(purchasing.ordered)).numeric(),
        Column::new(tr!(purchasing.price)).numeric(),
        Column::new(tr!(purchasing.cost)).numeric(),
        Column::new(tr!(purchasing.received)).numeric(),
        Column::new(tr!(purchasing.to_come)).numeric(),
        Column::new(tr!(inventory.acts)).label_hidden(),
    ];
    let empty = view! { <EmptyState glyph=Glyph::Receipt title=tr!(purchasing.empty_order)/> }.into_any();
    view! { <DataTable caption=tr!(purchasing.lines) columns rows empty=Some(empty) stacked=true/> }.into_any()
}

fn add_line(order: &PurchaseOrder) -> AnyView {
    let hidden = vec![("purchase_order_id", order.id.to_string()), ("key", PurchaseLineId::new().to_string())];
    let take = vec![("purchase_order_id", order.id.to_string())];
    view! {
        <section class="panel">
            <div class="panel__head"><h2>{tr!(purchasing.add_line)}</h2></div>
            <div class="panel__body">
                <Form action="/api/purchasing/put_line" id="line-form" hidden>
                    <TextField name="scan" label=tr!(purchasing.item_code) hint=tr!(purchasing.item_code_hint) required=true maxlength=500 class="input--code" autocomplete="off"/>
                    <NumberField name="packs" label=tr!(inventory.packs) optional=true/>
                    <NumberField name="quantity" label=tr!(purchasing.units_instead) optional=true/>
                    <TextField name="price" label=tr!(purchasing.price_of_pack) inputmode="decimal" optional=true/>
                    <div class="form__actions"><Button label=tr!(purchasing.add_line)/></div>
                </Form>
                <PostButton action="/api/purchasing/take_requests" label=tr!(purchasing.take_requests) hidden=take/>
            </div>
        </section>
    }
    .into_any()
}

/// The steps that the user may take in the order's state.
fn steps(facts: &Facts) -> AnyView {
    let order = &facts.order;
    let of = || vec![("purchase_order_id", order.id.to_string()), ("version", order.version.to_string())];
    let own = order.created_by == facts.user;
    let is_draft = order.state == PurchaseOrderState::Draft;
    let approve = (is_draft && facts.approves && !own && !facts.lines.is_empty()).then(|| {
        view! { <PostButton action="/api/purchasing/approve_order" label=tr!(purchasing.approve) hidden=of() tone=ButtonTone::Primary/> }
    });
    let waits = (is_draft && own).then(|| view! { <p class="muted">{tr!(purchasing.another_approves)}</p> });
    let approved = order.state == PurchaseOrderState::Approved && facts.may_order;
    let send = approved.then(|| {
        view! {
            <PostButton action="/api/purchasing/send_order" label=tr!(purchasing.record_sent) hidden=of() tone=ButtonTone::Primary/>
            <PostButton action="/api/purchasing/reopen_order" label=tr!(purchasing.reopen) hidden=of() tone=ButtonTone::Quiet/>
        }
    });
    let cancel = (facts.may_order && order.state.may_become(PurchaseOrderState::Cancelled)).then(|| {
        let hidden = of();
        view! {
            <Dialog id="cancel" action="/api/purchasing/cancel_order" opens=tr!(purchasing.cancel_rest) title=tr!(purchasing.cancel_rest) tone=ButtonTone::Quiet>
                <Form action="/api/purchasing/cancel_order" id="cancel-form" hidden>
                    <TextField name="reason" label=tr!(inventory.reason) required=true maxlength=500/>
                    <div class="form__actions"><Button label=tr!(purchasing.cancel_rest) tone=ButtonTone::Danger/></div>
                </Form>
            </Dialog>
        }
    });
    view! { {waits}<div class="cluster">{approve}{send}{cancel}</div> }.into_any()
}

fn receipts(facts: &Facts) -> AnyView {
    if facts.receipts.is_empty() {
        return ().into_any();
    }
    let rows = facts
        .receipts
        .iter()
        .map(|receipt| {
            let line = facts.lines.iter().find(|line| line.id == receipt.line_id);
            let name = line.map(|line| line.shown_name().to_owned()).unwrap_or_default();
            let batch = [receipt.batch_no.clone(), receipt.expires_on.map(show_date)].into_iter().flatten().collect::<Vec<_>>().join(" · ");
            let mut came = vec![receipt.quantity.to_string()];
            if receipt.free > 0 {
                came.push(tr!(purchasing.free_units, count = receipt.free));
            }
            if receipt.rejected > 0 {
                came.push(tr!(purchasing.rejected_units, count = receipt.rejected, reason = receipt.reject_reason.clone()));
            }
            let over = receipt.approver.as_ref().map(|name| {
                let words = tr!(purchasing.over_approved, name = name.clone(), reason = receipt.over_reason.clone());
                view! { <br/><span class="muted small">{words}</span> }
            });
            let by = format!("{} · {}", receipt.by_name, show_date_time(facts.zone.local(receipt.at)));
            Row::new(vec![
                view! { <span class="code">{receipt.number.clone()}</span><br/><span class="muted small">{receipt.delivery_note.clone()}</span> }
                    .into_any(),
                name.into_any(),
                batch.into_any(),
                view! { {came.join(" · ")}{over} }.into_any(),
                by.into_any(),
            ])
        })
        .collect();
    let columns = vec![
        Column::new(tr!(purchasing.receipt)),
        Column::new(tr!(inventory.item)),
        Column::new(tr!(inventory.batch)),
        Column::new(tr!(purchasing.received)),
        Column::new(tr!(inventory.by)).secondary(),
    ];
    view! { <h2>{tr!(purchasing.receipts)}</h2><DataTable caption=tr!(purchasing.receipts) columns rows stacked=true/> }.into_any()
}

fn invoices(facts: &Facts) -> AnyView {
    if facts.invoices.is_empty() {
        return ().into_any();
    }
    let rows = facts
        .invoices
        .iter()
        .map(|invoice| {
            let state = invoice.state;
            Row::new(vec![
                view! { <strong>{invoice.number.clone()}</strong> }.into_any(),
                show_date(invoice.invoiced_on).into_any(),
                facts.currency.show(Money(invoice.total)).into_any(),
                view! { <StatusBadge tone=state.tone() label=state.words()/> }.into_any(),
            ])
            .href(format!("/purchasing/invoices/{}", invoice.id))
        })
        .collect();
    let columns = vec![
        Column::new(tr!(purchasing.invoice)),
        Column::new(tr!(purchasing.invoiced_on)),
        Column::new(tr!(purchasing.total)).numeric(),
        Column::new(tr!(inventory.status)),
    ];
    view! { <h2>{tr!(purchasing.invoices)}</h2><DataTable caption=tr!(purchasing.invoices) columns rows stacked=true/> }.into_any()
}
