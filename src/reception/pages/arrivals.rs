//! The list of expected patients, which the server renders again after each event. The arrow keys move through it.

use leptos::prelude::*;
use serde::Deserialize;

use crate::{
    core::{Permission, Result},
    reception::{self, Expected},
    server::{Ctx, Part, Query},
    tr,
    ui::{EmptyState, Glyph, ListUrl, Live, StatusBadge, Tone},
};

/// The query: the appointment that is selected on the page.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ArrivalsQuery {
    appointment: String,
}

/// Shows the list on the page; `selected` is an appointment's id, or empty.
#[component]
pub fn Arrivals(expected: Vec<Expected>, selected: String) -> impl IntoView {
    let from = ListUrl::new("/reception/live").with("appointment", selected.clone()).href();
    view! { <Live topics="appointments queue" from>{list(expected, &selected)}</Live> }
}

/// Renders the list again for an update.
pub async fn arrivals_part(Query(query): Query<ArrivalsQuery>) -> Result<Part> {
    let mut ctx = Ctx::read(Permission::CheckIn).await?;
    let expected = reception::expected(&mut ctx).await?;
    Ok(Part::new(move || list(expected, &query.appointment)))
}

fn list(expected: Vec<Expected>, selected: &str) -> AnyView {
    if expected.is_empty() {
        return view! {
            <div class="arrivals">
                <EmptyState glyph=Glyph::Calendar title=tr!(reception.nobody_expected) text=tr!(reception.nobody_expected_text)/>
            </div>
        }
        .into_any();
    }
    let rows = expected.into_iter().enumerate().map(|(index, row)| line(row, selected, index == 0)).collect_view();
    view! { <div class="arrivals"><ul class="rows" data-arrows="">{rows}</ul></div> }.into_any()
}

fn line(row: Expected, selected: &str, first: bool) -> impl IntoView + use<> {
    let is_selected = row.appointment == selected;
    let class = match (is_selected, row.late.is_empty() || !row.here.is_empty()) {
        (true, _) => "rows__row is-selected",
        (false, false) => "rows__row is-warning",
        (false, true) => "rows__row",
    };
    // A patient who is here is not late for the desk.
    let badge = [(Tone::Waiting, row.here), (Tone::Warning, row.late)].into_iter().find(|(_, words)| !words.is_empty());
    let badge = badge.map(|(tone, label)| view! { <StatusBadge tone label/> });
    let href = format!("/reception?appointment={}", row.appointment);
    view! {
        <li class=class data-key=row.appointment>
            <span class="arrivals__time">{row.time}</span>
            <div class="rows__main">
                <a class="row-link" href=href aria-keyshortcuts=first.then_some("a") aria-current=is_selected.then_some("true")>{row.name}</a>
                {(!row.remark.is_empty()).then(|| view! { <br/><span class="muted small">{row.remark}</span> })}
            </div>
            <div class="rows__side">{badge}{row.doctor}</div>
        </li>
    }
}
