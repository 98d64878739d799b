//! The follow-ups on the portal's records: the first free time is booked with one press.

use leptos::prelude::*;

use crate::{
    clinical::{NotePart, OutsideReader, holds},
    core::{
        PatientId, Result,
        time::{show_date, show_date_time},
    },
    patients,
    rounds::{
        follow_ups::{self, FollowUp},
        vocabulary::FollowUpState,
    },
    server::{Ctx, department::Draw},
    tr,
    ui::{ButtonTone, PostButton},
};

/// The panel; it shows nothing without a follow-up that stands.
///
/// # Errors
/// When the database refuses.
pub async fn portal_follow_ups(ctx: &mut Ctx, patient: PatientId) -> Result<Draw> {
    let mut shown: Vec<(FollowUp, Option<String>)> = Vec::new();
    // A reason may say what the plan of the consultation says.
    let records = patients::merges::family(&mut ctx.tx, patient).await?;
    let reader = OutsideReader::of_portal(&ctx.who);
    let is_kept = !holds::held_encounters(&mut ctx.tx, &records, NotePart::Plan, reader).await?.is_empty();
    for mut one in follow_ups::of_patient(&mut ctx.tx, patient).await? {
        if one.state == FollowUpState::Proposed {
            if is_kept {
                one.reason.clear();
            }
            let free = follow_ups::first_free(ctx, &one, true).await?;
            shown.push((one, free.map(|slot| format!("{}, {}", show_date_time(slot.local), slot.doctor))));
        }
    }
    Ok(Box::new(move || {
        if shown.is_empty() {
            return ().into_any();
        }
        let rows = shown.into_iter().map(|(one, free)| row(&one, free)).collect_view();
        view! {
            <section class="panel">
                <div class="panel__head"><h2>{tr!(rounds.portal_title)}</h2></div>
                <ul class="rows">{rows}</ul>
            </section>
        }
        .into_any()
    }))
}

fn row(one: &FollowUp, free: Option<String>) -> AnyView {
    let hidden = vec![("follow_up_id", one.id.to_string())];
    let reason = (!one.reason.is_empty()).then(|| view! { <br/><span>{one.reason.clone()}</span> });
    let is_free = free.is_some();
    let text = free.map_or_else(|| tr!(rounds.portal_call).to_owned(), |at| tr!(rounds.portal_first, at = at));
    let book = is_free.then(|| {
        let hidden = hidden.clone();
        view! { <PostButton action="/api/rounds/book_own_follow_up" label=tr!(rounds.portal_book) hidden about=one.place() tone=ButtonTone::Primary/> }
    });
    view! {
        <li class="rows__row">
            <div class="rows__main">
                <strong>{one.place()}</strong>" · "{tr!(rounds.from_day, day = show_date(one.due_on))}{reason}
                <br/><span class="muted">{text}</span>
            </div>
            <div class="rows__side cluster">
                {book}
                <PostButton action="/api/rounds/decline_own_follow_up" label=tr!(rounds.decline) hidden about=one.place() tone=ButtonTone::Quiet/>
            </div>
        </li>
    }
    .into_any()
}
