//! The changing parts of the note editor: errors, the status of the text, and two versions side by side.

use leptos::prelude::*;

use super::{Editor, SECTIONS, Standing};
use crate::{
    clinical::{section_heading, worksheet::NoteView},
    tr,
    ui::{Glyph, Icon, NoticeBox, Tone},
};

/// Shows the errors of the sections, and the warnings that stopped the signature.
#[component]
pub(super) fn FieldComplaints(editor: Editor) -> impl IntoView {
    move || {
        let errors = editor.complaints.fields.get();
        let sections: Vec<_> = errors.iter().filter(|error| SECTIONS.contains(&error.field.as_str())).collect();
        let of_sections = (!sections.is_empty()).then(|| {
            let lines = sections
                .into_iter()
                .map(|error| format!("{}: {}", section_heading(&error.field), error.message))
                .map(|words| view! { <li>{words}</li> })
                .collect_view();
            view! { <NoticeBox tone=Tone::Critical><ul role="alert">{lines}</ul></NoticeBox> }
        });
        let warned = errors.into_iter().find(|error| error.field == "sign_reason").map(|error| warned(editor, error.message));
        view! { {of_sections}{warned} }
    }
}

/// Shows the warnings that came up after the prescriptions were written, and the field for the reason to sign in spite
/// of them.
fn warned(editor: Editor, warning: String) -> AnyView {
    view! {
        <div role="alert">
            <NoticeBox tone=Tone::Critical title=tr!(clinical.careful_signing)>
                <p>{warning}</p>
                <input type="hidden" name="seen" value=editor.seen.get_untracked() prop:value=move || editor.seen.get()/>
                <div class="field">
                    <label class="field__label" for="sign-reason">{tr!(clinical.override_reason)}</label>
                    <input
                        class="input"
                        type="text"
                        id="sign-reason"
                        name="sign_reason"
                        maxlength="500"
                        value=editor.reason.get_untracked()
                        prop:value=move || editor.reason.get()
                        on:input=move |event| editor.reason.set(event_target_value(&event))
                    />
                </div>
            </NoticeBox>
        </div>
    }
    .into_any()
}

/// Shows the state of the text in words.
pub(super) fn standing(standing: &Standing) -> AnyView {
    match standing {
        Standing::Saved(at) if at.is_empty() => tr!(clinical.nothing_written).into_any(),
        Standing::Saved(at) => view! { <Icon glyph=Glyph::Done/>{tr!(clinical.saved_draft, at = at.clone())} }.into_any(),
        Standing::Unsaved => tr!(clinical.not_saved_yet).into_any(),
        Standing::Saving => tr!(clinical.saving).into_any(),
        Standing::Failed => view! { <Icon glyph=Glyph::Warning/>{tr!(clinical.not_saved)} }.into_any(),
    }
}

/// Shows both texts, section by section where they differ.
pub(super) fn both(editor: Editor, theirs: &NoteView, visit: &str) -> AnyView {
    let mine = editor.text();
    let rows = mine
        .sections()
        .into_iter()
        .zip(theirs.text.sections())
        .filter(|((_, mine), (_, theirs))| mine != theirs)
        .map(|((name, mine), (_, theirs))| {
            view! {
                <div class="versions__section">
                    <h3>{section_heading(name)}</h3>
                    <div class="versions__pair">
                        <div><p class="small muted">{tr!(clinical.version_here)}</p><p class="prose">{mine.to_owned()}</p></div>
                        <div><p class="small muted">{tr!(clinical.version_on_record)}</p><p class="prose">{theirs.to_owned()}</p></div>
                    </div>
                </div>
            }
        })
        .collect_view();
    let page = format!("/consultation/{visit}");
    view! {
        <div role="alert">
            <NoticeBox tone=Tone::Warning title=tr!(clinical.two_versions)>
                <p>{editor.why.get_value()}</p>
                <div class="versions">{rows}</div>
                <div class="form__actions">
                    <button class="button button--primary" type="submit" on:click=move |event| { event.prevent_default(); editor.keep_mine(); }>
                        {tr!(clinical.keep_mine)}
                    </button>
                    <a class="button" href=page on:click=move |event| { event.prevent_default(); editor.take_theirs(); }>{tr!(clinical.take_theirs)}</a>
                </div>
            </NoticeBox>
        </div>
    }
    .into_any()
}
