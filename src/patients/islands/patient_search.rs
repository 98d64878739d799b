//! The search box that finds a patient while the user types.

use leptos::prelude::*;

use crate::{
    core::Result,
    patients::{PatientHit, api::search_patients},
    tr,
    ui::{Combobox, Suggestion},
};

/// A search box that opens a patient's page. Without scripts it is a form that opens the list of results.
///
/// `to` is the address that a choice opens, where `{id}` stands for the patient: `/patients/{id}`. `key` is the keyboard
/// shortcut of the box, or empty.
#[island]
pub fn PatientSearch(
    to: String,
    /// The field's name: two boxes on one page need two names. Without scripts only `q` is searched.
    name: String,
    key: String,
    /// The reader may register patients: a search without results offers that.
    register: bool,
) -> impl IntoView {
    let go = move |chosen: Suggestion| {
        lead_to(&leads(&chosen.value, &to));
    };
    view! {
        <form class="find" method="get" action="/patients">
            <Combobox
                name
                label=tr!(patients.search_label)
                fetch=move |text| found(text, register)
                on_select=Callback::new(go)
                label_hidden=true
                placeholder=tr!(patients.search_placeholder)
                key
            />
        </form>
    }
}

/// Returns the matching patients for a search box.
///
/// # Errors
/// When the call to the server fails.
pub async fn found(text: String, register: bool) -> Result<Vec<Suggestion>> {
    Ok(suggestions(search_patients(text.clone()).await?, &text, register))
}

/// Returns the lines of the list: the patients, a line that there are more, and a link to register a patient where none
/// matches.
fn suggestions(hits: Vec<PatientHit>, text: &str, register: bool) -> Vec<Suggestion> {
    let (none, more) = (hits.is_empty(), hits.len() > SHOWN);
    let mut found: Vec<_> = hits.into_iter().take(SHOWN).map(suggestion).collect();
    if more {
        let detail = tr!(patients.see_all).to_owned();
        found.push(Suggestion { value: with_words("/patients?q=", text), label: tr!(patients.more_than, count = SHOWN), detail });
    }
    if none && register {
        let label = tr!(patients.register_words, words = text.trim().to_owned());
        found.push(Suggestion { value: register_href(text), label, detail: tr!(patients.nobody_found).to_owned() });
    }
    found
}

/// The number of patients that are suggested; when more match, the list says so.
pub const SHOWN: usize = 12;

/// Returns the address to register a person whom a search did not find, with the words of the search filled in.
pub fn register_href(text: &str) -> String {
    with_words("/patients/new?name=", text)
}

/// Returns an address that ends with the typed text.
fn with_words(address: &str, text: &str) -> String {
    let mut address = address.to_owned();
    for byte in text.trim().bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => address.push(char::from(byte)),
            other => address.push_str(&format!("%{other:02X}")),
        }
    }
    address
}

/// Returns the address that a choice opens: a patient's page, or an address of its own.
pub fn leads(value: &str, to: &str) -> String {
    if value.starts_with('/') { value.to_owned() } else { to.replace("{id}", value) }
}

fn suggestion(hit: PatientHit) -> Suggestion {
    Suggestion { value: hit.id.to_string(), detail: hit.detail(), label: hit.name }
}

/// Opens the page of the chosen patient.
pub fn lead_to(address: &str) {
    if let Err(error) = window().location().set_href(address) {
        leptos::logging::warn!("{error:?}");
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;

    fn hit(number: usize) -> PatientHit {
        PatientHit {
            id: crate::core::PatientId::new(),
            mrn: number.to_string(),
            name: format!("Garcia, Ana {number}"),
            birth_date: String::new(),
            sex: String::new(),
            phone: String::new(),
            town: String::new(),
            description: String::new(),
            age: String::new(),
            namesake: false,
            born: None,
        }
    }

    #[test]
    fn a_list_that_has_no_room_for_all_says_that_more_fit() {
        let listed = |count: usize| suggestions((0..count).map(hit).collect(), "garcia ana", true);
        let all = listed(SHOWN);
        assert!(all.len() == SHOWN && all.iter().all(|one| !one.value.starts_with('/')), "{all:?}");
        let more = listed(SHOWN + 1);
        assert_eq!(more.len(), SHOWN + 1);
        let last = more.last().expect("a line");
        assert_eq!((last.value.as_str(), last.label.as_str()), ("/patients?q=garcia%20ana", "More than 12 fit"));
        let none = listed(0);
        assert!(matches!(&none[..], [only] if only.value.starts_with("/patients/new?name=")), "{none:?}");
    }
}
