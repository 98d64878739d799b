//! A short message about the action just done, with a button to undo it.

use core::time::Duration;

use leptos::leptos_dom::helpers::{TimeoutHandle, set_timeout_with_handle};
use leptos::prelude::*;

use super::form::hidden_inputs;
use super::{Glyph, Icon, tr};

/// How long a step can be undone.
const UNDO_FOR: Duration = Duration::from_secs(30);
/// How long a message without an undo button stays.
const REMARK_FOR: Duration = Duration::from_secs(6);

/// The message after a full page load and, for a limited time, a form that undoes the step. CSS fades it out.
#[component]
pub fn Toast(
    #[prop(into)] text: String,
    /// Action and hidden values of the form that undoes the step.
    #[prop(optional_no_strip)]
    undo: Option<(String, Vec<(&'static str, String)>)>,
    /// Frequent next steps: the address and label of each.
    #[prop(optional)]
    next: Vec<(String, &'static str)>,
) -> impl IntoView {
    let class = if undo.is_some() || !next.is_empty() { "toast toast--undo" } else { "toast" };
    view! {
        <div class="toasts">
            <div class=class role="status">
                <Icon glyph=Glyph::Done/>
                <p>{text}</p>
                {next.into_iter().map(|(href, label)| view! { <a class="toast__undo" href=href>{label}</a> }).collect_view()}
                {undo.map(|(action, hidden)| view! {
                    <form method="post" action=action>
                        {hidden_inputs(hidden)}
                        <button class="toast__undo" type="submit"><Icon glyph=Glyph::Undo/>{tr!(ui.undo)}</button>
                    </form>
                })}
            </div>
        </div>
    }
}

/// The message of an island.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToastMessage {
    pub text: String,
    pub undo: bool,
}

/// For islands: shows `message` while it is set and clears it after its time.
#[component]
pub fn UndoToast(message: RwSignal<Option<ToastMessage>>, #[prop(optional, into)] on_undo: Option<Callback<()>>) -> impl IntoView {
    let timer = StoredValue::new(None::<TimeoutHandle>);
    let stop = move || {
        if let Some(Some(handle)) = timer.try_update_value(Option::take) {
            handle.clear();
        }
    };
    Effect::new(move || {
        stop();
        if let Some(shown) = message.get() {
            let time = if shown.undo { UNDO_FOR } else { REMARK_FOR };
            timer.set_value(set_timeout_with_handle(move || message.set(None), time).ok());
        }
    });
    on_cleanup(stop);
    view! {
        <div class="toasts" role="status">
            {move || message.get().map(|ToastMessage { text, undo }| view! {
                <div class="toast toast--island">
                    <Icon glyph=Glyph::Done/>
                    <p>{text}</p>
                    {undo.then(|| view! {
                        <button
                            class="toast__undo"
                            type="button"
                            on:click=move |_| {
                                message.set(None);
                                if let Some(undo) = on_undo {
                                    undo.run(());
                                }
                            }
                        >
                            <Icon glyph=Glyph::Undo/>
                            {tr!(ui.undo)}
                        </button>
                    })}
                </div>
            })}
        </div>
    }
}
