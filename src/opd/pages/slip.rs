//! `/visits/{id}/slip`: the printed token, for a patient without a telephone.

use leptos::prelude::*;

use crate::{
    core::{Permission, Result, VisitId, time::show_date_time},
    opd::visit,
    organisation, patients,
    server::{Ctx, Page, Path, hooks::Priced, page::Layout},
    tr,
    ui::{PaperPage, PrintSheet},
};

/// Shows the slip.
pub async fn slip_page(Path(id): Path<VisitId>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::CheckIn).await?;
    let visit = visit::visit(&mut ctx.tx, id).await?;
    ctx.at_clinic(Permission::CheckIn, visit.clinic_id)?;
    let patient = patients::find(&mut ctx.tx, visit.patient_id).await?;
    let alike = patients::namesakes(&mut ctx.tx, &[visit.patient_id]).await?.contains(&visit.patient_id);
    let service = organisation::service(&mut ctx.tx, visit.service_id).await?;
    let clinic = organisation::clinic(&mut ctx.tx, visit.clinic_id).await?;
    ctx.saw(visit.patient_id, "visit").await?;
    let (departments, hospital) = (ctx.state().departments, ctx.state().hospital());
    let priced = visit.appointment_id.map_or(Priced::Visit(id), Priced::Appointment);
    let told = departments.price_facts(&mut ctx.tx, priced, hospital.currency).await?.told;
    let label = if visit.appointment_id.is_some() { tr!(told.at_booking) } else { tr!(told.at_arrival) };
    let told = told.map(|told| format!("{label}: {}", told.words_to_patient()));
    Ok(Page::new(tr!(opd.slip), move || {
        view! {
            <PaperPage back=format!("/reception?patient={}", visit.patient_id) back_words=tr!(opd.reception)>
                <PrintSheet
                    hospital=hospital.name.clone()
                    hospital_lines=hospital.letterhead(Some(&clinic))
                    title=service.name
                    patient=patient.on_paper()
                    facts=vec![show_date_time(clinic.zone.local(visit.arrived_at))]
                    class="sheet--roll sheet--slip"
                >
                    <p class="slip__token">{visit.token}</p>
                    {alike.then(|| view! { <p class="slip__words"><strong>{patients::namesake_sign()}</strong></p> })}
                    {told.map(|words| view! { <p class="slip__words">{words}</p> })}
                    <p class="slip__words">{tr!(opd.slip_words)}</p>
                </PrintSheet>
            </PaperPage>
        }
    })
    .layout(Layout::Print))
}
