//! The desk's one search box: name, number, phone or birth date.

use leptos::prelude::*;

use crate::{
    patients::{PatientHit, api::search_patients},
    tr,
    ui::{Combobox, Suggestion},
};

/// Leads to the patient chosen; with scripts off to the list of who was found.
#[island]
pub fn DeskFind(
    /// What was searched for.
    text: String,
) -> impl IntoView {
    let go = |chosen: Suggestion| {
        if let Err(error) = window().location().set_href(&format!("/reception?patient={}", chosen.value)) {
            leptos::logging::warn!("{error:?}");
        }
    };
    let fetch =
        |text: String| async move { search_patients(text).await.unwrap_or_default().into_iter().map(suggestion).collect::<Vec<_>>() };
    view! {
        <form class="find" method="get" action="/reception" role="search" aria-label=tr!(reception.find)>
            <Combobox
                name="find"
                label=tr!(reception.find)
                initial=Suggestion { label: text, ..Suggestion::default() }
                fetch=fetch
                on_select=Callback::new(go)
                key="/"
            />
        </form>
    }
}

fn suggestion(hit: PatientHit) -> Suggestion {
    Suggestion { value: hit.id.to_string(), label: hit.name, detail: format!("{} · {} · {}", hit.birth_date, hit.sex, hit.mrn) }
}
