//! The desk's one search box: name, number, phone or birth date.

use leptos::prelude::*;

use crate::{
    patients::islands::{found, lead_to, leads},
    tr,
    ui::{Combobox, Suggestion},
};

/// Opens the chosen patient; without scripts it opens the list of results.
#[island]
pub fn DeskFind(
    /// The text that was searched for.
    text: String,
    /// Whether the box has the focus, because no patient is chosen yet.
    focus: bool,
    /// The reader may register patients.
    register: bool,
) -> impl IntoView {
    let go = |chosen: Suggestion| lead_to(&leads(&chosen.value, "/reception?patient={id}"));
    view! {
        <form class="find" method="get" action="/reception" role="search" aria-label=tr!(reception.find)>
            <Combobox
                name="find"
                label=tr!(reception.find)
                initial=Suggestion { label: text, ..Suggestion::default() }
                fetch=move |text| found(text, register)
                on_select=Callback::new(go)
                key="/"
                autofocus=focus
            />
        </form>
    }
}
