//! Orders on the portal's records: the service and its state. The doctor explains reasons and outcomes, so they are not shown.

use leptos::prelude::*;

use crate::{
    core::{PatientId, Result, time::show_date},
    orders::store,
    server::{Ctx, department::Draw},
    tr,
    ui::StatusBadge,
};

/// The orders that are shown, the latest first.
const SHOWN: i64 = 20;

/// The panel.
pub async fn portal_orders(ctx: &mut Ctx, patient: PatientId) -> Result<Draw> {
    let acting = ctx.who.acts_for().is_some();
    let orders = store::in_portal(&mut ctx.tx, patient, acting, SHOWN).await?;
    let zone = ctx.zone();
    Ok(Box::new(move || {
        let none = orders.is_empty().then(|| view! { <div class="panel__body"><p class="muted">{tr!(orders.portal_none)}</p></div> });
        let rows = orders
            .into_iter()
            .map(|order| {
                let day = show_date(zone.day(order.ordered.at));
                view! {
                    <li class="rows__row">
                        <div class="rows__main"><strong>{order.service}</strong><br/><span class="muted">{day}</span></div>
                        <div class="rows__side"><StatusBadge tone=order.state.tone() label=order.state.words()/></div>
                    </li>
                }
            })
            .collect_view();
        view! {
            <section class="panel">
                <div class="panel__head"><h2>{tr!(orders.portal_title)}</h2></div>
                {none}
                <ul class="rows">{rows}</ul>
            </section>
        }
        .into_any()
    }))
}
