//! `/wards/{id}/wall`: the board of a ward for a screen on the wall: labels, states and counts, and no names.

use leptos::prelude::*;

use super::board::state;
use crate::{
    core::{
        Permission, Result, WardId,
        time::{Instant, Zone, show_time},
    },
    organisation,
    server::{Ctx, Page, Part, Path},
    tr,
    ui::{Icon, Live, Stat, StatStrip, Tone},
    wards::{
        board::{WallTile, wall},
        plan::{self, Ward},
        uses::UseKind,
    },
};

/// The wall with the facts that its rendering needs.
struct Shown {
    ward: Ward,
    tiles: Vec<WallTile>,
    arriving: i64,
    now: Instant,
    zone: Zone,
}

async fn read(id: WardId) -> Result<Shown> {
    let mut ctx = Ctx::read(Permission::ViewWard).await?;
    let ward = plan::ward(&mut ctx.tx, id).await?;
    ctx.at_clinic(Permission::ViewWard, ward.clinic_id)?;
    let (tiles, arriving) = wall(&mut ctx.tx, &ward).await?;
    let zone = organisation::clinic(&mut ctx.tx, ward.clinic_id).await?.zone;
    Ok(Shown { ward, tiles, arriving, now: ctx.now, zone })
}

/// Shows the wall.
///
/// # Errors
/// Not allowed, another clinic's ward, or when the database refuses.
pub async fn wall_page(Path(id): Path<WardId>) -> Result<Page> {
    let shown = read(id).await?;
    let title = shown.ward.name.clone();
    let page = Page::new(title.clone(), move || {
        view! {
            <div class="stack wall">
                <h1>{title}</h1>
                <Live topics="wards" from=format!("/wards/{id}/wall/live")>{view(shown)}</Live>
            </div>
        }
    });
    Ok(page.bare())
}

/// Renders the wall again for an update.
///
/// # Errors
/// As the page.
pub async fn wall_part(Path(id): Path<WardId>) -> Result<Part> {
    let shown = read(id).await?;
    Ok(Part::new(move || view(shown)))
}

fn view(shown: Shown) -> AnyView {
    let Shown { tiles, arriving, now, zone, .. } = shown;
    let count = |kind: Option<UseKind>| tiles.iter().filter(|tile| !tile.overflow && tile.kind() == kind).count();
    let leaving = tiles.iter().filter(|tile| tile.leaving).count();
    let trolleys = tiles.iter().filter(|tile| tile.overflow).count();
    let on_trolleys = tiles.iter().filter(|tile| tile.overflow && tile.kind() == Some(UseKind::Stay)).count();
    let mut stats = vec![
        Stat::new(tr!(wards.occupied), format!("{}/{}", count(Some(UseKind::Stay)), tiles.len() - trolleys)),
        Stat::new(tr!(wards.available), count(None)).tone(Tone::Done),
        Stat::new(tr!(wards.use_reservation), count(Some(UseKind::Reservation))).tone(Tone::Reserved),
        Stat::new(tr!(wards.use_cleaning), count(Some(UseKind::Cleaning))).tone(Tone::Waiting),
        Stat::new(tr!(wards.arriving), arriving),
        Stat::new(tr!(wards.leaving_mark), leaving),
    ];
    if trolleys > 0 {
        stats.insert(1, Stat::new(tr!(wards.trolleys), format!("{on_trolleys}/{trolleys}")).tone(Tone::Warning));
    }
    let tiles = tiles.into_iter().map(|tile| {
        let (tone, word) = state(tile.open.as_ref(), now);
        let leaves = tile.leaving.then(|| tr!(wards.leaving_mark));
        view! {
            <li class=format!("bed {}", tone.class()) data-key=tile.bed.to_string()>
                <p class="bed__head"><strong>{tile.label}</strong>" "<span class="bed__state"><Icon glyph=tone.glyph()/>{word}</span></p>
                <p class="small">{leaves}</p>
            </li>
        }
    });
    let tiles = tiles.collect_view();
    let at = show_time(zone.local(now).time());
    view! { <StatStrip stats/><ul class="beds">{tiles}</ul><p class="muted">{tr!(wards.as_of, time = at)}</p> }.into_any()
}
