//! `/imaging/reports/{id}`: a signed report on paper, in the patient's language; the buttons around it are in the reader's.

use leptos::prelude::*;

use super::{dose, parts::lines};
use crate::{
    core::{
        Error, Permission, RadiologyReportId, Result,
        locale::{self, LOCALE},
        time::{Instant, show_date_time},
    },
    imaging::{
        catalogue::{self, ImagingProcedure},
        reports::{self, RadiologyAddendum, RadiologyReport},
        studies::{self, Dose, ImagingStudy},
    },
    organisation::{self, Clinic, Hospital},
    patients::{self, Patient, grants::reads},
    server::{Ctx, Page, Path, page::Layout},
    tr,
    ui::{PaperPage, PrintSheet},
};

/// The facts of the sheet.
struct Sheet {
    report: RadiologyReport,
    is_verified: bool,
    addenda: Vec<(RadiologyAddendum, bool)>,
    study: ImagingStudy,
    dose: Option<Dose>,
    procedure: ImagingProcedure,
    patient: Patient,
    clinic: Clinic,
    hospital: Hospital,
    now: Instant,
    printed_by: String,
}

async fn read(ctx: &mut Ctx, permission: Permission, id: RadiologyReportId) -> Result<Sheet> {
    let report = reports::report(&mut ctx.tx, id).await?.filter(RadiologyReport::is_final).ok_or(Error::NotFound)?;
    ctx.at_clinic(permission, report.clinic_id)?;
    ctx.saw(report.patient_id, "radiology_report").await?;
    let study = studies::study(&mut ctx.tx, report.imaging_id).await?.ok_or(Error::NotFound)?;
    let mut addenda = Vec::new();
    for addendum in reports::addenda_of(&mut ctx.tx, id).await? {
        let verified = reports::is_addendum_verified(&mut ctx.tx, &report, &addendum).await?;
        addenda.push((addendum, verified));
    }
    Ok(Sheet {
        is_verified: reports::is_verified(&mut ctx.tx, &report).await?,
        addenda,
        procedure: catalogue::procedure(&mut ctx.tx, study.procedure_id).await?,
        patient: patients::find(&mut ctx.tx, report.patient_id).await?,
        clinic: organisation::clinic(&mut ctx.tx, report.clinic_id).await?,
        dose: studies::dose_of(&mut ctx.tx, study.id).await?,
        hospital: ctx.state().hospital().as_ref().clone(),
        now: ctx.now,
        printed_by: ctx.who.name.clone(),
        report,
        study,
    })
}

/// Shows the report to those who read the chart.
///
/// # Errors
/// Not allowed, another clinic's report, or when the database refuses.
pub async fn paper_page(Path(id): Path<RadiologyReportId>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ReadChart).await?;
    let sheet = read(&mut ctx, Permission::ReadChart, id).await?;
    let back = format!("/patients/{}/imaging", sheet.report.patient_id);
    Ok(Page::new(tr!(imaging.report), move || view(sheet, back)).layout(Layout::Print))
}

/// Shows the report to radiology.
///
/// # Errors
/// Not allowed, another clinic's report, or when the database refuses.
pub async fn copy_page(Path(id): Path<RadiologyReportId>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::WorkImaging).await?;
    let sheet = read(&mut ctx, Permission::WorkImaging, id).await?;
    let back = format!("/imaging/studies/{}", sheet.study.id);
    Ok(Page::new(tr!(imaging.report), move || view(sheet, back)).layout(Layout::Print))
}

fn view(sheet: Sheet, back: String) -> AnyView {
    let language = reads(&sheet.patient.facts.more.language).unwrap_or_else(locale::current);
    let paper = LOCALE.sync_scope(language, || paper(sheet));
    view! {
        <PaperPage back back_words=tr!(imaging.back)>
            <div lang=locale::code(language)>{paper}</div>
        </PaperPage>
    }
    .into_any()
}

fn section(heading: &'static str, text: &str) -> AnyView {
    if text.is_empty() {
        return ().into_any();
    }
    let text = lines(text);
    view! { <h3>{heading}</h3><p>{text}</p> }.into_any()
}

fn paper(sheet: Sheet) -> AnyView {
    let zone = sheet.clinic.zone;
    let at = |at: Option<Instant>| at.map(|at| show_date_time(zone.local(at))).unwrap_or_default();
    let (report, study) = (&sheet.report, &sheet.study);
    let facts = vec![
        format!("{} {}", tr!(imaging.accession), study.accession),
        format!("{} {}", tr!(imaging.requisition), study.number()),
        format!("{} {}", tr!(imaging.acquired), at(study.acquired_at)),
        tr!(imaging.version_n, version = report.version),
        tr!(ui.printed_at, at = show_date_time(zone.local(sheet.now))),
        sheet.printed_by.clone(),
    ];
    let old = report.superseded_at.map(|_| view! { <p><strong>{tr!(imaging.report_replaced)}</strong></p> });
    let corrected = (!report.text.correction.is_empty())
        .then(|| view! { <p><strong>{tr!(imaging.corrected_because, reason = report.text.correction.clone())}</strong></p> });
    let broken = (!sheet.is_verified).then(|| view! { <p><strong>{tr!(imaging.signature_broken)}</strong></p> });
    let addenda = sheet
        .addenda
        .iter()
        .map(|(addendum, verified)| {
            let by = tr!(imaging.signed_by, name = addendum.signer_name.clone(), when = at(Some(addendum.written_at)));
            let broken = (!verified).then(|| view! { <p><strong>{tr!(imaging.signature_broken)}</strong></p> });
            let body = lines(&addendum.body);
            view! { <h3>{tr!(imaging.addendum)}</h3><p>{body}</p><p class="small">{by}</p>{broken} }
        })
        .collect_view();
    let sections = vec![
        section(tr!(imaging.reason), &study.reason),
        section(tr!(imaging.technique), &report.text.technique),
        section(tr!(imaging.comparison), &report.text.comparison),
        section(tr!(imaging.findings), &report.text.findings),
        section(tr!(imaging.impression), &report.text.impression),
    ];
    let measured = sheet.dose.as_ref().map(|dose| dose::line(dose, zone));
    let title = study.title(&sheet.procedure);
    let signed = tr!(imaging.signed_by, name = report.signer_name.clone(), when = at(report.signed_at));
    let hospital_lines = sheet.hospital.letterhead(Some(&sheet.clinic));
    view! {
        <PrintSheet hospital=sheet.hospital.name.clone() hospital_lines title patient=sheet.patient.on_paper() facts>
            {old}
            {corrected}
            {sections}
            {measured}
            <p class="small">{signed}</p>
            {broken}
            {addenda}
        </PrintSheet>
    }
    .into_any()
}
