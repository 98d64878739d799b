//! One's own place in the queue, on the patient's phone.

use leptos::prelude::*;

use crate::opd::PlaceShown;

/// Shows the place and follows it. `initial` is what the server knew.
#[island]
pub fn MyPlace(initial: Option<PlaceShown>) -> impl IntoView {
    initial.map(|place| view! { <p class="place__words">{place.words}</p> })
}
