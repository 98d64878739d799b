//! Form fields whose value an island sets and reads.

use leptos::prelude::*;

use crate::{
    core::{Error, FieldError},
    ui::{Choice, Glyph, Icon},
};

/// The errors of a refused call: by field, and for the whole form.
#[derive(Clone, Copy)]
pub struct Complaints {
    pub fields: RwSignal<Vec<FieldError>>,
    pub message: RwSignal<String>,
}

impl Complaints {
    /// Starts with the errors that the server rendered.
    pub fn new(fields: Vec<FieldError>, message: String) -> Self {
        Self { fields: RwSignal::new(fields), message: RwSignal::new(message) }
    }

    /// Removes all errors.
    pub fn clear(self) {
        self.fields.set(Vec::new());
        self.message.set(String::new());
    }

    /// Records the errors of a refused call.
    pub fn note(self, error: &Error) {
        match error {
            Error::Invalid(fields) => {
                self.message.set(String::new());
                self.fields.set(fields.clone());
            }
            other => {
                self.fields.set(Vec::new());
                self.message.set(other.message());
            }
        }
    }

    /// Returns the field's error and tracks changes, for use in a view.
    pub fn of(self, field: &str) -> Option<String> {
        self.fields.with(|fields| message_of(fields, field))
    }

    /// Returns the field's current error without tracking changes, for use in an action.
    pub fn of_now(self, field: &str) -> Option<String> {
        self.fields.with_untracked(|fields| message_of(fields, field))
    }
}

fn message_of(fields: &[FieldError], field: &str) -> Option<String> {
    fields.iter().find(|error| error.field == field).map(|error| error.message.clone())
}

/// Shows the error of the whole form above the fields.
#[component]
pub fn Complaint(complaints: Complaints) -> impl IntoView {
    view! {
        <div role="alert">
            {move || Some(complaints.message.get()).filter(|message| !message.is_empty()).map(|message| view! {
                <p class="field__error"><Icon glyph=Glyph::Critical/><span>{message}</span></p>
            })}
        </div>
    }
}

/// Shows the error of a field below it.
#[component]
pub fn FieldComplaint(complaints: Complaints, name: &'static str, id: String) -> impl IntoView {
    move || {
        let id = id.clone();
        complaints.of(name).map(|message| {
            view! {
                <p class="field__error" id=id><Icon glyph=Glyph::Critical/><span>{message}</span></p>
            }
        })
    }
}

/// Returns the form field with this id. Its value counts, because input that was made before the WASM program had loaded caused no
/// event that the program could receive.
#[cfg(feature = "hydrate")]
pub fn field_there(id: &str) -> Option<web_sys::HtmlInputElement> {
    use wasm_bindgen::JsCast;
    // The cast serves a select too, which has a value in the same way.
    document().get_element_by_id(id).map(JsCast::unchecked_into)
}

fn keep_what_is_there(id: &str, value: RwSignal<String>) {
    #[cfg(feature = "hydrate")]
    if let Some(field) = field_there(id) {
        value.set(field.value());
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = (id, value);
}

/// A text field of one line that an island reads and sets.
#[component]
pub fn Line(
    name: &'static str,
    #[prop(into)] label: String,
    value: RwSignal<String>,
    complaints: Complaints,
    #[prop(default = 100)] maxlength: u32,
    #[prop(optional)] numeric: bool,
    #[prop(optional)] class: &'static str,
) -> impl IntoView {
    let error_id = format!("rx-{name}-error");
    let described = error_id.clone();
    let id = format!("rx-{name}");
    keep_what_is_there(&id, value);
    let invalid = move || complaints.of(name).is_some();
    view! {
        <div class=format!("field {class}") class:is-invalid=invalid>
            <label class="field__label" for=id.clone()>{label}</label>
            <input
                class=if numeric { "input input--short input--number" } else { "input" }
                type="text"
                id=id
                name=name
                value=value.get_untracked()
                prop:value=move || value.get()
                maxlength=maxlength.to_string()
                inputmode=numeric.then_some("numeric")
                autocomplete="off"
                aria-invalid=move || invalid().then_some("true")
                aria-describedby=move || invalid().then(|| described.clone())
                on:input=move |event| value.set(event_target_value(&event))
            />
            <FieldComplaint complaints name id=error_id/>
        </div>
    }
}

/// A select field that an island reads and sets.
#[component]
pub fn Pick(
    name: &'static str,
    #[prop(into)] label: String,
    value: RwSignal<String>,
    choices: Vec<Choice>,
    complaints: Complaints,
    #[prop(optional, into)] prompt: Option<String>,
) -> impl IntoView {
    let error_id = format!("rx-{name}-error");
    let described = error_id.clone();
    let id = format!("rx-{name}");
    let invalid = move || complaints.of(name).is_some();
    keep_what_is_there(&id, value);
    let first = value.get_untracked();
    let options = choices
        .into_iter()
        .map(|choice| {
            let selected = choice.value == first;
            view! { <option value=choice.value selected=selected>{choice.label}</option> }
        })
        .collect_view();
    view! {
        <div class="field" class:is-invalid=invalid>
            <label class="field__label" for=id.clone()>{label}</label>
            <select
                class="input select"
                id=id
                name=name
                prop:value=move || value.get()
                aria-invalid=move || invalid().then_some("true")
                aria-describedby=move || invalid().then(|| described.clone())
                on:change=move |event| value.set(event_target_value(&event))
            >
                {prompt.map(|prompt| view! { <option value="">{prompt}</option> })}
                {options}
            </select>
            <FieldComplaint complaints name id=error_id/>
        </div>
    }
}
