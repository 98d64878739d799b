//! Tabs as links: each has its own address.

use leptos::prelude::*;

/// One tab.
#[derive(Clone, Debug)]
pub struct Tab {
    pub href: String,
    pub label: String,
    pub count: Option<i64>,
    pub current: bool,
}

impl Tab {
    /// The largest number that is shown; a larger one is "999+".
    pub const MOST: i64 = 999;

    /// Creates a tab without a number.
    pub fn new(href: impl Into<String>, label: impl Into<String>, current: bool) -> Self {
        Self { href: href.into(), label: label.into(), count: None, current }
    }

    /// Adds the number of entries in the tab.
    #[must_use]
    pub const fn count(mut self, count: i64) -> Self {
        self.count = Some(count);
        self
    }
}

/// A row of tabs; screen readers read `label` before them.
#[component]
pub fn Tabs(#[prop(into)] label: String, tabs: Vec<Tab>) -> impl IntoView {
    let tabs = tabs
        .into_iter()
        .map(|Tab { href, label, count, current }| {
            view! {
                <li>
                    <a class="tabs__tab" href=href aria-current=current.then_some("page")>
                        {label}
                        {count.map(|count| {
                            let count = if count > Tab::MOST { format!("{}+", Tab::MOST) } else { count.to_string() };
                            view! { <span class="tabs__count">{count}</span> }
                        })}
                    </a>
                </li>
            }
        })
        .collect_view();
    view! { <nav class="tabs" aria-label=label><ul>{tabs}</ul></nav> }
}
