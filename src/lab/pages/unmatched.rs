//! `/lab/unmatched`: measured values that could not be filed, with the reason. A person tries again, assigns, or discards each.

use leptos::prelude::*;

use super::parts::{DoneQuery, toast};
use crate::{
    core::{
        Permission, Result,
        time::{Zone, show_date_time},
    },
    lab::{
        analysers::{self, UnmatchedValue},
        value::localised,
    },
    server::{Ctx, Page, Part, Query},
    tr,
    ui::{Button, ButtonTone, EmptyState, Form, Glyph, LinkButton, Live, PageHeader, PostButton, StatusBadge, TextField, Tone},
};

/// The number of values that the page lists.
const SHOWN: i64 = 50;

struct UnmatchedList {
    listed: Vec<UnmatchedValue>,
    count: i64,
    zone: Zone,
}

impl UnmatchedList {
    async fn read(ctx: &mut Ctx) -> Result<Self> {
        let (clinic, zone) = (ctx.clinic.id, ctx.zone());
        let count = ctx.tx.count(analysers::count_unmatched(clinic)).await?;
        let listed = analysers::unmatched(ctx, SHOWN).await?;
        if !listed.is_empty() {
            ctx.saw_file("lab_message").await?;
        }
        Ok(Self { listed, count, zone })
    }
}

/// Shows the list.
///
/// # Errors
/// Not allowed, or when the database refuses.
pub async fn unmatched_page(Query(DoneQuery { done }): Query<DoneQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::WorkLab).await?;
    let unmatched = UnmatchedList::read(&mut ctx).await?;
    Ok(Page::new(tr!(lab.unmatched), move || {
        let back = ("/lab/analysers".to_owned(), tr!(lab.analysers).to_owned());
        view! {
            {toast(&done)}
            <PageHeader title=tr!(lab.unmatched) back detail=tr!(lab.unmatched_text)/>
            <Live topics="lab" from="/lab/unmatched/live">{list(&unmatched)}</Live>
        }
    }))
}

/// Serves the list alone.
///
/// # Errors
/// Not allowed, or when the database refuses.
pub async fn unmatched_part() -> Result<Part> {
    let mut ctx = Ctx::read(Permission::WorkLab).await?;
    let unmatched = UnmatchedList::read(&mut ctx).await?;
    Ok(Part::new(move || list(&unmatched)))
}

fn list(unmatched: &UnmatchedList) -> AnyView {
    if unmatched.listed.is_empty() {
        return view! { <EmptyState glyph=Glyph::Flask title=tr!(lab.nothing_unmatched) text=tr!(lab.nothing_unmatched_text)/> }.into_any();
    }
    let more = (unmatched.count > SHOWN).then(|| view! { <p class="muted">{tr!(lab.unmatched_more, count = unmatched.count)}</p> });
    let panels = unmatched.listed.iter().map(|value| panel(unmatched, value)).collect_view();
    view! { <div class="stack">{more}{panels}</div> }.into_any()
}

fn panel(unmatched: &UnmatchedList, value: &UnmatchedValue) -> AnyView {
    let (id, sent) = (value.value.id, &value.sent);
    let title = [sent.code.as_str(), sent.name.as_str()].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
    let measured = format!("{} {}", localised(&sent.value), sent.unit).trim_end().to_owned();
    let sample = if sent.sample.is_empty() { tr!(lab.without_number).to_owned() } else { sent.sample.clone() };
    let facts = format!(
        "{} · {} · {}",
        value.analyser,
        tr!(lab.sample_is, number = sample),
        show_date_time(unmatched.zone.local(value.received_at))
    );
    let retry = vec![("analyser_message_id", value.value.message_id.to_string())];
    let (to_assign, to_discard) = (vec![("analyser_value_id", id.to_string())], vec![("analyser_value_id", id.to_string())]);
    let heading = format!("{title}: {measured}");
    let (about, message) = (title, format!("/lab/messages/{}", value.value.message_id));
    view! {
        <section class="panel" data-key=id.to_string()>
            <div class="panel__head">
                <h2>{heading}</h2>
                <StatusBadge tone=Tone::Warning label=value.value.reason.words()/>
            </div>
            <div class="panel__body stack">
                <p class="muted small">{facts}</p>
                <Form action="/api/lab/assign_value" id=format!("assign-{id}") hidden=to_assign class="form--inline">
                    <TextField name="number" label=tr!(lab.assign_number) required=true inputmode="numeric" autocomplete="off" class="input--code"/>
                    <Button label=tr!(lab.assign) tone=ButtonTone::Primary/>
                </Form>
                <Form action="/api/lab/discard_value" id=format!("discard-{id}") hidden=to_discard class="form--inline">
                    <TextField name="reason" label=tr!(lab.discard_reason) required=true maxlength=500/>
                    <Button label=tr!(lab.discard_value) tone=ButtonTone::Danger/>
                </Form>
                <div class="cluster">
                    <PostButton action="/api/lab/retry_message" label=tr!(lab.retry) hidden=retry tone=ButtonTone::Quiet about=about.clone()/>
                    <LinkButton href=message label=tr!(lab.open_message) tone=ButtonTone::Quiet about=Some(about)/>
                </div>
            </div>
        </section>
    }
    .into_any()
}
