//! Elements of the consultation page outside the note editor: the button that signs the note, the password field for it, and
//! forms with unfinished input.

use leptos::{
    ev,
    prelude::*,
    web_sys::{Element, HtmlElement, HtmlInputElement, HtmlTextAreaElement, Node},
};
use wasm_bindgen::JsCast as _;

use crate::tr;

/// The id of the button in the page's footer that signs the note; it belongs to the note's form.
pub(super) const SIGN_BUTTON: &str = "sign-note";
/// The id of the password field next to that button. Enter in this field signs too.
pub(super) const PASSWORD: &str = "sign-password";

/// The id of the element that shows an error of the password.
const PASSWORD_ERROR: &str = "sign-password-error";

/// Whether the key event comes from a form other than the note's, and something was entered in that form.
pub(super) fn begun_in_another_form(event: &ev::KeyboardEvent) -> bool {
    let form = event
        .target()
        .and_then(|target| target.dyn_into::<Element>().ok())
        .and_then(|element| element.closest("form:not(#note)").ok().flatten());
    let fields = form.and_then(|form| form.query_selector_all("input[type=text], input[type=search], textarea").ok());
    fields.is_some_and(|fields| (0..fields.length()).filter_map(|index| fields.get(index)).any(|field| !value_of(&field).trim().is_empty()))
}

/// Returns the field of a diagnosis or medicine that was typed but not added, with a message: it would not be signed.
pub(super) fn left_over() -> Option<(HtmlElement, &'static str)> {
    let fields = [("diagnosis", tr!(clinical.not_added_yet)), ("drug", tr!(clinical.not_prescribed_yet))];
    fields.into_iter().find_map(|(name, words)| {
        let field = document().query_selector(&format!("main input[name={name}]")).ok().flatten()?;
        (!value_of(&field).trim().is_empty()).then(|| (field.unchecked_into(), words))
    })
}

/// Returns the field for the password that signing requires.
pub(super) fn password() -> Option<HtmlElement> {
    document().get_element_by_id(PASSWORD).map(wasm_bindgen::JsCast::unchecked_into)
}

/// Shows an error next to the password field; removes it when `words` is empty.
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

/// Clicks the button with this id.
pub(super) fn press(id: &str) {
    if let Some(button) = document().get_element_by_id(id) {
        button.unchecked_into::<HtmlElement>().click();
    }
}
