//! Where the other people stand in the queue for whom somebody uses the portal.

use leptos::{prelude::*, task::spawn_local};

use crate::{
    portal::api::{self, FamilyPlace},
    tr,
    ui::live,
};

/// The tokens of everybody but the one whose portal is open, each with the name.
#[island]
pub fn FamilyPlaces(initial: Vec<FamilyPlace>) -> impl IntoView {
    let places = RwSignal::new(initial);
    Effect::new(move |_| {
        live::on_change(&["queue"], move || {
            spawn_local(async move {
                if let Ok(fresh) = api::home_now().await {
                    let _ = places.try_set(fresh.family);
                }
            });
        });
    });
    view! {
        <div class="stack" aria-live="polite">
            {move || places.get().into_iter().map(|FamilyPlace { name, place }| {
                let class = if place.state == "waiting" { "place" } else { "place is-progress" };
                let label = tr!(portal.place_of, name = name.clone());
                view! {
                    <section class=class aria-label=label>
                        <span class="place__token">{place.token}</span>
                        <div class="place__words"><strong>{name}</strong><br/><strong>{place.words}</strong><br/><span>{place.step}</span></div>
                    </section>
                }
            }).collect_view()}
        </div>
    }
}
