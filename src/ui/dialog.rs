//! Windows over the page that need no scripts: the browser's popover opens and closes them and handles `Esc`.
//!
//! `Dialog` holds a form. When its post is refused, the page is shown again with the dialog already open and the errors in
//! it. `Confirm` is a `<details>` that unfolds in place: for a step that needs a confirmation, in rows and toolbars.
//! Browsers without popovers show the dialog's content in the page, after its button, where it works as well.

use leptos::prelude::*;

use super::button::ButtonTone;
use super::{Glyph, Icon, tr};
use crate::core::form::FormState;

/// A button and the window that it opens.
#[component]
pub fn Dialog(
    #[prop(into)] id: String,
    /// The text of the button.
    #[prop(into)]
    opens: String,
    #[prop(into)] title: String,
    /// The action of the form inside: the dialog is open when that form was refused.
    #[prop(optional, into)]
    action: String,
    #[prop(optional)] tone: ButtonTone,
    #[prop(optional)] glyph: Option<Glyph>,
    #[prop(optional, into)] key: Option<String>,
    children: Children,
) -> impl IntoView {
    let refused = !action.is_empty() && use_context::<FormState>().is_some_and(|state| state.action == action);
    let heading = format!("{id}-title");
    let close = tr!(ui.close);
    let closer = if refused {
        view! {
            <form method="dialog" class="dialog__closer">
                <button class="button button--quiet button--icon" title=close><Icon glyph=Glyph::Close label=close/></button>
            </form>
        }
        .into_any()
    } else {
        view! {
            <button
                class="button button--quiet button--icon dialog__closer"
                type="button"
                popovertarget=id.clone()
                popovertargetaction="hide"
                title=close
            >
                <Icon glyph=Glyph::Close label=close/>
            </button>
        }
        .into_any()
    };
    view! {
        <button class=tone.class() type="button" popovertarget=id.clone() aria-haspopup="dialog" aria-keyshortcuts=key>
            {glyph.map(|glyph| view! { <Icon glyph/> })}
            {opens}
            {key.clone().map(|key| view! { <kbd aria-hidden="true">{key}</kbd> })}
        </button>
        <dialog
            class="dialog"
            id=id
            popover=(!refused).then_some("auto")
            open=refused
            aria-labelledby=heading
        >
            <div class="dialog__body">
                <h2 class="dialog__title dialog__head" id=heading.clone()>{title}</h2>
                {children()}
                // The close button is last, so that the first field gets the focus.
                {closer}
            </div>
        </dialog>
    }
}

/// Unfolds a question and a button: "Cancel this appointment? The patient is told at once. [Cancel it]".
#[component]
pub fn Confirm(
    /// The text of the button that unfolds the question.
    #[prop(into)]
    label: String,
    #[prop(optional)] tone: ButtonTone,
    #[prop(optional)] glyph: Option<Glyph>,
    /// The text that explains the consequence.
    #[prop(into)]
    text: String,
    /// The form or `PostButton` that performs the step.
    children: Children,
) -> impl IntoView {
    view! {
        <details class="confirm" name="confirm">
            <summary class=tone.class()>{glyph.map(|glyph| view! { <Icon glyph/> })}{label}</summary>
            <div class="confirm__panel"><p>{text}</p>{children()}</div>
        </details>
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;
    use crate::ui::TextField;

    fn html(refused: bool) -> String {
        Owner::new().with(|| {
            if refused {
                provide_context(FormState { action: "/api/add".to_owned(), ..FormState::default() });
            }
            view! { <Dialog id="add" opens="Add" title="Add" action="/api/add"><TextField name="reason" label="Reason"/></Dialog> }
                .to_html()
        })
    }

    /// The browser gives the focus to the first element in the window that can have it.
    #[test]
    fn the_first_field_stands_before_the_button_that_closes() {
        for refused in [false, true] {
            let html = html(refused);
            let place = |text: &str| html.find(text).unwrap_or_else(|| panic!("{text} is not in {html}"));
            assert!(place("<dialog") < place("name=\"reason\"") && place("name=\"reason\"") < place("dialog__closer"), "{html}");
            assert!(!html.contains("autofocus"), "nothing else takes it: {html}");
        }
    }
}
