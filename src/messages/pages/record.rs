//! The latest messages about a patient, as a panel of the record for the desk: whether the patient was told.

use leptos::prelude::*;

use crate::{
    core::{PatientId, Permission, Result, time::show_date_time},
    messages::{cause_words, outbox},
    server::{Ctx, department::Draw},
    tr,
    ui::StatusBadge,
};

/// The messages that are shown.
const SHOWN: i64 = 8;

/// The panel.
///
/// # Errors
/// When the database refuses.
pub async fn on_the_record(ctx: &mut Ctx, patient: PatientId) -> Result<Option<Draw>> {
    if !ctx.who.may_at(Permission::CheckIn, ctx.clinic.id) {
        return Ok(None);
    }
    let zone = ctx.zone();
    let found = outbox::of_patient(&mut ctx.tx, patient, SHOWN).await?;
    if found.is_empty() {
        return Ok(None);
    }
    Ok(Some(Box::new(move || {
        let rows = found
            .iter()
            .map(|message| {
                let at = show_date_time(zone.local(message.sent_at.unwrap_or(message.created_at)));
                let cause = cause_words(&message.cause);
                let about = message.about_at.map(|at| format!(": {}", show_date_time(zone.local(at)))).unwrap_or_default();
                view! {
                    <li class="rows__row">
                        <div class="rows__main">
                            {message.kind.words()}{about}<br/>
                            <span class="muted small">{format!("{} · {at}", message.channel.words())}" "{cause}</span>
                        </div>
                        <div class="rows__side"><StatusBadge tone=message.state.tone() label=message.state.words()/></div>
                    </li>
                }
            })
            .collect_view();
        view! {
            <section class="panel">
                <div class="panel__head"><h2>{tr!(messages.title)}</h2></div>
                <ul class="rows">{rows}</ul>
            </section>
        }
        .into_any()
    })))
}
