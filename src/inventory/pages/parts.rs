//! The parts that several pages of the stock show: tabs, messages, quantities, dates.

use chrono::NaiveDate;
use leptos::prelude::*;
use serde::Deserialize;

use crate::{
    core::{
        Currency, Money,
        locale::{self, Locale},
        time::show_date,
    },
    inventory::StockUnit,
    tr,
    ui::{StatusBadge, Tab, Tabs, Toast, Tone},
};

/// Days before its expiry from which a batch is marked.
pub const SOON: i64 = 90;

/// `?done=` and `?page=`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct StockItemQuery {
    pub done: String,
    pub page: Option<i64>,
}

/// Shows the message for the act that was just done.
pub fn toast(done: &str) -> AnyView {
    let text = match done {
        "saved" => tr!(inventory.done_saved),
        "adopted" => tr!(inventory.done_adopted),
        "received" => tr!(inventory.done_received),
        "moved" => tr!(inventory.done_moved),
        "written_off" => tr!(inventory.done_written_off),
        "adjusted" => tr!(inventory.done_adjusted),
        "batch_set" => tr!(inventory.done_batch_set),
        "counted" => tr!(inventory.done_counted),
        "differs" => tr!(inventory.done_differs),
        "decided" => tr!(inventory.done_decided),
        _ => return ().into_any(),
    };
    view! { <Toast text/> }.into_any()
}

/// Shows the tabs over the pages of the stock.
pub fn tabs(here: &str) -> AnyView {
    let tab = |href: &'static str, label: &'static str| Tab::new(href, label, here == href);
    let tabs = vec![
        tab("/stock", tr!(inventory.title)),
        tab("/stock/expiring", tr!(inventory.expiring)),
        tab("/stock/counts", tr!(inventory.counts)),
        tab("/stock/items", tr!(inventory.items)),
        tab("/stock/rooms", tr!(inventory.rooms)),
    ];
    view! { <Tabs label=tr!(inventory.title) tabs/> }.into_any()
}

/// The name in the reader's language.
pub fn shown_name<'n>(name: &'n str, name_es: &'n str) -> &'n str {
    match locale::current() {
        Locale::es if !name_es.is_empty() => name_es,
        _ => name,
    }
}

/// `42 tablet`: a quantity with the unit of its item.
pub fn quantity_words(quantity: i64, unit: StockUnit) -> String {
    format!("{quantity} {}", unit.words())
}

/// The value of stock, to the minor unit.
pub fn value_words(thousandths: i64, currency: &Currency) -> String {
    currency.show(Money((thousandths + 500).div_euclid(1_000)))
}

/// Shows an expiry date, with a mark when it is near or over.
pub fn expiry(day: Option<NaiveDate>, today: NaiveDate) -> AnyView {
    let Some(day) = day else { return view! { <span class="muted">{tr!(inventory.no_expiry)}</span> }.into_any() };
    let days = (day - today).num_days();
    let badge = match days {
        ..0 => Some((Tone::Critical, tr!(inventory.expired))),
        0..=SOON => Some((Tone::Warning, tr!(inventory.expires_soon))),
        _ => None,
    };
    let badge = badge.map(|(tone, label)| view! { " "<StatusBadge tone label/> });
    view! { {show_date(day)}{badge} }.into_any()
}
