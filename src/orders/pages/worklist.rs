//! `/orders`: the worklist of users who work on orders; a doctor gets the list of their own orders. The most urgent order stands first.

use chrono::Duration;
use leptos::prelude::*;
use serde::Deserialize;

use super::{
    done_words,
    parts::{OrderDuty, act_button, badges},
};
use crate::{
    core::{
        Permission, Result,
        list::{self, PAGE_SIZE, Slice},
        time::{Instant, show_minutes},
    },
    opd::{self, PanelState, QueueFilter, QueuePanel, Step},
    orders::{KindStop, Order, OrderAct, OrderPriority, OrderState, kind, store},
    server::{Ctx, Page, Part, Query, department::OrderKind},
    tr,
    ui::{
        Choice, Column, DataTable, EmptyState, Glyph, Icon, ListUrl, Live, PageHeader, Paging, Row, SelectField, Tab, Tabs, TextField,
        Toast,
    },
};

/// The filter, which stands in the address.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct WorklistQuery {
    kind: String,
    state: String,
    priority: String,
    /// Hours since it was placed, at least.
    age: String,
    /// The number of a requisition; with it the other filters do not count.
    number: String,
    page: Option<i64>,
    done: String,
}

/// The choices of the filter by age, in hours.
const AGES: [i64; 4] = [1, 4, 24, 72];

struct Worklist {
    kinds: Vec<&'static OrderKind>,
    orders: Slice<Order>,
    /// Whether the user works on orders; otherwise these are the user's own orders.
    works: bool,
    /// Whether the queue sends patients of visits here.
    sends: bool,
    now: Instant,
}

/// The page.
pub async fn worklist_page(Query(query): Query<WorklistQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ReadOrders).await?;
    let worklist = Worklist::load(&mut ctx, &query).await?;
    let clinic = ctx.clinic.id;
    let sends = worklist.works && worklist.sends && ctx.who.may_at(Permission::ViewQueue, clinic);
    let queue = match sends {
        true => Some(opd::panel(&mut ctx, &QueueFilter { step: Some(Step::Orders), ..QueueFilter::default() }).await?),
        false => None,
    };
    Ok(Page::new(tr!(orders.title), move || view(worklist, queue, query)))
}

/// Serves the list alone, after a change of an order of the clinic.
pub async fn worklist_part(Query(query): Query<WorklistQuery>) -> Result<Part> {
    let mut ctx = Ctx::read(Permission::ReadOrders).await?;
    let worklist = Worklist::load(&mut ctx, &query).await?;
    Ok(Part::new(move || table(&worklist, &query)))
}

impl Worklist {
    async fn load(ctx: &mut Ctx, query: &WorklistQuery) -> Result<Self> {
        let (clinic, now) = (ctx.clinic.id, ctx.now);
        let all = kind::kinds(ctx).await?;
        let works = ctx.who.may_at(Permission::WorkOrders, clinic);
        let kinds: Vec<&'static OrderKind> =
            all.iter().map(|kind| kind.of).filter(|kind| !works || ctx.who.may_at(kind.right, clinic)).collect();
        let age: Option<i64> = query.age.parse().ok().filter(|hours| AGES.contains(hours));
        let filter = store::Filter {
            kinds: kinds.iter().map(|kind| kind.name).filter(|name| query.kind.is_empty() || *name == query.kind).collect(),
            state: query.state.parse().ok(),
            priority: query.priority.parse().ok(),
            before: age.map(|hours| now - Duration::hours(hours)),
            by: (!works).then(|| ctx.user()),
        };
        let number = query.number.trim();
        let orders = if number.is_empty() {
            let (page, offset) = list::offset(query.page);
            Slice::from_surplus(store::worklist(&mut ctx.tx, clinic, &filter, PAGE_SIZE + 1, offset).await?, page)
        } else {
            let all: Vec<&'static str> = kinds.iter().map(|kind| kind.name).collect();
            Slice::from_surplus(store::of_requisition(&mut ctx.tx, clinic, number, &all).await?, 1)
        };
        ctx.saw_live(orders.rows.iter().map(|order| order.patient), "orders").await?;
        Ok(Self { kinds, orders, works, sends: all.iter().any(|kind| kind.stop != KindStop::None), now })
    }
}

impl WorklistQuery {
    /// The list at an address, with its filter.
    fn at(&self, path: &str) -> ListUrl {
        ListUrl::new(path)
            .with("kind", self.kind.clone())
            .with("state", self.state.clone())
            .with("priority", self.priority.clone())
            .with("age", self.age.clone())
            .with("number", self.number.clone())
    }
}

fn view(worklist: Worklist, queue: Option<PanelState>, query: WorklistQuery) -> impl IntoView {
    let url = query.at("/orders");
    let page = query.page.filter(|page| *page > 1).map(|page| page.to_string()).unwrap_or_default();
    let from = query.at("/orders/live").with("page", page).href();
    let here = url.href();
    let tabs = std::iter::once(Tab::new(url.clone().with("kind", "").href(), tr!(orders.all_kinds), query.kind.is_empty()))
        .chain(
            worklist.kinds.iter().map(|kind| Tab::new(url.clone().with("kind", kind.name).href(), (kind.words)(), kind.name == query.kind)),
        )
        .collect::<Vec<_>>();
    let detail = if worklist.works { tr!(orders.worklist_text) } else { tr!(orders.mine_text) };
    view! {
        {done_words(&query.done).map(|text| view! { <Toast text/> })}
        <PageHeader title=tr!(orders.title) detail/>
        {queue.map(|queue| waiting_here(queue, here))}
        <Tabs label=tr!(orders.kind) tabs/>
        <div class="list">
            <form class="filter" method="get" action="/orders" role="search" aria-label=tr!(orders.title)>
                {filter(&query)}
                <button class="button" type="submit"><Icon glyph=Glyph::Filter/>{tr!(ui.show)}</button>
            </form>
            <Live topics="orders" from>{table(&worklist, &query)}</Live>
        </div>
    }
}

/// Shows the orders that match the filter.
fn table(worklist: &Worklist, query: &WorklistQuery) -> AnyView {
    let Worklist { kinds, orders, works, now, .. } = worklist;
    let url = query.at("/orders");
    let here = url.href();
    let columns = vec![
        Column::new(tr!(orders.service)),
        Column::new(tr!(orders.patient)),
        Column::new(tr!(orders.state)),
        Column::new(tr!(orders.age)).secondary(),
        Column::new(tr!(orders.ordered_by)).secondary(),
        Column::new(tr!(orders.next_act)).secondary(),
    ];
    let rows = orders.rows.iter().map(|order| row(order, kinds, *works, *now, &here)).collect();
    let is_filtered = [&query.state, &query.priority, &query.age, &query.number].iter().any(|value| !value.is_empty());
    let (title, text) = match is_filtered {
        true => (tr!(orders.none_such), tr!(orders.none_such_text)),
        false if *works => (tr!(orders.none), tr!(orders.none_text)),
        false => (tr!(orders.none_of_mine), tr!(orders.none_of_mine_text)),
    };
    let empty = view! { <EmptyState glyph=Glyph::Check title text/> }.into_any();
    view! { <DataTable caption=tr!(orders.title) columns rows url paging=Some(Paging::of(orders)) empty=Some(empty) stacked=true/> }
        .into_any()
}

/// Shows the patients of visits whom the queue sent here.
fn waiting_here(queue: PanelState, here: String) -> AnyView {
    view! {
        <section class="panel" aria-label=tr!(orders.waiting_here)>
            <div class="panel__head"><h2>{tr!(orders.waiting_here)}</h2></div>
            <QueuePanel initial=queue step=Step::Orders.as_str() service="" doctor="" back=here/>
        </section>
    }
    .into_any()
}

fn filter(query: &WorklistQuery) -> AnyView {
    let states = OrderState::ALL.iter().filter(|state| **state != OrderState::Draft);
    let states: Vec<Choice> = states.map(|state| Choice::new(state.as_str(), state.words())).collect();
    let priorities: Vec<Choice> = OrderPriority::ALL.iter().map(|one| Choice::new(one.as_str(), one.words())).collect();
    let ages: Vec<Choice> = AGES.iter().map(|hours| Choice::new(hours.to_string(), tr!(orders.older_than, hours = *hours))).collect();
    view! {
        <input type="hidden" name="kind" value=query.kind.clone()/>
        <TextField kind="search" name="number" label=tr!(orders.requisition) value=query.number.clone() maxlength=60/>
        <SelectField name="state" label=tr!(orders.state) choices=states value=query.state.clone() prompt=tr!(orders.open_ones)/>
        <SelectField name="priority" label=tr!(orders.priority) choices=priorities value=query.priority.clone() prompt=tr!(orders.all_priorities)/>
        <SelectField name="age" label=tr!(orders.age) choices=ages value=query.age.clone() prompt=tr!(orders.any_age)/>
    }
    .into_any()
}

fn row(order: &Order, kinds: &[&'static OrderKind], works: bool, now: Instant, here: &str) -> Row {
    let known = kinds.iter().find(|kind| kind.name == order.kind);
    let by_hand = works && known.is_some_and(|kind| kind.followed.is_none());
    let kind = known.map_or_else(String::new, |kind| (kind.words)().to_owned());
    let details = [kind, order.requisition.clone().unwrap_or_default(), order.reason.clone(), order.stop_reason.clone()];
    let details = details.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" · ");
    let since = order.requested_at.unwrap_or(order.ordered.at);
    let next = OrderAct::BY_WORK.into_iter().find(|act| by_hand && order.allows(*act));
    let next = next.map(|act| act_button(order, act, OrderDuty::Works, here));
    let cells = vec![
        view! { <strong>{order.service.clone()}</strong> }.into_any(),
        view! { {order.patient_name.listed()}<br/><span class="muted small">{order.mrn.clone()}</span> }.into_any(),
        view! { <div class="cluster">{badges(order)}</div><span class="muted small">{details}</span> }.into_any(),
        show_minutes((now - since).num_minutes().max(0)).into_any(),
        order.ordered.by.clone().into_any(),
        next.into_any(),
    ];
    let row = Row::new(cells).href(format!("/orders/{}", order.id)).key(order.id.to_string());
    match order.priority.tone() {
        Some(tone) if OrderState::OPEN.contains(&order.state) => row.class(tone.class()),
        _ => row,
    }
}
