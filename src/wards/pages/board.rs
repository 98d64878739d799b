//! `/wards/{id}`: the board of a ward, live.

use chrono::Duration;
use leptos::prelude::*;
use serde::Deserialize;

use super::done_words;
use crate::{
    core::{
        IdempotencyKey, Permission, Result, WardId,
        time::{Instant, Zone, show_minutes, show_moment, show_time},
    },
    patients::namesake_sign,
    server::{Ctx, Page, Part, Path, Query},
    tr,
    ui::{
        Button, Choice, EmptyState, Form, Glyph, Icon, KeyHint, LinkButton, Live, PageHeader, PostButton, SelectField, Stat, StatStrip,
        Toast, Tone,
    },
    wards::{
        board::{Board, Mark, Occupant, Relative, Tile, TileUse, board},
        plan::{self, WardRoom},
        uses::UseKind,
    },
};

/// The act that was just done.
#[derive(Debug, Deserialize)]
pub struct BoardQuery {
    #[serde(default)]
    done: String,
}

/// The board with the facts that its rendering needs.
struct Shown {
    board: Board,
    now: Instant,
    zone: Zone,
    may_clean: bool,
    may_move: bool,
    manages: bool,
    /// The rooms in which the reader may put an extra trolley.
    rooms: Vec<WardRoom>,
}

async fn read(id: WardId) -> Result<Shown> {
    let mut ctx = Ctx::read(Permission::ViewWard).await?;
    let board = board(&mut ctx, id).await?;
    let may_clean = ctx.who.may_at(Permission::CleanBeds, board.ward.clinic_id);
    let may_move = ctx.who.may_at(Permission::ManageBeds, board.ward.clinic_id);
    let manages = ctx.who.may_at(Permission::ManageWards, board.ward.clinic_id);
    let rooms = if manages { plan::rooms(&mut ctx.tx, id).await? } else { Vec::new() };
    Ok(Shown { board, now: ctx.now, zone: ctx.zone(), may_clean, may_move, manages, rooms })
}

/// Shows the board.
///
/// # Errors
/// Not allowed, another clinic's ward, or when the database refuses.
pub async fn board_page(Path(id): Path<WardId>, Query(BoardQuery { done }): Query<BoardQuery>) -> Result<Page> {
    let shown = read(id).await?;
    let title = shown.board.ward.name.clone();
    let page = Page::new(title.clone(), move || {
        let start = shown.manages.then(|| {
            view! { <LinkButton href=format!("/wards/{id}/start-tasks") label=tr!(nursing.start_tasks) glyph=Glyph::Check/> }
        });
        let actions = view! {
            {start}
            <LinkButton href=format!("/wards/requests?ward={id}") label=tr!(wards.requests) glyph=Glyph::Arrive key="q"/>
            <LinkButton href=format!("/wards/{id}/wall") label=tr!(wards.wall) glyph=Glyph::Board/>
            <LinkButton href=format!("/wards/{id}/census") label=tr!(wards.census) glyph=Glyph::Print/>
        }
        .into_any();
        let back = ("/wards".to_owned(), tr!(wards.title).to_owned());
        let detail = shown.board.ward.kind.words();
        let add = trolley_form(&shown);
        view! {
            {done_words(&done).map(|text| view! { <Toast text/> })}
            <PageHeader title back detail actions=Some(actions)/>
            <Live topics="wards" from=format!("/wards/{id}/live")>{board_view(shown)}</Live>
            {add}
        }
    });
    let keys = vec![
        KeyHint::new("← ↑ → ↓", tr!(wards.key_tiles)),
        KeyHint::new("Enter", tr!(wards.key_open)),
        KeyHint::new("m", tr!(wards.move_title)),
        KeyHint::new("q", tr!(wards.requests)),
    ];
    Ok(page.keys(keys).class("main--wide"))
}

/// Renders the board again for an update.
///
/// # Errors
/// As the page.
pub async fn board_part(Path(id): Path<WardId>) -> Result<Part> {
    let shown = read(id).await?;
    Ok(Part::new(move || board_view(shown)))
}

fn board_view(shown: Shown) -> AnyView {
    let Shown { board, now, zone, may_clean, may_move, manages, .. } = shown;
    if board.rooms.is_empty() {
        return view! { <EmptyState glyph=Glyph::Bed title=tr!(wards.no_beds) text=tr!(wards.no_beds_text)/> }.into_any();
    }
    let (all, count) = (board.beds(), |kind| board.count(kind).to_string());
    let mut stats = vec![
        Stat::new(tr!(wards.occupied), format!("{}/{all}", count(Some(UseKind::Stay)))),
        Stat::new(tr!(wards.available), count(None)).tone(Tone::Done),
        Stat::new(tr!(wards.use_reservation), count(Some(UseKind::Reservation))).tone(Tone::Reserved),
        Stat::new(tr!(wards.use_cleaning), count(Some(UseKind::Cleaning))).tone(Tone::Waiting),
        Stat::new(tr!(wards.arriving), board.arriving.to_string()).href(format!("/wards/requests?ward={}", board.ward.id)),
    ];
    let (on_trolleys, trolleys) = board.trolleys();
    if trolleys > 0 {
        stats.insert(1, Stat::new(tr!(wards.trolleys), format!("{on_trolleys}/{trolleys}")).tone(Tone::Warning));
    }
    let rooms = board
        .rooms
        .into_iter()
        .map(|(room, tiles)| {
            let tiles = tiles
                .into_iter()
                .map(|tile| tile_view(tile, now, zone, May { clean: may_clean, move_: may_move, manage: manages }))
                .collect_view();
            view! {
                <section class="panel" data-key=room.clone()>
                    <div class="panel__head"><h2>{room.clone()}</h2></div>
                    <ul class="beds">{tiles}</ul>
                </section>
            }
        })
        .collect_view();
    view! { <StatStrip stats/><div class="ward" data-tiles="">{rooms}</div> }.into_any()
}

/// Returns the tone and the word of a tile. A cleaning that takes too long, and a reservation about to end, warn.
pub(super) fn state(open: Option<&TileUse>, now: Instant) -> (Tone, &'static str) {
    let Some(open) = open else { return (Tone::Done, tr!(wards.available)) };
    let late = open.due_at.is_some_and(|due| due <= now);
    let tone = match open.kind {
        UseKind::Stay => Tone::Progress,
        UseKind::Reservation | UseKind::Cleaning | UseKind::OutOfService if late => Tone::Warning,
        UseKind::Reservation => Tone::Reserved,
        UseKind::Cleaning => Tone::Waiting,
        UseKind::OutOfService => Tone::Inactive,
    };
    (tone, open.kind.words())
}

/// The reader's rights on the board.
#[derive(Clone, Copy)]
struct May {
    clean: bool,
    move_: bool,
    manage: bool,
}

/// The form that adds an extra trolley in one step. A ward without beds has none: a trolley has the class of a bed.
fn trolley_form(shown: &Shown) -> Option<AnyView> {
    if shown.rooms.is_empty() || shown.board.beds() == 0 {
        return None;
    }
    let rooms: Vec<Choice> = shown.rooms.iter().map(|room| Choice::new(room.id.to_string(), room.name.clone())).collect();
    // With one room there is nothing to choose.
    let value = if let [only] = shown.rooms.as_slice() { only.id.to_string() } else { String::new() };
    let hidden = vec![("ward_id", shown.board.ward.id.to_string()), ("key", IdempotencyKey::new().to_string())];
    let view = view! {
        <section class="panel" id="trolley">
            <div class="panel__head"><h2>{tr!(wards.add_trolley)}</h2></div>
            <div class="panel__body stack">
                <p class="muted small">{tr!(wards.trolley_hint)}</p>
                <Form action="/api/wards/add_trolley" hidden>
                    <SelectField name="room" label=tr!(wards.room) choices=rooms value prompt=tr!(errors.choose) required=true/>
                    <div class="form__actions"><Button label=tr!(wards.add_trolley)/></div>
                </Form>
            </div>
        </section>
    };
    Some(view.into_any())
}

fn tile_view(tile: Tile, now: Instant, zone: Zone, may: May) -> impl IntoView {
    let (tone, word) = state(tile.open.as_ref(), now);
    let since = tile.open.as_ref().map(|open| since(open, now, zone));
    let clean = tile.open.as_ref().filter(|open| may.clean && open.kind == UseKind::Cleaning && !open.terminal).map(|open| {
        let hidden = vec![("bed_id", tile.bed.to_string()), ("seen", open.id.to_string())];
        view! { <PostButton action="/api/wards/clean_bed" label=tr!(wards.cleaned) hidden about=tile.label.clone() glyph=Glyph::Check/> }
    });
    let reason = tile.open.as_ref().filter(|open| !open.reason.is_empty()).map(|open| view! { <p class="small">{open.reason.clone()}</p> });
    let stays = tile.open.as_ref().is_some_and(|open| open.kind == UseKind::Stay);
    let moves = tile.occupant.as_ref().filter(|_| may.move_ && stays).map(|occupant| format!("/admissions/{}/move", occupant.admission));
    let move_link = moves.clone().map(|href| {
        let about = tile.label.clone();
        view! { <p class="small"><a href=href>{tr!(wards.move_patient)}<span class="visually-hidden">" "{about}</span></a></p> }
    });
    let (is_free, draggable) = (tile.open.is_none().then_some(""), moves.is_some().then_some("true"));
    let free = tile.open.is_none().then(|| format!("{} · {}", tile.kind.words(), tile.class));
    let trolley = tile.overflow.then(|| view! { <crate::ui::StatusBadge tone=Tone::Warning label=tr!(wards.trolley)/> });
    let remove = (tile.overflow && tile.open.is_none() && may.manage).then(|| {
        let hidden = vec![("bed_id", tile.bed.to_string())];
        view! { <PostButton action="/api/wards/remove_trolley" label=tr!(wards.remove_trolley) hidden about=tile.label.clone()/> }
    });
    let who = tile.occupant.map(|occupant| occupant_view(occupant, zone, now));
    view! {
        <li class=format!("bed {}", tone.class()) data-key=tile.bed.to_string() data-tile="" data-free=is_free draggable=draggable data-move=moves>
            <p class="bed__head">
                <a href=format!("/beds/{}", tile.bed)><strong>{tile.label}</strong></a>
                " "
                <span class="bed__state"><Icon glyph=tone.glyph()/>{word}</span>
            </p>
            {trolley.map(|badge| view! { <p class="cluster">{badge}</p> })}
            {who}
            {free.map(|words| view! { <p class="small muted">{words}</p> })}
            {since.map(|words| view! { <p class="small muted">{words}</p> })}
            {reason}
            {clean}
            {remove}
            {move_link}
        </li>
    }
}

/// Returns the time of a use: since when, until when, or by how much it is late.
fn since(open: &TileUse, now: Instant, zone: Zone) -> String {
    let at = |at: Instant| show_moment(zone.local(at), zone.day(now));
    match (open.kind, open.due_at) {
        (UseKind::Cleaning, Some(due)) if due <= now => tr!(wards.cleaning_late, minutes = show_minutes((now - due).num_minutes())),
        (UseKind::Cleaning, Some(due)) => {
            tr!(wards.cleaning_left, minutes = show_minutes(((due - now) + Duration::seconds(59)).num_minutes()))
        }
        (UseKind::Reservation, Some(due)) => tr!(wards.reserved_until, time = show_time(zone.local(due).time())),
        (UseKind::OutOfService, Some(due)) => tr!(wards.closed_until, day = at(due - Duration::seconds(1))),
        _ => tr!(wards.since, at = at(open.began_at)),
    }
}

fn occupant_view(occupant: Occupant, zone: Zone, now: Instant) -> impl IntoView {
    let hidden = occupant.marks.contains(&Mark::Private);
    let name = if hidden { tr!(wards.private_name).to_owned() } else { occupant.name.clone() };
    let age = occupant.hours.map_or_else(|| occupant.birth.age(zone.day(now)), |hours| tr!(wards.hours_old, hours = hours));
    let facts = [occupant.sex.words().to_owned(), age];
    let day = occupant.day.map(|day| tr!(wards.day_n, day = day));
    let facts =
        facts.into_iter().chain(day).chain(Some(occupant.doctor).filter(|doctor| !doctor.is_empty())).collect::<Vec<_>>().join(" · ");
    let leaves = occupant.expected_on.map(|day| {
        view! { <p class="small">{tr!(wards.expected_out, day = crate::core::time::show_day(day, zone.day(now)))}</p> }
    });
    let family = occupant
        .family
        .into_iter()
        .map(|one| match one {
            Relative::Mother(bed) => tr!(wards.mother_in, bed = bed),
            Relative::Child(bed) => tr!(wards.child_in, bed = bed),
        })
        .collect::<Vec<_>>()
        .join(" · ");
    let family = (!family.is_empty()).then(|| view! { <p class="small">{family}</p> });
    let marks = occupant.marks.into_iter().map(mark_view).collect_view();
    let score = occupant.score.map(|(score, at)| {
        let at = show_moment(zone.local(at), zone.day(now));
        view! { <crate::ui::StatusBadge tone=score.risk().tone() label=tr!(wards.news2, score = score.total, at = at)/> }
    });
    view! {
        <p><a href=format!("/admissions/{}", occupant.admission) data-open="">{name}</a></p>
        <p class="small">{facts}</p>
        {family}
        <p class="cluster">{score}{marks}</p>
        {leaves}
    }
}

/// Returns the tone, the icon and the words of a mark.
pub(super) fn mark_words(mark: Mark) -> (Tone, Glyph, String) {
    match mark {
        Mark::SevereAllergy => (Tone::Critical, Glyph::Allergy, tr!(ui.severe_allergy).to_owned()),
        Mark::Allergy => (Tone::Warning, Glyph::Allergy, tr!(ui.allergy).to_owned()),
        Mark::AllergiesNotRecorded => (Tone::Inactive, Glyph::Allergy, tr!(ui.allergies_not_recorded).to_owned()),
        Mark::Isolation(isolation) => (Tone::Warning, Glyph::Shield, tr!(wards.isolated, kind = isolation.words())),
        Mark::Level(level) => (Tone::Critical, Glyph::Vitals, level.words().to_owned()),
        Mark::Namesake => (Tone::Warning, Glyph::Patients, namesake_sign().to_owned()),
        Mark::Escalated => (Tone::Critical, Glyph::Critical, tr!(wards.escalated).to_owned()),
        Mark::Away(kind) => (Tone::Waiting, Glyph::ArrowRight, kind.words().to_owned()),
        Mark::Transfer => (Tone::Reserved, Glyph::Transfer, tr!(wards.transfer_open_mark).to_owned()),
        Mark::Swap => (Tone::Waiting, Glyph::Transfer, tr!(wards.swap_proposed).to_owned()),
        Mark::Bereaved => (Tone::Inactive, Glyph::Family, tr!(wards.bereaved).to_owned()),
        Mark::Leaving => (Tone::Done, Glyph::SignOut, tr!(wards.leaving_mark).to_owned()),
        Mark::Private => (Tone::Inactive, Glyph::Lock, tr!(wards.private).to_owned()),
    }
}

fn mark_view(mark: Mark) -> impl IntoView {
    let (tone, glyph, label) = mark_words(mark);
    view! { <crate::ui::StatusBadge tone label glyph/> }
}
