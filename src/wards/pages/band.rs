//! `/admissions/{id}/band`: the wristband. It names the patient and no bed, so that it stays true after a move.

use leptos::prelude::*;

use crate::{
    core::{AdmissionId, Permission, Result},
    patients,
    server::{Ctx, Page, Path, page::Layout},
    tr,
    ui::{Allergies, Barcode, PaperPage, PrintSheet, QrCode},
    wards::admission,
};

/// Shows the band.
///
/// # Errors
/// Not allowed, another clinic's patient, or when the database refuses.
pub async fn band_page(Path(id): Path<AdmissionId>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ViewWard).await?;
    let admission = admission::find(&mut ctx.tx, id).await?;
    ctx.at_clinic(Permission::ViewWard, admission.clinic_id)?;
    ctx.saw(admission.patient_id, "admission").await?;
    let patient = patients::find(&mut ctx.tx, admission.patient_id).await?;
    let today = ctx.today();
    let allergies = patients::banner(&mut ctx.tx, admission.patient_id, today).await?.allergies;
    let hospital = ctx.state().hospital();
    Ok(Page::new(tr!(wards.band), move || {
        let (facts, mrn) = (patient.facts, patient.mrn);
        let born = format!("{} {} · {}", tr!(ui.born), facts.birth.shown(), facts.sex.words());
        let mark = match allergies {
            Allergies::NoneKnown => tr!(ui.no_known_allergies).to_owned(),
            Allergies::List(list) => {
                format!("{}: {}", tr!(ui.allergy), list.into_iter().map(|one| one.substance).collect::<Vec<_>>().join(", "))
            }
            Allergies::NotRecorded | Allergies::Withheld => tr!(ui.allergies_not_recorded).to_owned(),
        };
        view! {
            <PaperPage back=format!("/admissions/{id}") back_words=tr!(wards.admission)>
                <PrintSheet hospital=hospital.name.clone() title=tr!(wards.band) class="sheet--label">
                    <p class="label__name">{facts.name.listed()}</p>
                    <p>{born}</p>
                    <p><strong>{mark}</strong></p>
                    <Barcode text=mrn.clone()/>
                    <QrCode text=mrn label=tr!(ui.mrn)/>
                </PrintSheet>
            </PaperPage>
        }
    })
    .layout(Layout::Print))
}
