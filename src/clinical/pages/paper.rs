//! Printed pages: the summary of a visit, and its prescription.

use std::sync::Arc;

use leptos::prelude::*;

use super::entry;
use crate::{
    clinical::{EncounterState, Note, OutsideReader, PrescriptionState, Summary, chart, section_heading, store},
    core::{EncounterId, PatientId, Permission, Result, VisitId, time},
    opd::{self, Vitals, pages::vital_trends},
    organisation::{self, Clinic, Hospital},
    patients,
    server::{Ctx, Page, Path, page::Layout},
    tr,
    ui::{Allergies, Allergy, PaperPage, PrintSheet},
};

/// The header and content of a sheet.
struct Sheet {
    hospital: Arc<Hospital>,
    clinic: Clinic,
    patient: Vec<String>,
    facts: Vec<String>,
    summary: Summary,
    vitals: Vec<Vitals>,
}

/// `/visits/{id}/summary`.
pub async fn summary_sheet(Path(id): Path<VisitId>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ReadChart).await?;
    let visit = opd::visit(&mut ctx.tx, id).await?;
    ctx.at_clinic(Permission::ReadChart, visit.clinic_id)?;
    let mut summary = chart::visit_summary(&mut ctx.tx, id).await?.ok_or(crate::core::Error::NotFound)?;
    // The sheet is handed out.
    summary.without_held(OutsideReader::Paper);
    let vitals = opd::vitals_of_visit(&mut ctx.tx, id).await?;
    let sheet = sheet(&mut ctx, summary, vitals, "visit summary").await?;
    Ok(Page::new(tr!(clinical.visit_summary), move || summary_view(sheet)).layout(Layout::Print))
}

/// `/prescriptions/print/{encounter}`.
pub async fn prescription_sheet(Path(id): Path<EncounterId>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ReadChart).await?;
    let summary = chart::encounter_summary(&mut ctx.tx, id).await?;
    ctx.at_clinic(Permission::ReadChart, summary.encounter.clinic)?;
    let (patient, doctor) = (summary.encounter.patient, summary.encounter.doctor);
    let mut sheet = sheet(&mut ctx, summary, Vec::new(), "prescription").await?;
    let today = ctx.today();
    let banner = patients::banner(&mut ctx.tx, patient, today).await?;
    sheet.patient.extend([banner.age, banner.sex]);
    let licence = match doctor {
        Some(doctor) => store::licence(&mut ctx.tx, doctor).await?,
        None => String::new(),
    };
    let allergies = allergies(banner.allergies);
    Ok(Page::new(tr!(clinical.prescription), move || prescription_view(sheet, allergies, licence)).layout(Layout::Print))
}

async fn sheet(ctx: &mut Ctx, summary: Summary, vitals: Vec<Vitals>, what: &'static str) -> Result<Sheet> {
    let patient = summary.encounter.patient;
    ctx.saw(patient, what).await?;
    // Time and letterhead are those of the clinic of the encounter.
    let clinic = organisation::clinic(&mut ctx.tx, summary.encounter.clinic).await?;
    let zone = clinic.zone;
    let patient = patients::find(&mut ctx.tx, patient).await?.on_paper();
    let hospital = ctx.state().hospital();
    let facts = vec![
        time::show_date(zone.day(summary.encounter.started_at)),
        summary.encounter.doctor_name.clone(),
        tr!(ui.printed_at, at = time::show_date_time(zone.local(ctx.now))),
    ];
    Ok(Sheet { hospital, clinic, patient, facts, summary, vitals })
}

impl Sheet {
    fn signature(&self) -> AnyView {
        let signed = self
            .summary
            .note
            .as_ref()
            .and_then(|note| note.signature.as_ref())
            .map(|signature| entry::signature_words(signature, self.clinic.zone));
        // An imported encounter has no signature here: the line is for a pen.
        let finished = self.summary.encounter.state == EncounterState::Finished;
        let words = signed
            .unwrap_or_else(|| if finished { self.summary.encounter.doctor_name.clone() } else { tr!(clinical.not_signed_yet).to_owned() });
        let broken = self
            .summary
            .note
            .as_ref()
            .is_some_and(Note::is_broken)
            .then(|| view! { <p class="signature"><strong>{tr!(clinical.not_genuine)}</strong></p> });
        view! { {broken}<p class="signature">{words}</p> }.into_any()
    }
}

fn summary_view(sheet: Sheet) -> impl IntoView {
    let lines = sheet.hospital.letterhead(Some(&sheet.clinic));
    let signature = sheet.signature();
    let Sheet { hospital, patient, facts, summary, vitals, clinic } = sheet;
    let reason =
        (!summary.encounter.reason.is_empty()).then(|| view! { <h2>{tr!(clinical.reason)}</h2><p>{summary.encounter.reason.clone()}</p> });
    let diagnoses = (!summary.diagnoses.is_empty()).then(|| {
        let lines = summary
            .diagnoses
            .iter()
            .map(|diagnosis| view! { <li>{format!("{} {} ({})", diagnosis.code, diagnosis.description, diagnosis.certainty.words().to_lowercase())}</li> })
            .collect_view();
        view! { <h2>{tr!(clinical.diagnoses)}</h2><ul>{lines}</ul> }
    });
    let measured = vitals.iter().find(|set| set.entered_in_error.is_none()).map(|set| {
        let values = vital_trends::values(set)
            .into_iter()
            .map(|(label, value, unit)| format!("{label} {value} {unit}").trim_end().to_owned())
            .collect::<Vec<_>>()
            .join(" · ");
        view! { <h2>{tr!(clinical.vitals)}</h2><p>{values}</p> }
    });
    let note = summary.note.as_ref().map(|note| {
        note.text
            .sections()
            .into_iter()
            .filter(|(_, text)| !text.trim().is_empty())
            .map(|(name, text)| view! { <h2>{section_heading(name)}</h2><p class="prose">{text.to_owned()}</p> })
            .collect_view()
    });
    let added = (!summary.addenda.is_empty()).then(|| {
        let lines = summary
            .addenda
            .iter()
            .map(|addendum| {
                let by = entry::added_words(addendum, clinic.zone);
                view! { <li><p class="prose">{addendum.body.clone()}</p><p class="small">{by}</p></li> }
            })
            .collect_view();
        view! { <h2>{tr!(clinical.addenda)}</h2><ul>{lines}</ul> }
    });
    let prescriptions = medicines(&summary);
    let prescriptions = prescriptions.map(|list| view! { <h2>{tr!(clinical.prescriptions)}</h2>{list} });
    let paper = view! {
        <PrintSheet hospital=hospital.name.clone() title=tr!(clinical.visit_summary) hospital_lines=lines patient facts>
            {reason}{diagnoses}{measured}{note}{prescriptions}{added}{signature}
        </PrintSheet>
    };
    on_screen(summary.encounter.patient, paper)
}

/// Returns the patient's allergies for the pharmacist, in one line.
fn allergies(known: Allergies) -> String {
    match known {
        Allergies::NotRecorded | Allergies::Withheld => tr!(ui.allergies_not_recorded).to_owned(),
        Allergies::NoneKnown => tr!(ui.no_known_allergies).to_owned(),
        Allergies::List(list) => {
            let words =
                |Allergy { substance, severe }| if severe { tr!(clinical.allergy_severe, substance = substance) } else { substance };
            format!("{}: {}", tr!(clinical.allergies), list.into_iter().map(words).collect::<Vec<_>>().join(", "))
        }
    }
}

fn prescription_view(sheet: Sheet, allergies: String, licence: String) -> impl IntoView {
    let lines = sheet.hospital.letterhead(Some(&sheet.clinic));
    let signature = sheet.signature();
    let Sheet { hospital, patient, facts, summary, .. } = sheet;
    let licence = (!licence.is_empty()).then(|| view! { <p class="signature__of">{tr!(clinical.licence, number = licence)}</p> });
    let stopped = stopped(&summary);
    let valid = medicines(&summary);
    let void = (valid.is_none() && stopped.is_some()).then(|| view! { <p class="rx__void">{tr!(clinical.sheet_void)}</p> });
    let list = match (valid, &stopped) {
        (Some(list), _) => Some(list),
        (None, Some(_)) => None,
        (None, None) => Some(view! { <p>{tr!(clinical.no_medicines)}</p> }.into_any()),
    };
    let paper = view! {
        <PrintSheet hospital=hospital.name.clone() title=tr!(clinical.prescription) hospital_lines=lines patient facts>
            <p>{allergies}</p>{void}{list}{stopped}{signature}{licence}
        </PrintSheet>
    };
    on_screen(summary.encounter.patient, paper)
}

/// Shows the sheet with a link back to the chart.
fn on_screen(patient: PatientId, paper: impl IntoView + 'static) -> impl IntoView {
    view! { <PaperPage back=format!("/patients/{patient}/chart") back_words=tr!(clinical.chart)>{paper.into_any()}</PaperPage> }
}

/// Shows the stopped prescriptions, each struck out with its reason: the pharmacy gives out nothing for them.
fn stopped(summary: &Summary) -> Option<AnyView> {
    let lines: Vec<_> = summary
        .prescriptions
        .iter()
        .filter(|prescription| prescription.state == PrescriptionState::Stopped)
        .map(|prescription| {
            let why = tr!(clinical.void_because, reason = prescription.stop_reason.clone());
            view! {
                <div class="rx__item">
                    <p class="rx__drug"><s>{prescription.drug.clone()}</s></p>
                    <p class="rx__how"><s>{prescription.dosage.sentence()}</s></p>
                    <p><strong>{why}</strong></p>
                </div>
            }
        })
        .collect();
    (!lines.is_empty()).then(|| lines.into_iter().collect_view().into_any())
}

/// Shows the valid prescriptions; stopped ones are not for the pharmacy.
fn medicines(summary: &Summary) -> Option<AnyView> {
    let valid: Vec<_> = summary
        .prescriptions
        .iter()
        .filter(|prescription| {
            matches!(prescription.state, PrescriptionState::Active | PrescriptionState::Draft | PrescriptionState::Completed)
        })
        .collect();
    (!valid.is_empty()).then(|| {
        valid
            .into_iter()
            .map(|prescription| {
                let fixed = (!prescription.dosage.no_substitution.is_empty()).then(|| {
                    let words = tr!(clinical.not_substituted, reason = prescription.dosage.no_substitution.clone());
                    view! { <p>{words}</p> }
                });
                let instructions =
                    (!prescription.dosage.instructions.is_empty()).then(|| view! { <p>{prescription.dosage.instructions.clone()}</p> });
                view! {
                    <div class="rx__item">
                        <p class="rx__drug">{prescription.drug.clone()}</p>
                        <p class="rx__how">{prescription.dosage.sentence()}</p>
                        {instructions}
                        {fixed}
                    </div>
                }
            })
            .collect_view()
            .into_any()
    })
}
