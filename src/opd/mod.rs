//! The outpatient day: visits with their tokens, the queue, vital signs, the public board.
//!
//! A *visit* is one patient's day at one service: check-in, triage, doctor, orders and cashier, done; or left without being seen.
//! Its *token* (`A-017`) is counted per service and day, without gaps or repeats. A *queue entry* is one stay in one step. A
//! transition closes the entry and opens the next, so that the waiting time per step, the previous step and an undo are
//! recorded facts; a visit has one open entry. The transitions are in `queue/transition.rs`.
//!
//! The order is: emergencies, then priority, then all others, each by the time waited. A user who records vital signs may raise the
//! priority of a patient who gets worse, and the next stays of the visit keep it. A called patient who did not come is skipped:
//! patients waiting at that time go first, and the wait counted so far is kept. A patient whose vital signs are all marked as wrong
//! returns from the doctor's queue to triage with the wait so far, and keeps it on the way back.
//!
//! After the doctor the patient goes to the stops of departments with work for the visit (`stops.rs`), such as orders and the cashier,
//! and then home.
//!
//! A queue covers one day: the program ends visits that are still open on the next day (`queue/day_end.rs`).

pub mod api;
#[cfg(feature = "ssr")]
mod department;
pub mod islands;
#[cfg(feature = "ssr")]
mod rules;
mod shown;
mod step;
pub mod vitals;

#[cfg(feature = "ssr")]
mod calling;
#[cfg(feature = "ssr")]
pub mod pages;
#[cfg(feature = "ssr")]
mod panel;
#[cfg(feature = "ssr")]
mod queue;
#[cfg(feature = "ssr")]
mod stops;
#[cfg(feature = "ssr")]
mod visit;

#[cfg(feature = "ssr")]
pub use department::{DEPARTMENT, QUEUE};
pub use islands::QueuePanel;
pub use shown::{BoardCall, BoardState, Done, PanelRow, PanelState, PlaceShown};
pub use step::{Closure, Outcome, Priority, QueueState, Step, parse_priority};
pub use vitals::{Consciousness, Flag, Measure, News2, Risk, VitalSigns};

#[cfg(feature = "ssr")]
pub use {
    calling::{BeforeCall, before_call, choose_place},
    panel::{clinic_named, panel, place_shown, place_shown_of, point_of, tell_called},
    queue::{
        CameFrom, Entry, Place, QueueFilter, QueueRow, ServiceWait, Serving, back_to_triage, back_to_waiting, board, call, call_again,
        call_next, doctor_who_called, done, end_earlier_days, entry, keep_ending_earlier_days, leave, move_entry_on, move_on, open_entry,
        pay_later, place, prioritise, queue, queue_row, serve, serve_next, set_priority, skip, start, transfer, undo, waits,
    },
    stops::{go_on, next_stop},
    visit::{
        CheckIn, Visit, VisitCounts, check_in, checked_in_before, correct_reason, last_arrived, lock_visit, lock_visits, open_visit_of,
        take_check_in_back, undo_check_in, visit, visit_counts, visits_of,
    },
    vitals::{NewVitals, Recorded, Taken, Vitals, insert_vitals, record_vitals, vitals_of, vitals_of_visit},
};

#[cfg(feature = "ssr")]
use {panel::room_of, queue::moved};

/// The time within which an action of the queue can be undone.
pub const UNDO_FOR: chrono::Duration = chrono::Duration::seconds(30);
