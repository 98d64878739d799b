//! The parts that several pages of buying show: tabs, messages, prices.

use leptos::prelude::*;
use serde::Deserialize;

use crate::{
    core::{
        Currency, Money,
        locale::{self, Locale},
    },
    tr,
    ui::{Tab, Tabs, Toast},
};

/// `?done=`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct PurchaseQuery {
    pub done: String,
}

/// `?done=`, `?all=yes` and `?page=` of a list.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct PurchasesQuery {
    pub done: String,
    pub all: String,
    pub page: Option<i64>,
}

/// Shows the message for the act that was just done.
pub fn toast(done: &str) -> AnyView {
    let text = match done {
        "saved" => tr!(purchasing.done_saved),
        "begun" => tr!(purchasing.done_begun),
        "taken" => tr!(purchasing.done_taken),
        "approved" => tr!(purchasing.done_approved),
        "reopened" => tr!(purchasing.done_reopened),
        "sent" => tr!(purchasing.done_sent),
        "cancelled" => tr!(purchasing.done_cancelled),
        "received" => tr!(purchasing.done_received),
        "requested" => tr!(purchasing.done_requested),
        "decided" => tr!(purchasing.done_decided),
        "entered" => tr!(purchasing.done_entered),
        "returned" => tr!(supplier_returns.done_returned),
        "credited" => tr!(supplier_returns.done_credited),
        "explained" => tr!(purchasing.done_explained),
        _ => return ().into_any(),
    };
    view! { <Toast text/> }.into_any()
}

/// Shows the tabs over the pages of buying.
pub fn tabs(here: &str, orders: bool) -> AnyView {
    let tab = |href: &'static str, label: &'static str| Tab::new(href, label, here == href);
    let mut tabs = vec![tab("/purchasing", tr!(purchasing.requests))];
    if orders {
        tabs.push(tab("/purchasing/reorder", tr!(purchasing.reorder)));
    }
    tabs.extend([
        tab("/purchasing/orders", tr!(purchasing.orders)),
        tab("/purchasing/invoices", tr!(purchasing.invoices)),
        tab("/purchasing/returns", tr!(supplier_returns.title)),
        tab("/purchasing/suppliers", tr!(purchasing.suppliers)),
    ]);
    view! { <Tabs label=tr!(purchasing.title) tabs/> }.into_any()
}

/// The name in the reader's language.
pub fn shown_name<'n>(name: &'n str, name_es: &'n str) -> &'n str {
    match locale::current() {
        Locale::es if !name_es.is_empty() => name_es,
        _ => name,
    }
}

/// `$2.50 / 100`: a price with the number of units that it is for.
pub fn price_words(price: i64, price_per: i64, currency: &Currency) -> String {
    let shown = currency.show(Money(price));
    if price_per == 1 { shown } else { format!("{shown} / {price_per}") }
}
