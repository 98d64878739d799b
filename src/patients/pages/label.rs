//! `/patients/{id}/label`: the label for folders and tubes.

use leptos::prelude::*;

use crate::{
    core::{PatientId, Permission, Result},
    patients,
    server::{Ctx, Page, Path, page::Layout},
    tr,
    ui::{Barcode, PaperPage, PrintSheet},
};

/// Shows the label.
pub async fn label_page(Path(id): Path<PatientId>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ReadPatients).await?;
    ctx.reach([id]).await?;
    let patient = patients::find(&mut ctx.tx, id).await?;
    ctx.saw(id, "record").await?;
    let hospital = ctx.state().hospital();
    Ok(Page::new(tr!(patients.label), move || {
        let (facts, mrn) = (patient.facts, patient.mrn);
        let born = format!("{} {} · {}", tr!(ui.born), facts.birth.shown(), facts.sex.words());
        view! {
            <PaperPage
                back=format!("/patients/{id}")
                back_words=tr!(patients.record)
                others=vec![(format!("/patients/{id}/labels"), tr!(patients.labels).to_owned())]
            >
                <PrintSheet hospital=hospital.name.clone() title=tr!(patients.label) class="sheet--label">
                    <p class="label__name">{facts.name.listed()}</p>
                    <p>{born}</p>
                    <Barcode text=mrn/>
                </PrintSheet>
            </PaperPage>
        }
    })
    .layout(Layout::Print))
}
