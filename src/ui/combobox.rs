//! A text field that fetches suggestions while the user types (the ARIA 1.2 combobox pattern), for islands.
//!
//! Before the island is hydrated, and without scripts, it is a plain text field: the form posts `name` with the text,
//! and `{name}_id` is empty. After a choice, `{name}_id` holds the value of the suggestion; further typing empties it
//! again.

use core::{future::Future, pin::Pin, time::Duration};
use std::sync::Arc;

use leptos::ev;
use leptos::html;
use leptos::leptos_dom::helpers::{TimeoutHandle, set_timeout_with_handle};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::field::error_line;
use super::form::Posted;
use super::tr;
use crate::core::{Error, Result};

/// The pause in typing after which suggestions are fetched.
const PAUSE: Duration = Duration::from_millis(180);

/// A suggestion.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Suggestion {
    /// The value posted as `{name}_id`. It is the address of a page when the suggestion is a next step instead of a
    /// result.
    pub value: String,
    /// The text that the field shows after the choice.
    pub label: String,
    /// A second, less prominent part: a code, a birth date.
    pub detail: String,
}

/// The source of suggestions: it receives the text and returns at most a dozen suggestions, or an error. So "nothing found" is shown
/// only after a search that succeeded.
/// It is behind a pointer, so that the WASM contains one combobox and not one for each source.
#[derive(Clone)]
pub struct Source(Arc<dyn Fn(String) -> Looked + Send + Sync>);

type Looked = Pin<Box<dyn Future<Output = Result<Vec<Suggestion>>>>>;

impl<F, A> From<F> for Source
where
    F: Fn(String) -> A + Send + Sync + 'static,
    A: Future<Output = Result<Vec<Suggestion>>> + 'static,
{
    fn from(look: F) -> Self {
        Self(Arc::new(move |text| Box::pin(look(text))))
    }
}

/// The state of one combobox; all fields are `Copy` handles.
#[derive(Clone, Copy)]
struct State {
    /// The element holds the text: text typed before hydration stays.
    input: NodeRef<html::Input>,
    /// The value that `{name}_id` posts; it is also held only in the element.
    chosen: NodeRef<html::Input>,
    typed: RwSignal<String>,
    found: RwSignal<Vec<Suggestion>>,
    /// The error, when suggestions could not be fetched.
    failed: RwSignal<Option<String>>,
    open: RwSignal<bool>,
    active: RwSignal<Option<usize>>,
    /// Counts the requests, so that a late answer to an old one is ignored.
    asked: StoredValue<u64>,
    timer: StoredValue<Option<TimeoutHandle>>,
    keeps_nothing: bool,
    on_select: Option<Callback<Suggestion>>,
}

impl State {
    fn new(keeps_nothing: bool, on_select: Option<Callback<Suggestion>>) -> Self {
        Self {
            input: NodeRef::new(),
            chosen: NodeRef::new(),
            typed: RwSignal::new(String::new()),
            found: RwSignal::new(Vec::new()),
            failed: RwSignal::new(None),
            open: RwSignal::new(false),
            active: RwSignal::new(None),
            asked: StoredValue::new(0),
            timer: StoredValue::new(None),
            keeps_nothing,
            on_select,
        }
    }

    fn stop_timer(self) {
        if let Some(Some(handle)) = self.timer.try_update_value(Option::take) {
            handle.clear();
        }
    }

    fn close(self) {
        self.open.set(false);
        self.active.set(None);
    }

    /// Closes the list when the reader leaves the field, and ignores the answer of a running request.
    fn left(self) {
        self.stop_timer();
        self.asked.update_value(|asked| *asked += 1);
        self.close();
    }

    fn set_chosen(self, value: &str) {
        if let Some(chosen) = self.chosen.get_untracked() {
            chosen.set_value(value);
        }
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

    fn choose(self, index: usize) {
        let Some(suggestion) = self.found.with_untracked(|found| found.get(index).cloned()) else {
            return;
        };
        self.stop_timer();
        self.asked.update_value(|asked| *asked += 1);
        let (text, value) =
            if self.keeps_nothing { (String::new(), String::new()) } else { (suggestion.label.clone(), suggestion.value.clone()) };
        if let Some(input) = self.input.get_untracked() {
            input.set_value(&text);
        }
        self.set_chosen(&value);
        self.close();
        if let Some(on_select) = self.on_select {
            on_select.run(suggestion);
        }
    }

    /// Calls `fetch` after a pause in typing and shows its suggestions.
    fn typed(self, text: String, letters: usize, fetch: Source) {
        self.typed.set(text.trim().to_owned());
        self.set_chosen("");
        self.active.set(None);
        self.stop_timer();
        self.asked.update_value(|asked| *asked += 1);
        if text.trim().chars().count() < letters {
            self.found.set(Vec::new());
            self.close();
            return;
        }
        let ask = move || {
            let number = self.asked.get_value();
            spawn_local(async move {
                let found = fetch.0(text).await;
                // The field may be gone, or the reader may have typed or left.
                if self.asked.try_get_value() == Some(number) {
                    self.failed.set(found.as_ref().err().map(Error::message));
                    let found = found.unwrap_or_default();
                    // When the only suggestion is a next step, Enter chooses it.
                    let only_act = matches!(&found[..], [only] if only.value.starts_with('/'));
                    self.found.set(found);
                    self.active.set(only_act.then_some(0));
                    self.open.set(true);
                }
            });
        };
        self.timer.set_value(set_timeout_with_handle(ask, PAUSE).ok());
    }

    fn pressed(self, event: &ev::KeyboardEvent) {
        match event.key().as_str() {
            "ArrowDown" => {
                event.prevent_default();
                self.step(true);
            }
            "ArrowUp" => {
                event.prevent_default();
                self.step(false);
            }
            "Enter" if self.open.get_untracked() => {
                if let Some(index) = self.active.get_untracked() {
                    event.prevent_default();
                    self.choose(index);
                }
            }
            "Escape" if self.open.get_untracked() => {
                event.prevent_default();
                event.stop_propagation();
                self.left();
                // Escape also leaves the field, so that letters work as shortcuts again.
                if let Some(Err(error)) = self.input.get_untracked().map(|input| input.blur()) {
                    leptos::logging::warn!("{error:?}");
                }
            }
            _ => {}
        }
    }

    /// Returns the text for an empty list.
    fn nothing(self) -> String {
        self.failed.get().unwrap_or_else(|| tr!(ui.nothing_found).to_string())
    }

    /// Returns the text for screen readers: the number of suggestions.
    fn said(self) -> String {
        if !self.open.get() {
            return String::new();
        }
        match self.found.with(Vec::len) {
            0 => self.nothing(),
            count => tr!(ui.suggestions, count = count),
        }
    }
}

/// The field with its list of suggestions.
#[component]
pub fn Combobox(
    #[prop(into)] name: String,
    #[prop(into)] label: String,
    #[prop(into)] fetch: Source,
    #[prop(optional, into)] on_select: Option<Callback<Suggestion>>,
    /// The initial text and its value.
    #[prop(optional)]
    initial: Suggestion,
    #[prop(optional, into)] hint: Option<String>,
    /// With fewer letters than this, nothing is fetched.
    #[prop(default = 2)]
    letters: usize,
    #[prop(optional)] label_hidden: bool,
    /// Empties the field after a choice, for adding several items one after the other.
    #[prop(optional)]
    keeps_nothing: bool,
    /// The shortcut key that moves the focus here, shown at the right end: `/`.
    #[prop(optional, into)]
    key: String,
    /// Whether the field has the focus when the page opens.
    #[prop(optional)]
    autofocus: bool,
    /// Only for search boxes: names what can be searched.
    #[prop(optional, into)]
    placeholder: Option<String>,
    /// The id of the element in which an island shows the field's error.
    #[prop(optional, into)]
    complaint: Option<String>,
) -> impl IntoView {
    let Suggestion { value, label: text, .. } = initial;
    let (posted, posted_id) = (Posted::find(&name), Posted::find(&format!("{name}_id")));
    let (text, value) = (posted.value_or(text), posted_id.value_or(value));
    let (id, error) = (posted.id, posted.error);
    let invalid = error.is_some().then_some("true");
    let error = error_line(&id, error);
    let key = (!key.is_empty()).then_some(key);
    let state = State::new(keeps_nothing, on_select);
    on_cleanup(move || state.stop_timer());
    let list = format!("{name}-list");
    let hint_id = hint.is_some().then(|| format!("{name}-hint"));
    let error_id = invalid.map(|_| format!("{id}-error"));
    let described = [hint_id.clone(), error_id, complaint].into_iter().flatten().collect::<Vec<_>>().join(" ");
    let described = (!described.is_empty()).then_some(described);
    let active = {
        let name = name.clone();
        move || state.active.get().map(|index| option_id(&name, index))
    };
    view! {
        <div class="field combobox">
            <label class=if label_hidden { "visually-hidden" } else { "field__label" } for=id.clone()>
                {label}
            </label>
            {hint.map(|hint| view! { <p class="field__hint" id=hint_id.clone()>{hint}</p> })}
            <div class="combobox__box">
                <input
                    class="input"
                    type="text"
                    node_ref=state.input
                    id=id
                    name=name.clone()
                    value=text
                    aria-invalid=invalid
                    placeholder=placeholder
                    autocomplete="off"
                    autocapitalize="off"
                    spellcheck="false"
                    autofocus=autofocus
                    role="combobox"
                    aria-autocomplete="list"
                    aria-expanded=move || if state.open.get() { "true" } else { "false" }
                    aria-controls=list.clone()
                    aria-activedescendant=active
                    aria-describedby=described
                    aria-keyshortcuts=key.clone()
                    on:input=move |event| state.typed(event_target_value(&event), letters, fetch.clone())
                    on:keydown=move |event| state.pressed(&event)
                    on:blur=move |_| state.left()
                />
                {key.map(|key| view! { <kbd aria-hidden="true">{key}</kbd> })}
                <input type="hidden" node_ref=state.chosen name=format!("{name}_id") value=value/>
                <ul class="combobox__list" id=list role="listbox" hidden=move || !state.open.get()>
                    {move || options(state, &name)}
                </ul>
            </div>
            {error}
            <p class="visually-hidden" role="status">{move || state.said()}</p>
        </div>
    }
}

fn option_id(name: &str, index: usize) -> String {
    format!("{name}-option-{index}")
}

fn options(state: State, name: &str) -> AnyView {
    let found = state.found.get();
    if found.is_empty() {
        return view! { <li class="combobox__nothing" role="presentation">{state.nothing()}</li> }.into_any();
    }
    let typed = state.typed.get_untracked();
    found
        .into_iter()
        .enumerate()
        .map(|(index, suggestion)| {
            let (before, hit, after) = split_at_match(&suggestion.label, &typed);
            view! {
                <li
                    class="combobox__option"
                    id=option_id(name, index)
                    role="option"
                    aria-selected=move || if state.active.get() == Some(index) { "true" } else { "false" }
                    on:mousedown=move |event| event.prevent_default()
                    on:click=move |_| state.choose(index)
                >
                    <span>{before}<mark>{hit}</mark>{after}</span>
                    <span class="combobox__detail">{suggestion.detail}</span>
                </li>
            }
        })
        .collect_view()
        .into_any()
}

/// Splits the label into three parts, the middle one being the typed text. Without a match, the first part is the whole
/// label.
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
