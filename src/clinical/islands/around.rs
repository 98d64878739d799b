//! What stands on the page around the note: the button that signs it, the password for that, and what is half entered beside it.

use leptos::{
    ev,
    prelude::*,
    web_sys::{Element, HtmlElement, HtmlInputElement, HtmlTextAreaElement, Node},
};
use wasm_bindgen::JsCast as _;

use crate::tr;

/// The button in the page's foot that signs; it belongs to this form.
pub(super) const SIGN_BUTTON: &str = "sign-note";
/// The field beside it. Enter there signs too.
pub(super) const PASSWORD: &str = "sign-password";

/// Where the page says what is wrong with it.
const PASSWORD_ERROR: &str = "sign-password-error";

/// Whether the key belongs to a form other than the note's, in which something was typed.
pub(super) fn begun_in_another_form(event: &ev::KeyboardEvent) -> bool {
    let form = event
        .target()
        .and_then(|target| target.dyn_into::<Element>().ok())
        .and_then(|element| element.closest("form:not(#note)").ok().flatten());
    let fields = form.and_then(|form| form.query_selector_all("input[type=text], input[type=search], textarea").ok());
    fields.is_some_and(|fields| (0..fields.length()).filter_map(|index| fields.get(index)).any(|field| !value_of(&field).trim().is_empty()))
}

/// A diagnosis or medicine that was typed and not taken over: it would not be signed.
pub(super) fn left_over() -> Option<(HtmlElement, &'static str)> {
    let fields = [("diagnosis", tr!(clinical.not_added_yet)), ("drug", tr!(clinical.not_prescribed_yet))];
    fields.into_iter().find_map(|(name, words)| {
        let field = document().query_selector(&format!("main input[name={name}]")).ok().flatten()?;
        (!value_of(&field).trim().is_empty()).then(|| (field.unchecked_into(), words))
    })
}

/// Where the password is typed that a signature asks for.
pub(super) fn password() -> Option<HtmlElement> {
    document().get_element_by_id(PASSWORD).map(wasm_bindgen::JsCast::unchecked_into)
}

/// Says beside the password what is wrong with it; nothing when it is empty.
pub(super) fn password_complaint(words: &str) {
    if let Some(place) = document().get_element_by_id(PASSWORD_ERROR) {
        place.set_text_content(Some(words));
    }
    if let Some(field) = password() {
        let _ = if words.is_empty() { field.remove_attribute("aria-invalid") } else { field.set_attribute("aria-invalid", "true") };
    }
}

pub(super) fn value_of(field: &Node) -> String {
    let input = field.dyn_ref::<HtmlInputElement>().map(HtmlInputElement::value);
    input.or_else(|| field.dyn_ref::<HtmlTextAreaElement>().map(HtmlTextAreaElement::value)).unwrap_or_default()
}

/// Presses a button of the page.
pub(super) fn press(id: &str) {
    if let Some(button) = document().get_element_by_id(id) {
        button.unchecked_into::<HtmlElement>().click();
    }
}
