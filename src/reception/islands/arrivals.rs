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
    ui::{EmptyState, Glyph, ListHold, StatusBadge, Tone, live},
};

/// The list of who is expected.
#[island]
pub fn Arrivals(
    initial: Vec<Expected>,
    /// The appointment selected, or empty.
    selected: String,
) -> impl IntoView {
    let list = RwSignal::new(initial);
    let hold = ListHold::new(list, |rows| rows.iter().map(|row| row.appointment.clone()).collect());
    let nobody = Memo::new(move |_| list.with(Vec::is_empty));
    Effect::new(move |_| {
        live::on_change(&["appointments", "queue"], move || {
            spawn_local(async move {
                if let Ok(fresh) = api::who_is_expected().await {
                    hold.update(fresh);
                }
            });
        });
    });
    view! {
        <div class="arrivals" node_ref=hold.frame on:keydown=move |event| step(&event)>
            <ul class="rows" hidden=move || nobody.get()>
                <For each=move || list.get() key=Expected::clone children=move |row| line(row, &selected, list)/>
            </ul>
            <div hidden=move || !nobody.get()>
                <EmptyState glyph=Glyph::Calendar title=tr!(reception.nobody_expected) text=tr!(reception.nobody_expected_text)/>
            </div>
        </div>
    }
}

fn line(row: Expected, selected: &str, list: RwSignal<Vec<Expected>>) -> impl IntoView + use<> {
    let appointment = row.appointment.clone();
    let key = move || list.with(|rows| rows.first().is_some_and(|first| first.appointment == appointment)).then_some("a");
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
                <a class="row-link" href=format!("/reception?appointment={}", row.appointment) aria-keyshortcuts=key aria-current=is_selected.then_some("true")>{row.name}</a>
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
