//! One's own place in the queue, on the patient's phone: it moves by itself.

use leptos::{prelude::*, task::spawn_local};

use crate::{
    opd::{PlaceShown, api},
    tr,
    ui::live,
};

/// Shows the place and follows it. `initial` is what the server knew ([`crate::opd::place_shown`]).
#[island]
pub fn MyPlace(initial: Option<PlaceShown>) -> impl IntoView {
    let place = RwSignal::new(initial);
    Effect::new(move |_| {
        live::on_change(&["queue"], move || {
            spawn_local(async move {
                if let Ok(fresh) = api::my_place().await {
                    let _ = place.try_set(fresh);
                }
            });
        });
    });
    view! {
        <div aria-live="polite">
            {move || place.get().map(|place| {
                let class = if place.state == "waiting" { "place" } else { "place is-progress" };
                view! {
                    <section class=class aria-label=tr!(opd.your_place)>
                        <span class="place__token">{place.token}</span>
                        <div class="place__words"><strong>{place.words}</strong><br/><span>{place.step}</span></div>
                    </section>
                }
            })}
        </div>
    }
}
