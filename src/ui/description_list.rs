//! Facts with their names.

use leptos::prelude::*;

/// A name and what is recorded.
pub struct Detail {
    term: String,
    value: AnyView,
}

impl Detail {
    /// A fact in words.
    pub fn new(term: impl Into<String>, value: impl Into<String>) -> Self {
        Self { term: term.into(), value: value.into().into_any() }
    }

    /// A fact with its own markup.
    pub fn view(term: impl Into<String>, value: impl IntoView + 'static) -> Self {
        Self { term: term.into(), value: value.into_any() }
    }
}

/// Names at the left, facts at the right; one under the other on a phone.
#[component]
pub fn DescriptionList(
    details: Vec<Detail>,
    /// `details--stacked`, `details--figures`.
    #[prop(optional)]
    class: &'static str,
) -> impl IntoView {
    let rows = details
        .into_iter()
        .map(|Detail { term, value }| view! { <div class="details__row"><dt>{term}</dt><dd>{value}</dd></div> })
        .collect_view();
    view! { <dl class=format!("details {class}")>{rows}</dl> }
}
