//! The actions of the queue as buttons: forms that an island sends itself.

use leptos::{ev, prelude::*};

use super::rows::{Panel, address};
use crate::{
    core::Result,
    opd::{Done, PanelRow, api},
    tr,
    ui::{Glyph, Icon},
};

/// An action of the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::opd) enum Act {
    CallNext,
    Call,
    CallAgain,
    Skip,
    Return,
    SendOn,
    Leave,
    PayLater,
    Undo,
}

impl Act {
    pub async fn run(self, entry: String, step: String, service: String, doctor: String, ask: String) -> Result<Done> {
        let back = String::new();
        if self == Self::CallNext {
            return api::call_next(step, service, doctor, back, ask).await;
        }
        let entry = entry.parse().map_err(|_| crate::core::Error::NotFound)?;
        match self {
            Self::CallNext | Self::Call => api::call(entry, back, ask).await,
            Self::CallAgain => api::call_again(entry, back).await,
            Self::Skip => api::skip(entry, back).await,
            Self::Return => api::back_to_waiting(entry, back).await,
            Self::SendOn => api::send_on(entry, back).await,
            Self::Leave => api::leave(entry, back).await,
            Self::PayLater => api::pay_later(entry, back).await,
            Self::Undo => api::undo(entry, back).await,
        }
    }

    /// Whether the action calls a waiting patient.
    pub const fn calls(self) -> bool {
        matches!(self, Self::CallNext | Self::Call)
    }

    const fn action(self) -> &'static str {
        match self {
            Self::CallNext => "/api/opd/call_next",
            Self::Call => "/api/opd/call",
            Self::CallAgain => "/api/opd/call_again",
            Self::Skip => "/api/opd/skip",
            Self::Return => "/api/opd/back_to_waiting",
            Self::SendOn => "/api/opd/send_on",
            Self::Leave => "/api/opd/leave",
            Self::PayLater => "/api/opd/pay_later",
            Self::Undo => "/api/opd/undo",
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::CallNext => tr!(opd.call_next),
            Self::Call => tr!(opd.call),
            Self::CallAgain => tr!(opd.call_again),
            Self::Skip => tr!(opd.skip),
            Self::Return => tr!(opd.back_to_waiting),
            Self::SendOn => tr!(opd.send_on),
            Self::Leave => tr!(opd.leave),
            Self::PayLater => tr!(opd.pay_later),
            Self::Undo => tr!(ui.undo),
        }
    }

    const fn glyph(self) -> Glyph {
        match self {
            Self::CallNext | Self::Call => Glyph::CallNext,
            Self::CallAgain => Glyph::Bell,
            Self::Skip => Glyph::Skip,
            Self::Return | Self::Undo => Glyph::Undo,
            Self::SendOn => Glyph::ArrowRight,
            Self::Leave | Self::PayLater => Glyph::SignOut,
        }
    }
}

/// The form of one action on one row.
#[component]
pub(super) fn ActForm(
    act: Act,
    row: PanelRow,
    panel: Panel,
    #[prop(optional, into)] key: Option<String>,
    #[prop(optional)] icon_only: bool,
) -> impl IntoView {
    let (run, entry) = (panel.run, row.entry.clone());
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        run.run((act, entry.clone()));
    };
    // The page of the called patient shows the call.
    let back = if act == Act::Call && panel.opens { address(&panel.link, &row) } else { panel.back };
    let class = if icon_only { "button button--quiet button--icon" } else { "button" };
    view! {
        <form method="post" action=act.action() class="post-button" on:submit=submit>
            <input type="hidden" name="entry" value=row.entry/>
            <input type="hidden" name="back" value=back/>
            <input type="hidden" name="ask" value=panel.ask/>
            <button class=class type="submit" title=act.words() aria-keyshortcuts=key>
                <Icon glyph=act.glyph()/>
                <span class=if icon_only { "visually-hidden" } else { "button__words" }>{act.words()}</span>
                <span class="visually-hidden">" "{row.token}</span>
                {key.clone().map(|key| view! { <kbd aria-hidden="true">{key}</kbd> })}
            </button>
        </form>
    }
}

/// Less frequent actions: transfer to another queue, send on without vital signs, record that the patient left.
#[component]
pub(super) fn Rest(row: PanelRow, panel: Panel) -> impl IntoView {
    let services = panel.state.with_untracked(|state| state.services.clone());
    let several = services.len() > 1;
    let choices = services.into_iter().map(|(id, name)| view! { <option value=id>{name}</option> }).collect_view();
    let after_doctor = ["orders", "cashier"].contains(&row.step.as_str());
    let may_leave = row.state != "serving" && !after_doctor;
    let triage = row.step == "triage";
    let (entry, back, token) = (row.entry.clone(), panel.back.clone(), row.token.clone());
    let label = tr!(opd.transfer_to);
    view! {
        <details class="confirm" name="queue-rest">
            <summary class="button button--quiet button--icon" title=tr!(ui.more)>
                <Icon glyph=Glyph::More/><span class="visually-hidden">{tr!(ui.more)}" "{token}</span>
            </summary>
            <div class="confirm__panel stack stack--tight">
                {several.then(|| view! {
                    <form method="post" action="/api/opd/transfer" class="queue__transfer">
                        <input type="hidden" name="entry" value=entry/>
                        <input type="hidden" name="back" value=back/>
                        <select class="input select" name="service" aria-label=label required=true><option value="">{label}</option>{choices}</select>
                        <button class="button" type="submit"><Icon glyph=Glyph::Transfer/>{tr!(opd.transfer)}</button>
                    </form>
                })}
                {triage.then(|| view! { <ActForm act=Act::SendOn row=row.clone() panel=panel.clone()/> })}
                {after_doctor.then(|| view! { <ActForm act=Act::PayLater row=row.clone() panel=panel.clone()/> })}
                {may_leave.then(|| view! { <ActForm act=Act::Leave row=row.clone() panel=panel.clone()/> })}
            </div>
        </details>
    }
}
