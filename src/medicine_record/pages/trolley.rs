//! `/wards/{id}/trolley`: the list by which the pharmacy fills a ward's trolley for the next 24 hours, on paper: by patient and medicine.

use std::collections::BTreeMap;

use chrono::Duration;
use leptos::prelude::*;

use crate::{
    core::{
        PatientId, Permission, Result, WardId,
        time::{show_date_time, show_time},
    },
    formulary,
    medicine_record::doses::{self, RoundRow},
    organisation, patients,
    server::{Ctx, Page, Path, page::Layout},
    tr,
    ui::{Column, DataTable, PaperPage, PrintSheet, Row},
    wards,
};

/// Hours for which the trolley is filled.
const HOURS: i64 = 24;

/// The doses of a patient's medicine: bed, patient, medicine and dose.
type Line = (String, PatientId, String, String);

/// Shows the list.
///
/// # Errors
/// Not allowed, another clinic's ward, or when the database refuses.
pub async fn trolley_page(Path(id): Path<WardId>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ReadMedicineRecord).await?;
    let ward = wards::find_ward(&mut ctx.tx, id).await?;
    ctx.at_clinic(Permission::ReadMedicineRecord, ward.clinic_id)?;
    let clinic = organisation::clinic(&mut ctx.tx, ward.clinic_id).await?;
    let (zone, now) = (clinic.zone, ctx.now);
    let until = now + Duration::hours(HOURS);
    let rows = doses::of_ward(&mut ctx.tx, id, until).await?;
    let tall = formulary::TallNames::load(&mut ctx.tx).await?;
    let mut lines: BTreeMap<Line, Vec<String>> = BTreeMap::new();
    for RoundRow { bed, patient_id, title, dose, due_at, .. } in rows {
        lines.entry((bed, patient_id, tall.spell(&title), dose)).or_default().push(show_time(zone.local(due_at).time()));
    }
    let mut ids: Vec<PatientId> = lines.keys().map(|(_, patient, ..)| *patient).collect();
    ids.sort_unstable();
    ids.dedup();
    ctx.saw_live(ids.clone(), "trolley").await?;
    let names = patients::names(&mut ctx.tx, &ids).await?;
    let hospital = ctx.state().hospital();
    Ok(Page::new(tr!(medicine_record.trolley), move || {
        let columns = vec![
            Column::new(tr!(medicine_record.bed_and_patient)),
            Column::new(tr!(medicine_record.medicine)),
            Column::new(tr!(medicine_record.dose)),
            Column::new(tr!(medicine_record.doses)).numeric(),
            Column::new(tr!(medicine_record.times)),
            Column::new(tr!(medicine_record.filled)),
        ];
        let rows = lines.into_iter().map(|((bed, patient, title, dose), times)| {
            let who = names.get(&patient).map(|line| format!("{bed} {} {}", line.name.listed(), line.mrn)).unwrap_or(bed);
            let cells = [who, title, dose, times.len().to_string(), times.join(" "), "☐".to_owned()];
            Row::new(cells.into_iter().map(IntoAny::into_any).collect())
        });
        let rows = rows.collect();
        let facts = vec![
            ward.name.clone(),
            tr!(medicine_record.until, at = show_date_time(zone.local(until))),
            tr!(ui.printed_at, at = show_date_time(zone.local(now))),
        ];
        view! {
            <PaperPage back=format!("/wards/{id}/round") back_words=tr!(medicine_record.round)>
                <PrintSheet hospital=hospital.name.clone() hospital_lines=hospital.letterhead(Some(&clinic)) title=tr!(medicine_record.trolley) facts>
                    <DataTable caption=tr!(medicine_record.trolley) columns rows/>
                </PrintSheet>
            </PaperPage>
        }
    })
    .layout(Layout::Print))
}
