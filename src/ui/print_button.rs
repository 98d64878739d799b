//! A button that prints the page, or prints it at once.

use leptos::prelude::*;

use super::{Glyph, Icon, tr};

/// Prints the page (`boot.js`); with `at_once` as soon as the page is loaded.
#[component]
pub fn PrintButton(at_once: bool) -> impl IntoView {
    view! {
        <button class="button button--primary" type="button" data-print=if at_once { "now" } else { "" }>
            <Icon glyph=Glyph::Print/>
            {tr!(ui.print)}
        </button>
    }
}
