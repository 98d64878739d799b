//! The parts that several pages of the stock show: tabs, messages, quantities, dates.

use chrono::NaiveDate;
use leptos::prelude::*;
use serde::Deserialize;

use crate::{
    core::{
        Currency, Money, StockItemId,
        locale::{self, Locale},
        time::show_date,
    },
    inventory::{StockUnit, codes::Scanned},
    tr,
    ui::{Button, NoticeBox, StatusBadge, Tab, Tabs, TextField, Toast, Tone},
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
        "opened" => tr!(inventory.done_opened),
        "learned" => tr!(inventory.done_learned),
        "consumed" => tr!(inventory.done_consumed),
        "taken_back" => tr!(inventory.done_taken_back),
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
        tab("/stock/usage", tr!(inventory.usage)),
        tab("/stock/consume", tr!(inventory.consume)),
        tab("/stock/counts", tr!(inventory.counts)),
        tab("/stock/requests", tr!(ward_stock.requests)),
        tab("/stock/items", tr!(inventory.items)),
        tab("/stock/rooms", tr!(inventory.rooms)),
        tab("/stock/scan", tr!(inventory.scan_title)),
    ];
    view! { <Tabs label=tr!(inventory.title) tabs/> }.into_any()
}

/// The pages of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ItemTab {
    Stock,
    Receive,
    Card,
    Packs,
}

/// Shows the tabs over the pages of an item.
pub fn item_tabs(item: StockItemId, here: ItemTab) -> AnyView {
    let tab = |at: ItemTab, path: &str, label: &'static str| Tab::new(format!("/stock/items/{item}{path}"), label, here == at);
    let tabs = vec![
        tab(ItemTab::Stock, "", tr!(inventory.batches)),
        tab(ItemTab::Receive, "/receive", tr!(inventory.receive)),
        tab(ItemTab::Card, "/card", tr!(inventory.bin_card)),
        tab(ItemTab::Packs, "/packs", tr!(inventory.packs_and_levels)),
    ];
    view! { <Tabs label=tr!(inventory.item) tabs/> }.into_any()
}

/// Shows the field into which a scanner types, above a page that reads `?scan=`; `kept` goes along.
pub fn scan_field(action: &str, kept: Vec<(&'static str, String)>) -> AnyView {
    let kept = kept.into_iter().map(|(name, value)| view! { <input type="hidden" name=name value=value/> }).collect_view();
    view! {
        <form class="filter" method="get" action=action.to_owned() role="search" aria-label=tr!(inventory.scan_field)>
            {kept}
            <TextField name="scan" label=tr!(inventory.scan_field) maxlength=500 class="input--code" autocomplete="off" autofocus=true/>
            <Button label=tr!(inventory.read_code)/>
        </form>
    }
    .into_any()
}

/// Says what was scanned, or why it is refused.
pub fn scan_result(scanned: &Result<Scanned, String>) -> AnyView {
    match scanned {
        Ok(scanned) => {
            let parts = [Some(scanned.item.shown_name().to_owned()), scanned.scan.batch.clone(), scanned.scan.expires_on.map(show_date)];
            let words = parts.into_iter().flatten().collect::<Vec<_>>().join(" · ");
            view! { <NoticeBox tone=Tone::Done><p>{words}</p></NoticeBox> }.into_any()
        }
        Err(words) => {
            let words = words.clone();
            view! { <NoticeBox tone=Tone::Critical><p role="alert">{words}</p></NoticeBox> }.into_any()
        }
    }
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
    unit.count(quantity)
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
