//! Form fields: label above, hint and error as text below, all connected for screen readers.
//!
//! After a refused post, the surrounding `Form` gives each field its typed text and its error; otherwise the field shows
//! `value`.
//!
//! `DateField` is the browser's own date input: it accepts typed numbers in the reader's order, posts ISO 8601, and has a
//! calendar on phones. Birth dates use a text field (`patients::birth_field`), because only the year may be known.

#![expect(
    clippy::struct_excessive_bools,
    clippy::fn_params_excessive_bools,
    reason = "HTML says required, hidden and the like one by one, and so does a caller by name"
)]

use leptos::prelude::*;

use super::form::{Posted, steady};
use super::{Glyph, Icon, tr};

/// One option of a `SelectField` or `RadioField`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    pub value: String,
    pub label: String,
    /// A line under a radio's label.
    pub hint: Option<String>,
}

impl Choice {
    /// Creates an option without a hint.
    pub fn new(value: impl Into<String>, label: impl Into<String>) -> Self {
        Self { value: value.into(), label: label.into(), hint: None }
    }

    /// Adds the hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// The parts around a control.
pub(super) struct Frame {
    pub id: String,
    pub label: String,
    pub hint: Option<String>,
    pub error: Option<String>,
    pub optional: bool,
    pub label_hidden: bool,
}

impl Frame {
    /// Returns the ids for `aria-describedby`.
    pub fn described_by(&self) -> Option<String> {
        let hint = self.hint.as_ref().is_some_and(|hint| !hint.is_empty()).then(|| format!("{}-hint", self.id));
        let error = self.error.is_some().then(|| format!("{}-error", self.id));
        match (hint, error) {
            (Some(hint), Some(error)) => Some(format!("{hint} {error}")),
            (one, other) => one.or(other),
        }
    }

    /// Returns `aria-invalid` of the control.
    pub fn invalid(&self) -> Option<&'static str> {
        self.error.is_some().then_some("true")
    }

    /// Renders label, hint, control and error.
    pub fn around(self, control: AnyView) -> AnyView {
        let Self { id, label, hint, error, optional, label_hidden } = self;
        #[cfg(feature = "ssr")]
        if error.is_some() {
            super::form::FormScope::call(&id, &label);
        }
        let class = if error.is_some() { "field is-invalid" } else { "field" };
        view! {
            <div class=class>
                <label class=if label_hidden { "visually-hidden" } else { "field__label" } for=id.clone()>
                    {label}
                    {optional.then(|| view! { <span class="field__optional">" "{tr!(ui.optional)}</span> })}
                </label>
                {hint_line(&id, hint)}
                {control}
                {error_line(&id, error)}
            </div>
        }
        .into_any()
    }
}

pub(super) fn hint_line(id: &str, hint: Option<String>) -> impl IntoView + use<> {
    let id = format!("{id}-hint");
    // An empty hint is not rendered.
    hint.filter(|hint| !hint.is_empty()).map(|hint| view! { <p class="field__hint" id=id>{hint}</p> })
}

pub(super) fn error_line(id: &str, error: Option<String>) -> AnyView {
    if error.is_none() && !steady() {
        return ().into_any();
    }
    let id = format!("{id}-error");
    let fine = error.is_none();
    view! {
        <p class="field__error" id=id hidden=fine>
            <Icon glyph=Glyph::Critical/>
            <span>{error.unwrap_or_default()}</span>
        </p>
    }
    .into_any()
}

/// All attributes of an `<input>`.
#[derive(Default)]
struct Input {
    kind: &'static str,
    name: String,
    label: String,
    hint: Option<String>,
    value: String,
    required: bool,
    optional: bool,
    label_hidden: bool,
    autocomplete: Option<&'static str>,
    inputmode: Option<&'static str>,
    maxlength: Option<u32>,
    min: Option<String>,
    max: Option<String>,
    class: &'static str,
    unit: Option<String>,
    placeholder: Option<String>,
    autofocus: bool,
    keeps_nothing: bool,
}

impl Input {
    fn render(self) -> AnyView {
        let posted = Posted::find(&self.name);
        let value = if self.keeps_nothing { String::new() } else { posted.value_or(self.value) };
        let frame = Frame {
            id: posted.id.clone(),
            label: self.label,
            hint: self.hint,
            error: posted.error,
            optional: self.optional,
            label_hidden: self.label_hidden,
        };
        let unit_id = self.unit.is_some().then(|| format!("{}-unit", posted.id));
        let described = match (frame.described_by(), unit_id.clone()) {
            (Some(one), Some(unit)) => Some(format!("{one} {unit}")),
            (one, unit) => one.or(unit),
        };
        // After a refused post, the summary has the focus.
        let autofocus = self.autofocus && !posted.refused;
        let input = view! {
            <input
                class=format!("input {}", self.class)
                type=self.kind
                id=posted.id
                name=self.name
                value=value
                aria-required=self.required.then_some("true")
                aria-invalid=frame.invalid()
                aria-describedby=described
                autocomplete=self.autocomplete
                inputmode=self.inputmode
                maxlength=self.maxlength.map(|length| length.to_string())
                min=self.min
                max=self.max
                placeholder=self.placeholder
                autofocus=autofocus
            />
        };
        let control = match self.unit {
            None => input.into_any(),
            Some(unit) => view! {
                <div class="input-with-unit">{input}<span class="input-with-unit__unit" id=unit_id>{unit}</span></div>
            }
            .into_any(),
        };
        frame.around(control)
    }
}

/// A field for one line of text.
#[component]
pub fn TextField(
    #[prop(into)] name: String,
    #[prop(into)] label: String,
    #[prop(optional, into)] value: String,
    #[prop(optional, into)] hint: Option<String>,
    #[prop(optional)] required: bool,
    /// Shows "optional" beside the label. Mark either the optional or the required fields, whichever the form has fewer
    /// of.
    #[prop(optional)]
    optional: bool,
    /// The label is for screen readers only: search boxes and cells of a table.
    #[prop(optional)]
    label_hidden: bool,
    #[prop(optional)] autocomplete: Option<&'static str>,
    #[prop(optional)] inputmode: Option<&'static str>,
    #[prop(optional)] maxlength: Option<u32>,
    /// `input--short`, `input--medium`, `input--code`.
    #[prop(optional)]
    class: &'static str,
    /// Only for search boxes: names what can be searched; never replaces a label.
    #[prop(optional, into)]
    placeholder: Option<String>,
    #[prop(optional)] autofocus: bool,
    /// `text` (default) or `search`.
    #[prop(default = "text")]
    kind: &'static str,
) -> impl IntoView {
    Input {
        kind,
        name,
        label,
        hint,
        value,
        required,
        optional,
        label_hidden,
        autocomplete,
        inputmode,
        maxlength,
        class,
        placeholder,
        autofocus,
        ..Input::default()
    }
    .render()
}

/// A field for a telephone number.
#[component]
pub fn TelField(
    #[prop(into)] name: String,
    #[prop(into)] label: String,
    #[prop(optional, into)] value: String,
    #[prop(optional, into)] hint: Option<String>,
    #[prop(optional)] required: bool,
    #[prop(optional)] optional: bool,
    /// `tel` for the reader's own number, `off` for another person's (default).
    #[prop(default = "off")]
    autocomplete: &'static str,
) -> impl IntoView {
    Input {
        kind: "tel",
        name,
        label,
        hint,
        value,
        required,
        optional,
        autocomplete: Some(autocomplete),
        class: "input--medium",
        ..Input::default()
    }
    .render()
}

/// A field for an e-mail address.
#[component]
pub fn EmailField(
    #[prop(into)] name: String,
    #[prop(into)] label: String,
    #[prop(optional, into)] value: String,
    #[prop(optional, into)] hint: Option<String>,
    #[prop(optional)] required: bool,
    #[prop(optional)] optional: bool,
    /// `username` on the sign-in page, `email` for the reader's own address, `off` for another person's (default).
    #[prop(default = "off")]
    autocomplete: &'static str,
    #[prop(optional)] autofocus: bool,
) -> impl IntoView {
    Input { kind: "email", name, label, hint, value, required, optional, autocomplete: Some(autocomplete), autofocus, ..Input::default() }
        .render()
}

/// A field for a password: the server never fills it in again.
#[component]
pub fn PasswordField(
    #[prop(into)] name: String,
    #[prop(into)] label: String,
    #[prop(optional, into)] hint: Option<String>,
    /// `current-password` (default) or `new-password`.
    #[prop(default = "current-password")]
    autocomplete: &'static str,
    #[prop(default = true)] required: bool,
) -> impl IntoView {
    Input { kind: "password", name, label, hint, required, autocomplete: Some(autocomplete), keeps_nothing: true, ..Input::default() }
        .render()
}

/// A field for a number with its unit. It is a text input, because number inputs change with the mouse wheel and refuse
/// a comma.
#[component]
pub fn NumberField(
    #[prop(into)] name: String,
    #[prop(into)] label: String,
    #[prop(optional, into)] value: String,
    #[prop(optional, into)] hint: Option<String>,
    /// The unit shown at the field's right end: `mmHg`.
    #[prop(optional, into)]
    unit: Option<String>,
    /// Shows a decimal separator on the phone's keypad.
    #[prop(optional)]
    decimal: bool,
    #[prop(optional)] required: bool,
    #[prop(optional)] optional: bool,
    #[prop(optional)] label_hidden: bool,
    #[prop(optional)] autofocus: bool,
) -> impl IntoView {
    Input {
        kind: "text",
        name,
        label,
        hint,
        value,
        unit,
        required,
        optional,
        label_hidden,
        autofocus,
        autocomplete: Some("off"),
        inputmode: Some(if decimal { "decimal" } else { "numeric" }),
        class: "input--short input--number",
        ..Input::default()
    }
    .render()
}

/// A field for a calendar date, posted as `2026-11-24`.
#[component]
pub fn DateField(
    #[prop(into)] name: String,
    #[prop(into)] label: String,
    /// The date in ISO 8601, or empty.
    #[prop(optional, into)]
    value: String,
    #[prop(optional, into)] hint: Option<String>,
    #[prop(optional, into)] min: Option<String>,
    #[prop(optional, into)] max: Option<String>,
    #[prop(optional)] required: bool,
    #[prop(optional)] optional: bool,
    /// `bday` for the reader's own birth date.
    #[prop(optional)]
    autocomplete: Option<&'static str>,
) -> impl IntoView {
    Input { kind: "date", name, label, hint, value, min, max, required, optional, autocomplete, class: "input--date", ..Input::default() }
        .render()
}

/// A field for a time of day, posted as `09:20`.
#[component]
pub fn TimeField(
    #[prop(into)] name: String,
    #[prop(into)] label: String,
    #[prop(optional, into)] value: String,
    #[prop(optional, into)] hint: Option<String>,
    #[prop(optional)] required: bool,
    #[prop(optional)] optional: bool,
) -> impl IntoView {
    Input { kind: "time", name, label, hint, value, required, optional, class: "input--time", ..Input::default() }.render()
}

/// A field with a drop-down list of options.
#[component]
pub fn SelectField(
    #[prop(into)] name: String,
    #[prop(into)] label: String,
    choices: Vec<Choice>,
    #[prop(optional, into)] value: String,
    /// The first, empty option; without it, the first option is selected.
    #[prop(optional, into)]
    prompt: Option<String>,
    #[prop(optional, into)] hint: Option<String>,
    #[prop(optional)] required: bool,
    #[prop(optional)] optional: bool,
    #[prop(optional)] label_hidden: bool,
    #[prop(optional)] autofocus: bool,
) -> impl IntoView {
    let posted = Posted::find(&name);
    let autofocus = autofocus && !posted.refused;
    let chosen = posted.value_or(value);
    let frame = Frame { id: posted.id.clone(), label, hint, error: posted.error, optional, label_hidden };
    let options = choices
        .into_iter()
        .map(|choice| {
            let selected = choice.value == chosen;
            view! { <option value=choice.value selected=selected>{choice.label}</option> }
        })
        .collect_view();
    let select = view! {
        <select
            class="input select"
            id=posted.id
            name=name
            aria-required=required.then_some("true")
            aria-invalid=frame.invalid()
            aria-describedby=frame.described_by()
            autofocus=autofocus
        >
            {prompt.map(|prompt| view! { <option value="">{prompt}</option> })}
            {options}
        </select>
    };
    frame.around(select.into_any())
}

/// A field with a few options, all visible.
#[component]
pub fn RadioField(
    #[prop(into)] name: String,
    #[prop(into)] label: String,
    choices: Vec<Choice>,
    #[prop(optional, into)] value: String,
    #[prop(optional, into)] hint: Option<String>,
    /// Places short options side by side.
    #[prop(optional)]
    inline: bool,
    /// Shows large, framed options: the portal's questions.
    #[prop(optional)]
    cards: bool,
) -> impl IntoView {
    let posted = Posted::find(&name);
    let chosen = posted.value_or(value);
    let frame = Frame { id: posted.id.clone(), label, hint, error: posted.error, optional: false, label_hidden: false };
    let described = frame.described_by();
    let invalid = frame.error.is_some();
    let radios = choices
        .into_iter()
        .enumerate()
        .map(|(index, choice)| {
            // The first option has the field's own id, because the error summary links to it.
            let id = if index == 0 { posted.id.clone() } else { format!("{}-{index}", posted.id) };
            let checked = choice.value == chosen;
            view! {
                <label class="choice" for=id>
                    <input type="radio" id=id.clone() name=name.clone() value=choice.value checked=checked/>
                    <span class="choice__text">
                        {choice.label}
                        {choice.hint.map(|hint| view! { <span class="choice__hint">{hint}</span> })}
                    </span>
                </label>
            }
        })
        .collect_view();
    let class = match (cards, inline) {
        (true, _) => "choices choices--cards",
        (false, true) => "choices choices--inline",
        (false, false) => "choices",
    };
    view! {
        <fieldset class=if invalid { "field is-invalid" } else { "field" } role="radiogroup" aria-describedby=described>
            <legend class="field__label">{frame.label}</legend>
            {hint_line(&frame.id, frame.hint)}
            <div class=class>{radios}</div>
            {error_line(&frame.id, frame.error)}
        </fieldset>
    }
}

/// A checkbox. Posts `value` ("true" by default) when it is ticked.
#[component]
pub fn CheckboxField(
    #[prop(into)] name: String,
    #[prop(into)] label: String,
    #[prop(optional)] checked: bool,
    #[prop(default = "true".to_owned(), into)] value: String,
    #[prop(optional, into)] hint: Option<String>,
) -> impl IntoView {
    let posted = Posted::find(&name);
    let ticked = if posted.refused { posted.values.contains(&value) } else { checked };
    let invalid = posted.error.is_some();
    let frame = Frame { id: posted.id, label, hint, error: posted.error, optional: false, label_hidden: false };
    let described = frame.described_by();
    view! {
        <div class=if invalid { "field is-invalid" } else { "field" }>
            <label class="choice" for=frame.id.clone()>
                <input
                    type="checkbox"
                    id=frame.id.clone()
                    name=name
                    value=value
                    checked=ticked
                    aria-describedby=described
                    aria-invalid=invalid.then_some("true")
                />
                <span class="choice__text">{frame.label}</span>
            </label>
            {hint_line(&frame.id, frame.hint)}
            {error_line(&frame.id, frame.error)}
        </div>
    }
}
