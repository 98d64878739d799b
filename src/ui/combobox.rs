//! A text field with suggestions that are looked up while typing (the ARIA 1.2 combobox pattern), for islands.
//!
//! Before the island is alive, and with scripts off, it is a plain text field: the form posts `name` with the text, and
//! `{name}_id` is empty. Once a suggestion is chosen `{name}_id` carries its value; typing on empties it again.

use core::future::Future;
use core::time::Duration;

use leptos::ev;
use leptos::leptos_dom::helpers::{TimeoutHandle, set_timeout_with_handle};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::tr;

/// Typing pauses this long before anything is fetched.
const PAUSE: Duration = Duration::from_millis(180);

/// A suggestion.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Suggestion {
    /// Posted as `{name}_id`.
    pub value: String,
    /// What the field then shows.
    pub label: String,
    /// A second, quieter part: a code, a birth date.
    pub detail: String,
}

/// The state of one combobox; all parts are `Copy` handles.
#[derive(Clone, Copy)]
struct State {
    text: RwSignal<String>,
    chosen: RwSignal<String>,
    found: RwSignal<Vec<Suggestion>>,
    open: RwSignal<bool>,
    active: RwSignal<Option<usize>>,
    /// Counts the questions, so that a late answer to an old one is dropped.
    asked: StoredValue<u64>,
    timer: StoredValue<Option<TimeoutHandle>>,
}

impl State {
    fn stop_timer(self) {
        if let Some(Some(handle)) = self.timer.try_update_value(Option::take) {
            handle.clear();
        }
    }

    fn close(self) {
        self.open.set(false);
        self.active.set(None);
    }

    fn step(self, forward: bool) {
        let count = self.found.with_untracked(Vec::len);
        if count == 0 {
            return;
        }
        self.open.set(true);
        self.active.update(|active| {
            *active = Some(match (*active, forward) {
                (None, true) => 0,
                (None, false) => count - 1,
                (Some(index), true) => (index + 1) % count,
                (Some(index), false) => (index + count - 1) % count,
            });
        });
    }

    fn choose(self, index: usize, keep_text: bool, on_select: Option<Callback<Suggestion>>) {
        let Some(suggestion) = self.found.with_untracked(|found| found.get(index).cloned()) else {
            return;
        };
        self.stop_timer();
        self.asked.update_value(|asked| *asked += 1);
        if keep_text {
            self.text.set(suggestion.label.clone());
            self.chosen.set(suggestion.value.clone());
        } else {
            self.text.set(String::new());
        }
        self.close();
        if let Some(on_select) = on_select {
            on_select.run(suggestion);
        }
    }
}

/// `fetch` gets the text and answers with at most a dozen suggestions; an error is answered with none.
#[component]
pub fn Combobox<F, A>(
    #[prop(into)] name: String,
    #[prop(into)] label: String,
    fetch: F,
    #[prop(optional, into)] on_select: Option<Callback<Suggestion>>,
    /// The text at first, and the value that belongs to it.
    #[prop(optional)]
    initial: Suggestion,
    #[prop(optional, into)] hint: Option<String>,
    /// Fewer letters than this fetch nothing.
    #[prop(default = 2)]
    letters: usize,
    #[prop(optional)] label_hidden: bool,
    /// Empties itself after a choice: for adding several things one after the other.
    #[prop(optional)]
    keeps_nothing: bool,
    /// A key that leads here, shown at the right end: `/`.
    #[prop(optional, into)]
    key: Option<String>,
) -> impl IntoView
where
    F: Fn(String) -> A + Clone + Send + Sync + 'static,
    A: Future<Output = Vec<Suggestion>> + 'static,
{
    let state = State {
        text: RwSignal::new(initial.label.clone()),
        chosen: RwSignal::new(initial.value.clone()),
        found: RwSignal::new(Vec::new()),
        open: RwSignal::new(false),
        active: RwSignal::new(None),
        asked: StoredValue::new(0),
        timer: StoredValue::new(None),
    };
    on_cleanup(move || state.stop_timer());

    let on_input = move |event: ev::Event| {
        let text = event_target_value(&event);
        state.text.set(text.clone());
        state.chosen.set(String::new());
        state.active.set(None);
        state.stop_timer();
        state.asked.update_value(|asked| *asked += 1);
        if text.trim().chars().count() < letters {
            state.found.set(Vec::new());
            state.close();
            return;
        }
        let fetch = fetch.clone();
        let ask = move || {
            let number = state.asked.get_value();
            spawn_local(async move {
                let found = fetch(text).await;
                // The field may be gone, or the reader further on.
                if state.asked.try_get_value() == Some(number) {
                    state.found.set(found);
                    state.open.set(true);
                }
            });
        };
        state.timer.set_value(set_timeout_with_handle(ask, PAUSE).ok());
    };
    let on_key = move |event: ev::KeyboardEvent| match event.key().as_str() {
        "ArrowDown" => {
            event.prevent_default();
            state.step(true);
        }
        "ArrowUp" => {
            event.prevent_default();
            state.step(false);
        }
        "Enter" => {
            if let Some(index) = state.active.get_untracked().filter(|_| state.open.get_untracked()) {
                event.prevent_default();
                state.choose(index, !keeps_nothing, on_select);
            }
        }
        "Escape" if state.open.get_untracked() => {
            event.prevent_default();
            event.stop_propagation();
            state.close();
        }
        _ => {}
    };

    let list_id = format!("{name}-list");
    let hint_id = format!("{name}-hint");
    let option_id = {
        let name = name.clone();
        move |index: usize| format!("{name}-option-{index}")
    };
    let active_id = {
        let option_id = option_id.clone();
        move || state.active.get().map(&option_id)
    };
    let options = move || {
        let typed = state.text.get_untracked();
        let option_id = option_id.clone();
        state
            .found
            .get()
            .into_iter()
            .enumerate()
            .map(move |(index, suggestion)| {
                let (before, hit, after) = split_at_match(&suggestion.label, typed.trim());
                view! {
                    <li
                        class="combobox__option"
                        id=option_id(index)
                        role="option"
                        aria-selected=move || if state.active.get() == Some(index) { "true" } else { "false" }
                        on:mousedown=move |event| event.prevent_default()
                        on:click=move |_| state.choose(index, !keeps_nothing, on_select)
                    >
                        <span>{before}<mark>{hit}</mark>{after}</span>
                        <span class="combobox__detail">{suggestion.detail}</span>
                    </li>
                }
            })
            .collect_view()
    };
    let said = move || {
        if !state.open.get() {
            return String::new();
        }
        match state.found.with(Vec::len) {
            0 => tr!(ui.nothing_found).to_string(),
            count => tr!(ui.suggestions, count = count).to_string(),
        }
    };
    view! {
        <div class="field combobox">
            <label class=if label_hidden { "visually-hidden" } else { "field__label" } for=name.clone()>{label}</label>
            {hint.clone().map(|hint| view! { <p class="field__hint" id=hint_id.clone()>{hint}</p> })}
            <div class="combobox__box">
                <input
                    class="input"
                    type="text"
                    id=name.clone()
                    name=name.clone()
                    value=initial.label
                    prop:value=move || state.text.get()
                    autocomplete="off"
                    autocapitalize="off"
                    spellcheck="false"
                    role="combobox"
                    aria-autocomplete="list"
                    aria-expanded=move || if state.open.get() { "true" } else { "false" }
                    aria-controls=list_id.clone()
                    aria-activedescendant=active_id
                    aria-describedby=hint.is_some().then_some(hint_id)
                    aria-keyshortcuts=key.clone()
                    on:input=on_input
                    on:keydown=on_key
                    on:blur=move |_| state.close()
                />
                {key.map(|key| view! { <kbd aria-hidden="true">{key}</kbd> })}
                <input type="hidden" name=format!("{name}_id") value=initial.value prop:value=move || state.chosen.get()/>
                <ul class="combobox__list" id=list_id role="listbox" hidden=move || !state.open.get()>
                    {options}
                    {move || state.found.with(Vec::is_empty).then(|| view! {
                        <li class="combobox__nothing" role="presentation">{tr!(ui.nothing_found)}</li>
                    })}
                </ul>
            </div>
            <p class="visually-hidden" role="status">{said}</p>
        </div>
    }
}

/// The label in three parts, the middle one being what was typed. Without a match the first part is everything.
fn split_at_match(label: &str, typed: &str) -> (String, String, String) {
    let folded = label.to_lowercase();
    let start = (!typed.is_empty() && folded.len() == label.len()).then(|| folded.find(&typed.to_lowercase())).flatten();
    let parts = start.and_then(|start| {
        let end = start + typed.to_lowercase().len();
        Some((label.get(..start)?, label.get(start..end)?, label.get(end..)?))
    });
    let (before, hit, after) = parts.unwrap_or((label, "", ""));
    (before.to_owned(), hit.to_owned(), after.to_owned())
}

#[cfg(test)]
mod tests {
    use super::split_at_match;

    fn parts(label: &str, typed: &str) -> String {
        let (before, hit, after) = split_at_match(label, typed);
        format!("{before}[{hit}]{after}")
    }

    #[test]
    fn marks_what_was_typed() {
        assert_eq!(parts("Metformin 500 mg", "FORM"), "Met[form]in 500 mg");
        assert_eq!(parts("Núñez", "ñe"), "Nú[ñe]z");
        assert_eq!(parts("Metformin", "xyz"), "Metformin[]");
        assert_eq!(parts("Metformin", ""), "Metformin[]");
        assert_eq!(parts("İstanbul", "stan"), "İstanbul[]");
    }
}
