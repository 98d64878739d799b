//! `/lab/reports/{id}`: a report on paper, in the patient's language; the buttons around it are in the reader's.

use leptos::prelude::*;

use super::parts::range_words;
use crate::{
    core::{
        Error, LabReportId, PatientId, Permission, Result,
        locale::{self, LOCALE},
        time::{Instant, Zone, show_date_time},
    },
    lab::{
        catalogue::Catalogue,
        flag::Flag,
        reports::{self, LabReport},
        results::{self, LabResult},
        samples::{self, Sample},
        vocabulary::ReportState,
    },
    organisation::{self, Clinic, Hospital},
    patients::{self, Patient, grants::reads},
    server::{Ctx, Page, Path, page::Layout},
    tr,
    ui::{PaperPage, PrintSheet, QrCode},
};

/// The facts of the sheet.
struct Sheet {
    report: LabReport,
    results: Vec<LabResult>,
    /// The versions that a corrected result replaces.
    replaced: Vec<LabResult>,
    samples: Vec<Sample>,
    patient: Patient,
    clinic: Clinic,
    hospital: Hospital,
    all: Catalogue,
    now: Instant,
    is_newest: bool,
    printed_by: String,
}

async fn read(ctx: &mut Ctx, permission: Permission, id: LabReportId) -> Result<Sheet> {
    let report = reports::report(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    ctx.at_clinic(permission, report.clinic_id)?;
    ctx.saw(report.patient_id, "lab_report").await?;
    let results = results::of_report(&mut ctx.tx, id).await?;
    let mut replaced = Vec::new();
    for result in results.iter().filter(|result| !result.correction.is_empty()) {
        let versions = results::versions_of(&mut ctx.tx, result.analysis_id).await?;
        replaced.extend(versions.into_iter().find(|version| version.version < result.version && version.released_at.is_some()));
    }
    let newest = reports::reports_of(&mut ctx.tx, report.requisition_id).await?;
    let is_newest = newest.first().is_none_or(|newest| newest.id == id);
    Ok(Sheet {
        samples: samples::of_requisition(&mut ctx.tx, report.requisition_id).await?,
        patient: patients::find(&mut ctx.tx, report.patient_id).await?,
        clinic: organisation::clinic(&mut ctx.tx, report.clinic_id).await?,
        hospital: ctx.state().hospital().as_ref().clone(),
        all: Catalogue::read(&mut ctx.tx).await?,
        now: ctx.now,
        printed_by: ctx.who.name.clone(),
        report,
        results,
        replaced,
        is_newest,
    })
}

/// Shows the report to those who read the chart.
///
/// # Errors
/// Not allowed, another clinic's report, or when the database refuses.
pub async fn report_page(Path(id): Path<LabReportId>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ReadChart).await?;
    let sheet = read(&mut ctx, Permission::ReadChart, id).await?;
    let back = back_to(sheet.report.patient_id);
    Ok(Page::new(tr!(lab.report), move || view(sheet, back)).layout(Layout::Print))
}

/// Shows the report to the laboratory.
///
/// # Errors
/// Not allowed, another clinic's report, or when the database refuses.
pub async fn copy_page(Path(id): Path<LabReportId>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::WorkLab).await?;
    let sheet = read(&mut ctx, Permission::WorkLab, id).await?;
    Ok(Page::new(tr!(lab.report), move || view(sheet, "/lab/bench".to_owned())).layout(Layout::Print))
}

fn back_to(patient: PatientId) -> String {
    format!("/patients/{patient}/lab")
}

fn view(sheet: Sheet, back: String) -> AnyView {
    let language = reads(&sheet.patient.facts.more.language).unwrap_or_else(locale::current);
    let paper = LOCALE.sync_scope(language, || paper(sheet));
    view! {
        <PaperPage back back_words=tr!(lab.back)>
            <div lang=locale::code(language)>{paper}</div>
        </PaperPage>
    }
    .into_any()
}

fn paper(sheet: Sheet) -> AnyView {
    let zone = sheet.clinic.zone;
    let state = format!("{} · {}", sheet.report.state.words(), tr!(lab.version_n, version = sheet.report.version));
    let facts = vec![
        format!("{} {}", tr!(lab.requisition), sheet.report.requisition),
        state,
        tr!(lab.requested_by, name = sheet.report.orderer.clone(), when = show_date_time(zone.local(sheet.report.requested_at))),
        tr!(ui.printed_at, at = show_date_time(zone.local(sheet.now))),
        sheet.printed_by.clone(),
    ];
    let old = (!sheet.is_newest).then(|| view! { <p><strong>{tr!(lab.report_replaced)}</strong></p> });
    let partial = (sheet.report.state == ReportState::Partial).then(|| view! { <p>{tr!(lab.report_more_to_come)}</p> });
    let hospital_lines = sheet.hospital.letterhead(Some(&sheet.clinic));
    let code = format!("{} {}", sheet.report.requisition, &sheet.report.digest[..16.min(sheet.report.digest.len())]);
    view! {
        <PrintSheet hospital=sheet.hospital.name.clone() hospital_lines title=tr!(lab.report) patient=sheet.patient.on_paper() facts>
            {old}
            {partial}
            {table(&sheet, zone)}
            {samples_line(&sheet, zone)}
            {signed(&sheet, zone)}
            <QrCode text=code label=tr!(lab.digest)/>
            <p class="small">{tr!(lab.digest_text, digest = sheet.report.digest.clone())}</p>
            {(!sheet.results.iter().all(|result| result.range_confirmed)).then(|| view! { <p class="small">{tr!(lab.unconfirmed_note)}</p> })}
        </PrintSheet>
    }
    .into_any()
}

fn table(sheet: &Sheet, zone: Zone) -> AnyView {
    let rows = sheet
        .all
        .tests
        .iter()
        .flat_map(|test| sheet.results.iter().filter(move |result| result.test_id == test.id).map(move |result| (test, result)))
        .map(|(test, result)| {
            let flag = if result.flag == Flag::Normal { "" } else { result.flag.as_str() };
            let was = sheet.replaced.iter().find(|old| old.analysis_id == result.analysis_id);
            let was = was.map(|old| tr!(lab.corrected_was, value = old.with_unit(&sheet.all), reason = result.correction.clone()));
            let notes = [
                was,
                Some(result.comment.clone()).filter(|text| !text.is_empty()),
                Some(result.method.clone()).filter(|text| !text.is_empty()),
            ];
            let notes = notes.into_iter().flatten().collect::<Vec<_>>().join(" · ");
            view! {
                <tr>
                    <td>{test.name().to_owned()}</td>
                    <td><strong>{result.with_unit(&sheet.all)}</strong></td>
                    <td><strong>{flag}</strong></td>
                    <td>{range_words(result)}</td>
                    <td>{show_date_time(zone.local(result.measured_at))}</td>
                </tr>
                {(!notes.is_empty()).then(|| view! { <tr><td></td><td colspan="4" class="small">{notes}</td></tr> })}
            }
        })
        .collect_view();
    view! {
        <table class="sheet__lines">
            <thead>
                <tr>
                    <th scope="col">{tr!(lab.test)}</th>
                    <th scope="col">{tr!(lab.result)}</th>
                    <th scope="col">{tr!(lab.flag)}</th>
                    <th scope="col">{tr!(lab.range)}</th>
                    <th scope="col">{tr!(lab.collected)}</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}

fn samples_line(sheet: &Sheet, zone: Zone) -> AnyView {
    let lines = sheet
        .samples
        .iter()
        .filter(|sample| sample.received_at.is_some())
        .map(|sample| {
            let at = |at: Option<Instant>| at.map(|at| show_date_time(zone.local(at))).unwrap_or_default();
            let words = tr!(
                lab.sample_line,
                number = sample.number.clone(),
                specimen = sample.specimen.words(),
                collected = at(sample.collected_at),
                received = at(sample.received_at)
            );
            view! { <p class="small">{words}</p> }
        })
        .collect_view();
    lines.into_any()
}

/// The names of those who released the results, with the times.
fn signed(sheet: &Sheet, zone: Zone) -> AnyView {
    let mut lines: Vec<String> = Vec::new();
    for result in &sheet.results {
        let Some(at) = result.released_at else { continue };
        let by = if result.autoreleased { tr!(lab.autoreleased).to_owned() } else { result.releaser.clone().unwrap_or_default() };
        let line = tr!(lab.released_by, name = by, when = show_date_time(zone.local(at)));
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines.into_iter().map(|line| view! { <p class="small">{line}</p> }).collect_view().into_any()
}
