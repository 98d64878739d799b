//! A queue beside other work: the server renders it, so that the page loads no island for it. Its forms are posted and the page is
//! loaded again; `public/live.js` shows what others do.

use leptos::prelude::*;

use crate::{
    opd::{
        PanelState, Step,
        islands::{Panel, asked_about, at_hand, called_row, count, line, others},
    },
    tr,
    ui::{Button, ButtonTone, EmptyState, Glyph, live::Live},
};

/// The queue of one step, and the pages that its forms and rows open.
#[derive(Clone, Debug)]
pub struct QueueList {
    /// The step whose patients are listed.
    pub step: Step,
    /// The service's id, or empty for all.
    pub service: String,
    /// The doctor's id, or empty for all.
    pub doctor: String,
    /// The address that a row and a call open: `/consultation/{visit}`.
    pub link: String,
    /// The label of the link to it for a called patient.
    pub link_words: String,
    /// The page's own address, to which the forms return.
    pub back: String,
    /// The function that calls the next patient.
    pub call_action: String,
    /// The address of the part.
    pub from: String,
}

impl QueueList {
    /// Shows the queue, and keeps it up to date.
    pub fn live(self, state: PanelState) -> AnyView {
        let from = self.from.clone();
        view! { <Live topics="queue" from each_minute=true>{self.part(state)}</Live> }.into_any()
    }

    /// Shows the queue alone: the content of the part.
    pub fn part(self, state: PanelState) -> AnyView {
        let Self { step, service, doctor, link, link_words, back, call_action, from: _ } = self;
        let ask = asked_about(&call_action, &state.occupant);
        let (may_serve, waits) = (state.may_serve, count(state.waiting.len()));
        let (near, rest) = (at_hand(&state, false), others(&state, false));
        let now = RwSignal::new(state.at);
        let panel = Panel {
            state: RwSignal::new(state),
            now,
            run: Callback::new(|_| ()),
            back: back.clone(),
            opens: true,
            ask: ask.clone(),
            link,
            link_words,
            watch: false,
        };
        let call = may_serve.then(|| {
            view! {
                <form class="queue__call post-button" method="post" action=call_action>
                    <input type="hidden" name="step" value=step.as_str()/>
                    <input type="hidden" name="service" value=service/>
                    <input type="hidden" name="doctor" value=doctor/>
                    <input type="hidden" name="back" value=back/>
                    <input type="hidden" name="ask" value=ask/>
                    <Button label=tr!(opd.call_next) tone=ButtonTone::Primary glyph=Glyph::CallNext key="n"/>
                    <span class="queue__count">{waits}</span>
                </form>
            }
        });
        let nobody = rest.is_empty().then(|| {
            view! { <EmptyState glyph=Glyph::Queue title=tr!(opd.nobody_waiting) text=tr!(opd.nobody_waiting_text)/> }
        });
        let near = near.into_iter().map(|row| called_row(row, &panel)).collect_view();
        let rest = (!rest.is_empty()).then(|| {
            view! { <ol class="queue">{rest.into_iter().map(|row| line(row, &panel)).collect_view()}</ol> }
        });
        view! {
            <div class="queue-panel" data-keys="" role="group" aria-label=tr!(opd.queue) tabindex="-1">{call}{near}{rest}{nobody}</div>
        }
        .into_any()
    }
}
