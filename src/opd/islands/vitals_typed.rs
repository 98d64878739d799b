//! Assesses typed vital signs before they are saved: colours unusual and critical values, and computes the score.

use leptos::{
    ev,
    prelude::*,
    wasm_bindgen::JsCast as _,
    web_sys::{Element, HtmlInputElement, HtmlSelectElement},
};

use crate::{
    opd::{
        Measure, News2, VitalSigns,
        vitals::{AgeGroup, Flag},
    },
    tr,
    ui::{StatusBadge, Tone},
};

/// The attribute with a field's colour, for the style sheet.
const JUDGED: &str = "data-judged";

/// Assesses the values in the form each time the user leaves a field, as the server does when the form is sent. It says nothing about a
/// number that is still being typed.
#[island]
pub fn VitalsTyped(
    /// The form's id.
    form: String,
    /// The patient's age in months; an age group stated in the form is used instead of it.
    months: i64,
) -> impl IntoView {
    let judged = RwSignal::new((Vec::<Flag>::new(), None::<News2>));
    let known = StoredValue::new(form);
    let judge = move || {
        let form = known.get_value();
        let signs = signs(&form);
        let months = text(&form, "age_group").parse::<AgeGroup>().map_or(months, AgeGroup::months);
        let flags = signs.flags(months);
        colour(&form, &flags);
        judged.set((flags, signs.news2(months)));
    };
    Effect::new(move |_| {
        // Reads text that was typed before the island was active, or that a refused form shows again.
        judge();
        let handle = window_event_listener(ev::change, move |event| {
            let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
            let ours = target.and_then(|field| field.closest("form").ok().flatten()).is_some_and(|form| form.id() == known.get_value());
            if ours {
                judge();
            }
        });
        on_cleanup(move || handle.remove());
    });
    view! {
        <div role="status">
            <ul class="vitals-form__flags" aria-label=tr!(opd.as_typed)>{move || {
                let (flags, score) = judged.get();
                let flags = flags.iter().map(|flag| view! { <li><StatusBadge tone=flag.tone() label=flag.words()/></li> }).collect_view();
                let score = score.map(|score| {
                    let label = format!("NEWS2 {}, {}", score.total, score.risk().words());
                    view! { <li><StatusBadge tone=score.risk().tone() label/></li> }
                });
                view! { {score}{flags} }
            }}</ul>
        </div>
    }
}

/// Returns the values in the form that can be read; the server refuses the rest.
fn signs(form: &str) -> VitalSigns {
    let mut signs = VitalSigns::default();
    for measure in Measure::ALL {
        *signs.slot(*measure) = measure.parse(&text(form, measure.as_str())).unwrap_or_default();
    }
    signs.consciousness = text(form, "consciousness").parse().ok();
    signs
}

/// Marks each field with the most serious flag about it.
fn colour(form: &str, flags: &[Flag]) {
    let of = |measure: Option<Measure>| flags.iter().find(|flag| flag.measure() == measure).map(Flag::tone);
    let measures = Measure::ALL.iter().map(|measure| (measure.as_str(), of(Some(*measure))));
    for (name, tone) in measures.chain([("consciousness", of(None))]) {
        let Some(frame) = field(form, name).and_then(|field| field.closest(".field").ok().flatten()) else { continue };
        let _ = match tone {
            Some(tone) => frame.set_attribute(JUDGED, if tone == Tone::Critical { "critical" } else { "warning" }),
            None => frame.remove_attribute(JUDGED),
        };
    }
}

fn field(form: &str, name: &str) -> Option<Element> {
    document().query_selector(&format!("#{form} [name={name}]")).ok().flatten()
}

fn text(form: &str, name: &str) -> String {
    let Some(field) = field(form, name) else { return String::new() };
    let input = field.dyn_ref::<HtmlInputElement>().map(HtmlInputElement::value);
    input.or_else(|| field.dyn_ref::<HtmlSelectElement>().map(HtmlSelectElement::value)).unwrap_or_default()
}
