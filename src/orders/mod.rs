//! Orders: a doctor orders a service for a patient, and a department does it and records the outcome.
//!
//! An *order* is of a *kind* (nursing, another service; later laboratory, imaging …). Each department adds the kinds that it takes to its
//! `Department` ([`crate::server::department::OrderKind`]), with a row of `order_kinds` from its migration; the row says whether doctors
//! can order the kind, and when a patient of an outpatient visit goes there. All kinds share one table, one state machine and one
//! worklist:
//!
//! ```text
//! draft ──place──> requested ──accept──> accepted ──start──> in_progress ──complete──> completed
//!                    │  └──────────start────────────────────────┘
//! requested, accepted ──hold──> on_hold ──resume──> requested or accepted, as before
//! requested, accepted, on_hold ──cancel──> cancelled
//! any but completed ──enter_in_error──> entered_in_error
//! ```
//!
//! [`OrderAct`] has the same table; the database refuses any other move (`orders_moves`). An order that is on hold, cancelled or entered
//! in error has a reason (`orders_reasoned`). An order from a ward belongs to the stay of its patient, and is placed while the patient is
//! there (`orders_of_stay`). An order from a consultation belongs to its encounter: the signature of the note places
//! the drafts, and a finished encounter takes no more orders (`encounter_finished`), as with prescriptions.
//!
//! A *requisition* is all that a doctor orders at once: with one form, or with the signature of a note. Its number
//! (`NORTH-Q26-000123`) has no gap in a clinic and year, as those of invoices.
//!
//! Departments after this one may use orders; this one knows encounters by their id only.

pub mod api;
#[cfg(feature = "ssr")]
mod department;
#[cfg(feature = "ssr")]
mod form;
#[cfg(feature = "ssr")]
mod kind;
#[cfg(feature = "ssr")]
mod order;
#[cfg(feature = "ssr")]
pub mod pages;
#[cfg(feature = "ssr")]
mod rules;
#[cfg(feature = "ssr")]
mod store;
#[cfg(feature = "ssr")]
mod workflow;

#[cfg(feature = "ssr")]
pub use {
    department::{DEPARTMENT, ORDERS},
    form::{Asked, OrderForm, OrderPage},
    kind::{Kind, KindStop, kinds, offered},
    order::{Order, OrderAct, OrderPriority, OrderState},
    store::{of_stay, responsible, responsible_for},
    workflow::{Place, Report, hold, perform, place, place_all, place_drafts},
};
