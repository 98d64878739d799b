//! `/consultation/{visit}/follow-up`: the doctor of an outpatient visit proposes the next one, or books it there and then.

use leptos::prelude::*;

use super::parts::{FollowUpChoices, StayDoneQuery, follow_up_form, toast};
use crate::{
    core::{Permission, Result, VisitId, time::show_date},
    opd, patients,
    rounds::{
        follow_ups::{self, FollowUp},
        vocabulary::FollowUpState,
    },
    server::{Ctx, Page, Path, Query},
    tr,
    ui::{ButtonTone, EmptyState, Glyph, LinkButton, PageHeader, PatientBanner, PostButton},
};

/// Shows the follow-ups of the patient that stand, with the form.
///
/// # Errors
/// Not allowed, another clinic's visit, or when the database refuses.
pub async fn after_visit_page(Path(id): Path<VisitId>, Query(StayDoneQuery { done }): Query<StayDoneQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::WriteNotes).await?;
    let visit = opd::visit(&mut ctx.tx, id).await?;
    ctx.at_clinic(Permission::WriteNotes, visit.clinic_id)?;
    ctx.saw(visit.patient_id, "consultation").await?;
    let today = ctx.today();
    let banner = patients::banner(&mut ctx.tx, visit.patient_id, today).await?;
    let mut standing = follow_ups::of_patient(&mut ctx.tx, visit.patient_id).await?;
    standing.retain(|one| one.state == FollowUpState::Proposed);
    let books = ctx.who.may_at(Permission::BookAppointments, visit.clinic_id);
    let mut choices = FollowUpChoices::read(&mut ctx).await?;
    choices.begins = (Some(visit.service_id), ctx.who.staff);
    Ok(Page::new(tr!(rounds.follow_ups), move || {
        let back = (format!("/consultation/{id}"), tr!(nav.consultation).to_owned());
        let rows: Vec<AnyView> = standing.iter().map(|one| row(one, books)).collect();
        let list = match rows.is_empty() {
            true => {
                view! { <EmptyState glyph=Glyph::Calendar title=tr!(rounds.no_follow_ups) text=tr!(rounds.after_visit_text)/> }.into_any()
            }
            false => view! { <ul class="rows panel">{rows}</ul> }.into_any(),
        };
        let form = follow_up_form(visit.patient_id, None, &choices, format!("/consultation/{id}/follow-up"));
        view! {
            {toast(&done)}
            <PageHeader title=tr!(rounds.follow_ups) back/>
            <div class="stack">{list}{form}</div>
        }
    })
    .banner(move || view! { <PatientBanner info=banner/> }))
}

fn row(one: &FollowUp, books: bool) -> AnyView {
    let reason = (!one.reason.is_empty()).then(|| view! { <br/><span class="small">{one.reason.clone()}</span> });
    let acts = books.then(|| {
        let hidden = vec![("follow_up_id", one.id.to_string())];
        view! {
            <PostButton action="/api/rounds/book_follow_up" label=tr!(rounds.book_first) hidden about=one.place() tone=ButtonTone::Primary/>
            <LinkButton href=super::follow_ups::another_time(one) label=tr!(rounds.another_time) about=Some(one.place())/>
        }
    });
    view! {
        <li class="rows__row" data-key=one.id.to_string()>
            <div class="rows__main">
                {one.place()}" · "{tr!(rounds.from_day, day = show_date(one.due_on))}
                <br/><span class="muted small">{one.proposer.clone()}</span>{reason}
            </div>
            <div class="rows__side cluster">{acts}</div>
        </li>
    }
    .into_any()
}
