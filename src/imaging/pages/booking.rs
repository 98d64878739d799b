//! The panel of a study in which its slot is booked: free times of the rooms that fit, and a form for any time.

use leptos::prelude::*;

use super::study::{Shown, hidden};
use crate::{
    core::time::{Instant, show_time},
    imaging::{
        rooms::{ImagingRoom, free_times},
        step::{ImagingAct, ImagingStep},
    },
    tr,
    ui::{Button, ButtonTone, CheckboxField, Choice, DateField, Form, Glyph, Icon, NumberField, PostButton, SelectField, TimeField},
};

/// The free times of a room that are shown.
const SHOWN: usize = 12;

/// Shows the panel while the study can be booked.
pub(super) fn panel(shown: &Shown) -> AnyView {
    if !ImagingAct::Book.fits(shown.study.step) {
        return ().into_any();
    }
    let fits = |room: &&ImagingRoom| room.modality == shown.procedure.modality && room.retired_at.is_none();
    let rooms: Vec<&ImagingRoom> = shown.rooms.iter().filter(fits).collect();
    if rooms.is_empty() {
        return view! {
            <section class="panel">
                <div class="panel__head"><h2>{tr!(imaging.book)}</h2></div>
                <div class="panel__body"><p class="is-warning">{tr!(imaging.no_room)}</p></div>
            </section>
        }
        .into_any();
    }
    let free = rooms.iter().map(|room| room_times(shown, room)).collect_view();
    let unbook = (shown.study.step == ImagingStep::Scheduled).then(|| {
        view! { <PostButton action="/api/imaging/unbook" label=tr!(imaging.unbook) hidden=hidden(&shown.study) tone=ButtonTone::Quiet/> }
    });
    let day = shown.day.to_string();
    view! {
        <section class="panel" aria-labelledby="book-heading">
            <div class="panel__head"><h2 id="book-heading">{tr!(imaging.book)}</h2>{unbook}</div>
            <div class="panel__body stack">
                <form class="filter" method="get" action=format!("/imaging/studies/{}", shown.study.id)>
                    <DateField name="day" label=tr!(imaging.day) value=day/>
                    <button class="button" type="submit"><Icon glyph=Glyph::Filter/>{tr!(ui.show)}</button>
                </form>
                {free}
                {any_time(shown, &rooms)}
            </div>
        </section>
    }
    .into_any()
}

/// The free times of one room as buttons.
fn room_times(shown: &Shown, room: &ImagingRoom) -> AnyView {
    let taken: Vec<(Instant, Instant)> = shown
        .booked
        .iter()
        .filter(|study| {
            study.room_id == Some(room.id)
                && study.id != shown.study.id
                && matches!(study.step, ImagingStep::Scheduled | ImagingStep::Arrived | ImagingStep::Started)
        })
        .filter_map(|study| study.starts_at.zip(study.ends_at))
        .collect();
    let times = free_times(room, &shown.hours, &taken, (shown.zone, shown.day), shown.procedure.minutes, shown.now);
    let none = times.is_empty().then(|| view! { <p class="muted">{tr!(imaging.no_free_time)}</p> });
    let buttons = times
        .into_iter()
        .take(SHOWN)
        .map(|at| {
            let time = show_time(shown.zone.local(at).time());
            let mut fields = hidden(&shown.study);
            let local = shown.zone.local(at);
            fields.extend([("room", room.id.to_string()), ("day", local.date().to_string()), ("time", local.format("%H:%M").to_string())]);
            view! { <PostButton action="/api/imaging/book" label=time hidden=fields about=room.name.clone()/> }
        })
        .collect_view();
    view! { <div class="stack stack--tight"><h3>{room.name.clone()}</h3>{none}<div class="cluster">{buttons}</div></div> }.into_any()
}

/// The form for any time, also outside of the hours.
fn any_time(shown: &Shown, rooms: &[&ImagingRoom]) -> AnyView {
    let choices: Vec<Choice> = rooms.iter().map(|room| Choice::new(room.id.to_string(), room.name.clone())).collect();
    let (day, minutes) = (shown.day.to_string(), shown.procedure.minutes.to_string());
    view! {
        <details class="fieldset">
            <summary>{tr!(imaging.another_time)}</summary>
            <Form action="/api/imaging/book" id="book" hidden=hidden(&shown.study)>
                <SelectField name="room" label=tr!(imaging.room) choices/>
                <DateField name="day" label=tr!(imaging.day) value=day/>
                <TimeField name="time" label=tr!(imaging.time)/>
                <NumberField name="minutes" label=tr!(imaging.minutes) value=minutes unit="min"/>
                <CheckboxField name="outside" label=tr!(imaging.outside)/>
                <div class="form__actions"><Button label=tr!(imaging.book) tone=ButtonTone::Primary/></div>
            </Form>
        </details>
    }
    .into_any()
}
