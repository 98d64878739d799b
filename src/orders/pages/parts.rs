//! The parts that several pages show of orders: badges, the acts on one order, and the panel of a consultation.

use leptos::prelude::*;

use crate::{
    core::{
        OrderId, Result, VisitId,
        form::FormState,
        time::{Zone, show_date_time},
    },
    orders::{
        Kind, Order, OrderAct, OrderPriority, OrderState,
        form::{LONGEST_REASON, LONGEST_SERVICE, LONGEST_TEXT},
        kind, store,
    },
    server::Ctx,
    tr,
    ui::{
        Button, ButtonTone, CheckboxField, Choice, Dialog, Form, Glyph, LinkButton, PostButton, RadioField, SelectField, StatusBadge,
        TextArea, TextField, refused_for,
    },
};

/// The function that places an order.
const PLACE: &str = "/api/clinical/order";
const WORK: &str = "/api/orders/work";
const WITHDRAW: &str = "/api/orders/withdraw";

/// Shows the state, and the priority unless it is routine.
pub fn badges(order: &Order) -> AnyView {
    let priority = order.priority.tone().map(|tone| view! { <StatusBadge tone label=order.priority.words()/> });
    view! { {priority}<StatusBadge tone=order.state.tone() label=order.state.words()/> }.into_any()
}

/// The user's part in an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderDuty {
    /// Works on orders.
    Works,
    /// Is a doctor of the clinic.
    Orders,
}

/// Shows the acts that fit the order's state as buttons; after an act the browser returns to the page `back`.
pub fn acts(order: &Order, all: &[OrderAct], part: OrderDuty, back: &str) -> AnyView {
    all.iter().filter(|act| order.allows(**act)).map(|act| act_button(order, *act, part, back)).collect_view().into_any()
}

/// Shows one act as a button; an act with a reason or an outcome opens a window with a form.
pub fn act_button(order: &Order, act: OrderAct, part: OrderDuty, back: &str) -> AnyView {
    let action = if part == OrderDuty::Works { WORK } else { WITHDRAW };
    let hidden = vec![
        ("order_id", order.id.to_string()),
        ("version", order.version.to_string()),
        ("act", act.as_str().to_owned()),
        ("back", back.to_owned()),
    ];
    let tone = match act {
        OrderAct::Place | OrderAct::Accept | OrderAct::Start | OrderAct::Complete | OrderAct::Resume => ButtonTone::Secondary,
        OrderAct::Hold | OrderAct::Cancel | OrderAct::EnterInError => ButtonTone::Quiet,
    };
    if !act.needs_reason() && act != OrderAct::Complete {
        return view! { <PostButton action label=act.words() hidden tone about=order.service.clone()/> }.into_any();
    }
    let id = format!("{act}-{}", order.id).replace('_', "-");
    // The page has several such windows: only the refused one opens again.
    let refused = refused_for(action, "order_id", &order.id.to_string())
        && use_context::<FormState>().is_some_and(|form| form.value("act") == Some(act.as_str()));
    let danger = if act == OrderAct::Complete { ButtonTone::Primary } else { ButtonTone::Danger };
    let title = format!("{}: {}", act.words(), order.service);
    view! {
        <Dialog id=id.clone() opens=act.words() title action=if refused { action } else { "" } tone>
            <Form action id=format!("{id}-form") hidden>
                {if act == OrderAct::Complete {
                    view! { <TextArea name="outcome" label=tr!(orders.outcome) hint=tr!(orders.outcome_hint) maxlength=LONGEST_TEXT optional=true/> }
                        .into_any()
                } else {
                    view! { <TextField name="reason" label=tr!(orders.stop_reason) required=true maxlength=LONGEST_REASON/> }.into_any()
                }}
                <div class="form__actions"><Button label=act.words() tone=danger/></div>
            </Form>
        </Dialog>
    }
    .into_any()
}

/// The orders of a consultation, and the kinds that can be ordered.
pub struct OrderPanel {
    pub orders: Vec<Order>,
    pub kinds: Vec<Kind>,
    pub zone: Zone,
}

impl OrderPanel {
    /// Reads the orders of a visit and the kinds that can be ordered.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn of(ctx: &mut Ctx, visit: VisitId) -> Result<Self> {
        Ok(Self { orders: store::of_visit(&mut ctx.tx, visit).await?, kinds: kind::offered(ctx).await?, zone: ctx.zone() })
    }
}

/// Shows the panel of a consultation. While the consultation `is_open`, the doctor can order; without orders there is no panel after it.
pub fn order_panel(visit: VisitId, panel: OrderPanel, is_open: bool) -> Option<AnyView> {
    let OrderPanel { orders, kinds, zone } = panel;
    if orders.is_empty() && (!is_open || kinds.is_empty()) {
        return None;
    }
    let back = format!("/consultation/{visit}");
    let none = orders.is_empty().then(|| view! { <div class="panel__body"><p class="muted">{tr!(orders.none_here)}</p></div> });
    let rows = orders.iter().map(|order| row(order, &kinds, zone, &back)).collect_view();
    let pages = kinds.iter().filter(|_| is_open).filter_map(|kind| kind.of.page.map(|page| (page(visit), (kind.of.words)())));
    // The page of sets is of imaging, which knows the kinds of orders that a set holds.
    let has_pages = is_open && kinds.iter().any(|kind| kind.of.page.is_some());
    let sets = has_pages.then(|| (format!("/orders/sets/visit/{visit}"), tr!(orders.sets)));
    let pages = pages.chain(sets).map(|(href, label)| view! { <LinkButton href label tone=ButtonTone::Quiet/> }).collect_view();
    let named: Vec<Kind> = kinds.iter().filter(|kind| kind.of.page.is_none()).copied().collect();
    let form = (is_open && !named.is_empty()).then(|| form(visit, &named));
    Some(
        view! {
            <section class="panel" aria-labelledby="orders-heading" id="orders">
                <div class="panel__head"><h2 id="orders-heading">{tr!(orders.title)}</h2><div class="cluster">{pages}{form}</div></div>
                {none}
                <ul class="rows">{rows}</ul>
            </section>
        }
        .into_any(),
    )
}

fn row(order: &Order, kinds: &[Kind], zone: Zone, back: &str) -> AnyView {
    let kind = kinds.iter().find(|kind| kind.of.name == order.kind).map_or_else(|| order.kind.clone(), |kind| (kind.of.words)().to_owned());
    let facts = [
        kind,
        order.requisition.clone().unwrap_or_default(),
        show_date_time(zone.local(order.ordered.at)),
        order.reason.clone(),
        order.outcome.clone(),
        order.stop_reason.clone(),
    ];
    let facts = facts.into_iter().filter(|fact| !fact.is_empty()).collect::<Vec<_>>().join(" · ");
    view! {
        <li class="rows__row">
            <div class="rows__main">
                <div class="cluster"><a href=format!("/orders/{}", order.id)><strong>{order.service.clone()}</strong></a>{badges(order)}</div>
                <span class="muted small">{facts}</span>
            </div>
            <div class="rows__side cluster">{acts(order, &OrderAct::ORDERER, OrderDuty::Orders, back)}</div>
        </li>
    }
    .into_any()
}

/// Shows the form of a new order, in a window.
fn form(visit: VisitId, kinds: &[Kind]) -> AnyView {
    let kinds: Vec<Choice> = kinds.iter().map(|kind| Choice::new(kind.of.name, (kind.of.words)())).collect();
    let priorities =
        || -> Vec<Choice> { OrderPriority::ALL.iter().rev().map(|priority| Choice::new(priority.as_str(), priority.words())).collect() };
    let hidden = vec![("visit_id", visit.to_string()), ("key", OrderId::new().to_string())];
    view! {
        <Dialog id="order" opens=tr!(orders.order) title=tr!(orders.order_title) action=PLACE glyph=Glyph::Plus tone=ButtonTone::Quiet key="o">
            <Form action=PLACE id="order-form" hidden>
                <SelectField name="kind" label=tr!(orders.kind) choices=kinds/>
                <TextField name="service" label=tr!(orders.service) hint=tr!(orders.service_hint) required=true maxlength=LONGEST_SERVICE autocomplete="off"/>
                <RadioField name="priority" label=tr!(orders.priority) choices=priorities() value=OrderPriority::Routine.as_str() inline=true/>
                <TextField name="reason" label=tr!(orders.reason) hint=tr!(orders.reason_hint) maxlength=LONGEST_TEXT optional=true/>
                <TextArea name="instructions" label=tr!(orders.instructions) hint=tr!(orders.instructions_hint) maxlength=LONGEST_TEXT optional=true/>
                <CheckboxField name="draft" label=tr!(orders.as_draft)/>
                {again()}
                <div class="form__actions"><Button label=tr!(orders.act_place) tone=ButtonTone::Primary/></div>
            </Form>
        </Dialog>
    }
    .into_any()
}

/// Shows the tick that confirms a second order of the same service, after a refusal that asked for it.
fn again() -> Option<AnyView> {
    let refused = use_context::<FormState>().filter(|state| state.action == PLACE)?;
    refused.error("again")?;
    let service = refused.value("service").unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
    Some(view! { <CheckboxField name="again" label=tr!(orders.order_again, service = service.clone()) value=service/> }.into_any())
}

/// Whether the order is over.
pub const fn is_closed(order: &Order) -> bool {
    matches!(order.state, OrderState::Completed | OrderState::Cancelled | OrderState::EnteredInError)
}
