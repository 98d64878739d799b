//! A form: one POST, an error summary at the top, and the typed text kept after every error.

use leptos::context::Provider;
use leptos::prelude::*;

use super::tr;
use crate::core::FieldError;
use crate::core::form::FormState;

/// The names of hidden values that may change between two renderings of the same form.
const CHANGING: [&str; 6] = ["idempotency_key", "key", "version", "back", "seen", "ask"];

/// The data of a form that its fields need.
#[derive(Clone)]
pub(super) struct FormScope {
    id: String,
    state: Option<FormState>,
    /// The labels of the fields with errors, by the fields' ids.
    #[cfg(feature = "ssr")]
    labels: Labels,
}

#[cfg(feature = "ssr")]
type Labels = std::sync::Arc<std::sync::Mutex<Vec<(String, String)>>>;

impl FormScope {
    /// Records the label of a field with an error for the summary.
    #[cfg(feature = "ssr")]
    pub fn call(id: &str, label: &str) {
        if let Some(scope) = use_context::<Self>()
            && let Ok(mut labels) = scope.labels.lock()
        {
            labels.push((id.to_owned(), label.to_owned()));
        }
    }
}

/// The part of the last refused post that belongs to one field.
pub(super) struct Posted {
    /// The field's `id` in the page.
    pub id: String,
    /// Whether the form was posted and refused; the field then shows the posted value instead of the stored one.
    pub refused: bool,
    pub values: Vec<String>,
    pub error: Option<String>,
}

impl Posted {
    /// Finds the field in the surrounding form.
    pub fn find(name: &str) -> Self {
        let Some(scope) = use_context::<FormScope>() else {
            return Self { id: name.to_owned(), refused: false, values: Vec::new(), error: None };
        };
        let id = format!("{}-{name}", scope.id);
        match scope.state {
            None => Self { id, refused: false, values: Vec::new(), error: None },
            Some(state) => Self {
                id,
                refused: true,
                values: state.values.into_iter().filter(|(key, _)| key == name).map(|(_, value)| value).collect(),
                error: state.errors.into_iter().find(|error| error.field == name).map(|error| error.message),
            },
        }
    }

    /// Returns the value to show in a field with one value.
    pub fn value_or(&self, on_record: String) -> String {
        if self.refused { self.values.first().cloned().unwrap_or_default() } else { on_record }
    }
}

/// A form that posts to a server function. The fields inside find the value and error of a refused post by their names.
///
/// Two forms of a page may have the same `action`: their `hidden` values distinguish them. Set an `id` when such forms also
/// have visible fields.
#[component]
pub fn Form(
    #[prop(into)] action: String,
    #[prop(optional, into)] id: String,
    /// The hidden values: ids, version, idempotency key.
    #[prop(optional)]
    hidden: Vec<(&'static str, String)>,
    /// Sends the form with its files, as `multipart/form-data`.
    #[prop(optional)]
    multipart: bool,
    /// Extra classes: `form--grid` (two columns), `form--inline` (one line).
    #[prop(optional)]
    class: &'static str,
    children: Children,
) -> impl IntoView {
    let id = if id.is_empty() { action.trim_start_matches("/api/").replace('/', "-") } else { id };
    let state = use_context::<FormState>().filter(|state| concerns(state, &action, &hidden));
    let scope = FormScope {
        id: id.clone(),
        state: state.clone(),
        #[cfg(feature = "ssr")]
        labels: Labels::default(),
    };
    #[cfg(feature = "ssr")]
    let labels = scope.labels.clone();
    // The fields are rendered first, because the summary needs their labels.
    let fields = view! { <Provider value=scope>{children()}</Provider> };
    #[cfg(not(feature = "ssr"))]
    let named = Vec::new();
    #[cfg(feature = "ssr")]
    let named = labels.lock().map(|labels| labels.clone()).unwrap_or_default();
    let summary = summary(&id, state.as_ref(), &named);
    view! {
        <form method="post" action=action id=id class=format!("form {class}") enctype=multipart.then_some("multipart/form-data") novalidate>
            {summary}
            {hidden_inputs(hidden)}
            {fields}
        </form>
    }
}

/// Whether the form with this action was refused with this value of a field: it finds the posted one among the same forms in several
/// rows.
pub fn refused_for(action: &str, field: &str, value: &str) -> bool {
    use_context::<FormState>().is_some_and(|state| state.action == action && state.value(field) == Some(value))
}

/// A group of fields under one question.
#[component]
pub fn Fieldset(#[prop(into)] legend: String, #[prop(optional, into)] hint: Option<String>, children: Children) -> impl IntoView {
    view! {
        <fieldset class="fieldset">
            <legend class="fieldset__legend">{legend}</legend>
            {hint.map(|hint| view! { <p class="field__hint">{hint}</p> })}
            <div class="fieldset__fields">{children()}</div>
        </fieldset>
    }
}

pub(super) fn hidden_inputs(values: Vec<(&'static str, String)>) -> impl IntoView {
    values.into_iter().map(|(name, value)| view! { <input type="hidden" name=name value=value/> }).collect_view()
}

fn concerns(state: &FormState, action: &str, hidden: &[(&'static str, String)]) -> bool {
    let path = state.action.split('?').next().unwrap_or_default();
    path == action
        && hidden
            .iter()
            .filter(|(name, _)| !CHANGING.contains(name))
            .all(|(name, value)| state.values.iter().find(|(key, _)| key == name).is_none_or(|(_, posted)| posted == value))
}

/// Whether the browser will hydrate this part, as it does inside islands. The browser does not have the refused post, so
/// inside islands no element may appear or disappear because of it: only texts and attributes may differ.
#[cfg(feature = "ssr")]
pub(super) fn steady() -> bool {
    Owner::current_shared_context().is_some_and(|context| context.get_is_hydrating())
}

/// In the browser this code runs only inside islands.
#[cfg(not(feature = "ssr"))]
pub(super) const fn steady() -> bool {
    true
}

/// Renders the error summary, which takes the focus when the page opens (`autofocus` needs no script) and links to each
/// field.
fn summary(form: &str, state: Option<&FormState>, labels: &[(String, String)]) -> AnyView {
    if state.is_none() && !steady() {
        return ().into_any();
    }
    if let Some(state) = state {
        state.shown.set();
        if state.is_look() && !steady() {
            return ().into_any();
        }
    }
    let words = state.map(|state| summary_words(form, state, labels)).unwrap_or_default();
    view! {
        <div
            class="error-summary"
            role="alert"
            tabindex="-1"
            autofocus=state.is_some()
            hidden=state.is_none()
            inner_html=words
        ></div>
    }
    .into_any()
}

/// Renders a refusal that no form of the page shows: the form no longer exists, or the page has changed.
pub fn stray_refusal(state: &FormState) -> Option<AnyView> {
    let errors =
        state.errors.iter().filter(|error| error.field != "seen").map(|error| view! { <li>{error.message.clone()}</li> }).collect_view();
    (!state.shown.get()).then(|| {
        view! {
            <div class="error-summary" role="alert" tabindex="-1" autofocus>
                <p class="error-summary__title">{tr!(ui.there_is_a_problem)}</p>
                {state.message.clone().map(|message| view! { <p>{message}</p> })}
                <ul>{errors}</ul>
            </div>
        }
        .into_any()
    })
}

fn summary_words(form: &str, state: &FormState, labels: &[(String, String)]) -> String {
    let title = escaped(tr!(ui.there_is_a_problem));
    // The links below say more than the general message.
    let says_no_more = |message: &str| !state.errors.is_empty() && message == tr!(errors.invalid);
    let message = state.message.iter().filter(|message| !says_no_more(message)).map(|message| format!("<p>{}</p>", escaped(message)));
    // The field `seen` is hidden, so the summary does not link to it.
    let links = state.errors.iter().filter(|error| error.field != "seen").map(|FieldError { field, message }| {
        let id = format!("{form}-{field}");
        let label = labels.iter().find(|(of, _)| *of == id).map(|(_, label)| format!("{}: ", escaped(label))).unwrap_or_default();
        format!("<li><a href=\"#{}\">{label}{}</a></li>", escaped(&id), escaped(message))
    });
    let (message, links) = (message.collect::<String>(), links.collect::<String>());
    let list = if links.is_empty() { links } else { format!("<ul>{links}</ul>") };
    format!("<p class=\"error-summary__title\">{title}</p>{message}{list}")
}

/// Escapes text for HTML, inside elements and in double quotes.
pub fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len() + 8);
    for letter in text.chars() {
        match letter {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            other => html.push(other),
        }
    }
    html
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;
    use crate::ui::TextField;

    fn refused(action: &str) -> FormState {
        FormState {
            shown: crate::core::form::Shown::default(),
            action: action.into(),
            values: vec![("visit".into(), "7".into()), ("phone".into(), "12<3".into())],
            errors: vec![FieldError { field: "phone".into(), message: "Enter a phone number".into() }],
            message: None,
        }
    }

    fn page(visit: &str) -> String {
        let visit = visit.to_owned();
        Owner::new().with(|| {
            provide_context(refused("/api/patients/save"));
            view! {
                <Form action="/api/patients/save" hidden=vec![("visit", visit)]>
                    <TextField name="phone" label="Phone" value="555"/>
                </Form>
                <TextField name="phone" label="Elsewhere" value="777"/>
            }
            .to_html()
        })
    }

    #[test]
    fn keeps_what_was_typed_and_links_the_error_to_its_field() {
        let html = page("7");
        assert!(html.contains(r##"<a href="#patients-save-phone">Phone: Enter a phone number"##), "{html}");
        assert!(html.contains(r#"id="patients-save-phone""#), "{html}");
        assert!(html.contains(r#"value="12&lt;3""#), "{html}");
        assert!(html.contains(r#"aria-invalid="true""#), "{html}");
        assert!(html.contains(r#"value="777""#), "a field outside the form keeps its own value: {html}");
    }

    #[test]
    fn a_message_cannot_bring_markup() {
        let state = FormState { message: Some("<script>".into()), ..refused("/api/x") };
        let html = Owner::new().with(|| summary("x\"", Some(&state), &[]).to_html());
        assert!(html.contains("&lt;script&gt;") && html.contains("#x&quot;-phone"), "{html}");
    }

    #[test]
    fn a_fault_is_not_announced_twice() {
        let told = |message: &str| {
            let state = FormState { message: Some(message.to_owned()), ..refused("/api/x") };
            Owner::new().with(|| summary("x", Some(&state), &[]).to_html())
        };
        assert!(!told(tr!(errors.invalid)).contains(tr!(errors.invalid)), "the links say more");
        assert!(told("Saved meanwhile by a colleague").contains("Saved meanwhile"), "what the links do not say stays");
    }

    #[test]
    fn the_same_form_for_another_visit_is_untouched() {
        let html = page("8");
        assert!(html.contains(r#"value="555""#), "{html}");
        assert!(!html.contains("error-summary"), "{html}");
    }
}
