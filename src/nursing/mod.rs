//! Nursing on the wards: observations with their early-warning score, escalations, the fluid balance, tasks, assessments, care plans, lines
//! and devices, and the handover.
//!
//! A set of observations, an entry of the fluid balance and a line of a handover are versions: a later one supersedes the one before, and
//! none is rewritten.
//!
//! | escalation | becomes | by |
//! |---|---|---|
//! | | `open` | a set of observations at a threshold, or with worry; the score of a child |
//! | `open` | `told` | a named person was told |
//! | `open`, `told` | `attended` | a named person came |
//! | `attended` | `open` | the patient is worse, or no better when the time for an answer is over once more |
//! | `attended` | `closed` | with a note of what was done |
//! | `open`, `told` | `closed`, withdrawn | the set was wrong, or the patient left |
//!
//! | task | becomes | by |
//! |---|---|---|
//! | | `due` | its plan, a day ahead |
//! | `due` | `done`, `not_done` | a nurse, the latter with a reason |
//! | `due` | `cancelled` | its plan ended, or the patient left |
//!
//! | care plan | becomes | by |
//! |---|---|---|
//! | | `open` | a nurse; its actions become repeated tasks |
//! | `open` | `met`, `not_met` | a nurse, with an evaluation. Its tasks end |
//! | `open` | `ended` | the end of the stay |
//!
//! An assessment is written with its answers at once, and then only marked as an error. A device is removed once.
//!
//! | handover | becomes | by |
//! |---|---|---|
//! | | `preparing` | the first line, or the offer |
//! | `preparing` | `offered` | a nurse of the shift that ends |
//! | `offered` | `preparing`, `taken` | taken back; a nurse of the next shift |
//!
//! Acts on one admission take turns: its row is locked first, then an escalation or a handover.

#[cfg(feature = "ssr")]
pub mod api;
#[cfg(feature = "ssr")]
mod assessments;
#[cfg(feature = "ssr")]
mod bedside;
#[cfg(feature = "ssr")]
mod care_plans;
#[cfg(feature = "ssr")]
mod department;
#[cfg(feature = "ssr")]
mod devices;
#[cfg(feature = "ssr")]
mod escalations;
#[cfg(feature = "ssr")]
mod fluid_day;
#[cfg(feature = "ssr")]
mod fluids;
#[cfg(feature = "ssr")]
mod handovers;
#[cfg(feature = "ssr")]
mod observations;
#[cfg(feature = "ssr")]
pub mod pages;
#[cfg(feature = "ssr")]
mod response;
#[cfg(feature = "ssr")]
mod rules;
#[cfg(feature = "ssr")]
mod start;
#[cfg(feature = "ssr")]
mod tasks;
#[cfg(feature = "ssr")]
mod upkeep;
#[cfg(feature = "ssr")]
mod vocabulary;
#[cfg(feature = "ssr")]
mod ward_list;

#[cfg(feature = "ssr")]
pub use assessments::{confirm_all as confirm_all_tools, tool as assessment_tool, tools as assessment_tools};
#[cfg(feature = "ssr")]
pub use department::{DEPARTMENT, NURSING};
#[cfg(feature = "ssr")]
pub use devices::{StayDevice, of_admission as devices_of};
#[cfg(feature = "ssr")]
pub use escalations::raise_unmet;
#[cfg(feature = "ssr")]
pub use response::Pews;
#[cfg(feature = "ssr")]
pub use tasks::fill_all;
