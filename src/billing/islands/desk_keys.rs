//! The desk's keys: each presses the button that names it.

use leptos::prelude::*;

/// Makes the keys in `keys` press the button of this page that carries them as its shortcut. A key typed into a text is
/// text; the field of the amount takes digits only, so letters there are keys too.
#[island]
pub fn DeskKeys(
    /// One letter each.
    keys: Vec<String>,
    /// The id of the field of the amount.
    amount_field: String,
) -> impl IntoView {
    Effect::new(move || listen(keys.clone(), amount_field.clone()));
}

#[cfg(feature = "hydrate")]
fn listen(keys: Vec<String>, amount_field: String) {
    use leptos::{ev, leptos_dom::helpers::window_event_listener};
    use wasm_bindgen::JsCast as _;
    // `g` and a letter goes to another page: that letter is not ours.
    let going = std::cell::Cell::new(false);
    let handle = window_event_listener(ev::keydown, move |event| {
        let key = event.key().to_ascii_lowercase();
        if going.replace(key == "g") {
            return;
        }
        if event.ctrl_key() || event.alt_key() || event.meta_key() || event.repeat() || !keys.contains(&key) {
            return;
        }
        let target = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
        let typing = target
            .is_some_and(|target| target.id() != amount_field && ["INPUT", "TEXTAREA", "SELECT"].contains(&target.tag_name().as_str()));
        if typing {
            return;
        }
        let button = document().query_selector(&format!("main [aria-keyshortcuts=\"{key}\"]")).ok().flatten();
        if let Some(button) = button.and_then(|button| button.dyn_into::<web_sys::HtmlElement>().ok()) {
            event.prevent_default();
            button.click();
        }
    });
    on_cleanup(move || handle.remove());
}

#[cfg(not(feature = "hydrate"))]
fn listen(_keys: Vec<String>, _amount_field: String) {}
