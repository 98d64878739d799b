//! Windows over the page, without scripts: the browser's own popover opens, closes and traps `Esc`.
//!
//! `Dialog` holds a form. When its post is refused the page comes back with the dialog already open, showing what is wrong.
//! `Confirm` is a `<details>` that unfolds in place: for a step that needs one more look, in rows and toolbars.
//! Browsers without popovers show the dialog's content in the page, after its button, where it can be used just as well.

use leptos::prelude::*;

use super::button::ButtonTone;
use super::{Glyph, Icon, tr};
use crate::core::form::FormState;

/// A button and the window it opens.
#[component]
pub fn Dialog(
    #[prop(into)] id: String,
    /// The words on the button.
    #[prop(into)]
    opens: String,
    #[prop(into)] title: String,
    /// The action of the form inside: the dialog stays open when it was refused.
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
                // Last, so that the focus opens on the first field.
                {closer}
            </div>
        </dialog>
    }
}

/// Unfolds a question with its answer: "Cancel this appointment? The patient is told at once. [Cancel it]".
#[component]
pub fn Confirm(
    /// The words on the button that asks.
    #[prop(into)]
    label: String,
    #[prop(optional)] tone: ButtonTone,
    #[prop(optional)] glyph: Option<Glyph>,
    /// What will happen.
    #[prop(into)]
    text: String,
    /// The form or `PostButton` that does it.
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

    /// The browser gives the focus to the first thing in the window that takes it.
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
