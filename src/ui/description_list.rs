//! A list of facts with their names.

use leptos::prelude::*;

/// A name and its value.
pub struct Detail {
    term: String,
    value: AnyView,
}

impl Detail {
    /// Creates a fact from text.
    pub fn new(term: impl Into<String>, value: impl Into<String>) -> Self {
        Self { term: term.into(), value: value.into().into_any() }
    }

    /// Creates a fact from a view.
    pub fn view(term: impl Into<String>, value: impl IntoView + 'static) -> Self {
        Self { term: term.into(), value: value.into_any() }
    }
}

/// Shows names at the left and values at the right; on a phone the value is below its name.
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
