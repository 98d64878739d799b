//! `/admissions/{id}/drug-chart`: the drug chart on paper: the medicines of 7 days with each dose, and empty cells for a day without the
//! program.

use std::collections::BTreeMap;

use chrono::{Duration, NaiveDate};
use leptos::prelude::*;

use super::parts::{Stay, stay};
use crate::{
    core::{
        AdmissionId, CareOrderId, Permission, Result,
        time::{Instant, Zone, show_date_time, show_day, show_time},
    },
    medicine_record::{
        doses::{self, Administration, PlannedDose},
        infusions::{self, GivenVolume},
        orders::{self, CareOrder},
        vocabulary::{CareKind, DoseState},
    },
    organisation, patients,
    server::{Ctx, Page, Path, page::Layout},
    tr,
    ui::{Allergies, Column, DataTable, PaperPage, PrintSheet, Row},
};

/// Days on the sheet: the last one is tomorrow.
const DAYS: i64 = 7;

struct Sheet {
    orders: Vec<CareOrder>,
    cells: BTreeMap<(CareOrderId, NaiveDate), Vec<String>>,
    days: Vec<NaiveDate>,
    /// The infusions that run or are paused.
    running: Vec<GivenVolume>,
    today: NaiveDate,
    zone: Zone,
}

/// Shows the sheet.
///
/// # Errors
/// Not allowed, another clinic's patient, or when the database refuses.
pub async fn chart_page(Path(id): Path<AdmissionId>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ReadMedicineRecord).await?;
    let Stay { admission, banner, zone, now, .. } = stay(&mut ctx, id).await?;
    let today = zone.day(now);
    let days: Vec<NaiveDate> = (2 - DAYS..=1).map(|day| today + Duration::days(day)).collect();
    let (from, until) = (zone.day_bounds(today + Duration::days(2 - DAYS)).0, zone.day_bounds(today + Duration::days(1)).1);
    let doses = doses::of_admission(&mut ctx.tx, id, (from, until)).await?;
    let records = doses::administrations(&mut ctx.tx, id, from).await?;
    let mut all = orders::of_admission(&mut ctx.tx, id, false).await?;
    all.retain(|order| order.kind == CareKind::Medicine && order.ended_at.is_none_or(|ended| ended >= from));
    let patient = patients::find(&mut ctx.tx, admission.patient_id).await?;
    let clinic = organisation::clinic(&mut ctx.tx, admission.clinic_id).await?;
    let hospital = ctx.state().hospital();
    let running = infusions::running_volumes(&mut ctx.tx, id, now).await?;
    let sheet = Sheet { running, cells: cells(&doses, &records, zone), orders: all, days, today, zone };
    Ok(Page::new(tr!(medicine_record.drug_chart), move || {
        let facts =
            vec![admission.number.clone(), allergy_line(banner.allergies), tr!(ui.printed_at, at = show_date_time(zone.local(now)))];
        view! {
            <PaperPage back=format!("/admissions/{id}/medicines") back_words=tr!(medicine_record.record)>
                <PrintSheet
                    hospital=hospital.name.clone()
                    hospital_lines=hospital.letterhead(Some(&clinic))
                    title=tr!(medicine_record.drug_chart)
                    patient=patient.on_paper()
                    facts
                >
                    {table(&sheet)}
                    {running_lines(&sheet)}
                    <p>{tr!(medicine_record.chart_legend)}</p>
                </PrintSheet>
            </PaperPage>
        }
    })
    .layout(Layout::Print))
}

/// The infusions that run, with the volume given until the sheet was printed.
fn running_lines(sheet: &Sheet) -> AnyView {
    let lines = sheet.running.iter().map(|one| {
        let given = tr!(medicine_record.given_volume, volume = one.given.trim_end_matches(" mL").to_owned());
        view! { <p><strong>{one.title.clone()}</strong>{format!(": {} · {given}", one.rate)}</p> }
    });
    lines.collect_view().into_any()
}

pub(super) fn allergy_line(allergies: Allergies) -> String {
    match allergies {
        Allergies::NoneKnown => tr!(ui.no_known_allergies).to_owned(),
        Allergies::List(list) => {
            let substances = list.into_iter().map(|one| one.substance).collect::<Vec<_>>().join(", ");
            tr!(medicine_record.allergic_to, substances = substances)
        }
        Allergies::NotRecorded | Allergies::Withheld => tr!(ui.allergies_not_recorded).to_owned(),
    }
}

/// Returns the words of each dose by order and day: the due time, and what was done.
fn cells(doses: &[PlannedDose], records: &[Administration], zone: Zone) -> BTreeMap<(CareOrderId, NaiveDate), Vec<String>> {
    let time = |at: Instant| show_time(zone.local(at).time());
    let mut cells: BTreeMap<(CareOrderId, NaiveDate), Vec<String>> = BTreeMap::new();
    for dose in doses.iter().filter(|dose| dose.state != DoseState::Cancelled) {
        let record = records.iter().rfind(|one| one.dose_id == dose.id && one.superseded_at.is_none());
        let words = match (dose.state, record) {
            (DoseState::Due, _) => format!("{} ____", time(dose.due_at)),
            (_, Some(one)) => {
                let what = one.given_at.map_or_else(|| one.outcome.state().words().to_owned(), |at| format!("✓ {}", time(at)));
                let initials: String = one.recorder.split_whitespace().filter_map(|word| word.chars().next()).collect();
                format!("{} {what} {initials}", time(dose.due_at))
            }
            (state, None) => format!("{} {}", time(dose.due_at), state.words()),
        };
        cells.entry((dose.order_id, zone.day(dose.due_at))).or_default().push(words);
    }
    cells
}

fn table(sheet: &Sheet) -> AnyView {
    let mut columns = vec![Column::new(tr!(medicine_record.medicine))];
    columns.extend(sheet.days.iter().map(|day| Column::new(show_day(*day, sheet.today))));
    let rows = sheet
        .orders
        .iter()
        .map(|order| {
            let state = if order.state.is_open() { String::new() } else { format!(" ({})", order.state.words()) };
            let head = format!("{} {}{state}", order.title, order.sentence(sheet.zone));
            let mut cells = vec![view! { <strong>{head}</strong> }.into_any()];
            cells.extend(sheet.days.iter().map(|day| {
                let lines = sheet.cells.get(&(order.id, *day)).cloned().unwrap_or_default();
                lines.into_iter().map(|line| view! { <div class="small">{line}</div> }).collect_view().into_any()
            }));
            Row::new(cells)
        })
        .collect();
    view! { <DataTable caption=tr!(medicine_record.drug_chart) columns rows/> }.into_any()
}
