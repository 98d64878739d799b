//! The records that may belong to the same person, shown above a form that would make them similar.

use leptos::prelude::*;

use crate::{
    core::Result,
    patients::{Likeness, Suspect},
    server::Ctx,
    tr,
    ui::{CheckboxField, NoticeBox, StatusBadge, Tone},
};

/// From this score on it is very likely the same person.
const VERY_LIKELY: i64 = 80;

/// Records in the audit log that the reader sees these records, and removes the contact data of patients outside the
/// clinic's care.
///
/// # Errors
/// The errors of [`Ctx::found`].
pub async fn show_suspects(ctx: &mut Ctx, mut suspects: Vec<Suspect>) -> Result<Vec<Suspect>> {
    let ids: Vec<_> = suspects.iter().map(|suspect| suspect.patient.id).collect();
    let in_care = ctx.found(&ids, "search").await?;
    for suspect in suspects.iter_mut().filter(|suspect| !in_care.contains(&suspect.patient.id)) {
        suspect.patient.phone.clear();
        suspect.patient.town.clear();
        suspect.patient.description.clear();
    }
    Ok(suspects)
}

/// Shows the records, with the reasons for the similarity, and the checkbox that says that it is another person. Empty
/// without records.
pub fn suspects_box(suspects: Vec<Suspect>, title: &'static str, text: &'static str, tick: &'static str) -> AnyView {
    if suspects.is_empty() {
        return ().into_any();
    }
    let rows = suspects
        .into_iter()
        .map(|Suspect { patient, score, because }| {
            let (tone, label) = if score >= VERY_LIKELY {
                (Tone::Critical, tr!(registration.very_likely))
            } else {
                (Tone::Warning, tr!(registration.possibly))
            };
            let because = because.into_iter().map(Likeness::words).collect::<Vec<_>>().join(", ");
            let facts = [patient.birth_date, patient.sex, patient.mrn, patient.phone].into_iter().filter(|fact| !fact.is_empty());
            view! {
                <li class="rows__row">
                    <div class="rows__main">
                        <div class="cluster"><a class="row-link" href=format!("/patients/{}", patient.id)>{patient.name}</a><StatusBadge tone label/></div>
                        <span class="muted small">{facts.collect::<Vec<_>>().join(" · ")}</span>
                    </div>
                    <div class="rows__side">{because}</div>
                </li>
            }
        })
        .collect_view();
    view! {
        <NoticeBox tone=Tone::Warning title>
            <p>{text}</p>
            <ul class="rows">{rows}</ul>
            <CheckboxField name="anyway" label=tick value="on"/>
        </NoticeBox>
    }
    .into_any()
}
