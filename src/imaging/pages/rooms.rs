//! `/imaging/rooms`: the rooms of the clinic with their hours.

use leptos::prelude::*;

use super::parts::{DoneQuery, toast};
use crate::{
    core::{ImagingRoomId, Permission, Result},
    imaging::{
        rooms::{self, ImagingRoom, RoomHours, clock},
        vocabulary::Modality,
    },
    server::{Ctx, Page, Query},
    tr,
    ui::{
        Button, ButtonTone, CheckboxField, Choice, Dialog, EmptyState, Form, Glyph, LinkButton, PageHeader, PostButton, SelectField,
        StatusBadge, TextField, Tone, refused_for,
    },
};

const SAVE: &str = "/api/imaging/save_room";
const HOURS: &str = "/api/imaging/add_room_hours";

/// Shows the rooms.
///
/// # Errors
/// Not allowed, or when the database refuses.
pub async fn rooms_page(Query(DoneQuery { done }): Query<DoneQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::WorkImaging).await?;
    let clinic = ctx.clinic.id;
    let found = rooms::rooms(&mut ctx.tx, clinic).await?;
    let hours = rooms::hours(&mut ctx.tx, clinic).await?;
    let manages = ctx.who.may_at(Permission::ManageImaging, clinic);
    Ok(Page::new(tr!(imaging.rooms), move || {
        let back = ("/imaging/catalogue".to_owned(), tr!(imaging.catalogue).to_owned());
        let empty = found
            .is_empty()
            .then(|| view! { <EmptyState glyph=Glyph::Board title=tr!(imaging.rooms_empty) text=tr!(imaging.rooms_empty_text)/> });
        let panels = found.iter().map(|room| panel(room, &hours, manages)).collect_view();
        let actions = view! { <LinkButton href="/imaging/stations" label=tr!(imaging.stations)/>{manages.then(new_room)} }.into_any();
        view! {
            {toast(&done)}
            <PageHeader title=tr!(imaging.rooms) back detail=tr!(imaging.rooms_text) actions=Some(actions)/>
            <div class="stack">{empty}{panels}</div>
        }
    }))
}

fn new_room() -> AnyView {
    let hidden = vec![("key", ImagingRoomId::new().to_string()), ("version", "0".to_owned())];
    let choices: Vec<Choice> = Modality::ALL.iter().map(|one| Choice::new(one.as_str(), one.words())).collect();
    view! {
        <Dialog id="new-room" opens=tr!(imaging.new_room) title=tr!(imaging.new_room) action=SAVE glyph=Glyph::Plus>
            <Form action=SAVE id="room-form" hidden>
                <TextField name="name" label=tr!(imaging.room_name) required=true maxlength=80/>
                <SelectField name="modality" label=tr!(imaging.modality) choices/>
                <div class="form__actions"><Button label=tr!(ui.save) tone=ButtonTone::Primary/></div>
            </Form>
        </Dialog>
    }
    .into_any()
}

fn weekday(day: i64) -> &'static str {
    match day {
        1 => tr!(imaging.monday),
        2 => tr!(imaging.tuesday),
        3 => tr!(imaging.wednesday),
        4 => tr!(imaging.thursday),
        5 => tr!(imaging.friday),
        6 => tr!(imaging.saturday),
        _ => tr!(imaging.sunday),
    }
}

fn panel(room: &ImagingRoom, hours: &[RoomHours], manages: bool) -> AnyView {
    let rows = hours
        .iter()
        .filter(|part| part.room_id == room.id)
        .map(|part| {
            let words = format!("{} {} – {}", weekday(part.weekday), clock(part.from_minute), clock(part.to_minute));
            let hidden = vec![("imaging_room_id", room.id.to_string()), ("part", part.id.to_string())];
            let about = words.clone();
            let remove = manages.then(
                || view! { <PostButton action="/api/imaging/remove_room_hours" label=tr!(imaging.remove) hidden tone=ButtonTone::Quiet about/> },
            );
            view! { <li class="rows__row"><div class="rows__main">{words}</div><div class="rows__side">{remove}</div></li> }
        })
        .collect::<Vec<_>>();
    let none = rows.is_empty().then(|| view! { <div class="panel__body"><p class="is-warning">{tr!(imaging.no_hours)}</p></div> });
    let retired = room.retired_at.map(|_| view! { <StatusBadge tone=Tone::Inactive label=tr!(imaging.retired)/> });
    view! {
        <section class="panel" data-key=room.id.to_string()>
            <div class="panel__head">
                <h2>{room.name.clone()}</h2>
                <div class="cluster"><span class="muted">{room.modality.words()}</span>{retired}{manages.then(|| acts(room))}</div>
            </div>
            {none}
            <ul class="rows">{rows}</ul>
        </section>
    }
    .into_any()
}

fn acts(room: &ImagingRoom) -> AnyView {
    let id = room.id.to_string();
    let mut retire = vec![("imaging_room_id", id.clone()), ("version", room.version.to_string())];
    let words = if room.retired_at.is_some() { tr!(imaging.bring_back) } else { tr!(imaging.retire) };
    if room.retired_at.is_none() {
        retire.push(("retired", "true".to_owned()));
    }
    let rename = vec![("key", id.clone()), ("version", room.version.to_string()), ("modality", room.modality.as_str().to_owned())];
    let rename_open = if refused_for(SAVE, "key", &id) { SAVE } else { "" };
    let hours_open = if refused_for(HOURS, "imaging_room_id", &id) { HOURS } else { "" };
    let (to_hours, name) = (vec![("imaging_room_id", id.clone())], room.name.clone());
    let (hours_id, hours_form, rename_id, rename_form) =
        (format!("hours-{id}"), format!("hours-{id}-form"), format!("rename-{id}"), format!("rename-{id}-form"));
    let (title, other_title, about) = (name.clone(), name.clone(), name.clone());
    let days = || (1..=7).map(|day| view! { <CheckboxField name=format!("weekday-{day}") label=weekday(day)/> }).collect_view();
    view! {
        <Dialog id=hours_id opens=tr!(imaging.add_hours) title action=hours_open tone=ButtonTone::Quiet>
            <Form action=HOURS id=hours_form hidden=to_hours>
                {days()}
                <TextField name="from" label=tr!(imaging.from) hint=tr!(imaging.clock_hint) required=true class="input--short"/>
                <TextField name="to" label=tr!(imaging.to) required=true class="input--short"/>
                <div class="form__actions"><Button label=tr!(ui.save) tone=ButtonTone::Primary/></div>
            </Form>
        </Dialog>
        <Dialog id=rename_id opens=tr!(imaging.rename) title=other_title action=rename_open tone=ButtonTone::Quiet>
            <Form action=SAVE id=rename_form hidden=rename>
                <TextField name="name" label=tr!(imaging.room_name) value=name required=true maxlength=80/>
                <div class="form__actions"><Button label=tr!(ui.save) tone=ButtonTone::Primary/></div>
            </Form>
        </Dialog>
        <PostButton action="/api/imaging/retire_room" label=words hidden=retire tone=ButtonTone::Quiet about/>
    }
    .into_any()
}
