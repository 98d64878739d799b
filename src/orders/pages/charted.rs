//! Orders in the chart.

use leptos::prelude::*;

use super::parts::badges;
use crate::{
    core::{Result, time::show_date_time},
    orders::{Order, OrderState, kind, order::NamedStamp, store},
    server::{
        Ctx,
        department::{ChartAsk, ChartEntry, ChartSetting},
    },
    tr,
    ui::Glyph,
};

/// Each order that was placed, at the time it was ordered.
pub async fn charted_orders(ctx: &mut Ctx, ask: ChartAsk) -> Result<Vec<ChartEntry>> {
    let orders = store::of_patient(&mut ctx.tx, ask.patient, ask.before, ask.limit).await?;
    let entry = |order: Order| {
        let kind = kind::words(ctx, &order.kind);
        ChartEntry {
            at: order.ordered.at,
            tone: order.state.tone(),
            glyph: Glyph::Check,
            body: Box::new(move |setting| ordered(&order, &kind, setting)),
        }
    };
    Ok(orders.into_iter().map(entry).collect())
}

fn ordered(order: &Order, kind: &str, setting: ChartSetting) -> AnyView {
    let said = |words: &'static str, stamp: &NamedStamp| format!("{words}: {}, {}", stamp.by, show_date_time(setting.zone.local(stamp.at)));
    let done = match (&order.completed, &order.stopped, order.state) {
        (Some(completed), ..) => Some(said(tr!(orders.completed_by), completed)),
        (_, Some(stopped), state) => Some(said(state.words(), stopped)),
        _ => None,
    };
    let paragraph = |label: &'static str, text: &str| {
        (!text.is_empty()).then(|| view! { <p><span class="muted">{label}": "</span>{text.to_owned()}</p> })
    };
    let by = format!("{}: {}", tr!(orders.ordered_by), order.ordered.by);
    let facts = [Some(kind), order.requisition.as_deref(), Some(&by)].into_iter().flatten().collect::<Vec<_>>().join(" · ");
    let class = if order.state == OrderState::EnteredInError { "stack stack--tight is-wrong" } else { "stack stack--tight" };
    view! {
        <h3>{order.service.clone()}{badges(order)}</h3>
        <div class=class>
            <p class="muted small">{facts}</p>
            {paragraph(tr!(orders.reason), &order.reason)}
            {paragraph(tr!(orders.outcome), &order.outcome)}
            {paragraph(tr!(orders.stop_reason), &order.stop_reason)}
            {done.map(|done| view! { <p class="muted small">{done}</p> })}
        </div>
    }
    .into_any()
}
