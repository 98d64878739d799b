//! The head of the portal's pages on paper: the hospital's letterhead, the patient's identity, the time of printing.

use leptos::prelude::*;

use crate::{
    core::{PatientId, Result, time::show_date_time},
    organisation::Clinic,
    patients,
    server::{Ctx, department::Draw},
    tr,
};

/// The hospital's head and the patient's identity, for paper only.
///
/// # Errors
/// When the database refuses.
pub(in crate::portal) async fn own_paper_head(ctx: &mut Ctx, patient: PatientId, clinic: &Clinic) -> Result<Draw> {
    let who = patients::find(&mut ctx.tx, patient).await?.on_paper();
    let hospital = ctx.state().hospital();
    let lines = hospital.letterhead(Some(clinic));
    let printed = tr!(portal.as_of, when = show_date_time(clinic.zone.local(ctx.now)));
    Ok(Box::new(move || {
        let lines = lines.into_iter().map(|line| view! { <p>{line}</p> }).collect_view();
        let who = who.into_iter().map(|part| view! { <span>{part}</span> }).collect_view();
        view! {
            <div class="only-print">
                <div class="sheet__head">
                    <div class="sheet__hospital"><strong>{hospital.name.clone()}</strong>{lines}</div>
                    <div class="sheet__facts"><p>{printed}</p></div>
                </div>
                <div class="sheet__patient">{who}</div>
            </div>
        }
        .into_any()
    }))
}
