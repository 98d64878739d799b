//! A queue that updates itself, with its actions. Without scripts the same forms are posted and the page is loaded
//! again.

use std::time::Duration;

use leptos::{ev, leptos_dom::helpers::set_interval_with_handle, prelude::*, task::spawn_local};

use super::{
    acts::Act,
    rows::{Panel, address, at_hand, called_row, line, others},
};
use crate::{
    core::form::FormState,
    opd::{PanelRow, PanelState, api},
    tr,
    ui::{Button, ButtonTone, EmptyState, Glyph, ListHold, NoticeBox, ToastMessage, Tone, UndoToast, live},
};

/// Shows the queue of a step. `service` and `doctor` limit it (ids, or empty for all); without a `step` it shows all
/// steps.
#[component]
pub fn QueuePanel(
    /// The first value, from [`crate::opd::panel()`].
    initial: PanelState,
    /// `triage`, `doctor`, `cashier`.
    #[prop(into)]
    step: String,
    #[prop(into)] service: String,
    #[prop(into)] doctor: String,
    /// The address that a row opens: `/visits/{visit}/vitals`; empty for none.
    #[prop(optional, into)]
    link: String,
    /// The label of the button that opens it for the called patient: "Take vital signs"; empty for none.
    #[prop(optional, into)]
    link_words: String,
    /// The page's own address: plain forms return to it, and it shows the action just done.
    #[prop(optional, into)]
    back: String,
    /// Another function that calls the next patient (it then decides which page follows); empty for the queue's own
    /// function.
    #[prop(optional, into)]
    call_action: String,
    /// The queue of other users: this panel calls no patients. A panel of all steps is always read only.
    #[prop(optional)]
    watch: bool,
    /// Whether the panel has the focus when the page opens, so that its keys work.
    #[prop(optional)]
    focus: bool,
) -> impl IntoView {
    let watch = watch || step.is_empty();
    view! { <LiveQueue initial step service doctor link link_words back call_action watch focus/> }
}

/// The island of [`QueuePanel`]: an island's own properties cannot be left out.
#[island(lazy)]
pub fn LiveQueue(
    initial: PanelState,
    step: String,
    service: String,
    doctor: String,
    link: String,
    link_words: String,
    back: String,
    call_action: String,
    watch: bool,
    focus: bool,
) -> impl IntoView {
    let at = initial.at;
    let state = RwSignal::new(initial);
    let now = RwSignal::new(at);
    // The server's time in its last answer, and the time of that answer by the browser's clock.
    let received = StoredValue::new((at, 0_i64));
    let hold = ListHold::new(state, entries);
    let message = RwSignal::new(None::<ToastMessage>);
    let problem = RwSignal::new(None::<String>);
    let last = StoredValue::new(None::<String>);

    let shown = (step.clone(), service.clone(), doctor.clone());
    let ask = move || {
        let (step, service, doctor) = shown.clone();
        api::queue(step, service, doctor)
    };
    let look_again = live::follow(&["queue"], live::Turns::default(), ask, move |fresh: PanelState| {
        received.set_value((fresh.at, live::seconds()));
        now.set(fresh.at);
        hold.update(fresh);
    });
    let tick = move || {
        let (at, since) = received.get_value();
        now.set(at + live::seconds() - since);
    };
    Effect::new(move |_| {
        received.set_value((at, live::seconds()));
        if let Ok(timer) = set_interval_with_handle(tick, Duration::from_secs(10)) {
            on_cleanup(move || timer.clear());
        }
    });

    let called = (step.clone(), service.clone(), doctor.clone());
    let own_call = !call_action.is_empty();
    let action = if own_call { call_action } else { "/api/opd/call_next".to_owned() };
    let ask = asked_about(&action, &state.get_untracked().occupant);
    // Whether the server answered the last call with the question about the patient who is still there: the same call
    // again means yes.
    let asked_once = StoredValue::new(false);
    let (to_row, here) = (link.clone(), back.clone());
    let run = Callback::new(move |(act, entry): (Act, String)| {
        let (step, service, doctor) = called.clone();
        let here = here.clone();
        let occupant = state.with_untracked(|state| state.occupant.clone());
        let ask = if asked_once.get_value() && !occupant.is_empty() { occupant } else { "1".to_owned() };
        // A call from a row opens the same page as a call of the next patient.
        let row = state.with_untracked(|state| state.waiting.iter().find(|row| row.entry == entry).cloned());
        let opens = row.filter(|_| own_call && act == Act::Call).map(|row| address(&to_row, &row));
        problem.set(None);
        hold.acts();
        spawn_local(async move {
            match act.run(entry, step, service, doctor, ask).await {
                Ok(done) if done.no_place => go(&format!("/point?back={here}")),
                Ok(done) if opens.is_some() && !done.entry.is_empty() => {
                    let page = opens.unwrap_or_default();
                    let sign = if page.contains('?') { '&' } else { '?' };
                    go(&format!("{page}{sign}done=called&entry={}", done.entry));
                }
                Ok(done) => {
                    asked_once.set_value(false);
                    let undo = act != Act::Undo && !done.entry.is_empty();
                    last.set_value(undo.then_some(done.entry));
                    message.set(Some(ToastMessage { text: done.words, undo }));
                }
                Err(error) => {
                    asked_once.set_value(act.calls());
                    problem.set(Some(error.message()));
                }
            }
            look_again.run(());
        });
    });
    let on_undo = Callback::new(move |()| {
        if let Some(entry) = last.get_value() {
            run.run((Act::Undo, entry));
        }
    });
    let panel = Panel { state, now, run, back: back.clone(), opens: own_call, ask: ask.clone(), link, link_words, watch };
    // Each row is built for its own entry, so that its menu never becomes another patient's.
    let (called_panel, nobody) = (panel.clone(), Memo::new(move |_| state.with(|state| others(state, watch).is_empty())));
    let call_next = move |event: ev::SubmitEvent| {
        if !own_call {
            event.prevent_default();
            run.run((Act::CallNext, String::new()));
        }
    };
    let keys = (!watch).then_some("");
    view! {
        <div class="queue-panel" node_ref=hold.frame data-keys=keys role="group" aria-label=tr!(opd.queue) tabindex="-1" autofocus=focus>
            <form class="queue__call post-button" method="post" action=action on:submit=call_next hidden=move || watch || !state.with(|state| state.may_serve)>
                <input type="hidden" name="step" value=step/>
                <input type="hidden" name="service" value=service/>
                <input type="hidden" name="doctor" value=doctor/>
                <input type="hidden" name="back" value=back/>
                <input type="hidden" name="ask" value=ask/>
                <Button label=tr!(opd.call_next) tone=ButtonTone::Primary glyph=Glyph::CallNext key="n"/>
                <span class="queue__count">{move || count(state.with(|state| state.waiting.len()))}</span>
            </form>
            {move || problem.get().map(|words| view! { <div role="alert"><NoticeBox tone=Tone::Warning>{words}</NoticeBox></div> })}
            <For each=move || state.with(|state| at_hand(state, watch)) key=PanelRow::clone children=move |row| called_row(row, &called_panel)/>
            <ol class="queue" hidden=move || nobody.get()>
                <For each=move || state.with(|state| others(state, watch)) key=PanelRow::clone children=move |row| line(row, &panel)/>
            </ol>
            <div hidden=move || !nobody.get()>
                <EmptyState glyph=Glyph::Queue title=tr!(opd.nobody_waiting) text=tr!(opd.nobody_waiting_text)/>
            </div>
            <UndoToast message=message on_undo=on_undo/>
        </div>
    }
}

/// Returns the answer of a plain form to the question about the patient who is still there: after a refusal, that this
/// patient may stay.
pub(in crate::opd) fn asked_about(action: &str, occupant: &str) -> String {
    let calls = [action, "/api/opd/call"];
    let refused = use_context::<FormState>().is_some_and(|form| calls.contains(&form.action.as_str()));
    if refused && !occupant.is_empty() { occupant.to_owned() } else { "1".to_owned() }
}

/// Opens another page.
fn go(address: &str) {
    if let Err(error) = window().location().set_href(address) {
        leptos::logging::warn!("{error:?}");
    }
}

/// Returns the rows in the order in which the panel shows them.
fn entries(state: &PanelState) -> Vec<String> {
    state.now.iter().chain(&state.waiting).map(|row| row.entry.clone()).collect()
}

pub(in crate::opd) fn count(waiting: usize) -> String {
    tr!(opd.waiting_count, count = waiting)
}
