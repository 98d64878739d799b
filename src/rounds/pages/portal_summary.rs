//! `/portal/stays/{id}/summary`: the signed summary of a stay in the portal, once a doctor released it. One that differs from what was signed is
//! not shown.

use leptos::prelude::*;

use super::{paper::medicine_lists, parts::lines, summary::headings};
use crate::{
    clinical::OutsideReader,
    core::{
        AdmissionId, Error, Permission, Result,
        time::{Instant, show_date_time},
    },
    organisation, patients,
    rounds::summaries,
    server::{Ctx, Page, Path, page::Layout},
    tr,
    ui::{DescriptionList, Detail, PaperPage, PrintSheet},
    wards,
};

/// Shows the sheet.
///
/// # Errors
/// [`Error::NotFound`] for another patient's stay, and without a released summary; or when the database refuses.
pub async fn portal_summary_page(Path(id): Path<AdmissionId>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::OwnRecord).await?;
    let admission = wards::find_admission(&mut ctx.tx, id).await?;
    if !ctx.is_own(admission.patient_id) {
        return Err(Error::NotFound);
    }
    let reader = OutsideReader::of_portal(&ctx.who);
    if !wards::is_summary_released(&mut ctx.tx, id, reader).await? {
        return Err(Error::NotFound);
    }
    let found = summaries::of_stay(&mut ctx.tx, id).await?;
    let summary = found.into_iter().find(summaries::StaySummary::is_current).ok_or(Error::NotFound)?;
    if !summaries::is_verified(&mut ctx.tx, &summary).await? {
        return Err(Error::NotFound);
    }
    ctx.saw(admission.patient_id, "portal").await?;
    let patient = patients::find(&mut ctx.tx, admission.patient_id).await?;
    let clinic = organisation::clinic(&mut ctx.tx, admission.clinic_id).await?;
    let (hospital, now) = (ctx.state().hospital(), ctx.now);
    Ok(Page::new(tr!(rounds.summary), move || {
        let at = |at: Instant| show_date_time(clinic.zone.local(at));
        let signed = summary.signed_at.map(at).unwrap_or_default();
        let facts = vec![
            admission.number.clone(),
            tr!(rounds.signed_by, name = summary.signer_name.clone(), at = signed),
            tr!(ui.printed_at, at = at(now)),
        ];
        let mut details = vec![
            Detail::new(tr!(rounds.admitted), admission.admitted_at.map(at).unwrap_or_default()),
            Detail::new(tr!(rounds.left), admission.left_at.map_or_else(|| tr!(rounds.not_yet).to_owned(), at)),
        ];
        for (heading, text) in headings().into_iter().zip(summary.text.sections.iter()).filter(|(_, text)| !text.trim().is_empty()) {
            let text = lines(text);
            details.push(Detail::view(heading, view! { <p class="prose">{text}</p> }));
        }
        view! {
            <PaperPage back="/portal/records" back_words=tr!(nav.records)>
                <PrintSheet
                    hospital=hospital.name.clone()
                    hospital_lines=hospital.letterhead(Some(&clinic))
                    title=tr!(rounds.summary)
                    patient=patient.on_paper()
                    facts
                >
                    <DescriptionList details class="details--stacked"/>
                    {medicine_lists(&summary.medicines)}
                </PrintSheet>
            </PaperPage>
        }
    })
    .layout(Layout::Print))
}
