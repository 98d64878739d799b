//! Paper at the press of a button, or at once.

use leptos::prelude::*;

use super::{Glyph, Icon, tr};

/// Prints the page; with `at_once` as soon as it is there.
#[island]
pub fn PrintButton(at_once: bool) -> impl IntoView {
    Effect::new(move || {
        if at_once {
            print();
        }
    });
    view! {
        <button class="button button--primary" type="button" on:click=move |_| print()>
            <Icon glyph=Glyph::Print/>
            {tr!(ui.print)}
        </button>
    }
}

#[cfg(feature = "hydrate")]
fn print() {
    if let Err(error) = window().print() {
        leptos::logging::warn!("{error:?}");
    }
}

#[cfg(not(feature = "hydrate"))]
fn print() {}
