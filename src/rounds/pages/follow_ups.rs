//! `/follow-ups`: the follow-ups of the clinic that stand, those that are due first. One press books the first free time.

use leptos::prelude::*;

use super::parts::{StayDoneQuery, toast};
use crate::{
    core::{Permission, Result, time::show_date},
    rounds::follow_ups::{self, FollowUp},
    server::{Ctx, Page, Query},
    tr,
    ui::{ButtonTone, EmptyState, Glyph, LinkButton, PageHeader, PostButton, StatusBadge, Tone},
};

/// Shows the list.
///
/// # Errors
/// Not allowed, or when the database refuses.
pub async fn follow_ups_page(Query(StayDoneQuery { done }): Query<StayDoneQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::BookAppointments).await?;
    let (clinic, today) = (ctx.clinic.id, ctx.today());
    let rows = follow_ups::open(&mut ctx.tx, clinic).await?;
    ctx.saw_live(rows.iter().map(|one| one.patient_id), "follow_ups").await?;
    Ok(Page::new(tr!(rounds.follow_ups), move || {
        let none = rows
            .is_empty()
            .then(|| view! { <EmptyState glyph=Glyph::Done title=tr!(rounds.no_follow_ups) text=tr!(rounds.no_follow_ups_text)/> });
        let rows = rows.iter().map(|one| row(one, one.due_on <= today)).collect_view();
        view! {
            {toast(&done)}
            <PageHeader title=tr!(rounds.follow_ups) detail=tr!(rounds.follow_ups_text)/>
            {none}
            <ul class="rows panel">{rows}</ul>
        }
    }))
}

fn row(one: &FollowUp, is_due: bool) -> AnyView {
    let name = one.patient_name.listed();
    let hidden = vec![("follow_up_id", one.id.to_string())];
    let another = another_time(one);
    let due = if is_due { Tone::Warning } else { Tone::Waiting };
    let reason = (!one.reason.is_empty()).then(|| view! { <br/><span class="small">{one.reason.clone()}</span> });
    view! {
        <li class="rows__row" data-key=one.id.to_string()>
            <div class="rows__main">
                <a href=format!("/patients/{}", one.patient_id)>{name.clone()}</a>" "<span class="muted small">{one.mrn.clone()}</span>
                <br/>{one.place()}" "<StatusBadge tone=due label=tr!(rounds.from_day, day = show_date(one.due_on))/>
                " "<span class="muted small">{tr!(rounds.until_day, day = show_date(one.until_on))}" · "{one.proposer.clone()}</span>
                {reason}
            </div>
            <div class="rows__side cluster">
                <PostButton action="/api/rounds/book_follow_up" label=tr!(rounds.book_first) hidden=hidden.clone() about=name.clone() tone=ButtonTone::Primary/>
                <LinkButton href=another label=tr!(rounds.another_time) about=Some(name.clone())/>
                <PostButton action="/api/rounds/decline_follow_up" label=tr!(rounds.decline) hidden about=name tone=ButtonTone::Quiet/>
            </div>
        </li>
    }
    .into_any()
}

/// The free times from the proposed day on.
pub(super) fn another_time(one: &FollowUp) -> String {
    let doctor = one.doctor_id.map(|doctor| format!("&doctor={doctor}")).unwrap_or_default();
    let of_type = one.visit_type_id.map(|id| format!("&visit_type={id}")).unwrap_or_default();
    format!(
        "/appointments/new?patient={}&service={}{doctor}{of_type}&from={}",
        one.patient_id,
        one.service_id,
        one.due_on.format("%Y-%m-%d")
    )
}
