//! The panel of follow-ups on a patient's record, with the form for doctors.

use leptos::prelude::*;

use super::parts::{FollowUpChoices, follow_up_form};
use crate::{
    core::{PatientId, Permission, Result, time::show_date},
    patients,
    rounds::follow_ups,
    server::{Ctx, department::Draw},
    tr,
    ui::StatusBadge,
};

/// Reads the panel; `None` for readers who neither book nor write notes.
///
/// # Errors
/// When the database refuses.
pub async fn on_the_record(ctx: &mut Ctx, patient: PatientId) -> Result<Option<Draw>> {
    let (books, writes) = (ctx.who.may(Permission::BookAppointments), ctx.who.may(Permission::WriteNotes));
    if !books && !writes {
        return Ok(None);
    }
    let mut found = Vec::new();
    for record in patients::merges::family(&mut ctx.tx, patient).await? {
        found.extend(follow_ups::of_patient(&mut ctx.tx, record).await?);
    }
    if found.is_empty() && !writes {
        return Ok(None);
    }
    let choices = if writes { Some(FollowUpChoices::read(ctx).await?) } else { None };
    Ok(Some(Box::new(move || {
        let rows = found
            .iter()
            .map(|one| {
                let place = match one.appointment_id {
                    Some(appointment) => view! { <a href=format!("/appointments/{appointment}")>{one.place()}</a> }.into_any(),
                    None => one.place().into_any(),
                };
                let badge = view! { <StatusBadge tone=one.state.tone() label=one.state.words()/> };
                view! { <li class="rows__row"><div class="rows__main">{show_date(one.due_on)}" · "{place}" "{badge}</div></li> }
            })
            .collect_view();
        let form = choices.map(|choices| {
            let form = follow_up_form(patient, None, &choices, format!("/patients/{patient}"));
            view! { <div class="panel__body">{form}</div> }
        });
        view! {
            <section class="panel" id="follow-ups" aria-labelledby="follow-ups-heading">
                <div class="panel__head"><h2 id="follow-ups-heading">{tr!(rounds.follow_ups)}</h2></div>
                <ul class="rows">{rows}</ul>
                {form}
            </section>
        }
        .into_any()
    })))
}
