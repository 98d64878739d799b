//! `/admissions/{id}/band`: the wristband. It names the patient and no bed, so that it stays true after a move. `/wards/{id}/bands`: those
//! of all who lie on a ward, on sheets for a printer of letters.

use leptos::prelude::*;

use crate::{
    core::{AdmissionId, PatientId, Permission, Result, WardId},
    patients,
    server::{Ctx, Page, Path, page::Layout},
    tr,
    ui::{Allergies, Barcode, PaperPage, PrintSheet, QrCode},
    wards::{
        admission,
        board::{board, lying_on},
    },
};

/// The text of a wristband.
struct Band {
    name: String,
    born: String,
    /// The allergies, all of them: none is left out.
    mark: String,
    mrn: String,
}

impl Band {
    async fn read(ctx: &mut Ctx, id: PatientId) -> Result<Self> {
        let (patient, today) = (patients::find(&mut ctx.tx, id).await?, ctx.today());
        let mark = match patients::banner(&mut ctx.tx, id, today).await?.allergies {
            Allergies::NoneKnown => tr!(ui.no_known_allergies).to_owned(),
            Allergies::List(list) => {
                format!("{}: {}", tr!(ui.allergy), list.into_iter().map(|one| one.substance).collect::<Vec<_>>().join(", "))
            }
            Allergies::NotRecorded | Allergies::Withheld => tr!(ui.allergies_not_recorded).to_owned(),
        };
        let facts = patient.facts;
        let born = format!("{} {} · {}", tr!(ui.born), facts.birth.shown(), facts.sex.words());
        Ok(Self { name: facts.name.listed(), born, mark, mrn: patient.mrn })
    }

    fn lines(&self) -> AnyView {
        view! {
            <p class="label__name">{self.name.clone()}</p>
            <p>{self.born.clone()}</p>
            <p><strong>{self.mark.clone()}</strong></p>
            <Barcode text=self.mrn.clone()/>
            <QrCode text=self.mrn.clone() label=tr!(ui.mrn)/>
        }
        .into_any()
    }
}

/// Shows the band.
///
/// # Errors
/// Not allowed, another clinic's patient, or when the database refuses.
pub async fn band_page(Path(id): Path<AdmissionId>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ViewWard).await?;
    let admission = admission::find(&mut ctx.tx, id).await?;
    ctx.at_clinic(Permission::ViewWard, admission.clinic_id)?;
    ctx.saw(admission.patient_id, "admission").await?;
    let band = Band::read(&mut ctx, admission.patient_id).await?;
    let others = vec![(format!("/wards/{}/bands", admission.ward()), tr!(wards.bands).to_owned())];
    let hospital = ctx.state().hospital();
    Ok(Page::new(tr!(wards.band), move || {
        view! {
            <PaperPage back=format!("/admissions/{id}") back_words=tr!(wards.admission) others>
                <PrintSheet hospital=hospital.name.clone() title=tr!(wards.band) class="sheet--label">{band.lines()}</PrintSheet>
            </PaperPage>
        }
    })
    .layout(Layout::Print))
}

/// Shows the bands of a ward.
///
/// # Errors
/// Not allowed, another clinic's ward, or when the database refuses.
pub async fn bands_page(Path(id): Path<WardId>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ViewWard).await?;
    // The board checks the ward's clinic.
    board(&mut ctx, id).await?;
    let mut bands = Vec::new();
    for one in lying_on(&mut ctx.tx, id).await? {
        ctx.saw(one.patient_id, "admission").await?;
        bands.push(Band::read(&mut ctx, one.patient_id).await?);
    }
    let hospital = ctx.state().hospital();
    Ok(Page::new(tr!(wards.bands), move || {
        let none = bands.is_empty().then(|| view! { <p>{tr!(wards.no_bands)}</p> });
        let bands = bands
            .iter()
            .map(|band| {
                view! { <div class="band-sheet__one"><p class="label-sheet__from">{hospital.name.clone()}</p>{band.lines()}</div> }
            })
            .collect_view();
        view! {
            <PaperPage back=format!("/wards/{id}") back_words=tr!(wards.board)>
                <PrintSheet hospital=hospital.name.clone() title=tr!(wards.bands)>
                    {none}
                    <div class="band-sheet">{bands}</div>
                </PrintSheet>
            </PaperPage>
        }
    })
    .layout(Layout::Print))
}
