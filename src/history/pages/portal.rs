//! The laboratory results of before in the portal.

use leptos::prelude::*;

use super::value_words;
use crate::{
    core::{PatientId, Result, time::show_date},
    history::store,
    server::{Ctx, department::Draw},
    tr,
};

/// The results that are shown, the latest first.
const SHOWN: i64 = 60;

/// The panel; without a result of before it is empty.
///
/// # Errors
/// When the database refuses.
pub async fn portal_history(ctx: &mut Ctx, patient: PatientId) -> Result<Draw> {
    let zone = ctx.zone();
    let found = store::results_for_patient(&mut ctx.tx, patient, SHOWN).await?;
    Ok(Box::new(move || {
        if found.is_empty() {
            return ().into_any();
        }
        let rows = found
            .iter()
            .map(|result| {
                let day = show_date(zone.day(result.at));
                let usual = match result.range_text.is_empty() {
                    true => String::new(),
                    false => format!("{} · ", tr!(history.portal_range, range = result.range_text.clone())),
                };
                view! {
                    <li class="rows__row">
                        <div class="rows__main">
                            <strong>{result.title.clone()}</strong>": "{value_words(result)}<br/>
                            <span class="muted">{usual}{day}</span>
                        </div>
                    </li>
                }
            })
            .collect_view();
        view! {
            <section class="panel">
                <div class="panel__head"><h2>{tr!(history.portal_title)}</h2></div>
                <ul class="rows">{rows}</ul>
                <div class="panel__body"><p class="muted">{tr!(history.portal_text)}</p></div>
            </section>
        }
        .into_any()
    }))
}
