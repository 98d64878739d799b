//! Finding a patient while typing.

use leptos::prelude::*;

use crate::{
    core::Result,
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
        lead_to(&to.replace("{id}", &chosen.value));
    };
    view! {
        <form class="find" method="get" action="/patients">
            <Combobox
                name
                label=tr!(patients.search_label)
                fetch=found
                on_select=Callback::new(go)
                label_hidden=true
                placeholder=tr!(patients.search_placeholder)
                key
            />
        </form>
    }
}

/// The patients that fit, for a search box.
///
/// # Errors
/// What stood in the way.
pub async fn found(text: String) -> Result<Vec<Suggestion>> {
    Ok(search_patients(text).await?.into_iter().map(suggestion).collect())
}

fn suggestion(hit: PatientHit) -> Suggestion {
    Suggestion { value: hit.id.to_string(), label: hit.name, detail: format!("{} · {} · {}", hit.birth_date, hit.sex, hit.mrn) }
}

/// Goes to the page of whoever was chosen.
pub fn lead_to(address: &str) {
    if let Err(error) = window().location().set_href(address) {
        leptos::logging::warn!("{error:?}");
    }
}
