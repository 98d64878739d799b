//! The keys that every staff page has: `/` finds a patient, `?` shows the keys, `g` and a letter goes somewhere.
//! A page's own keys (`n`, `Ctrl+Enter`) belong to its islands.

/// `g` and this letter goes there, if the rail has it.
pub const PLACES: [(&str, &str); 7] =
    [("h", "/"), ("c", "/consultation"), ("r", "/reception"), ("t", "/triage"), ("k", "/cashier"), ("s", "/schedules"), ("p", "/patients")];

/// Whether a key pressed there is meant as typing.
#[cfg(feature = "hydrate")]
pub fn is_typing(event: &web_sys::KeyboardEvent) -> bool {
    use wasm_bindgen::JsCast as _;
    let in_field = event
        .target()
        .and_then(|target| target.dyn_into::<web_sys::Element>().ok())
        .is_some_and(|element| element.closest("input, textarea, select, [contenteditable]").ok().flatten().is_some());
    in_field || event.ctrl_key() || event.meta_key() || event.alt_key() || event.is_composing()
}

/// Starts to listen; once a page.
#[cfg(feature = "hydrate")]
pub fn listen() {
    use std::cell::Cell;

    use leptos::prelude::{document, window};
    use wasm_bindgen::{JsCast as _, closure::Closure};
    use web_sys::{HtmlElement, KeyboardEvent};

    let going = Cell::new(false);
    let pressed = Closure::<dyn Fn(KeyboardEvent)>::new(move |event: KeyboardEvent| {
        let was_going = going.replace(false);
        if is_typing(&event) {
            return;
        }
        let find =
            |selector: &str| document().query_selector(selector).ok().flatten().and_then(|found| found.dyn_into::<HtmlElement>().ok());
        let key = event.key();
        if was_going {
            let place = PLACES.iter().find(|(letter, _)| *letter == key).map(|(_, href)| *href);
            if let Some(href) = place.filter(|href| find(&format!(".shell__rail a[href=\"{href}\"]")).is_some()) {
                event.prevent_default();
                let _ = window().location().set_href(href);
            }
            return;
        }
        match key.as_str() {
            "g" => going.set(true),
            "/" => {
                if let Some(search) = find("[role=search] input") {
                    event.prevent_default();
                    let _ = search.focus();
                }
            }
            "?" => {
                if let Some(button) = find(".keys-button") {
                    button.click();
                }
            }
            _ => {}
        }
    });
    let _ = window().add_event_listener_with_callback("keydown", pressed.as_ref().unchecked_ref());
    // It lives as long as the page.
    pressed.forget();
}
