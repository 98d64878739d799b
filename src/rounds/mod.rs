//! The doctor's round on the wards: the patients with their last night, notes of a stay, requests for tests, the summary at the end, and the
//! follow-up that somebody books later.
//!
//! | note, summary | becomes | by |
//! |---|---|---|
//! | | `draft` | its author |
//! | `draft` | `final` | its author, with the own key. It is never changed after that |
//! | `draft` | `discarded` (notes) | its author |
//! | `final` | superseded | an amendment: a later version with its reason. An addendum stands beside |
//!
//! | follow-up | becomes | by |
//! |---|---|---|
//! | | `proposed` | a doctor: in some weeks, at a service |
//! | `proposed` | `booked` | the desk, a doctor, or the patient in the portal |
//! | `proposed` | `declined` | the same, when it is not wanted |
//! | `proposed` | `expired` | the job, when its last day is over |
//!
//! The medicines to take home are decided on order by order: one that goes on, changes or is new is prescribed, signed and at the pharmacy at once, and the
//! summary begins with these decisions (`home`).
//!
//! A signed summary decides on each medicine order of the stay that is active, or was so when the patient left (`discharge_medicines_complete`).
//! Acts on one stay take turns: the patient is locked first, then the admission.

pub mod api;
mod department;
mod follow_ups;
mod home;
mod night;
mod notes;
pub mod pages;
mod rules;
mod stay;
mod summaries;
mod upkeep;
mod vocabulary;

pub use department::{DEPARTMENT, ROUNDS};
pub use follow_ups::expire as expire_follow_ups;
pub use notes::{NewStayNote, add as add_note};
pub use vocabulary::{FollowUpState, MedicineDecision, StayNoteKind, StayNoteState, StayNoteStyle, SummaryState};
