//! `/admissions/{id}/ask`: asks another ward to take a patient; the label of a bed on that ward leads here.

use leptos::prelude::*;
use serde::Deserialize;

use super::transferring::ask_form;
use crate::{
    core::{AdmissionId, Permission, Result},
    patients,
    server::{Ctx, Page, Path, Query},
    tr,
    ui::{NoticeBox, PageHeader, PatientBanner, Tone},
    wards::{AdmissionState, admission, moves, plan},
};

/// The ward that is asked.
#[derive(Debug, Deserialize)]
pub struct AskQuery {
    #[serde(default)]
    ward: String,
}

/// Shows the form.
///
/// # Errors
/// Not allowed, another clinic's patient, or when the database refuses.
pub async fn ask_page(Path(id): Path<AdmissionId>, Query(AskQuery { ward }): Query<AskQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ManageBeds).await?;
    let admission = admission::find(&mut ctx.tx, id).await?;
    ctx.at_clinic(Permission::ManageBeds, admission.clinic_id)?;
    ctx.saw(admission.patient_id, "admission").await?;
    let today = ctx.today();
    let banner = patients::banner(&mut ctx.tx, admission.patient_id, today).await?;
    let wards = plan::wards(&mut ctx.tx, admission.clinic_id).await?;
    let open = admission.state == AdmissionState::Admitted && moves::open_transfer(&mut ctx.tx, id).await?.is_none();
    let page = Page::new(tr!(wards.transfer_title), move || {
        let back = (format!("/admissions/{id}"), tr!(wards.admission_of, number = admission.number.clone()));
        let body = if open {
            ask_form(id, (wards.as_slice(), admission.ward()), (admission.equipment, admission.isolation), ward)
        } else {
            view! { <NoticeBox tone=Tone::Waiting><p>{tr!(wards.cannot_move)}</p></NoticeBox> }.into_any()
        };
        view! { <PageHeader title=tr!(wards.transfer_title) back/>{body} }
    });
    Ok(page.class("main--narrow").banner(move || view! { <PatientBanner info=banner/> }))
}
