//! The shape of what is being fetched.

use leptos::prelude::*;

use super::tr;

/// Grey lines in the place of text to come.
#[component]
pub fn Skeleton(#[prop(default = 3)] lines: u32) -> impl IntoView {
    let lines = (0..lines).map(|_| view! { <span class="skeleton__line"></span> }).collect_view();
    view! {
        <div class="skeleton" role="status">
            <span class="visually-hidden">{tr!(ui.loading)}</span>
            {lines}
        </div>
    }
}
