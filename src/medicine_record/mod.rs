//! The orders of an admission and the medicine record: what a doctor orders for a patient on a ward, and each dose that a nurse gives.
//!
//! | order | becomes | by |
//! |---|---|---|
//! | | `active` | a doctor, who signs it; or a nurse, who took it by phone and read it back. The doctor signs it within 24 hours |
//! | | `active` | a nurse, by a protocol of the ward (`protocols`). A doctor signs it within the hours of the protocol |
//! | `active` | `on_hold` | a doctor or a nurse, with a reason. Its due doses are held |
//! | `on_hold` | `active` | a doctor or a nurse, or the job at the time that was given |
//! | `active`, `on_hold` | `stopped` | a doctor, with a reason; the end of the stay. Its due doses are cancelled |
//! | `active` | `completed` | the job, when the time of the order is over |
//!
//! A changed order is a stopped one and a new one that replaces it.
//!
//! | dose | becomes | by |
//! |---|---|---|
//! | `due` | `given` | a nurse; of a high-alert medicine with a second person |
//! | `due` | `held`, `refused`, `not_available` | a nurse, with a reason |
//! | `due` | `missed` | the job, when the next dose is due |
//! | `held`, `refused`, `not_available`, `missed` | `given` | a nurse, before the next dose is due |
//! | `due` | `cancelled` | the end of its order |
//!
//! The record of a dose is an `administration`, which is never changed: a correction is a further version.
//!
//! An order may ask before each dose: its hold-if rules look at the last value of a measure, and the nurse decides (`holds`). It may have a time of
//! review (`reviews`). After a dose that is given as needed its effect is asked (`effects`).
//!
//! Acts on the orders and doses of one admission take turns: each locks the admission, and then the order.

#[cfg(feature = "ssr")]
pub mod api;
#[cfg(feature = "ssr")]
mod as_needed;
#[cfg(feature = "ssr")]
mod bedside;
#[cfg(feature = "ssr")]
mod department;
#[cfg(feature = "ssr")]
mod doses;
#[cfg(feature = "ssr")]
mod effects;
#[cfg(feature = "ssr")]
mod holds;
#[cfg(feature = "ssr")]
mod infusions;
#[cfg(feature = "ssr")]
mod orders;
#[cfg(feature = "ssr")]
mod outages;
#[cfg(feature = "ssr")]
pub mod pages;
#[cfg(feature = "ssr")]
mod protocols;
#[cfg(feature = "ssr")]
mod reviews;
#[cfg(feature = "ssr")]
mod rules;
#[cfg(feature = "ssr")]
mod schedule;
#[cfg(feature = "ssr")]
mod sets;
#[cfg(feature = "ssr")]
mod upkeep;
#[cfg(feature = "ssr")]
mod usual_times;
#[cfg(feature = "ssr")]
mod vocabulary;

#[cfg(feature = "ssr")]
pub use as_needed::next_allowed;
#[cfg(feature = "ssr")]
pub use department::{DEPARTMENT, MEDICINES};
#[cfg(feature = "ssr")]
pub use doses::{
    AllergyWords, PlannedDose, add as add_record, allergies as allergies_of, given_at_of, next_as_needed, of_admission as doses_of,
};
#[cfg(feature = "ssr")]
pub use effects::{NeededDose, needed_doses};
#[cfg(feature = "ssr")]
pub use holds::{HoldMeasure, HoldRule, HoldSide};
#[cfg(feature = "ssr")]
pub use infusions::{
    DoseRate, GivenVolume, Infusion, InfusionEventKind, InfusionOrder, InfusionReason, InfusionState, RateUnit, add as add_infusion,
    infused_ml, running_volumes,
};
#[cfg(feature = "ssr")]
pub use orders::{CareOrder, add as add_order, of_admission as orders_of, open_orders, standing as standing_orders};
#[cfg(feature = "ssr")]
pub use outages::{OutageSource, beat};
#[cfg(feature = "ssr")]
pub use protocols::{OrderProtocol, WardProtocol, add as add_protocol};
#[cfg(feature = "ssr")]
pub use schedule::DoseSchedule;
#[cfg(feature = "ssr")]
pub use sets::{SetLine, add as add_order_set};
#[cfg(feature = "ssr")]
pub use upkeep::{Kept, keep_doses};
#[cfg(feature = "ssr")]
pub use vocabulary::{CareAct, CareKind, CareMode, CareOrderState, CareReason, DoseOutcome, DoseReason, DoseState, DoseTiming};
