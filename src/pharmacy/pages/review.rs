//! The parts of a supply's page about checks, substitution and reservations.

use leptos::prelude::*;

use super::handover::{Desk, only_choice};
use crate::{
    core::{form::FormState, time::show_date_time},
    formulary::{AlikeWarning, CheckLevel, check::Warning},
    pharmacy::{checks, supplies::Supply},
    tr,
    ui::{
        Button, ButtonTone, CheckboxField, Choice, Dialog, Form, NoticeBox, NumberField, PostButton, SelectField, StatusBadge, TextField,
        Tone,
    },
};

/// The digest of the warnings that the page shows.
pub fn seen(found: &[Warning]) -> String {
    checks::seen(found)
}

/// The colour of a level.
fn tone(level: CheckLevel) -> Tone {
    match level {
        CheckLevel::Block | CheckLevel::Strong => Tone::Critical,
        CheckLevel::Warn | CheckLevel::Info => Tone::Warning,
    }
}

/// The warnings that are new since the signature.
pub fn new_findings(found: &[Warning]) -> AnyView {
    if found.is_empty() {
        return ().into_any();
    }
    let worst = found.iter().map(|warning| warning.level).min().unwrap_or(CheckLevel::Warn);
    let rows = found
        .iter()
        .map(|warning| view! { <li><StatusBadge tone=tone(warning.level) label=warning.level.words()/>" "{warning.sentence.clone()}</li> })
        .collect_view();
    view! {
        <NoticeBox tone=tone(worst) title=tr!(pharmacy.new_since)>
            <p>{tr!(pharmacy.new_since_text)}</p>
            <ul>{rows}</ul>
        </NoticeBox>
    }
    .into_any()
}

/// The field for the decision about new warnings, inside the form of an act. It also stands where the act was refused for a warning that came later.
pub fn decision_field(action: &str, asks: bool) -> AnyView {
    let was_refused =
        use_context::<FormState>().is_some_and(|state| state.action == action && state.errors.iter().any(|one| one.field == "decision"));
    if !asks && !was_refused {
        return ().into_any();
    }
    view! { <TextField name="decision" label=tr!(pharmacy.decision) hint=tr!(pharmacy.decision_hint) maxlength=500 required=true/> }
        .into_any()
}

/// The warning that the medicine looks or sounds like another: large, red, and before the fields.
pub fn alike(alike: Option<&AlikeWarning>) -> AnyView {
    let Some(alike) = alike else { return ().into_any() };
    let words = alike.sentence();
    view! { <NoticeBox tone=Tone::Critical title=tr!(formulary.alike_title)><p><strong>{words}</strong></p></NoticeBox> }.into_any()
}

/// The tick that the name on the pack was read.
pub fn name_read(is_alike: bool) -> AnyView {
    if !is_alike {
        return ().into_any();
    }
    view! { <CheckboxField name="name_read" label=tr!(formulary.name_read) hint=tr!(formulary.name_read_hint)/> }.into_any()
}

/// Says which medicine the item replaces.
pub fn substituted(supply: &Supply) -> AnyView {
    let Some(reason) = supply.substitute_reason else { return ().into_any() };
    let words = tr!(pharmacy.substitutes, drug = supply.substitute_for.clone(), reason = reason.words().to_lowercase());
    view! { <NoticeBox tone=Tone::Warning title=tr!(pharmacy.substitute)><p>{words}</p></NoticeBox> }.into_any()
}

/// The decisions of pharmacists about this prescription.
pub fn decisions(desk: &Desk) -> AnyView {
    if desk.decided.is_empty() {
        return ().into_any();
    }
    let rows = desk
        .decided
        .iter()
        .map(|finding| {
            let by = format!("{} · {} · {}", finding.by_name, show_date_time(desk.zone.local(finding.at)), finding.stage.words());
            view! {
                <li class="rows__row">
                    <div class="rows__main">
                        <StatusBadge tone=tone(finding.level) label=finding.level.words()/>" "{finding.sentence.clone()}<br/>
                        <strong>{finding.reason.clone()}</strong><br/>
                        <span class="muted small">{by}</span>
                    </div>
                </li>
            }
        })
        .collect_view();
    view! {
        <section class="panel">
            <div class="panel__head"><h2>{tr!(pharmacy.decisions)}</h2></div>
            <ul class="rows">{rows}</ul>
        </section>
    }
    .into_any()
}

/// The units that are reserved, with the acts to reserve and release.
pub fn reserved(supply: &Supply, desk: &Desk) -> AnyView {
    let is_ready = supply.state.is_open() && !supply.state.is_paused() && supply.item_id.is_some();
    if !is_ready {
        return ().into_any();
    }
    let rows = desk
        .reserved
        .iter()
        .map(|one| {
            let until = one.until_at.map(|at| tr!(pharmacy.reserved_until, at = show_date_time(desk.zone.local(at)))).unwrap_or_default();
            let words = format!("{} · {} · {} · {until}", one.quantity, one.batch_no, one.store_name);
            view! { <li>{words}</li> }
        })
        .collect_view();
    let none = desk.reserved.is_empty().then(|| view! { <p class="muted">{tr!(pharmacy.not_reserved)}</p> });
    let release = (!desk.reserved.is_empty()).then(|| {
        let hidden = vec![("supply_id", supply.id.to_string())];
        view! { <PostButton action="/api/pharmacy/release" label=tr!(pharmacy.release) hidden tone=ButtonTone::Quiet/> }
    });
    let hidden = vec![("supply_id", supply.id.to_string())];
    let rooms: Vec<Choice> = desk.pharmacies.iter().map(|room| Choice::new(room.id.to_string(), room.name.clone())).collect();
    let room = only_choice(&rooms);
    let owed = supply.owed().to_string();
    view! {
        <section class="panel">
            <div class="panel__head"><h2>{tr!(pharmacy.reserved)}</h2></div>
            <div class="panel__body">
                {none}
                <ul>{rows}</ul>
                <div class="cluster">
                    {release}
                    <Dialog id="reserve" opens=tr!(pharmacy.reserve) title=tr!(pharmacy.reserve) action="/api/pharmacy/reserve" tone=ButtonTone::Quiet>
                        <Form action="/api/pharmacy/reserve" id="reserve-form" hidden>
                            <p>{tr!(pharmacy.reserve_text)}</p>
                            <SelectField name="storeroom" label=tr!(inventory.room) choices=rooms value=room prompt=tr!(errors.choose) required=true/>
                            <NumberField name="quantity" label=tr!(pharmacy.quantity) value=owed/>
                            <div class="form__actions"><Button label=tr!(pharmacy.reserve) tone=ButtonTone::Primary/></div>
                        </Form>
                    </Dialog>
                </div>
            </div>
        </section>
    }
    .into_any()
}
