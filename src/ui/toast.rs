//! A word about what was just done, with a way back.

use core::time::Duration;

use leptos::leptos_dom::helpers::{TimeoutHandle, set_timeout_with_handle};
use leptos::prelude::*;

use super::form::hidden_inputs;
use super::{Glyph, Icon, tr};

/// How long a step can be taken back.
const UNDO_FOR: Duration = Duration::from_secs(30);
/// How long a mere remark stays.
const REMARK_FOR: Duration = Duration::from_secs(6);

/// After a full page load: the message and, within its time, a form that takes the step back. It fades by itself (CSS).
#[component]
pub fn Toast(
    #[prop(into)] text: String,
    /// Action and hidden values of the undoing post.
    #[prop(optional_no_strip)]
    undo: Option<(String, Vec<(&'static str, String)>)>,
    /// What is often done next: where, and its name.
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

/// What an island wants to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToastMessage {
    pub text: String,
    pub undo: bool,
}

/// For islands: shows `message` while it is set and clears it when its time is over.
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
