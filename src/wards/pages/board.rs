//! `/wards/{id}`: the board of a ward, live.

use chrono::{Duration, NaiveDate};
use leptos::prelude::*;
use serde::Deserialize;

use super::done_words;
use crate::{
    core::{
        IdempotencyKey, Permission, Result, WardId,
        time::{Instant, Zone, show_day, show_minutes, show_moment, show_time},
    },
    patients::namesake_sign,
    server::{
        Ctx, Page, Part, Path, Query,
        hooks::{BedWork, FallRisk},
    },
    tr,
    ui::{
        Button, Choice, DateField, EmptyState, Form, Glyph, KeyHint, LinkButton, Live, Markup, PageHeader, PostForm, SelectField, Stat,
        StatStrip, Toast, Tone,
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
            view! {
                <LinkButton href=format!("/wards/{id}/start-tasks") label=tr!(nursing.start_tasks) glyph=Glyph::Check/>
                <LinkButton href=format!("/wards/{id}/shifts") label=tr!(wards.shifts) glyph=Glyph::Clock/>
                <LinkButton href=format!("/wards/{id}/dose-times") label=tr!(medicine_record.usual_times) glyph=Glyph::Pill/>
                <LinkButton href=format!("/wards/{id}/protocols") label=tr!(medicine_record.protocols) glyph=Glyph::Note/>
                <LinkButton href=format!("/wards/{id}/leaflet") label=tr!(wards.leaflet) glyph=Glyph::Note/>
            }
        });
        let actions = view! {
            {start}
            <LinkButton href=format!("/wards/requests?ward={id}") label=tr!(wards.requests) glyph=Glyph::Arrive key="q"/>
            <LinkButton href=format!("/wards/{id}/wall") label=tr!(wards.wall) glyph=Glyph::Board/>
            <LinkButton href=format!("/wards/{id}/bands") label=tr!(wards.bands) glyph=Glyph::Print/>
            <LinkButton href=format!("/wards/{id}/census") label=tr!(wards.census) glyph=Glyph::Print/>
        }
        .into_any();
        let back = ("/wards".to_owned(), tr!(wards.title).to_owned());
        let detail = shown.board.ward.kind.words();
        let add = trolley_form(&shown);
        view! {
            {done_words(&done).map(|text| view! { <Toast text/> })}
            <PageHeader title back detail actions=Some(actions)/>
            <div class="stack">
                <Live topics="wards nursing medicines" from=format!("/wards/{id}/live") each_minute=true>{board_view(shown)}</Live>
                {add}
            </div>
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
    let facts = Facts { now, zone, today: zone.day(now), may_clean, may_move, manages };
    // The tiles are written at once: they are many, and each screen of the ward asks for them after each change.
    let rooms = Markup::view(|html| {
        html.element("div", [("data-tiles", ""), ("class", "ward")], |ward| {
            for (room, tiles) in &board.rooms {
                ward.element("section", [("data-key", room.as_str()), ("class", "panel")], |panel| {
                    panel.element("div", [("class", "panel__head")], |head| head.element("h2", [], |heading| heading.text(room)));
                    panel.element("ul", [("class", "beds")], |beds| {
                        for tile in tiles {
                            tile_row(beds, tile, facts);
                        }
                    });
                });
            }
        });
    });
    let legend = legend(&board, (zone, facts.today));
    view! { <StatStrip stats/><div class="stack">{rooms}{legend}</div> }.into_any()
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

/// The facts that all tiles share: the time, and the reader's rights.
#[derive(Clone, Copy)]
struct Facts {
    now: Instant,
    zone: Zone,
    today: NaiveDate,
    may_clean: bool,
    may_move: bool,
    manages: bool,
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
                    <DateField name="until" label=tr!(wards.trolley_last_day) hint=tr!(wards.trolley_last_day_hint) optional=true/>
                    <div class="form__actions"><Button label=tr!(wards.add_trolley)/></div>
                </Form>
            </div>
        </section>
    };
    Some(view.into_any())
}

fn tile_row(beds: &mut Markup, tile: &Tile, facts: Facts) {
    let open = tile.open.as_ref();
    let (tone, word) = state(open, facts.now);
    let stays = open.is_some_and(|open| open.kind == UseKind::Stay);
    let moved = tile.occupant.as_ref().filter(|_| facts.may_move && stays);
    let moves = moved.map(|occupant| format!("/admissions/{}/move", occupant.admission));
    let (bed, class) = (tile.bed.to_string(), format!("bed {}", tone.class()));
    let free = open.is_none().then_some(("data-free", ""));
    let dragged = moves.as_deref().into_iter().flat_map(|href| [("draggable", "true"), ("data-move", href)]);
    let attributes = [("class", class.as_str()), ("data-key", bed.as_str()), ("data-tile", "")].into_iter().chain(free).chain(dragged);
    beds.element("li", attributes, |item| {
        item.element("p", [("class", "bed__head")], |head| {
            let href = format!("/beds/{bed}");
            head.element("a", [("href", href.as_str())], |link| link.element("strong", [], |label| label.text(&tile.label)));
            head.text(" ");
            head.element("span", [("class", "bed__state")], |said| {
                said.icon(tone.glyph());
                said.text(word);
            });
        });
        if tile.overflow {
            item.element("p", [("class", "cluster")], |line| {
                line.badge(Tone::Warning, tr!(wards.trolley), None);
                // The end of its time is the first moment of the next day.
                if let Some(until) = tile.temporary_until {
                    let day = show_day(facts.zone.day(until - Duration::seconds(1)), facts.today);
                    line.badge(if until <= facts.now { Tone::Warning } else { Tone::Inactive }, &tr!(wards.trolley_until, day = day), None);
                }
            });
        }
        if let Some(occupant) = &tile.occupant {
            occupant_row(item, occupant, facts);
        }
        match open {
            None => item.words("p", "small muted", &format!("{} · {}", tile.kind.words(), tile.class)),
            Some(open) => use_row(item, tile, open, facts),
        }
        if tile.overflow && open.is_none() && facts.manages {
            let (action, label) = ("/api/wards/remove_trolley", tr!(wards.remove_trolley));
            let hidden = [("bed_id", bed.clone())];
            item.post_button(&PostForm { action, label, hidden: &hidden, about: Some(&tile.label), ..PostForm::default() });
        }
        if let Some(href) = &moves {
            item.element("p", [("class", "small")], |line| {
                line.element("a", [("href", href.as_str())], |link| {
                    link.text(tr!(wards.move_patient));
                    link.unseen(&tile.label);
                });
            });
        }
    });
}

/// Writes the time and the reason of a bed's use, and the button of a bed that is cleaned.
fn use_row(item: &mut Markup, tile: &Tile, open: &TileUse, facts: Facts) {
    item.words("p", "small muted", &since(open, facts.now, facts.zone));
    if !open.reason.is_empty() {
        item.words("p", "small", &open.reason);
    }
    if facts.may_clean && open.kind == UseKind::Cleaning && !open.terminal {
        let (action, label, glyph) = ("/api/wards/clean_bed", tr!(wards.cleaned), Some(Glyph::Check));
        let hidden = [("bed_id", tile.bed.to_string()), ("seen", open.id.to_string())];
        item.post_button(&PostForm { action, label, hidden: &hidden, about: Some(&tile.label), glyph, ..PostForm::default() });
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

fn occupant_row(item: &mut Markup, occupant: &Occupant, facts: Facts) {
    let Facts { zone, today, .. } = facts;
    let hidden = occupant.marks.contains(&Mark::Private);
    let name = if hidden { tr!(wards.private_name) } else { occupant.name.as_str() };
    let age = occupant.hours.map_or_else(|| occupant.birth.age(today), |hours| tr!(wards.hours_old, hours = hours));
    let day = occupant.day.map(|day| tr!(wards.day_n, day = day));
    let doctor = Some(occupant.doctor.as_str()).filter(|doctor| !doctor.is_empty());
    let words: Vec<&str> = [occupant.sex.words(), age.as_str()].into_iter().chain(day.as_deref()).chain(doctor).collect();
    let family: Vec<String> = occupant
        .family
        .iter()
        .map(|one| match one {
            Relative::Mother(bed) => tr!(wards.mother_in, bed = bed.clone()),
            Relative::Child(bed) => tr!(wards.child_in, bed = bed.clone()),
        })
        .collect();
    item.element("p", [], |line| {
        let href = format!("/admissions/{}", occupant.admission);
        line.element("a", [("href", href.as_str()), ("data-open", "")], |link| link.text(name));
    });
    item.words("p", "small", &words.join(" · "));
    if !family.is_empty() {
        item.words("p", "small", &family.join(" · "));
    }
    item.element("p", [("class", "cluster")], |line| {
        if let Some((score, at)) = occupant.score {
            let label = tr!(wards.news2, score = score.total, at = show_moment(zone.local(at), today));
            line.badge(score.risk().tone(), &label, None);
        }
        work_row(line, &occupant.work, facts);
        for mark in &occupant.marks {
            let (tone, glyph, label) = mark_words(*mark, (zone, today));
            line.badge(tone, &label, Some(glyph));
        }
    });
    if let Some(day) = occupant.expected_on {
        item.words("p", "small", &tr!(wards.expected_out, day = show_day(day, today)));
    }
}

/// Writes the score of a child, when the next set is due, and the doses. A set and doses that are late are critical.
fn work_row(line: &mut Markup, work: &BedWork, Facts { now, zone, today, .. }: Facts) {
    let at = |at: Instant| show_moment(zone.local(at), today);
    if let Some((score, tone)) = work.pews {
        line.badge(tone, &tr!(nursing.pews_of, score = score), None);
    }
    match (work.stopped_until, work.next_set) {
        (Some(until), _) => line.badge(Tone::Inactive, &tr!(wards.set_stopped, at = at(until)), None),
        (None, Some((due, late))) if late < now => {
            line.badge(Tone::Critical, &tr!(wards.set_late, minutes = show_minutes((now - due).num_minutes())), Some(Glyph::Clock));
        }
        (None, Some((due, _))) => {
            line.badge(if due <= now { Tone::Warning } else { Tone::Waiting }, &tr!(wards.set_due, at = at(due)), None);
        }
        (None, None) => {}
    }
    if work.doses_late > 0 {
        line.badge(Tone::Critical, &tr!(wards.doses_late, count = work.doses_late), Some(Glyph::Pill));
    }
    let due = work.doses_due - work.doses_late;
    if due > 0 {
        line.badge(Tone::Warning, &tr!(wards.doses_due, count = due), None);
    }
}

/// Shows the symbols of the marks that stand on the board, each once with its words: none is known by its colour alone.
fn legend(board: &Board, (zone, today): (Zone, NaiveDate)) -> Option<AnyView> {
    let mut shown: Vec<(Tone, Glyph, String)> = Vec::new();
    for mark in board.tiles().filter_map(|tile| tile.occupant.as_ref()).flat_map(|occupant| &occupant.marks) {
        // A time belongs to one patient.
        let mark = if let Mark::NilByMouth { .. } = mark { Mark::NilByMouth { from: None, until: None } } else { *mark };
        let words = mark_words(mark, (zone, today));
        if !shown.contains(&words) {
            shown.push(words);
        }
    }
    if shown.is_empty() {
        return None;
    }
    let marks = Markup::view(|html| {
        html.element("p", [("class", "cluster")], |line| {
            for (tone, glyph, label) in &shown {
                line.badge(*tone, label, Some(*glyph));
            }
        });
    });
    Some(view! { <details id="legend"><summary>{tr!(wards.legend)}</summary>{marks}</details> }.into_any())
}

/// Returns the tone, the icon and the words of a mark.
pub(super) fn mark_words(mark: Mark, (zone, today): (Zone, NaiveDate)) -> (Tone, Glyph, String) {
    let at = |at: Instant| show_moment(zone.local(at), today);
    match mark {
        Mark::NilByMouth { from: Some(from), .. } => (Tone::Waiting, Glyph::Inactive, tr!(wards.fasting_from, at = at(from))),
        Mark::NilByMouth { from: None, until: Some(until) } => {
            (Tone::Critical, Glyph::Inactive, format!("{}, {}", tr!(wards.fasting), tr!(wards.fasting_until, at = at(until))))
        }
        Mark::NilByMouth { from: None, until: None } => (Tone::Critical, Glyph::Inactive, tr!(wards.fasting).to_owned()),
        Mark::Falls(FallRisk::High) => (Tone::Critical, Glyph::ArrowDown, tr!(wards.falls_high).to_owned()),
        Mark::Falls(FallRisk::Medium) => (Tone::Warning, Glyph::ArrowDown, tr!(wards.falls_medium).to_owned()),
        Mark::Died => (Tone::Critical, Glyph::Warning, tr!(wards.death_mark).to_owned()),
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
