//! `/orders/{id}`: one order, its state and times, and the acts on it.

use leptos::prelude::*;
use serde::Deserialize;

use super::{
    done_words,
    parts::{OrderDuty, acts, badges, is_closed},
};
use crate::{
    core::{
        Error, OrderId, Permission, Result,
        time::{Zone, show_date_time},
    },
    orders::{Order, OrderAct, kind, order::NamedStamp, store},
    patients,
    server::{Ctx, Page, Path, Query},
    tr,
    ui::{DescriptionList, Detail, PageHeader, PatientBanner, Toast},
};

/// `?done=`.
#[derive(Debug, Deserialize)]
pub struct OrderQuery {
    #[serde(default)]
    done: String,
}

/// The page.
pub async fn order_page(Path(id): Path<OrderId>, Query(query): Query<OrderQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ReadOrders).await?;
    let order = store::order(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    ctx.at_clinic(Permission::ReadOrders, order.clinic)?;
    ctx.saw(order.patient, "order").await?;
    let today = ctx.today();
    let banner = patients::banner(&mut ctx.tx, order.patient, today).await?;
    let (zone, by_hand) = (ctx.zone(), !kind::follows_work(&ctx, &order.kind));
    let kind = kind::words(&ctx, &order.kind);
    let known = ctx.state().departments.order_kinds();
    let works = known.iter().any(|known| known.name == order.kind && ctx.who.may_at(known.right, order.clinic));
    let works = works && ctx.who.may_at(Permission::WorkOrders, order.clinic);
    let orders = ctx.who.may_at(Permission::PlaceOrders, order.clinic);
    let may_read_chart = ctx.who.may_at(Permission::ReadChart, order.clinic);
    Ok(Page::new(tr!(orders.order_one), move || view(&order, &kind, zone, (works, by_hand, orders, may_read_chart), &query.done))
        .banner(move || view! { <PatientBanner info=banner/> }))
}

fn view(
    order: &Order,
    kind: &str,
    zone: Zone,
    (works, by_hand, orders, may_read_chart): (bool, bool, bool, bool),
    done: &str,
) -> impl IntoView + use<> {
    let here = format!("/orders/{}", order.id);
    let own: Vec<OrderAct> = OrderAct::WORK.into_iter().filter(|act| by_hand || !OrderAct::BY_WORK.contains(act)).collect();
    let work = works.then(|| acts(order, &own, OrderDuty::Works, &here));
    // A user with both rights gets each act once.
    let others: Vec<OrderAct> = OrderAct::ORDERER.into_iter().filter(|act| !works || !OrderAct::WORK.contains(act)).collect();
    let withdraw = orders.then(|| acts(order, &others, OrderDuty::Orders, &here));
    let nothing = is_closed(order).then(|| view! { <p class="muted">{tr!(orders.is_closed)}</p> });
    let chart = may_read_chart
        .then(|| view! { <p><a href=format!("/patients/{}/chart?only=orders", order.patient)>{tr!(orders.all_of_patient)}</a></p> });
    view! {
        {done_words(done).map(|text| view! { <Toast text/> })}
        <PageHeader title=order.service.clone() back=("/orders".to_owned(), tr!(orders.title).to_owned()) detail=kind.to_owned()/>
        <section class="panel">
            <div class="panel__head"><h2>{tr!(orders.order_one)}</h2><div class="cluster">{badges(order)}</div></div>
            <div class="panel__body stack">
                <DescriptionList details=details(order, zone)/>
                <div class="cluster">{work}{withdraw}{nothing}</div>
                {chart}
            </div>
        </section>
    }
}

fn details(order: &Order, zone: Zone) -> Vec<Detail> {
    let said = |stamp: &NamedStamp| format!("{}, {}", show_date_time(zone.local(stamp.at)), stamp.by);
    let texts = [
        (tr!(orders.requisition), order.requisition.clone().unwrap_or_default()),
        (tr!(orders.priority), order.priority.words().to_owned()),
        (tr!(orders.reason), order.reason.clone()),
        (tr!(orders.instructions), order.instructions.clone()),
        (tr!(orders.ordered_by), said(&order.ordered)),
        (tr!(orders.accepted_by), order.accepted.as_ref().map(said).unwrap_or_default()),
        (tr!(orders.started_by), order.started.as_ref().map(said).unwrap_or_default()),
        (tr!(orders.completed_by), order.completed.as_ref().map(said).unwrap_or_default()),
        (tr!(orders.outcome), order.outcome.clone()),
        (order.state.words(), order.stopped.as_ref().map(said).unwrap_or_default()),
        (tr!(orders.stop_reason), order.stop_reason.clone()),
    ];
    texts.into_iter().filter(|(_, text)| !text.is_empty()).map(|(label, text)| Detail::new(label, text)).collect()
}
