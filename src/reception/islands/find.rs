//! The desk's one search box: name, number, phone or birth date.

use leptos::prelude::*;

use crate::{
    patients::islands::{found, lead_to, leads},
    tr,
    ui::{Combobox, Suggestion},
};

/// Leads to the patient chosen; with scripts off to the list of who was found.
#[island]
pub fn DeskFind(
    /// What was searched for.
    text: String,
    /// Nobody is chosen yet: it has the focus.
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
