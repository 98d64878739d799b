//! The day's grid, which updates when other users book, move and check in.

use leptos::prelude::*;

use crate::{
    appointments::{
        api,
        schedule::{AwayTime, FreeTime, Place, ScheduleAsk, ScheduleCard, ScheduleColumn, ScheduleView},
    },
    tr,
    ui::{Icon, ListHold, Tone, live},
};

/// Shows the loaded grid, and updates it when it changes.
#[island(lazy)]
pub fn ScheduleGrid(view: ScheduleView, ask: ScheduleAsk) -> impl IntoView {
    let shown = RwSignal::new(view);
    let hold = ListHold::new(shown, places);
    let ask_again = move || api::schedule(ask.day.to_string(), ask.service, ask.doctor, ask.week, ask.rooms, ask.room);
    live::follow(&["appointments", "queue"], live::Turns::default(), ask_again, move |view: ScheduleView| {
        if shown.with_untracked(|old| *old != view) {
            hold.update(view);
        }
    });
    let frame = hold.frame;
    #[cfg(feature = "hydrate")]
    Effect::new(move |done: Option<bool>| {
        // Scrolls once, because the present time is usually needed first.
        let scrolled = done.unwrap_or(false);
        frame.get().filter(|_| !scrolled).is_some_and(|frame| to_the_present(&frame)) || scrolled
    });
    view! {
        <div
            class=move || shown.with(ScheduleView::class)
            tabindex="0"
            role="region"
            aria-label=tr!(appointments.schedule)
            data-drag=""
            node_ref=frame
        >
            {grid(shown)}
        </div>
    }
}

/// Returns the place of each card and each free time: a change of it moves the element under the pointer.
fn places(view: &ScheduleView) -> Vec<String> {
    let of = |column: &ScheduleColumn| {
        let cards = column.cards.iter().map(|card| format!("{} {}", card.place.class(), card.href));
        let free = column.free.iter().map(|free| format!("{} {}", free.place.class(), free.time));
        let away = column.away.iter().map(|away| format!("{} {}", away.place.class(), away.words));
        cards.chain(free).chain(away).collect::<Vec<_>>()
    };
    view.columns.iter().flat_map(of).collect()
}

/// Scrolls so that the last hour and the next appointments are visible.
#[cfg(feature = "hydrate")]
fn to_the_present(frame: &web_sys::HtmlElement) -> bool {
    use wasm_bindgen::JsCast as _;
    let Ok(Some(now)) = frame.query_selector(".schedule__now") else { return false };
    let Some(now) = now.dyn_ref::<web_sys::HtmlElement>() else { return false };
    frame.set_scroll_top((now.offset_top() - frame.client_height() / 4).max(0));
    true
}

fn grid(shown: RwSignal<ScheduleView>) -> impl IntoView {
    let hours = move || shown.with(|view| view.hours.clone());
    let names = move || shown.with(|view| view.columns.iter().map(|column| (column.name.clone(), column.href.clone())).collect::<Vec<_>>());
    view! {
        <div class="schedule__times" aria-hidden="true">
            <span class="schedule__name"></span>
            {move || hours().into_iter().map(|(row, words)| view! { <span class=format!("from-{row}")>{words}</span> }).collect_view()}
        </div>
        <For each=names key=Clone::clone children=move |(name, href)| column(shown, name, href)/>
    }
}

/// A card or a free time: it keeps a row of its own when other rows change.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Entry {
    Card(ScheduleCard),
    Free(FreeTime),
    Away(AwayTime),
}

impl Entry {
    const fn place(&self) -> Place {
        match self {
            Self::Card(card) => card.place,
            Self::Free(free) => free.place,
            Self::Away(away) => away.place,
        }
    }
}

/// Returns the entries in order of time, so that screen readers and the tab key go down the day.
fn entries_of(column: &ScheduleColumn) -> Vec<Entry> {
    let cards = column.cards.iter().cloned().map(Entry::Card);
    let free = column.free.iter().cloned().map(Entry::Free);
    let mut entries: Vec<_> = cards.chain(free).chain(column.away.iter().cloned().map(Entry::Away)).collect();
    entries.sort_by_key(|entry| (entry.place().row, entry.place().lane));
    entries
}

fn column(shown: RwSignal<ScheduleView>, name: String, href: String) -> impl IntoView {
    let known = href.clone();
    let column =
        Memo::new(move |_| shown.with(|view| view.columns.iter().find(|column| column.href == known).cloned().unwrap_or_default()));
    let entries = move || column.with(entries_of);
    let now = move || column.with(|column| column.now).map(|row| view! { <div class=format!("schedule__now from-{row}")></div> });
    view! {
        <section class="schedule__column" class:is-today=move || column.with(|column| column.today)>
            <h2 class="schedule__name"><a href=href>{name}</a><small class="muted">{move || column.with(|column| column.count.clone())}</small></h2>
            {now}
            <For each=entries key=Entry::clone children=entry/>
        </section>
    }
}

fn entry(entry: Entry) -> AnyView {
    match entry {
        Entry::Card(shown) => card(shown).into_any(),
        Entry::Free(free) => free_time(free).into_any(),
        Entry::Away(away) => away_time(away).into_any(),
    }
}

fn away_time(away: AwayTime) -> impl IntoView {
    let class = format!("slot-away {} {}", Tone::Inactive.class(), away.place.class());
    match away.href {
        Some(href) => view! { <a class=class href=href>{away.words}</a> }.into_any(),
        None => view! { <span class=class>{away.words}</span> }.into_any(),
    }
}

fn card(card: ScheduleCard) -> impl IntoView {
    let ScheduleCard { place, state, late, time, name, word, reason, remark, href, moves, choose } = card;
    // A reader without the right to the linked page gets no link.
    let href = (!href.is_empty()).then_some(href);
    let tone = if late { Tone::Warning } else { state.tone() };
    let class = format!("slot-card slot-card--line {} {}", tone.class(), place.class());
    let title = [format!("{time} {name}"), word.clone(), reason.clone(), remark.clone()]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>();
    let title = title.join(", ");
    view! {
        <a class=class href=href title=title data-tile="" data-move=moves data-choose=choose>
            <Icon glyph=tone.glyph()/>
            <span>{time}</span>
            " "
            <strong>{name}</strong>
            " "
            <small>{word}</small>
            {(!reason.is_empty()).then(|| view! { <span class="slot-card__reason">{reason}</span> })}
            {(!remark.is_empty()).then(|| view! { " "<span class="slot-card__reason">{remark}</span> })}
        </a>
    }
}

fn free_time(free: FreeTime) -> impl IntoView {
    let class = format!("slot-free {}", free.place.class());
    let words = view! { {free.time}<span class="visually-hidden">" "{tr!(appointments.free)}</span> };
    match free.href {
        Some(href) => view! { <a class=class href=href.clone() data-tile="" data-free="" data-slot=href>{words}</a> }.into_any(),
        None => view! { <span class=class>{words}</span> }.into_any(),
    }
}
