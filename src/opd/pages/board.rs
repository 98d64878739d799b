//! `/board/{code}`: the public board of a clinic, visible without signing in: tokens and rooms.

use leptos::prelude::*;

use crate::{
    core::{ClinicId, Error, Result},
    opd::{self, BoardCall, BoardState},
    organisation::Clinic,
    server::{Page, Part, Path, Remembered, Request},
    tr,
    ui::{Button, Glyph, Icon, Live},
};

/// Serves the page. A television has no signed-in user, so the page reads without a session; it shows no data about a
/// person.
pub async fn board_page(Path(code): Path<String>) -> Result<Page> {
    let (clinic, state) = board_now(&code).await?;
    let now = Request::current().ok_or(Error::NotFound)?.state.clock.now().timestamp_millis();
    Ok(Page::new(format!("{}, {}", tr!(opd.board), clinic.name), move || {
        let from = format!("/board/{}/live", clinic.code);
        // `board.js` shows the sound button and the clock once they work: a clock that stands still would be worse than none.
        view! {
            <div class="board">
                <div class="board__head">
                    <h1>{clinic.name}</h1>
                    <span class="board__sound" hidden>
                        <Button kind="button" label=tr!(opd.board_sound) glyph=Glyph::Bell/>
                    </span>
                    <time data-clock=clinic.zone_name data-now=now.to_string() hidden></time>
                </div>
                <Live topics="queue" from>{calls(state)}</Live>
            </div>
        }
    })
    .bare())
}

/// Renders the calls of the board again for an update.
pub async fn board_part(Path(code): Path<String>) -> Result<Part> {
    let (_, state) = board_now(&code).await?;
    Ok(Part::new(move || calls(state)))
}

async fn board_now(code: &str) -> Result<(Clinic, BoardState)> {
    let request = Request::current().ok_or(Error::NotFound)?;
    let clinic = opd::clinic_named(&mut request.state.db.read().await?, code).await?;
    // Hundreds of boards request it at the same moment, when a patient is called.
    static SHOWN: Remembered<ClinicId, BoardState> = Remembered::new();
    let now = request.state.clock.now();
    let work = async { opd::board(&mut request.state.db.read().await?, clinic.id, now).await };
    let state = SHOWN.at(request.state.hub.mark(), clinic.id, work).await?;
    Ok((clinic, state))
}

/// Shows the last call and the following tokens.
fn calls(state: BoardState) -> impl IntoView {
    let BoardState { latest, next } = state;
    let call = latest.as_ref().map(|latest| latest.call.clone()).filter(|call| !call.is_empty());
    let called = match latest {
        Some(BoardCall { token, room, .. }) => view! {
            <span class="board__label">{tr!(opd.now_serving)}</span>
            <span class="board__token">{token}</span>
            <span class="board__room">{room_of(room)}</span>
        }
        .into_any(),
        None => view! { <span class="board__label">{tr!(opd.board_empty)}</span> }.into_any(),
    };
    let next = next
        .into_iter()
        .map(|BoardCall { call, token, room }| {
            let room = (!room.is_empty()).then(|| view! { <span class="board__room">{room}</span> });
            let (key, call) = (token.clone(), (!call.is_empty()).then_some(call));
            view! {
                <li data-key=key data-call=call>
                    <span class="board__token">{token}</span>
                    {room}
                </li>
            }
        })
        .collect_view();
    view! {
        <div class="board__called" role="status" data-call=call>{called}</div>
        <section class="board__list">
            <h2>{tr!(opd.board_next)}</h2>
            <ol class="board__next">{next}</ol>
        </section>
    }
}

fn room_of(room: String) -> AnyView {
    if room.is_empty() { tr!(opd.please_come).into_any() } else { view! { <Icon glyph=Glyph::ArrowRight/>{room} }.into_any() }
}
