//! The keys that every staff page has: `g` and a letter goes somewhere. The others (`/`, `?`, `n`) stand in
//! `aria-keyshortcuts` of what they press, which `boot.js` reads.

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
    use web_sys::KeyboardEvent;

    let going = Cell::new(false);
    let pressed = Closure::<dyn Fn(KeyboardEvent)>::new(move |event: KeyboardEvent| {
        let was_going = going.replace(false);
        if is_typing(&event) {
            return;
        }
        let in_rail = |href: &str| document().query_selector(&format!(".shell__rail a[href=\"{href}\"]")).ok().flatten().is_some();
        let key = event.key();
        if was_going {
            let place = PLACES.iter().find(|(letter, _)| *letter == key).map(|(_, href)| *href);
            if let Some(href) = place.filter(|href| in_rail(href)) {
                let _ = window().location().set_href(href);
            }
            // Whatever the letter does alone, it does not do it now.
            event.prevent_default();
            return;
        }
        going.set(key == "g");
    });
    let _ = window().add_event_listener_with_callback("keydown", pressed.as_ref().unchecked_ref());
    // It lives as long as the page.
    pressed.forget();
}
