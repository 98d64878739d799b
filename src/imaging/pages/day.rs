//! `/imaging`: the rooms of a day with their studies, and what is to be booked.

use chrono::NaiveDate;
use leptos::prelude::*;
use serde::Deserialize;

use super::parts::{identity, priority_badge, title_of, toast};
use crate::{
    core::{
        Permission, Result,
        time::{Zone, parse_date, show_long_date, show_time},
    },
    imaging::{
        catalogue::{self, ImagingProcedure},
        rooms::{self, ImagingRoom},
        studies::{self, ImagingStudy},
    },
    server::{Ctx, Page, Part, Query},
    tr,
    ui::{
        Choice, Column, DataTable, DateField, EmptyState, Glyph, Icon, LinkButton, ListUrl, Live, PageHeader, Row, SelectField, StatusBadge,
    },
};

/// The day and the room, which stand in the address.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct DayQuery {
    day: String,
    room: String,
    done: String,
}

/// The facts of the page.
struct Worklist {
    day: NaiveDate,
    rooms: Vec<ImagingRoom>,
    booked: Vec<ImagingStudy>,
    to_book: Vec<ImagingStudy>,
    all: Vec<ImagingProcedure>,
    zone: Zone,
}

impl Worklist {
    async fn read(ctx: &mut Ctx, query: &DayQuery) -> Result<Self> {
        let (clinic, zone) = (ctx.clinic.id, ctx.zone());
        let day = parse_date("day", &query.day).unwrap_or_else(|_| ctx.today());
        let mut booked = studies::booked_on(&mut ctx.tx, clinic, zone.day_bounds(day)).await?;
        if !query.room.is_empty() {
            booked.retain(|study| study.room_id.is_some_and(|room| room.to_string() == query.room));
        }
        let to_book = studies::to_book(&mut ctx.tx, clinic).await?;
        // The studies of another day are not the reader's work today.
        let beyond = if day == ctx.today() { &[][..] } else { &booked[..] };
        let seen = booked.iter().chain(&to_book).map(|study| study.patient_id);
        ctx.saw_beyond(seen, beyond.iter().map(|study| study.patient_id), "imaging_lists").await?;
        let rooms = rooms::rooms(&mut ctx.tx, clinic).await?;
        Ok(Self { day, rooms, booked, to_book, all: catalogue::procedures(&mut ctx.tx).await?, zone })
    }
}

/// Shows the day.
///
/// # Errors
/// Not allowed, or when the database refuses.
pub async fn day_page(Query(query): Query<DayQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::WorkImaging).await?;
    let list = Worklist::read(&mut ctx, &query).await?;
    Ok(Page::new(tr!(imaging.title), move || view(&list, &query)))
}

/// Serves the lists alone.
///
/// # Errors
/// Not allowed, or when the database refuses.
pub async fn day_part(Query(query): Query<DayQuery>) -> Result<Part> {
    let mut ctx = Ctx::read(Permission::WorkImaging).await?;
    let list = Worklist::read(&mut ctx, &query).await?;
    Ok(Part::new(move || lists(&list)))
}

fn view(list: &Worklist, query: &DayQuery) -> AnyView {
    let at = |day: Option<NaiveDate>| {
        ListUrl::new("/imaging").with("day", day.map(|day| day.to_string()).unwrap_or_default()).with("room", query.room.clone()).href()
    };
    let from = ListUrl::new("/imaging/live").with("day", query.day.clone()).with("room", query.room.clone()).href();
    let choices: Vec<Choice> = list
        .rooms
        .iter()
        .filter(|room| room.retired_at.is_none())
        .map(|room| Choice::new(room.id.to_string(), room.name.clone()))
        .collect();
    let turn = view! {
        <LinkButton href=at(list.day.pred_opt()) label=tr!(imaging.day_before) glyph=Glyph::ChevronLeft/>
        <LinkButton href=at(list.day.succ_opt()) label=tr!(imaging.day_after) glyph=Glyph::ChevronRight/>
    }
    .into_any();
    let shown = lists(list);
    view! {
        {toast(&query.done)}
        <PageHeader title=tr!(imaging.title) detail=show_long_date(list.day) actions=Some(turn)/>
        <form class="filter" method="get" action="/imaging">
            <DateField name="day" label=tr!(imaging.day) value=list.day.to_string()/>
            <SelectField name="room" label=tr!(imaging.room) choices value=query.room.clone() prompt=tr!(imaging.all_rooms)/>
            <button class="button" type="submit"><Icon glyph=Glyph::Filter/>{tr!(ui.show)}</button>
        </form>
        <Live topics="imaging" from>{shown}</Live>
    }
    .into_any()
}

fn lists(list: &Worklist) -> AnyView {
    let mut rooms: Vec<AnyView> = Vec::new();
    for room in &list.rooms {
        let own: Vec<&ImagingStudy> = list.booked.iter().filter(|study| study.room_id == Some(room.id)).collect();
        if own.is_empty() {
            continue;
        }
        let rows = own.into_iter().map(|study| booked(list, study)).collect();
        let columns = vec![
            Column::new(tr!(imaging.time)),
            Column::new(tr!(ui.patient)),
            Column::new(tr!(imaging.procedure)),
            Column::new(tr!(imaging.state)),
        ];
        let (heading, caption) = (room.name.clone(), room.name.clone());
        rooms.push(view! { <h2>{heading}</h2><DataTable caption columns rows stacked=true/> }.into_any());
    }
    let none = rooms
        .is_empty()
        .then(|| view! { <EmptyState glyph=Glyph::Calendar title=tr!(imaging.day_empty) text=tr!(imaging.day_empty_text)/> });
    view! { <div class="stack">{none}{rooms}{waiting(list)}</div> }.into_any()
}

fn booked(list: &Worklist, study: &ImagingStudy) -> Row {
    let time = study.starts_at.map(|at| show_time(list.zone.local(at).time())).unwrap_or_default();
    let shown = Row::new(vec![
        view! { <strong>{time}</strong> }.into_any(),
        identity(study),
        title_of(&list.all, study).into_any(),
        view! { <div class="cluster">{priority_badge(study.priority)}<StatusBadge tone=study.step.tone() label=study.step.words()/></div> }
            .into_any(),
    ]);
    shown.href(format!("/imaging/studies/{}", study.id)).key(study.id.to_string())
}

/// The studies that wait for a slot.
fn waiting(list: &Worklist) -> AnyView {
    if list.to_book.is_empty() {
        return ().into_any();
    }
    let rows = list
        .to_book
        .iter()
        .map(|study| {
            Row::new(vec![
                identity(study),
                title_of(&list.all, study).into_any(),
                view! { <div class="cluster">{priority_badge(study.priority)}<StatusBadge tone=study.step.tone() label=study.step.words()/></div> }
                    .into_any(),
            ])
            .href(format!("/imaging/studies/{}", study.id))
            .key(study.id.to_string())
        })
        .collect();
    let columns = vec![Column::new(tr!(ui.patient)), Column::new(tr!(imaging.procedure)), Column::new(tr!(imaging.state))];
    view! { <h2>{tr!(imaging.to_book)}</h2><DataTable caption=tr!(imaging.to_book) columns rows stacked=true/> }.into_any()
}
