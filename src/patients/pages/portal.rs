//! Allergies on the portal's record page.

use leptos::prelude::*;

use crate::{
    core::{PatientId, Result},
    patients::{self, Allergy, AllergyStatus},
    server::{Ctx, department::Draw},
    tr,
    ui::{StatusBadge, Tone},
};

/// Shows the allergies, or that the patient was not asked.
pub async fn portal_allergies(ctx: &mut Ctx, patient: PatientId) -> Result<Draw> {
    let allergies = patients::allergies(&mut ctx.tx, patient).await?;
    let status = patients::find(&mut ctx.tx, patient).await?.allergy_status;
    let acting = ctx.who.acts_for().is_some();
    Ok(Box::new(move || allergy_panel(allergies, status, acting)))
}

/// Shows the list. A user who is `acting` for the patient is not addressed as the patient.
fn allergy_panel(allergies: Vec<Allergy>, status: AllergyStatus, acting: bool) -> AnyView {
    let rows: Vec<_> = allergies
        .into_iter()
        .filter(Allergy::counts)
        .map(|allergy| {
            let (tone, label) =
                if allergy.is_severe() { (Tone::Critical, tr!(ui.severe_allergy)) } else { (Tone::Warning, tr!(ui.allergy)) };
            view! {
                <li class="rows__row">
                    <div class="rows__main"><strong>{allergy.substance}</strong>" "<span class="muted">{allergy.reaction}</span></div>
                    <div class="rows__side"><StatusBadge tone label/></div>
                </li>
            }
        })
        .collect();
    let words = match status {
        _ if !rows.is_empty() => None,
        AllergyStatus::NoneKnown if acting => Some(tr!(ui.no_known_allergies)),
        _ if acting => Some(tr!(ui.allergies_not_recorded)),
        AllergyStatus::NoneKnown => Some(tr!(portal.no_allergies)),
        AllergyStatus::NotRecorded | AllergyStatus::Recorded => Some(tr!(portal.allergies_not_asked)),
    };
    view! {
        <section class="panel">
            <div class="panel__head"><h2>{tr!(patients.allergies)}</h2></div>
            {words.map(|words| view! { <div class="panel__body"><p class="muted">{words}</p></div> })}
            <ul class="rows">{rows}</ul>
        </section>
    }
    .into_any()
}
