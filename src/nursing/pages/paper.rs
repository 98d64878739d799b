//! `/handovers/{id}`: a handover on paper, with the beds in order.

use leptos::prelude::*;

use super::{handover::part_names, patients::shown_name};
use crate::{
    core::{
        Error, HandoverId, Permission, Result,
        time::{show_date, show_date_time},
    },
    nursing::{handovers, ward_list},
    organisation,
    server::{Ctx, Page, Path, page::Layout},
    tr,
    ui::{Column, DataTable, PaperPage, PrintSheet, Row},
    wards,
};

/// Shows the sheet.
///
/// # Errors
/// Not allowed, another clinic's handover, or when the database refuses.
pub async fn paper_page(Path(id): Path<HandoverId>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::RecordCare).await?;
    let handover = handovers::find(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    ctx.at_clinic(Permission::RecordCare, handover.clinic_id)?;
    let mut list = ward_list::read(&mut ctx, handover.ward_id).await?;
    list.patients.sort_by(|one, other| (&one.room, &one.bed).cmp(&(&other.room, &other.bed)));
    let notes = handovers::notes_of(&mut ctx.tx, id).await?;
    let clinic = organisation::clinic(&mut ctx.tx, handover.clinic_id).await?;
    let shift = wards::shifts_of(&mut ctx.tx, handover.ward_id, clinic.zone).await?.name((handover.day, handover.shift));
    let (hospital, now, name) = (ctx.state().hospital(), ctx.now, ctx.who.name.clone());
    Ok(Page::new(tr!(nursing.handover), move || {
        let zone = clinic.zone;
        let at = |at| show_date_time(zone.local(at));
        let title = format!("{}, {}, {} {}", tr!(nursing.handover), list.ward.name, shift, show_date(handover.day));
        let offered =
            handover.offered_at.map(|time| tr!(nursing.offered_by, name = handover.offerer.clone().unwrap_or_default(), at = at(time)));
        let taken = handover.taken_at.map(|time| tr!(nursing.taken_by, name = handover.taker.clone().unwrap_or_default(), at = at(time)));
        let facts = [Some(tr!(ui.printed_at, at = at(now))), Some(name), offered, taken].into_iter().flatten().collect();
        let rows = list.patients.iter().map(|one| {
            let note = notes.iter().find(|note| note.admission_id == one.admission_id);
            let person = format!("{}, {} {}, {}", shown_name(one), tr!(ui.mrn), one.mrn, ward_list::age(one, zone.day(now)));
            let score = one.news2().map(|(score, at)| format!("NEWS2 {} ({})", score.total, show_date_time(zone.local(at))));
            let pews = one.pews().map(|score| score.words(one.months(now, zone)));
            let score = [score, pews].into_iter().flatten().collect::<Vec<_>>().join(", ");
            let parts = note.map(|note| note.parts.clone()).unwrap_or_default();
            let cells = [format!("{} · {}", one.room, one.bed), person, score].into_iter().chain(parts);
            Row::new(cells.map(IntoAny::into_any).collect())
        });
        let columns = [tr!(nursing.bed), tr!(ui.patient), tr!(nursing.score)].into_iter().chain(part_names()).map(Column::new).collect();
        let rows = rows.collect();
        view! {
            <PaperPage back=format!("/nursing/handover?ward={}", handover.ward_id) back_words=tr!(nursing.handover)>
                <PrintSheet hospital=hospital.name.clone() hospital_lines=hospital.letterhead(Some(&clinic)) title facts>
                    <DataTable caption=tr!(nursing.handover) columns rows/>
                </PrintSheet>
            </PaperPage>
        }
    })
    .layout(Layout::Print))
}
