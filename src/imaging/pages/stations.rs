//! `/imaging/stations`: the devices that read the worklist.

use leptos::prelude::*;

use super::parts::{DoneQuery, toast};
use crate::{
    core::{
        ImagingStationId, Permission, Result,
        time::{Zone, show_date_time},
    },
    imaging::{
        rooms::{self, ImagingRoom},
        worklist::{self, ImagingStation},
    },
    server::{Ctx, Page, Query},
    tr,
    ui::{
        Button, ButtonTone, Choice, Dialog, EmptyState, Form, Glyph, NoticeBox, PageHeader, PostButton, SelectField, StatusBadge,
        TextField, Tone, refused_for,
    },
};

const SAVE: &str = "/api/imaging/save_station";

/// Shows the devices.
///
/// # Errors
/// Not allowed, or when the database refuses.
pub async fn stations_page(Query(DoneQuery { done }): Query<DoneQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::WorkImaging).await?;
    let clinic = ctx.clinic.id;
    let found = worklist::stations(&mut ctx.tx, clinic).await?;
    let rooms = rooms::rooms(&mut ctx.tx, clinic).await?;
    let manages = ctx.who.may_at(Permission::ManageImaging, clinic);
    let (zone, config) = (ctx.zone(), &ctx.state().config);
    let serves = config.worklist_address.map(|address| (address.to_string(), config.worklist_title.clone()));
    Ok(Page::new(tr!(imaging.stations), move || {
        let back = ("/imaging/rooms".to_owned(), tr!(imaging.rooms).to_owned());
        let empty = found
            .is_empty()
            .then(|| view! { <EmptyState glyph=Glyph::Board title=tr!(imaging.no_stations) text=tr!(imaging.no_stations_text)/> });
        let listening = match serves {
            Some((address, title)) => {
                view! { <NoticeBox tone=Tone::Done><p>{tr!(imaging.worklist_served, address = address, title = title)}</p></NoticeBox> }
                    .into_any()
            }
            None => view! { <NoticeBox tone=Tone::Inactive><p>{tr!(imaging.worklist_off)}</p></NoticeBox> }.into_any(),
        };
        let panels = found.iter().map(|station| panel(station, &rooms, manages, zone)).collect_view();
        let actions = manages.then(|| new_station(&rooms)).into_any();
        view! {
            {toast(&done)}
            <PageHeader title=tr!(imaging.stations) back detail=tr!(imaging.stations_text) actions=Some(actions)/>
            <div class="stack">{listening}{empty}{panels}</div>
        }
    }))
}

fn choices(rooms: &[ImagingRoom]) -> Vec<Choice> {
    let open = rooms.iter().filter(|room| room.retired_at.is_none());
    open.map(|room| Choice::new(room.id.to_string(), format!("{} ({})", room.name, room.modality.words()))).collect()
}

fn new_station(rooms: &[ImagingRoom]) -> AnyView {
    let hidden = vec![("key", ImagingStationId::new().to_string()), ("version", "0".to_owned())];
    let choices = choices(rooms);
    view! {
        <Dialog id="new-station" opens=tr!(imaging.new_station) title=tr!(imaging.new_station) action=SAVE glyph=Glyph::Plus>
            <Form action=SAVE id="station-form" hidden>
                <TextField name="ae_title" label=tr!(imaging.ae_title) hint=tr!(imaging.ae_title_hint) required=true maxlength=16 class="input--code"/>
                <SelectField name="room" label=tr!(imaging.room) choices prompt=tr!(errors.choose) required=true/>
                <TextField name="peers" label=tr!(imaging.peers) hint=tr!(imaging.peers_hint) required=true maxlength=300/>
                <div class="form__actions"><Button label=tr!(ui.save) tone=ButtonTone::Primary/></div>
            </Form>
        </Dialog>
    }
    .into_any()
}

fn panel(station: &ImagingStation, rooms: &[ImagingRoom], manages: bool, zone: Zone) -> AnyView {
    let retired = station.retired_at.map(|_| view! { <StatusBadge tone=Tone::Inactive label=tr!(imaging.retired)/> });
    let asked = station
        .asked_at
        .map_or_else(|| tr!(imaging.never_asked).to_owned(), |at| tr!(imaging.last_asked, time = show_date_time(zone.local(at))));
    let facts = format!("{} · {} · {asked}", station.room, station.peers);
    view! {
        <section class="panel" data-key=station.id.to_string()>
            <div class="panel__head"><h2>{station.ae_title.clone()}</h2><div class="cluster">{retired}{manages.then(|| acts(station, rooms))}</div></div>
            <div class="panel__body"><p class="muted">{facts}</p></div>
        </section>
    }
    .into_any()
}

fn acts(station: &ImagingStation, rooms: &[ImagingRoom]) -> AnyView {
    let id = station.id.to_string();
    let mut retire = vec![("imaging_station_id", id.clone()), ("version", station.version.to_string())];
    let words = if station.retired_at.is_some() { tr!(imaging.bring_back) } else { tr!(imaging.retire) };
    if station.retired_at.is_none() {
        retire.push(("retired", "true".to_owned()));
    }
    let hidden = vec![("key", id.clone()), ("version", station.version.to_string()), ("ae_title", station.ae_title.clone())];
    let open = if refused_for(SAVE, "key", &id) { SAVE } else { "" };
    let (dialog, form, title) = (format!("station-{id}"), format!("station-{id}-form"), station.ae_title.clone());
    let (choices, room, peers, about) = (choices(rooms), station.room_id.to_string(), station.peers.clone(), station.ae_title.clone());
    view! {
        <Dialog id=dialog opens=tr!(imaging.change) title action=open tone=ButtonTone::Quiet>
            <Form action=SAVE id=form hidden>
                <SelectField name="room" label=tr!(imaging.room) choices value=room required=true/>
                <TextField name="peers" label=tr!(imaging.peers) value=peers hint=tr!(imaging.peers_hint) required=true maxlength=300/>
                <div class="form__actions"><Button label=tr!(ui.save) tone=ButtonTone::Primary/></div>
            </Form>
        </Dialog>
        <PostButton action="/api/imaging/retire_station" label=words hidden=retire tone=ButtonTone::Quiet about/>
    }
    .into_any()
}
