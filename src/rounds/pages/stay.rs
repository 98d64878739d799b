//! The panel of the round on the page of an admission, and the state of its summary on the page of its discharge.

use leptos::prelude::*;

use super::parts::when;
use crate::{
    core::{AdmissionId, Permission, Result},
    rounds::{notes, summaries},
    server::{
        Ctx,
        department::{Draw, StayPage},
    },
    tr,
    ui::{Glyph, LinkButton, StatusBadge, Tone},
    wards::{self, AdmissionState},
};

/// Reads the panel; `None` for readers without the chart, and before the patient lies on a ward.
///
/// # Errors
/// When the database refuses.
pub async fn on_the_stay(ctx: &mut Ctx, id: AdmissionId, page: StayPage) -> Result<Option<Draw>> {
    let admission = wards::find_admission(&mut ctx.tx, id).await?;
    let may = |right: Permission| ctx.who.may_at(right, admission.clinic_id);
    let (reads, writes, orders) = (may(Permission::ReadChart), may(Permission::WriteNotes), may(Permission::PlaceOrders));
    if !reads || !matches!(admission.state, AdmissionState::Admitted | AdmissionState::Discharged) {
        return Ok(None);
    }
    let zone = crate::organisation::clinic(&mut ctx.tx, admission.clinic_id).await?.zone;
    let versions = summaries::of_stay(&mut ctx.tx, id).await?;
    let written = notes::of_stay(&mut ctx.tx, id).await?;
    let count = written.iter().filter(|note| note.is_final()).count();
    let signed = versions.iter().find(|version| version.is_current()).and_then(|version| version.signed_at);
    let drafted = versions.iter().any(|version| !version.is_final());
    let left = match versions.iter().find(|version| version.is_current()) {
        Some(current) => summaries::undecided(ctx, &admission, &current.medicines, zone).await?.len(),
        None => 0,
    };
    Ok(Some(Box::new(move || {
        let (tone, label) = match (signed, left) {
            (Some(at), 0) => (Tone::Done, tr!(rounds.summary_signed, at = when(at, zone))),
            (Some(_), _) => (Tone::Warning, tr!(rounds.summary_behind).to_owned()),
            (None, _) if drafted => (Tone::Waiting, tr!(rounds.summary_draft).to_owned()),
            (None, _) if page == StayPage::Discharge => (Tone::Warning, tr!(rounds.summary_missing).to_owned()),
            (None, _) => (Tone::Inactive, tr!(rounds.summary_none).to_owned()),
        };
        let round = writes.then(|| view! { <LinkButton href=format!("/admissions/{id}/round") label=tr!(rounds.round) glyph=Glyph::Bed/> });
        let requests =
            orders.then(|| view! { <LinkButton href=format!("/admissions/{id}/requests") label=tr!(rounds.requests) glyph=Glyph::Check/> });
        let home = writes
            .then(|| view! { <LinkButton href=format!("/admissions/{id}/take-home") label=tr!(rounds.take_home) glyph=Glyph::Pill/> });
        let summary = writes
            .then(|| view! { <LinkButton href=format!("/admissions/{id}/stay-summary") label=tr!(rounds.summary) glyph=Glyph::Sign/> });
        view! {
            <section class="panel" aria-labelledby="round-of-stay">
                <div class="panel__head">
                    <h2 id="round-of-stay">{tr!(rounds.notes_and_summary)}</h2>
                    <div class="cluster">
                        {round}
                        <LinkButton href=format!("/admissions/{id}/notes") label=tr!(rounds.notes) glyph=Glyph::Note/>
                        {requests}
                        {home}
                        {summary}
                    </div>
                </div>
                <div class="panel__body">
                    <p>{tr!(rounds.notes_n, count = count)}" "<StatusBadge tone label/></p>
                </div>
            </section>
        }
        .into_any()
    })))
}
