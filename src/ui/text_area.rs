//! A field for several lines of text.
//!
//! The server renderer writes the children of a `<textarea>` unescaped, so a note containing `</textarea><script>` would
//! run. Only this module may write the element: it escapes the text itself.

#![expect(clippy::fn_params_excessive_bools, reason = "HTML says required, hidden and the like one by one, and so does a caller by name")]

use leptos::html;
use leptos::prelude::*;

use super::field::Frame;
use super::form::{Posted, escaped};

/// A field for several lines. In an island, pass `bind`, so that the signal and the element always have the same text.
#[component]
pub fn TextArea(
    #[prop(into)] name: String,
    #[prop(into)] label: String,
    #[prop(optional, into)] value: String,
    #[prop(optional)] bind: Option<RwSignal<String>>,
    #[prop(optional, into)] hint: Option<String>,
    #[prop(default = 3)] rows: u32,
    #[prop(optional)] maxlength: Option<u32>,
    #[prop(optional)] required: bool,
    #[prop(optional)] optional: bool,
    #[prop(optional)] label_hidden: bool,
    /// Whether the field has the focus when the page opens.
    #[prop(optional)]
    autofocus: bool,
    /// The shortcut key that moves the focus here.
    #[prop(optional, into)]
    key: Option<String>,
) -> impl IntoView {
    let posted = Posted::find(&name);
    let on_record = bind.map_or(value, |signal| signal.get_untracked());
    let text = posted.value_or(on_record);
    let frame = Frame { id: posted.id.clone(), label, hint, error: posted.error, optional, label_hidden };
    let described = frame.described_by();
    let invalid = frame.invalid();
    let inner = content(&text);
    let on_input = move |event| {
        if let Some(signal) = bind {
            signal.set(event_target_value(&event));
        }
    };
    let area = NodeRef::new();
    if let Some(signal) = bind {
        follow(signal, area);
    }
    let control = view! {
        <textarea
            class="input textarea"
            id=posted.id
            name=name
            rows=rows.to_string()
            maxlength=maxlength.map(|length| length.to_string())
            aria-required=required.then_some("true")
            aria-invalid=invalid
            aria-describedby=described
            aria-keyshortcuts=key
            autofocus=autofocus
            inner_html=inner
            node_ref=area
            on:input=on_input
        ></textarea>
    };
    frame.around(control.into_any())
}

/// Keeps the element's text equal to the signal. Text typed before hydration replaces the signal's first value.
fn follow(signal: RwSignal<String>, area: NodeRef<html::Textarea>) {
    let alive = StoredValue::new(false);
    Effect::new(move || {
        let text = signal.get();
        let Some(area) = area.get() else { return };
        let shown = area.value();
        let first = !alive.get_value();
        alive.set_value(true);
        if shown == text.replace("\r\n", "\n") {
            return;
        }
        if first {
            signal.set(shown);
        } else {
            area.set_value(&text);
        }
    });
}

/// Escapes the text so that a parser of `<textarea>` content reads it back unchanged. That parser drops one leading line
/// break, so one is added.
fn content(text: &str) -> String {
    let line_break = if text.starts_with(['\n', '\r']) { "\n" } else { "" };
    format!("{line_break}{}", escaped(text))
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;

    fn page(text: &'static str) -> String {
        Owner::new().with(|| view! { <TextArea name="note" label="Note" value=text/> }.to_html())
    }

    #[test]
    fn a_note_cannot_end_its_field() {
        let html = page("</textarea><script>alert(1)</script>");
        assert!(html.contains("&lt;/textarea&gt;&lt;script&gt;alert(1)&lt;/script&gt;</textarea>"), "{html}");
        assert!(!html.contains("<script>"), "{html}");
    }

    #[test]
    fn entities_survive_a_round() {
        assert!(page("a &lt; b & c").contains("a &amp;lt; b &amp; c"));
    }

    #[test]
    fn a_leading_line_break_is_not_lost() {
        assert!(page("\nfirst").contains(">\n\nfirst</textarea>"));
        assert!(page("first").contains(">first</textarea>"));
    }

    #[test]
    fn a_bound_field_is_escaped_too() {
        let html = Owner::new().with(|| {
            let text = RwSignal::new("</textarea><script>".to_owned());
            view! { <TextArea name="note" label="Note" bind=text/> }.to_html()
        });
        assert!(!html.contains("<script>"), "{html}");
    }
}
