//! `/admissions/{id}/stay-summary/paper`: the signed summary with the list of medicines, in the patient's language or another (`?lang=es`).

use leptos::prelude::*;
use serde::Deserialize;

use super::{parts::lines, summary::headings};
use crate::{
    clinical::{self, Prescription, PrescriptionState},
    core::{
        AdmissionId, Error, Permission, Result,
        locale::{self, Locale},
        time::{Instant, show_date_time},
    },
    organisation, patients,
    rounds::{
        stay,
        summaries::{self, DischargeMedicine},
        vocabulary::MedicineDecision,
    },
    server::{Ctx, Page, Path, Query, page::Layout},
    tr,
    ui::{DescriptionList, Detail, PaperPage, PrintSheet},
};

/// The language of the paper.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct StaySummaryPaperQuery {
    lang: String,
}

/// Shows the sheet.
///
/// # Errors
/// Not allowed, another clinic's patient, no signed summary, or when the database refuses.
pub async fn paper_page(Path(id): Path<AdmissionId>, Query(StaySummaryPaperQuery { lang }): Query<StaySummaryPaperQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ReadChart).await?;
    let stay = stay::open(&mut ctx, Permission::ReadChart, id).await?;
    let found = summaries::of_stay(&mut ctx.tx, id).await?;
    let summary = found.into_iter().find(summaries::StaySummary::is_current).ok_or(Error::NotFound)?;
    let patient = patients::find(&mut ctx.tx, stay.admission.patient_id).await?;
    let clinic = organisation::clinic(&mut ctx.tx, stay.admission.clinic_id).await?;
    let home = clinical::home_prescriptions(&mut ctx.tx, id).await?;
    let hospital = ctx.state().hospital();
    let spoken = patient.facts.more.language.parse::<Locale>().ok();
    let paper = lang.parse::<Locale>().ok().or(spoken).unwrap_or(locale::current());
    Ok(Page::new(tr!(rounds.summary), move || {
        locale::LOCALE.sync_scope(paper, || {
            let at = |at: Instant| show_date_time(clinic.zone.local(at));
            let others = vec![
                (format!("/admissions/{id}/stay-summary/paper?lang=en"), "English".to_owned()),
                (format!("/admissions/{id}/stay-summary/paper?lang=es"), "Español".to_owned()),
            ];
            let signed = summary.signed_at.map(at).unwrap_or_default();
            let facts = vec![
                stay.admission.number.clone(),
                tr!(rounds.signed_by, name = summary.signer_name.clone(), at = signed),
                tr!(ui.printed_at, at = at(stay.now)),
            ];
            let mut details = vec![
                Detail::new(tr!(rounds.admitted), stay.admission.admitted_at.map(at).unwrap_or_default()),
                Detail::new(tr!(rounds.left), stay.admission.left_at.map_or_else(|| tr!(rounds.not_yet).to_owned(), at)),
            ];
            for (heading, text) in headings().into_iter().zip(summary.text.sections.iter()) {
                if !text.trim().is_empty() {
                    let text = lines(text);
                    details.push(Detail::view(heading, view! { <p class="prose">{text}</p> }));
                }
            }
            let medicines = medicine_lists(&summary.medicines);
            let home = home_list(&home);
            view! {
                <PaperPage back=format!("/admissions/{id}/stay-summary") back_words=tr!(rounds.summary) others>
                    <PrintSheet
                        hospital=hospital.name.clone()
                        hospital_lines=hospital.letterhead(Some(&clinic))
                        title=tr!(rounds.summary)
                        patient=patient.on_paper()
                        facts
                    >
                        <DescriptionList details class="details--stacked"/>
                        {medicines}
                        {home}
                    </PrintSheet>
                </PaperPage>
            }
            .into_any()
        })
    })
    .layout(Layout::Print))
}

/// The prescriptions that the patient takes home, which the pharmacy hands out; those that were stopped are left out.
fn home_list(prescriptions: &[Prescription]) -> Option<AnyView> {
    let rows: Vec<_> = prescriptions.iter().filter(|one| one.state == PrescriptionState::Active).collect();
    if rows.is_empty() {
        return None;
    }
    let rows = rows.into_iter().map(|one| {
        let prescriber = one.prescriber.clone();
        view! { <li><strong>{one.drug.clone()}</strong>" "{one.dosage.sentence()}<br/><span class="muted small">{prescriber}</span></li> }
    });
    let rows = rows.collect_view();
    Some(view! { <h2>{tr!(rounds.take_home)}</h2><ul>{rows}</ul> }.into_any())
}

/// The medicines by decision: those to take, then those that were stopped.
pub(super) fn medicine_lists(medicines: &[DischargeMedicine]) -> AnyView {
    let list = |title: &'static str, decisions: &[MedicineDecision]| {
        let rows: Vec<&DischargeMedicine> =
            medicines.iter().filter(|row| row.decision.is_some_and(|decision| decisions.contains(&decision))).collect();
        if rows.is_empty() {
            return ().into_any();
        }
        let rows = rows
            .into_iter()
            .map(|row| {
                let decision = row.decision.map(MedicineDecision::words).unwrap_or_default();
                let dosage = (row.decision != Some(MedicineDecision::Stopped)).then(|| row.dosage.clone());
                let reason = (!row.reason.is_empty()).then(|| format!(" · {}", row.reason));
                view! { <li><strong>{row.medicine.clone()}</strong>" "{dosage}<br/><span class="muted small">{decision}{reason}</span></li> }
            })
            .collect_view();
        view! { <h2>{title}</h2><ul>{rows}</ul> }.into_any()
    };
    let taken = list(tr!(rounds.to_take), &[MedicineDecision::Continue, MedicineDecision::Changed, MedicineDecision::New]);
    let stopped = list(tr!(rounds.to_stop), &[MedicineDecision::Stopped]);
    view! { {taken}{stopped} }.into_any()
}
