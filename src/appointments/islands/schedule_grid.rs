//! The day's grid, which follows what others book, move and check in.

use leptos::{prelude::*, task::spawn_local};

use crate::{
    appointments::{
        api,
        schedule::{FreeTime, ScheduleAsk, ScheduleCard, ScheduleColumn, ScheduleView},
    },
    tr,
    ui::{Icon, ListHold, Tone, live},
};

/// The grid as loaded, then as it changes.
#[island]
pub fn ScheduleGrid(view: ScheduleView, ask: ScheduleAsk) -> impl IntoView {
    let shown = RwSignal::new(view);
    let hold = ListHold::new(shown, places);
    // One question at a time; a hint that comes meanwhile asks once more.
    let asking = StoredValue::new(false);
    let again = StoredValue::new(false);
    let look = move || {
        if asking.get_value() {
            again.set_value(true);
            return;
        }
        asking.set_value(true);
        spawn_local(async move {
            loop {
                again.set_value(false);
                if let Ok(view) = api::schedule(ask.day.to_string(), ask.service, ask.doctor, ask.week).await
                    && shown.with_untracked(|old| *old != view)
                {
                    hold.update(view);
                }
                if !again.get_value() {
                    break;
                }
            }
            asking.set_value(false);
        });
    };
    Effect::new(move |_| live::on_change(&["appointments", "queue"], look));
    let frame = hold.frame;
    #[cfg(feature = "hydrate")]
    Effect::new(move |done: Option<bool>| {
        // Once: the present is what one looks for first.
        let scrolled = done.unwrap_or(false);
        frame.get().filter(|_| !scrolled).is_some_and(|frame| to_the_present(&frame)) || scrolled
    });
    view! {
        <div
            class="schedule"
            class:schedule--week=move || shown.with(|view| view.week)
            tabindex="0"
            role="region"
            aria-label=tr!(appointments.schedule)
            node_ref=frame
        >
            {move || grid(shown.get())}
        </div>
    }
}

/// Where each card and each free time leads: a change of it moves what lies under the pointer.
fn places(view: &ScheduleView) -> Vec<String> {
    let of = |column: &ScheduleColumn| {
        let cards = column.cards.iter().map(|card| format!("{} {}", card.place.class(), card.href));
        let free = column.free.iter().map(|free| format!("{} {}", free.place.class(), free.time));
        cards.chain(free).collect::<Vec<_>>()
    };
    view.columns.iter().flat_map(of).collect()
}

/// Scrolls so that the last hour and what comes next are in sight.
#[cfg(feature = "hydrate")]
fn to_the_present(frame: &web_sys::HtmlElement) -> bool {
    use wasm_bindgen::JsCast as _;
    let Ok(Some(now)) = frame.query_selector(".schedule__now") else { return false };
    let Some(now) = now.dyn_ref::<web_sys::HtmlElement>() else { return false };
    frame.set_scroll_top((now.offset_top() - frame.client_height() / 4).max(0));
    true
}

fn grid(view: ScheduleView) -> impl IntoView {
    let hours = view.hours.into_iter().map(|(row, words)| view! { <span class=format!("from-{row}")>{words}</span> }).collect_view();
    let columns = view.columns.into_iter().map(column).collect_view();
    view! {
        <div class="schedule__times" aria-hidden="true"><span class="schedule__name"></span>{hours}</div>
        {columns}
    }
}

fn column(column: ScheduleColumn) -> impl IntoView {
    let ScheduleColumn { name, href, count, cards, free, now, today } = column;
    // In order of time, so that reading aloud and the tab key go down the day.
    let mut entries: Vec<(i64, i64, AnyView)> = Vec::with_capacity(cards.len() + free.len());
    entries.extend(cards.into_iter().map(|entry| (entry.place.row, entry.place.lane, card(entry).into_any())));
    entries.extend(free.into_iter().map(|entry| (entry.place.row, entry.place.lane, free_time(entry).into_any())));
    entries.sort_by_key(|(row, lane, _)| (*row, *lane));
    let entries = entries.into_iter().map(|(.., view)| view).collect_view();
    let now = now.map(|row| view! { <div class=format!("schedule__now from-{row}")></div> });
    view! {
        <section class="schedule__column" class:is-today=today>
            <h2 class="schedule__name"><a href=href>{name}</a><small class="muted">{count}</small></h2>
            {now}
            {entries}
        </section>
    }
}

fn card(card: ScheduleCard) -> impl IntoView {
    let ScheduleCard { place, state, late, time, name, word, reason, href } = card;
    // Without the right to what lies behind, there is nothing to follow.
    let href = (!href.is_empty()).then_some(href);
    let tone = if late { Tone::Warning } else { state.tone() };
    let class = format!("slot-card slot-card--line {} {}", tone.class(), place.class());
    let title = [format!("{time} {name}"), word.clone(), reason.clone()].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>();
    let title = title.join(", ");
    view! {
        <a class=class href=href title=title>
            <Icon glyph=tone.glyph()/>
            <span>{time}</span>
            " "
            <strong>{name}</strong>
            " "
            <small>{word}</small>
            {(!reason.is_empty()).then(|| view! { <span class="slot-card__reason">{reason}</span> })}
        </a>
    }
}

fn free_time(free: FreeTime) -> impl IntoView {
    let class = format!("slot-free {}", free.place.class());
    let words = view! { {free.time}<span class="visually-hidden">" "{tr!(appointments.free)}</span> };
    match free.href {
        Some(href) => view! { <a class=class href=href>{words}</a> }.into_any(),
        None => view! { <span class=class>{words}</span> }.into_any(),
    }
}
