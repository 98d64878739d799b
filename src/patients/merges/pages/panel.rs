//! The merges of a record, as the record shows them, and the way from a merged record to the surviving one.

use leptos::prelude::*;

use super::super::{
    MergeState,
    store::{self, Merge},
};
use crate::{
    core::{PatientId, Permission, Result},
    patients::{self, PatientLine},
    server::Ctx,
    tr,
    ui::{LinkButton, NoticeBox, Tone},
};

/// Returns the address of the surviving record, if the patient's record was merged.
///
/// # Errors
/// When the database refuses.
pub async fn merged_into(ctx: &mut Ctx, patient: PatientId) -> Result<Option<String>> {
    Ok(store::survivor_of(&mut ctx.tx, patient).await?.map(|survivor| format!("/patients/{survivor}?done=joined")))
}

/// A merge, and the other record of it.
type Shown = (Merge, PatientLine);

/// Reads the notices about the record's merges.
///
/// # Errors
/// When the database refuses.
pub async fn merges_panel(ctx: &mut Ctx, patient: PatientId) -> Result<AnyView> {
    let found = store::of_patient(&mut ctx.tx, patient).await?;
    if found.is_empty() {
        return Ok(().into_any());
    }
    let may_decide = ctx.who.may(Permission::KeepRecords);
    let may_read_chart = ctx.who.may(Permission::ReadChart);
    let mut shown: Vec<Shown> = Vec::with_capacity(found.len());
    for merge in found {
        let other = if merge.survivor_id == patient { merge.merged_id } else { merge.survivor_id };
        let line = patients::identity(&mut ctx.tx, other).await?;
        shown.push((merge, line));
    }
    Ok(shown.into_iter().map(|one| notice(one, may_decide, may_read_chart)).collect_view().into_any())
}

fn notice((merge, other): Shown, may_decide: bool, may_read_chart: bool) -> AnyView {
    let who = format!("{} · {} · {}", other.name.listed(), other.birth.shown(), other.mrn);
    let open = may_decide.then(|| view! { <LinkButton href=format!("/merges/{}", merge.id) label=tr!(merges.open)/> });
    let (title, text, links) = if merge.state == MergeState::Merged {
        let chart = may_read_chart.then(|| {
            view! { <LinkButton href=format!("/patients/{}/chart", other.id) label=tr!(merges.old_chart) about=Some(other.mrn.clone())/> }
        });
        let account = view! { <LinkButton href=format!("/patients/{}/account", other.id) label=tr!(merges.old_account) about=Some(other.mrn.clone())/> };
        (tr!(merges.also_under, mrn = other.mrn.clone()), tr!(merges.also_under_text), view! { {chart}{account} }.into_any())
    } else {
        (tr!(merges.maybe_same).to_owned(), tr!(merges.maybe_same_text), ().into_any())
    };
    view! {
        <NoticeBox tone=Tone::Warning title>
            <p>{who}</p>
            <p>{text}</p>
            <div class="cluster">{open}{links}</div>
        </NoticeBox>
    }
    .into_any()
}
