//! `/pharmacy/queries`: the questions of the pharmacy about prescriptions, for their prescribers; those to the reader first.

use leptos::prelude::*;
use serde::Deserialize;

use crate::{
    core::{
        Permission, Result, UserId,
        time::{Zone, show_date_time},
    },
    pharmacy::pauses::{self, OpenQuery},
    server::{Ctx, Page, Query},
    tr,
    ui::{Button, ButtonTone, EmptyState, Form, Glyph, PageHeader, StatusBadge, TextArea, Toast, Tone},
};

/// The message.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct QueriesQuery {
    done: String,
}

/// Shows the questions that wait for an answer.
///
/// # Errors
/// Not allowed, or when the database refuses.
pub async fn queries_page(Query(query): Query<QueriesQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::WriteNotes).await?;
    let (clinic, user, zone) = (ctx.clinic.id, ctx.user(), ctx.zone());
    let open = pauses::open_queries(&mut ctx.tx, clinic, user).await?;
    ctx.saw_live(open.iter().map(|one| one.pause.patient_id), "pharmacy_queries").await?;
    Ok(Page::new(tr!(pharmacy.queries), move || {
        let done = (query.done == "answered").then(|| view! { <Toast text=tr!(pharmacy.done_answered)/> });
        let none = open.is_empty().then(|| {
            view! { <EmptyState glyph=Glyph::Pill title=tr!(pharmacy.no_queries) text=tr!(pharmacy.no_queries_text)/> }
        });
        let rows = open.iter().map(|one| row(one, user, zone)).collect_view();
        view! {
            {done}
            <PageHeader title=tr!(pharmacy.queries) detail=tr!(pharmacy.queries_text)/>
            {none}
            <ul class="rows">{rows}</ul>
        }
    }))
}

fn row(query: &OpenQuery, user: UserId, zone: Zone) -> AnyView {
    let pause = &query.pause;
    let begun = tr!(pharmacy.asked_by, who = pause.by_name.clone(), at = show_date_time(zone.local(pause.at)));
    let other = (query.asked_id != user).then(|| {
        let label = tr!(pharmacy.to_colleague, who = pause.asked.clone().unwrap_or_default());
        view! { <StatusBadge tone=Tone::Inactive label/> }
    });
    let hidden = vec![("supply_pause_id", pause.id.to_string())];
    let label = tr!(pharmacy.answer_about, drug = query.drug.clone(), patient = query.patient_name.listed());
    view! {
        <li class="rows__row">
            <div class="rows__main">
                <a href=format!("/patients/{}/chart", pause.patient_id)><strong>{query.patient_name.listed()}</strong></a>
                " "<span class="muted small">{tr!(ui.mrn)}" "{query.mrn.clone()}</span>" "{other}<br/>
                {query.drug.clone()}" · "{query.dosage.sentence()}
                <p><strong>{pause.words.clone()}</strong></p>
                <p class="muted small">{begun}</p>
                <Form action="/api/pharmacy/answer" id=format!("answer-{}", pause.id) hidden>
                    <TextArea name="answer" label rows=2 maxlength=1_000 required=true/>
                    <div class="form__actions"><Button label=tr!(pharmacy.send_answer) tone=ButtonTone::Primary/></div>
                </Form>
            </div>
        </li>
    }
    .into_any()
}
