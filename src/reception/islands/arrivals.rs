//! Who is expected: the list moves by itself, and the arrow keys go through it.

use leptos::{
    ev,
    prelude::*,
    task::spawn_local,
    wasm_bindgen::JsCast as _,
    web_sys::{Element, HtmlElement},
};

use crate::{
    reception::{Expected, api},
    tr,
    ui::{EmptyState, Glyph, StatusBadge, Tone, live},
};

/// The list of who is expected.
#[island]
pub fn Arrivals(
    initial: Vec<Expected>,
    /// The appointment selected, or empty.
    selected: String,
) -> impl IntoView {
    let list = RwSignal::new(initial);
    Effect::new(move |_| {
        live::on_change(&["appointments", "queue"], move || {
            spawn_local(async move {
                if let Ok(fresh) = api::who_is_expected().await {
                    let _ = list.try_set(fresh);
                }
            });
        });
    });
    view! {
        <div class="arrivals" on:keydown=move |event| step(&event)>
            {move || {
                let rows = list.get();
                if rows.is_empty() {
                    return view! { <EmptyState glyph=Glyph::Calendar title=tr!(reception.nobody_expected) text=tr!(reception.nobody_expected_text)/> }.into_any();
                }
                view! { <ul class="rows">{rows.into_iter().enumerate().map(|(place, row)| line(row, &selected, place == 0)).collect_view()}</ul> }.into_any()
            }}
        </div>
    }
}

fn line(row: Expected, selected: &str, first: bool) -> impl IntoView + use<> {
    let is_selected = row.appointment == selected;
    let class = match (is_selected, row.late.is_empty() || !row.here.is_empty()) {
        (true, _) => "rows__row is-selected",
        (false, false) => "rows__row is-warning",
        (false, true) => "rows__row",
    };
    // Who is here is not late for the desk.
    let badge = [(Tone::Waiting, row.here), (Tone::Warning, row.late)].into_iter().find(|(_, words)| !words.is_empty());
    let badge = badge.map(|(tone, label)| view! { <StatusBadge tone label/> });
    view! {
        <li class=class>
            <span class="arrivals__time">{row.time}</span>
            <div class="rows__main">
                <a class="row-link" href=format!("/reception?appointment={}", row.appointment) aria-keyshortcuts=first.then_some("a") aria-current=is_selected.then_some("true")>{row.name}</a>
            </div>
            <div class="rows__side">{badge}{row.doctor}</div>
        </li>
    }
}

/// Up and down move the focus from name to name.
fn step(event: &ev::KeyboardEvent) {
    let forward = match event.key().as_str() {
        "ArrowDown" => true,
        "ArrowUp" => false,
        _ => return,
    };
    let row = event.target().and_then(|target| target.dyn_into::<Element>().ok()).and_then(|element| element.closest("li").ok().flatten());
    let next = row.and_then(|row| if forward { row.next_element_sibling() } else { row.previous_element_sibling() });
    let link = next.and_then(|row| row.query_selector("a").ok().flatten()).and_then(|link| link.dyn_into::<HtmlElement>().ok());
    if let Some(link) = link {
        event.prevent_default();
        if let Err(error) = link.focus() {
            leptos::logging::warn!("{error:?}");
        }
    }
}
