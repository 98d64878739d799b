//! The rows of a queue, which the panel in the browser and the list from the server share.

use leptos::prelude::*;

use super::acts::{Act, ActForm, Rest};
use crate::{
    core::time::show_minutes,
    opd::{News2, PanelRow, PanelState, Risk},
    ui::{Glyph, Icon, Tone},
};

/// The data that all parts of a panel share.
#[derive(Clone)]
pub(in crate::opd) struct Panel {
    pub state: RwSignal<PanelState>,
    /// The present by the server's clock, in seconds since 1970.
    pub now: RwSignal<i64>,
    pub run: Callback<(Act, String)>,
    /// The page to which plain forms return.
    pub back: String,
    /// Whether a call opens the page of the called patient.
    pub opens: bool,
    /// The `ask` value of plain forms that call: `1`, or after the question the entry of the patient who may stay.
    pub ask: String,
    /// The address that a row opens; `{visit}` and `{patient}` are replaced.
    pub link: String,
    pub link_words: String,
    /// Read only: this panel calls no patients, and patients in a room are rows like the others.
    pub watch: bool,
}

/// Whether the row is shown large: the patient is called, or in the user's own room.
fn is_at_hand(row: &PanelRow, point: &str, watch: bool) -> bool {
    let elsewhere = !point.is_empty() && !row.room.is_empty() && row.room != point;
    !watch && !elsewhere && (row.state == "called" || !point.is_empty())
}

pub(in crate::opd) fn at_hand(state: &PanelState, watch: bool) -> Vec<PanelRow> {
    state.now.iter().filter(|row| is_at_hand(row, &state.point, watch)).cloned().collect()
}

pub(in crate::opd) fn others(state: &PanelState, watch: bool) -> Vec<PanelRow> {
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

/// Shows a called patient, or one in the room, in a large row with the next actions.
pub(in crate::opd) fn called_row(row: PanelRow, panel: &Panel) -> AnyView {
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
        <div class="queue__now" data-key=row.entry.clone()>
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
pub(in crate::opd) fn line(row: PanelRow, panel: &Panel) -> AnyView {
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
        <li class=move || format!("queue__row {}", bar().class()) data-key=row.entry.clone()>
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

pub(super) fn address(link: &str, row: &PanelRow) -> String {
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
