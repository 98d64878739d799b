//! Finding a patient while typing.

use leptos::prelude::*;

use crate::{
    patients::{PatientHit, api::search_patients},
    tr,
    ui::{Combobox, Suggestion},
};

/// A search box that leads to a patient. With scripts off it is a form that leads to the list of what was found.
///
/// `to` is where a choice leads, `{id}` being the patient: `/patients/{id}`. `key` is the key that leads here, or empty.
#[island]
pub fn PatientSearch(
    to: String,
    /// The field's name: two boxes on one page need two names. Without scripts only `q` finds.
    name: String,
    key: String,
) -> impl IntoView {
    let go = move |chosen: Suggestion| {
        let address = to.replace("{id}", &chosen.value);
        if let Err(error) = leptos::prelude::window().location().set_href(&address) {
            leptos::logging::warn!("{error:?}");
        }
    };
    let fetch =
        |text: String| async move { search_patients(text).await.unwrap_or_default().into_iter().map(suggestion).collect::<Vec<_>>() };
    let key = (!key.is_empty()).then_some(key);
    let found = Callback::new(go);
    let words = tr!(patients.search_placeholder);
    let box_view = match key {
        None => {
            view! { <Combobox name label=tr!(patients.search_label) fetch on_select=found label_hidden=true placeholder=words/> }.into_any()
        }
        Some(key) => {
            view! { <Combobox name label=tr!(patients.search_label) fetch on_select=found label_hidden=true placeholder=words key/> }
                .into_any()
        }
    };
    view! { <form class="find" method="get" action="/patients">{box_view}</form> }
}

fn suggestion(hit: PatientHit) -> Suggestion {
    Suggestion { value: hit.id.to_string(), label: hit.name, detail: format!("{} · {} · {}", hit.birth_date, hit.sex, hit.mrn) }
}
