//! The amount that is due, on the portal's home.

use leptos::{prelude::*, task::spawn_local};

use crate::{
    portal::api,
    tr,
    ui::{Glyph, Icon, live},
};

/// The line that leads to the statement while something is due; it goes as soon as the cashier has taken the payment.
#[island]
pub fn ToPay(
    /// With its currency; empty when nothing is due.
    initial: String,
) -> impl IntoView {
    let due = RwSignal::new(initial);
    Effect::new(move |_| {
        live::on_change(&["billing"], move || {
            spawn_local(async move {
                if let Ok(fresh) = api::home_now().await {
                    let _ = due.try_set(fresh.to_pay);
                }
            });
        });
    });
    view! {
        {move || Some(due.get()).filter(|due| !due.is_empty()).map(|due| view! {
            <ul class="todo">
                <li>
                    <a class="todo__item" href="/portal/statement">
                        <Icon glyph=Glyph::Money/>
                        <span>{tr!(portal.pay)}</span>
                        <span class="todo__side">{due}</span>
                        <Icon glyph=Glyph::ChevronRight/>
                    </a>
                </li>
            </ul>
        })}
    }
}
