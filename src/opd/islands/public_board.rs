//! The public board: a television that works for weeks.

use std::time::Duration;

use leptos::{
    leptos_dom::helpers::{set_interval_with_handle, window_event_listener_untyped},
    prelude::*,
    task::spawn_local,
};

use super::tone;
use crate::{
    opd::{BoardCall, BoardState, api},
    tr,
    ui::{Button, Glyph, Icon, live},
};

/// How long the one just called stands out, in seconds.
const NEW_FOR: i64 = 12;

/// How long the languages and the sound stay in sight after a movement, in seconds.
const SET_UP_FOR: i64 = 10;

/// Tokens and rooms of a clinic. A new call sounds, once somebody has allowed sound on this screen.
#[island]
pub fn PublicBoard(
    initial: BoardState,
    /// The clinic's code.
    clinic: String,
    name: String,
    /// The clinic's wall clock when the page was made, in seconds after midnight.
    wall: i64,
) -> impl IntoView {
    let state = RwSignal::new(initial);
    let time = RwSignal::new(shown_time(wall));
    let fresh_until = RwSignal::new(0_i64);
    let now = RwSignal::new(0_i64);
    let sound = RwSignal::new(false);
    // Without scripts nothing is hidden.
    let moved = RwSignal::new(0_i64);
    let look_again = move || {
        let clinic = clinic.clone();
        spawn_local(async move {
            let Ok(fresh) = api::board(clinic).await else { return };
            let Some(before) = state.try_get_untracked() else { return };
            // A call that was not to be seen before; that somebody went in, or a call was taken back, makes no sound.
            let is_new = fresh.latest.as_ref().is_some_and(|latest| {
                !latest.call.is_empty() && before.latest.iter().chain(&before.next).all(|known| known.call != latest.call)
            });
            if is_new {
                fresh_until.set(live::seconds() + NEW_FOR);
                now.set(live::seconds());
                if sound.get_untracked() {
                    tone::ring();
                }
            }
            state.set(fresh);
        });
    };
    Effect::new(move |_| {
        let loaded = live::seconds();
        moved.set(loaded);
        now.set(loaded);
        for event in ["pointermove", "pointerdown", "keydown"] {
            let handle = window_event_listener_untyped(event, move |_| {
                moved.set(live::seconds());
                now.set(live::seconds());
            });
            on_cleanup(move || handle.remove());
        }
        live::on_change(&["queue"], look_again.clone());
        let tick = move || {
            now.set(live::seconds());
            time.set(shown_time(wall + live::seconds() - loaded));
        };
        if let Ok(timer) = set_interval_with_handle(tick, Duration::from_secs(2)) {
            on_cleanup(move || timer.clear());
        }
    });
    let called_class = move || if now.get() < fresh_until.get() { "board__called is-new" } else { "board__called" };
    let left_alone = move || now.get() > moved.get() + SET_UP_FOR;
    view! {
        <div class="board" class:is-left-alone=left_alone>
            <div class="board__head">
                <h1>{name}</h1>
                <span class="board__sound" hidden=move || sound.get()>
                    <Button
                        kind="button"
                        label=tr!(opd.board_sound)
                        glyph=Glyph::Bell
                        on:click=move |_| {
                            sound.set(true);
                            tone::ring();
                        }
                    />
                </span>
                <time>{move || time.get()}</time>
            </div>
            <div class=called_class role="status">
                {move || match state.with(|state| state.latest.clone()) {
                    Some(BoardCall { token, room, .. }) => view! {
                        <span class="board__label">{tr!(opd.now_serving)}</span>
                        <span class="board__token">{token}</span>
                        <span class="board__room">{room_of(room)}</span>
                    }
                    .into_any(),
                    None => view! { <span class="board__label">{tr!(opd.board_empty)}</span> }.into_any(),
                }}
            </div>
            <section class="board__list">
                <h2>{tr!(opd.board_next)}</h2>
                <ol class="board__next">
                {move || state.with(|state| state.next.clone()).into_iter().map(|one| view! {
                    <li>
                        <span class="board__token">{one.token}</span>
                        {(!one.room.is_empty()).then(|| view! { <span class="board__room">{one.room}</span> })}
                    </li>
                }).collect_view()}
                </ol>
            </section>
        </div>
    }
}

fn room_of(room: String) -> AnyView {
    if room.is_empty() { tr!(opd.please_come).into_any() } else { view! { <Icon glyph=Glyph::ArrowRight/>{room} }.into_any() }
}

/// `09:41`.
fn shown_time(seconds: i64) -> String {
    let minutes = seconds.rem_euclid(86_400) / 60;
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}
