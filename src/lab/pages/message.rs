//! `/lab/messages/{id}`: a message of an analyser as it was sent.

use leptos::prelude::*;

use crate::{
    core::{AnalyserMessageId, Permission, Result, time::show_date_time},
    lab::analysers,
    server::{Ctx, Page, Path},
    tr,
    ui::{PageHeader, StatusBadge},
};

/// Shows the message.
///
/// # Errors
/// Not allowed, a message of another clinic, or when the database refuses.
pub async fn message_page(Path(id): Path<AnalyserMessageId>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::WorkLab).await?;
    let (message, text) = analysers::raw(&mut ctx, id).await?;
    ctx.saw_file("lab_message").await?;
    let zone = ctx.zone();
    Ok(Page::new(tr!(lab.message), move || {
        let back = (format!("/lab/analysers/{}", message.analyser_id), tr!(lab.analyser).to_owned());
        let facts = [show_date_time(zone.local(message.received_at)), message.control_id.clone(), message.reason.words().to_owned()];
        let detail = facts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ");
        let badge = view! { <StatusBadge tone=message.state.tone() label=message.state.words()/> }.into_any();
        let lines = text.lines().map(|line| view! { <li class="rows__row"><code>{line.to_owned()}</code></li> }).collect::<Vec<_>>();
        view! {
            <PageHeader title=tr!(lab.message) back detail actions=Some(badge)/>
            <section class="panel"><ul class="rows">{lines}</ul></section>
        }
    }))
}
