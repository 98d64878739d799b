//! A stay that was brought along, on the page of its admission.

use leptos::prelude::*;

use crate::{
    core::{AdmissionId, Result, time::show_date},
    history::store,
    server::{Ctx, department::Draw},
    tr,
    ui::{StatusBadge, Tone},
};

/// The panel; `None` for a stay of this hospital.
///
/// # Errors
/// When the database refuses.
pub async fn on_the_stay(ctx: &mut Ctx, admission: AdmissionId) -> Result<Option<Draw>> {
    let Some(day) = store::stay(&mut ctx.tx, admission).await? else { return Ok(None) };
    Ok(Some(Box::new(move || {
        view! {
            <section class="panel">
                <div class="panel__head"><h2>{tr!(history.stay)}</h2><StatusBadge tone=Tone::Inactive label=tr!(history.elsewhere)/></div>
                <div class="panel__body"><p>{tr!(history.stay_text, day = show_date(day))}</p></div>
            </section>
        }
        .into_any()
    })))
}
