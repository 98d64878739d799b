//! A field for a file. Its form is sent as `multipart/form-data`.

use leptos::prelude::*;

use super::{field::Frame, form::Posted};

/// A field for one file. A browser never shows a chosen file again after a refused post.
#[component]
pub fn FileField(
    #[prop(into)] name: String,
    #[prop(into)] label: String,
    /// The endings and types that the browser offers: `.pdf,image/*`.
    accept: &'static str,
    #[prop(optional, into)] hint: Option<String>,
    #[prop(optional)] required: bool,
) -> impl IntoView {
    let posted = Posted::find(&name);
    let frame = Frame { id: posted.id.clone(), label, hint, error: posted.error, optional: false, label_hidden: false };
    let input = view! {
        <input
            class="input"
            type="file"
            id=posted.id
            name=name
            accept=accept
            aria-required=required.then_some("true")
            aria-invalid=frame.invalid()
            aria-describedby=frame.described_by()
        />
    };
    frame.around(input.into_any())
}
