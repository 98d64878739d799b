//! The warnings about the medicine that is being prescribed, and the fields that answer them.

use leptos::prelude::*;

use super::Panel;
use crate::{
    clinical::islands::fields::FieldComplaint,
    tr,
    ui::{NoticeBox, Tone},
};

/// Scrolls the warning into view and focuses the field, once both are drawn.
pub(super) fn bring_into_view(warning: &'static str, field: &'static str) {
    #[cfg(feature = "hydrate")]
    request_animation_frame(move || {
        if let Some(notice) = document().get_element_by_id(warning) {
            notice.scroll_into_view_with_bool(false);
        }
        if let Some(field) = crate::clinical::islands::fields::field_there(field) {
            let _ = field.focus();
        }
    });
    #[cfg(not(feature = "hydrate"))]
    let _ = (warning, field);
}

/// Shows the warnings about the medicine, with the field for the reason to prescribe it in spite of them, and the checkbox for an
/// unknown name.
pub(super) fn warned(panel: Panel, patient: &str) -> Option<AnyView> {
    let warning = Some(panel.warning.get()).filter(|warning| !warning.is_empty());
    let unchecked = Some(panel.unchecked.get()).filter(|words| !words.is_empty());
    if warning.is_none() && unchecked.is_none() {
        return None;
    }
    let not_asked = panel.not_asked.get().then(|| ask_allergies(panel, patient));
    let reason = warning.map(|warning| {
        let label = if panel.not_asked.get_untracked() { tr!(clinical.why_not_asked) } else { tr!(clinical.override_reason) };
        view! {
            <p>{warning}</p>
            {not_asked}
            <div class="field">
                <label class="field__label" for="rx-override">{label}</label>
                <input
                    class="input"
                    type="text"
                    id="rx-override"
                    name="override_reason"
                    maxlength="500"
                    value=panel.reason.get_untracked()
                    aria-describedby="rx-override-error"
                    prop:value=move || panel.reason.get()
                    on:input=move |event| panel.reason.set(event_target_value(&event))
                />
                <FieldComplaint complaints=panel.complaints name="reason" id="rx-override-error".to_owned()/>
            </div>
        }
    });
    let tick = unchecked.map(|words| {
        let name = panel.about.get_value();
        let value = name.clone();
        view! {
            <p>{words}</p>
            <label class="choice">
                <input
                    type="checkbox"
                    id="rx-confirmed"
                    name="confirmed"
                    value=value
                    prop:checked=move || !panel.confirmed.get().is_empty()
                    on:change=move |event| panel.confirmed.set(if event_target_checked(&event) { name.clone() } else { String::new() })
                />
                <span class="choice__text">{tr!(clinical.confirm_unchecked)}</span>
            </label>
            <FieldComplaint complaints=panel.complaints name="tick" id="rx-confirmed-error".to_owned()/>
        }
    });
    Some(
        view! {
            <div id="rx-careful">
                <NoticeBox tone=Tone::Critical title=tr!(clinical.careful)>
                    <input type="hidden" name="seen" value=panel.seen.get_untracked() prop:value=move || panel.seen.get()/>
                    {reason}
                    {tick}
                </NoticeBox>
            </div>
        }
        .into_any(),
    )
}

/// Shows the first step where the patient's allergies were never asked about.
fn ask_allergies(panel: Panel, patient: &str) -> AnyView {
    let (record, id) = (format!("/patients/{patient}#allergies"), patient.to_owned());
    view! {
        <input type="hidden" name="patient_id" value=patient.to_owned()/>
        <div class="form__actions">
            <a class="button" href=record target="_blank">{tr!(clinical.record_allergy)}</a>
            <button
                class="button"
                type="submit"
                formaction="/api/patients/no_allergies"
                name="back"
                value=panel.sheet.visit_text()
                on:click=move |event| { event.prevent_default(); panel.none_known(&id); }
            >
                {tr!(clinical.asked_none_known)}
            </button>
        </div>
    }
    .into_any()
}
