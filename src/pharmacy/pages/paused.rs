//! The parts of a supply's page about waiting: the hold, the question to the prescriber, and those that ended.

use leptos::prelude::*;

use super::handover::Desk;
use crate::{
    core::{
        SupplyPauseId,
        time::{Zone, show_date, show_date_time},
    },
    pharmacy::{PauseKind, SupplyState, pauses::Pause, supplies::Supply},
    tr,
    ui::{Button, ButtonTone, DateField, Dialog, Form, NoticeBox, PostButton, StatusBadge, TextArea, TextField, Tone},
};

fn title(pause: &Pause) -> String {
    match pause.kind {
        PauseKind::OnHold => tr!(pharmacy.held_until, day = pause.until_on.map(show_date).unwrap_or_default()),
        PauseKind::Queried => tr!(pharmacy.question, who = pause.asked.clone().unwrap_or_default()),
    }
}

fn begun(pause: &Pause, zone: Zone) -> String {
    let (who, at) = (pause.by_name.clone(), show_date_time(zone.local(pause.at)));
    match pause.kind {
        PauseKind::OnHold => tr!(pharmacy.held_by, who = who, at = at),
        PauseKind::Queried => tr!(pharmacy.asked_by, who = who, at = at),
    }
}

/// Says why the prescription waits, with the act that ends it.
pub fn waits(supply: &Supply, desk: &Desk) -> AnyView {
    let Some(pause) = desk.pauses.iter().find(|pause| pause.outcome.is_none()) else { return ().into_any() };
    let label = match pause.kind {
        PauseKind::OnHold => tr!(pharmacy.end_hold),
        PauseKind::Queried => tr!(pharmacy.withdraw),
    };
    let hidden = vec![("supply_id", supply.id.to_string())];
    let (title, words, begun) = (title(pause), pause.words.clone(), begun(pause, desk.zone));
    view! {
        <NoticeBox tone=Tone::Warning title>
            <p>{words}</p>
            <p class="muted small">{begun}</p>
            <PostButton action="/api/pharmacy/go_on" label hidden/>
        </NoticeBox>
    }
    .into_any()
}

/// Lists the holds and questions that ended.
pub fn ended(desk: &Desk) -> AnyView {
    let rows: Vec<_> = desk.pauses.iter().filter_map(|pause| Some((pause, pause.outcome?))).collect();
    if rows.is_empty() {
        return ().into_any();
    }
    let rows = rows
        .into_iter()
        .map(|(pause, outcome)| {
            let answer = (!pause.answer.is_empty()).then(|| view! { <strong>{pause.answer.clone()}</strong><br/> });
            let end = [pause.ended_by.clone(), pause.ended_at.map(|at| show_date_time(desk.zone.local(at)))];
            let end = end.into_iter().flatten().collect::<Vec<_>>().join(", ");
            view! {
                <li class="rows__row">
                    <div class="rows__main">
                        {title(pause)}": "{pause.words.clone()}<br/>
                        {answer}
                        <span class="muted small">{begun(pause, desk.zone)}</span>
                    </div>
                    <div class="rows__side cluster">
                        <StatusBadge tone=Tone::Inactive label=outcome.words()/>
                        <span class="muted small">{end}</span>
                    </div>
                </li>
            }
        })
        .collect_view();
    view! {
        <section class="panel">
            <div class="panel__head"><h2>{tr!(pharmacy.pauses)}</h2></div>
            <ul class="rows">{rows}</ul>
        </section>
    }
    .into_any()
}

/// The forms that put a prescription on hold, and ask its prescriber.
pub fn forms(supply: &Supply) -> AnyView {
    if !supply.state.leads_to(SupplyState::OnHold) {
        return ().into_any();
    }
    let hidden =
        || vec![("supply_id", supply.id.to_string()), ("version", supply.version.to_string()), ("key", SupplyPauseId::new().to_string())];
    let (hold, ask) = (hidden(), hidden());
    view! {
        <Dialog id="hold" opens=tr!(pharmacy.hold) title=tr!(pharmacy.hold) action="/api/pharmacy/hold" tone=ButtonTone::Quiet>
            <Form action="/api/pharmacy/hold" id="hold-form" hidden=hold>
                <p>{tr!(pharmacy.hold_text)}</p>
                <DateField name="until_on" label=tr!(pharmacy.hold_until) required=true/>
                <TextField name="words" label=tr!(inventory.reason) maxlength=1_000 required=true/>
                <div class="form__actions"><Button label=tr!(pharmacy.hold) tone=ButtonTone::Primary/></div>
            </Form>
        </Dialog>
        <Dialog id="ask" opens=tr!(pharmacy.ask) title=tr!(pharmacy.ask) action="/api/pharmacy/ask" tone=ButtonTone::Quiet>
            <Form action="/api/pharmacy/ask" id="ask-form" hidden=ask>
                <p>{tr!(pharmacy.ask_text)}</p>
                <TextArea name="words" label=tr!(pharmacy.question_words) maxlength=1_000 required=true/>
                <div class="form__actions"><Button label=tr!(pharmacy.ask) tone=ButtonTone::Primary/></div>
            </Form>
        </Dialog>
    }
    .into_any()
}
