//! `/wards/{id}/census`: the patients of a ward on paper.

use leptos::prelude::*;

use super::board::mark_words;
use crate::{
    core::{
        Permission, Result, WardId,
        time::{Zone, show_date_time, show_day},
    },
    organisation,
    server::{Ctx, Page, Path, page::Layout},
    tr,
    ui::{Column, DataTable, PaperPage, PrintSheet, Row},
    wards::{
        board::{Board, board},
        uses::UseKind,
    },
};

/// Shows the sheet.
///
/// # Errors
/// Not allowed, another clinic's ward, or when the database refuses.
pub async fn census_page(Path(id): Path<WardId>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ViewWard).await?;
    let board = board(&mut ctx, id).await?;
    let clinic = organisation::clinic(&mut ctx.tx, board.ward.clinic_id).await?;
    let (hospital, now, name) = (ctx.state().hospital(), ctx.now, ctx.who.name.clone());
    Ok(Page::new(tr!(wards.census), move || {
        let (zone, today) = (clinic.zone, clinic.zone.day(now));
        let occupied = board.count(Some(UseKind::Stay));
        let all = board.beds();
        let (on_trolleys, trolleys) = board.trolleys();
        let apart = (trolleys > 0).then(|| tr!(wards.census_trolleys, occupied = on_trolleys, all = trolleys));
        let title = format!("{}, {}", tr!(wards.census), board.ward.name);
        let printed = tr!(ui.printed_at, at = show_date_time(zone.local(now)));
        let facts: Vec<String> =
            [printed, name, tr!(wards.census_count, occupied = occupied, all = all)].into_iter().chain(apart).collect();
        view! {
            <PaperPage back=format!("/wards/{id}") back_words=tr!(wards.board)>
                <PrintSheet hospital=hospital.name.clone() hospital_lines=hospital.letterhead(Some(&clinic)) title facts>
                    {table(&board, (zone, today))}
                </PrintSheet>
            </PaperPage>
        }
    })
    .layout(Layout::Print))
}

fn table(board: &Board, (zone, today): (Zone, chrono::NaiveDate)) -> impl IntoView + use<> {
    let line = |(room, tile): (&String, &crate::wards::board::Tile)| {
        let word = tile.open.as_ref().map_or(tr!(wards.available), |open| open.kind.words());
        let bed =
            if tile.overflow { format!("{room} · {} ({})", tile.label, tr!(wards.trolley)) } else { format!("{room} · {}", tile.label) };
        let cells = match &tile.occupant {
            Some(one) => {
                let marks = one.marks.iter().map(|mark| mark_words(*mark, (zone, today)).2).collect::<Vec<_>>().join(", ");
                let out = one.expected_on.map(|day| show_day(day, today)).unwrap_or_default();
                let person = format!("{}, {} {}", one.name, tr!(ui.mrn), one.mrn);
                let facts = format!("{} · {} · {}", one.sex.words(), one.birth.shown(), one.birth.age(today));
                let day = one.day.map(|day| tr!(wards.day_n, day = day)).unwrap_or_default();
                [bed, word.to_owned(), person, facts, day, one.doctor.clone(), marks, out]
            }
            None => [bed, word.to_owned(), String::new(), String::new(), String::new(), String::new(), String::new(), String::new()],
        };
        Row::new(cells.into_iter().map(IntoAny::into_any).collect())
    };
    let rows = board.rooms.iter().flat_map(|(room, tiles)| tiles.iter().map(move |tile| (room, tile))).map(line).collect();
    let columns = vec![
        Column::new(tr!(wards.bed)),
        Column::new(tr!(wards.state)),
        Column::new(tr!(ui.patient)),
        Column::new(tr!(ui.born)),
        Column::new(tr!(wards.stay_day)),
        Column::new(tr!(wards.doctor)),
        Column::new(tr!(wards.marks)),
        Column::new(tr!(wards.leaves)),
    ];
    view! { <DataTable caption=tr!(wards.census) columns rows/> }
}
