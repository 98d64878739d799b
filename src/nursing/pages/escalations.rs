//! `/nursing/escalations`: the open escalations of the clinic with the time that is left, and their steps.

use leptos::prelude::*;
use serde::Deserialize;

use super::parts::{toast, when};
use crate::{
    core::{
        Permission, Result,
        time::{Instant, Zone, show_minutes, show_time},
    },
    nursing::escalations::{self, Escalation, EscalationStepRow},
    server::{Ctx, Page, Part, Query},
    tr,
    ui::{Button, ButtonTone, EmptyState, Form, Glyph, Live, PageHeader, StatusBadge, TextArea, TextField, Tone, refused_for},
};

/// The act that was just done.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct EscalationsQuery {
    done: String,
}

struct Shown {
    open: Vec<Escalation>,
    steps: Vec<EscalationStepRow>,
    now: Instant,
    zone: Zone,
}

async fn read() -> Result<Shown> {
    let mut ctx = Ctx::read(Permission::RecordCare).await?;
    let (clinic, now, zone) = (ctx.clinic.id, ctx.now, ctx.zone());
    let open = escalations::list(&mut ctx.tx, clinic).await?;
    ctx.saw_live(open.iter().map(|one| one.patient_id), "nursing_lists").await?;
    let ids: Vec<_> = open.iter().map(|one| one.id).collect();
    let steps = escalations::steps_of(&mut ctx.tx, &ids).await?;
    Ok(Shown { open, steps, now, zone })
}

/// Shows the list.
///
/// # Errors
/// Not allowed, or when the database refuses.
pub async fn escalations_page(Query(EscalationsQuery { done }): Query<EscalationsQuery>) -> Result<Page> {
    let shown = read().await?;
    Ok(Page::new(tr!(nursing.escalations), move || {
        let back = ("/nursing".to_owned(), tr!(nursing.title).to_owned());
        view! {
            {toast(&done)}
            <PageHeader title=tr!(nursing.escalations) detail=tr!(nursing.escalations_text) back/>
            <Live topics="nursing" from="/nursing/escalations/live" each_minute=true>{list(&shown)}</Live>
        }
    }))
}

/// Renders the list again for an update.
///
/// # Errors
/// As the page.
pub async fn escalations_part() -> Result<Part> {
    let shown = read().await?;
    Ok(Part::new(move || list(&shown)))
}

fn list(shown: &Shown) -> AnyView {
    if shown.open.is_empty() {
        return view! { <EmptyState glyph=Glyph::Done title=tr!(nursing.no_escalations) text=tr!(nursing.no_escalations_text)/> }
            .into_any();
    }
    let items = shown.open.iter().map(|one| panel(shown, one)).collect_view();
    view! { <div class="stack">{items}</div> }.into_any()
}

fn panel(shown: &Shown, one: &Escalation) -> AnyView {
    let late = one.is_late(shown.now);
    let timer = match (one.attended_at, late) {
        (Some(at), _) => tr!(nursing.attended_at, name = one.attended_by.clone(), at = when(at, shown.zone)),
        (None, true) => tr!(nursing.unanswered, minutes = show_minutes((shown.now - one.answer_by).num_minutes())),
        (None, false) => tr!(nursing.minutes_left, minutes = show_minutes((one.answer_by - shown.now).num_minutes())),
    };
    let tone = if late { Tone::Critical } else { one.state.tone() };
    let score = one.score_words();
    let steps = shown
        .steps
        .iter()
        .filter(|step| step.escalation_id == one.id)
        .map(|step| {
            let at = show_time(shown.zone.local(step.at).time());
            let level = tr!(nursing.escalation_level, level = step.level);
            let words = [at, step.step.words().to_owned(), step.whom.clone(), step.note.clone(), level, step.by.clone()];
            view! { <li>{words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" · ")}</li> }
        })
        .collect_view();
    let class = format!("panel {}", tone.class());
    view! {
        <section class=class data-key=one.id.to_string()>
            <div class="panel__head">
                <h2><a href=format!("/admissions/{}/nursing", one.admission_id)>{one.patient_name.listed()}</a></h2>
                <div class="cluster"><StatusBadge tone label=timer/><StatusBadge tone=one.state.tone() label=one.state.words()/></div>
            </div>
            <div class="panel__body stack stack--tight">
                <p><strong>{one.place.clone().unwrap_or_default()}</strong>" "{score}" · "{one.because.words()}" "
                    <span class="muted">{format!("{} {}", tr!(ui.mrn), one.mrn)}</span></p>
                <ul class="small">{steps}</ul>
                {forms(one)}
            </div>
        </section>
    }
    .into_any()
}

/// The page has the same forms for each escalation: only the refused one shows its errors.
fn form_id(action: &'static str, one: &Escalation) -> String {
    let name = action.rsplit('/').next().unwrap_or_default();
    if refused_for(action, "escalation_id", &one.id.to_string()) { format!("{name}-refused") } else { format!("{name}-{}", one.id) }
}

fn forms(one: &Escalation) -> AnyView {
    let hidden = || vec![("escalation_id", one.id.to_string())];
    if one.attended_at.is_some() {
        return view! {
            <Form action="/api/nursing/close" id=form_id("/api/nursing/close", one) hidden=hidden()>
                <TextArea name="note" label=tr!(nursing.what_was_done) rows=2 maxlength=1000 required=true/>
                <div class="form__actions"><Button label=tr!(nursing.close_escalation) tone=ButtonTone::Primary/></div>
            </Form>
        }
        .into_any();
    }
    view! {
        <Form action="/api/nursing/tell" id=form_id("/api/nursing/tell", one) hidden=hidden()>
            <TextField name="whom" label=tr!(nursing.told_whom) required=true maxlength=120 autocomplete="off"/>
            <TextField name="note" label=tr!(nursing.note) maxlength=1000 autocomplete="off"/>
            <div class="form__actions"><Button label=tr!(nursing.record_told)/></div>
        </Form>
        <Form action="/api/nursing/attend" id=form_id("/api/nursing/attend", one) hidden=hidden()>
            <TextField name="whom" label=tr!(nursing.who_attended) required=true maxlength=120 autocomplete="off"/>
            <TextField name="note" label=tr!(nursing.note) maxlength=1000 autocomplete="off"/>
            <div class="form__actions"><Button label=tr!(nursing.record_attended) tone=ButtonTone::Primary/></div>
        </Form>
    }
    .into_any()
}
