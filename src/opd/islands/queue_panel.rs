//! A queue that updates itself, with its actions. Without scripts the same forms are posted and the page is loaded
//! again.

use std::time::Duration;

use leptos::{ev, leptos_dom::helpers::set_interval_with_handle, prelude::*, task::spawn_local};

use super::acts::{Act, ActForm, Rest};
use crate::{
    core::{form::FormState, time::show_minutes},
    opd::{News2, PanelRow, PanelState, Risk, api},
    tr,
    ui::{Button, ButtonTone, EmptyState, Glyph, Icon, ListHold, NoticeBox, ToastMessage, Tone, UndoToast, live},
};

/// The data that all parts of a panel share.
#[derive(Clone)]
pub(super) struct Panel {
    pub state: RwSignal<PanelState>,
    /// The present by the server's clock, in seconds since 1970.
    pub now: RwSignal<i64>,
    pub run: Callback<(Act, String)>,
    /// The page to which plain forms return.
    pub back: String,
    /// The `ask` value of plain forms that call: `1`, or after the question the entry of the patient who may stay.
    pub ask: String,
    /// The address that a row opens; `{visit}` and `{patient}` are replaced.
    pub link: String,
    pub link_words: String,
    /// Read only: this panel calls no patients, and patients in a room are rows like the others.
    pub watch: bool,
}

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
    let panel = Panel { state, now, run, back: back.clone(), ask: ask.clone(), link, link_words, watch };
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

/// Whether the row is shown large: the patient is called, or in the user's own room.
fn is_at_hand(row: &PanelRow, point: &str, watch: bool) -> bool {
    let elsewhere = !point.is_empty() && !row.room.is_empty() && row.room != point;
    !watch && !elsewhere && (row.state == "called" || !point.is_empty())
}

/// Returns the answer of a plain form to the question about the patient who is still there: after a refusal, that this
/// patient may stay.
fn asked_about(action: &str, occupant: &str) -> String {
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

fn at_hand(state: &PanelState, watch: bool) -> Vec<PanelRow> {
    state.now.iter().filter(|row| is_at_hand(row, &state.point, watch)).cloned().collect()
}

fn others(state: &PanelState, watch: bool) -> Vec<PanelRow> {
    let elsewhere = state.now.iter().filter(|row| !is_at_hand(row, &state.point, watch));
    let mut rows: Vec<PanelRow> = elsewhere.chain(&state.waiting).cloned().collect();
    // Emergencies come first, then waiting patients in the order in which they are called; a list for calling begins with patients
    // in a room.
    rows.sort_by_key(|row| match row.state.as_str() {
        "waiting" if row.emergency => 0,
        _ if row.emergency && watch => 0,
        "waiting" => 2,
        _ if watch => 3,
        _ => 1,
    });
    rows
}

fn count(waiting: usize) -> String {
    tr!(opd.waiting_count, count = waiting)
}

/// Shows a called patient, or one in the room, in a large row with the next actions.
fn called_row(row: PanelRow, panel: &Panel) -> AnyView {
    let href = address(&panel.link, &row);
    let serving = row.state == "serving";
    let now = panel.now;
    let since = row.since;
    let may_serve = panel.state.with_untracked(|state| state.may_serve);
    let place = if row.room.is_empty() { row.state_words.clone() } else { format!("{}, {}", row.room, row.state_words) };
    // The button is left out on the page that it would open.
    let open = (!panel.link_words.is_empty() && !href.is_empty() && href != panel.back).then(|| {
        view! { <a class="button button--primary" href=href aria-keyshortcuts="o">{panel.link_words.clone()}<kbd aria-hidden="true">"o"</kbd></a> }
    });
    let acts = may_serve.then(|| {
        view! {
            <div class="cluster">
                {open}
                {(!serving).then(|| view! {
                    <ActForm act=Act::CallAgain row=row.clone() panel=panel.clone() key="r"/>
                    <ActForm act=Act::Skip row=row.clone() panel=panel.clone() key="s"/>
                })}
                <ActForm act=Act::Return row=row.clone() panel=panel.clone() icon_only=true/>
                <Rest row=row.clone() panel=panel.clone()/>
            </div>
        }
    });
    view! {
        <div class="queue__now">
            <span class="queue__token">{row.token.clone()}</span>
            <div class="queue__who grow">
                <strong>{row.name.clone()}</strong>
                {critical_badge(&row)}
                {urgency(&row)}
                {score_badge(&row)}
                <small>{place}" · "{move || show_minutes((now.get() - since) / 60)}</small>
                {(!row.detail.is_empty()).then(|| view! { <small>{row.detail.clone()}</small> })}
            </div>
            {acts}
        </div>
    }
    .into_any()
}

/// Shows a patient who waits, or is in another user's room.
fn line(row: PanelRow, panel: &Panel) -> AnyView {
    let waiting = row.state == "waiting";
    let href = address(&panel.link, &row);
    let (now, since, long, far_too_long) = (panel.now, row.since, row.long, row.far_too_long);
    let tone = move || if waiting { tone((now.get() - since) / 60, long, far_too_long) } else { Tone::Progress };
    let place = [row.room.clone(), row.detail.clone(), row.state_words.clone()];
    let detail =
        if waiting { row.detail.clone() } else { place.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ") };
    let name = row.name.clone();
    let name = if href.is_empty() {
        view! { <span>{name}</span> }.into_any()
    } else {
        view! { <a class="row-link" href=href>{name}</a> }.into_any()
    };
    let may_serve = panel.state.with_untracked(|state| state.may_serve);
    let urgent = urgency(&row);
    let acts = may_serve.then(|| {
        view! {
            <div class="queue__actions">
                {if waiting {
                    (!panel.watch).then(|| view! { <ActForm act=Act::Call row=row.clone() panel=panel.clone() icon_only=true/> }).into_any()
                } else {
                    view! { <ActForm act=Act::Return row=row.clone() panel=panel.clone() icon_only=true/> }.into_any()
                }}
                <Rest row=row.clone() panel=panel.clone()/>
            </div>
        }
    });
    let emergency = row.emergency;
    // The bar of an emergency is red from the first minute.
    let bar = move || if emergency && waiting { Tone::Critical } else { tone() };
    view! {
        <li class=move || format!("queue__row {}", bar().class())>
            <span class="queue__token">{row.token.clone()}</span>
            <div class="queue__who">{name}<small title=detail.clone()>{detail.clone()}</small></div>
            <div class="queue__side">
                {critical_badge(&row)}
                {urgent}
                {score_badge(&row)}
                <span class="queue__wait">{move || view! { <Icon glyph=tone().glyph()/> }}{move || show_minutes((now.get() - since) / 60)}</span>
                {acts}
            </div>
        </li>
    }
    .into_any()
}

/// Shows the badge of a patient who goes before others.
fn urgency(row: &PanelRow) -> Option<impl IntoView + use<>> {
    (!row.priority.is_empty()).then(|| {
        let tone = if row.emergency { Tone::Critical } else { Tone::Reserved };
        view! { <span class=format!("badge {}", tone.class())><Icon glyph=tone.glyph()/>{row.priority.clone()}</span> }
    })
}

/// Shows a red badge when the vital signs are critical, or must be taken again.
fn critical_badge(row: &PanelRow) -> Option<AnyView> {
    let tone = Tone::Critical;
    (!row.critical.is_empty())
        .then(|| view! { <span class=format!("badge {}", tone.class())><Icon glyph=tone.glyph()/>{row.critical.clone()}</span> }.into_any())
}

/// Shows the early-warning score, coloured from the value at which an urgent answer is needed. A zero is not shown.
fn score_badge(row: &PanelRow) -> Option<AnyView> {
    let score = row.score.filter(|score| *score > 0)?;
    let tone = match News2::from_total(score).risk() {
        Risk::High => Tone::Critical,
        Risk::Medium => Tone::Warning,
        // The single values are not available here, so the score is not called low.
        Risk::LowMedium | Risk::Low => Tone::Inactive,
    };
    Some(view! { <span class=format!("badge {}", tone.class())><Icon glyph=Glyph::Vitals/>{format!("NEWS2 {score}")}</span> }.into_any())
}

fn address(link: &str, row: &PanelRow) -> String {
    link.replace("{visit}", &row.visit).replace("{patient}", &row.patient)
}

/// Returns the colour of a wait.
const fn tone(minutes: i64, long: i64, far_too_long: i64) -> Tone {
    match minutes {
        _ if minutes >= far_too_long => Tone::Critical,
        _ if minutes >= long => Tone::Warning,
        _ => Tone::Waiting,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::opd::Priority;

    fn row(token: &str, state: &str, emergency: bool) -> PanelRow {
        PanelRow {
            entry: token.to_owned(),
            visit: String::new(),
            token: token.to_owned(),
            name: String::new(),
            detail: String::new(),
            patient: String::new(),
            room: if state == "waiting" { String::new() } else { "Room 2".to_owned() },
            state: state.to_owned(),
            state_words: String::new(),
            priority: String::new(),
            emergency,
            critical: String::new(),
            score: None,
            since: 0,
            long: 30,
            far_too_long: 60,
            step: "doctor".to_owned(),
        }
    }

    #[test]
    fn emergencies_stand_first_in_every_list() {
        let state = PanelState {
            now: vec![row("A-001", "serving", false), row("A-002", "serving", true)],
            waiting: vec![row("A-003", "waiting", false), row("A-004", "waiting", true)],
            point: "Room 1".to_owned(),
            ..PanelState::default()
        };
        let tokens = |watch: bool| others(&state, watch).into_iter().map(|row| row.token).collect::<Vec<_>>();
        assert_eq!(tokens(true), ["A-002", "A-004", "A-003", "A-001"], "the desk's list of all");
        assert_eq!(tokens(false), ["A-004", "A-001", "A-002", "A-003"], "a list to call from: the next call is the first who waits");
    }

    #[test]
    fn a_wait_changes_colour_at_its_thresholds() {
        let after = |minutes: i64, priority: Priority| {
            let (long, far_too_long) = priority.thresholds();
            tone(minutes, long, far_too_long)
        };
        assert_eq!(after(29, Priority::Normal), Tone::Waiting);
        assert_eq!(after(30, Priority::Normal), Tone::Warning);
        assert_eq!(after(60, Priority::Normal), Tone::Critical);
        assert_eq!(after(10, Priority::Emergency), Tone::Critical);
    }
}
