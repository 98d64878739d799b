//! Shows the birth date and the age for a field's text while the user types it.

use chrono::NaiveDate;
use leptos::{ev, prelude::*, wasm_bindgen::JsCast as _, web_sys::HtmlInputElement};

use crate::{
    patients::{Birth, DateOrder, read_birth},
    tr,
};

/// The field's name in every form about a person.
pub const BIRTH_FIELD: &str = "birth_date";

/// Shows beside the field `birth_date` the date in words and the age, or the error of the text. The server reports the same error when
/// the form is sent.
#[island]
pub fn BirthSaid(
    /// The clinic's day.
    today: NaiveDate,
    order: DateOrder,
) -> impl IntoView {
    let said = RwSignal::new(None::<Result<String, String>>);
    let say = move |text: &str| said.set(words(text, today, order));
    Effect::new(move |_| {
        // Reads text that was typed before the island was active, or that a refused form shows again.
        let typed = document().query_selector(&format!("input[name={BIRTH_FIELD}]")).ok().flatten();
        if let Some(input) = typed.and_then(|element| element.dyn_into::<HtmlInputElement>().ok()) {
            say(&input.value());
        }
    });
    Effect::new(move |_| {
        let handle = window_event_listener(ev::input, move |event| {
            let target = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
            if let Some(input) = target.filter(|input| input.name() == BIRTH_FIELD) {
                say(&input.value());
            }
        });
        on_cleanup(move || handle.remove());
    });
    view! {
        <p class=move || if matches!(said.get(), Some(Err(_))) { "birth-said field__error" } else { "birth-said" } role="status">
            {move || said.get().map(|said| said.unwrap_or_else(|fault| fault))}
        </p>
    }
}

/// Returns the date and the age, or the error; `None` for an empty field.
fn words(text: &str, today: NaiveDate, order: DateOrder) -> Option<Result<String, String>> {
    match read_birth(text, today, order) {
        Ok(Birth { date: None, .. }) => None,
        Ok(birth) => Some(Ok(tr!(patients.birth_said, date = birth.shown(), age = birth.age(today)))),
        Err(fault) => Some(Err(fault.words())),
    }
}
