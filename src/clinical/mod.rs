//! What doctors find, decide and sign: encounters with their note, diagnoses and prescriptions, and the chart.
//!
//! An *encounter* is one meeting of patient and clinician; an outpatient visit has at most one. It begins with the first thing
//! written down (a patient who was called and never came leaves no trace here), and finishes when its *note* is signed:
//!
//! | | called | first word written | signed |
//! |---|---|---|---|
//! | encounter | - | `in_progress` | `finished` |
//! | note | - | `draft` | `signed`, frozen; *addenda* after |
//! | prescriptions | - | `draft` | `active` |
//! | queue entry (`opd`) | called | serving | cashier, or done |
//! | appointment | checked in | in consultation | fulfilled |
//! | charge (`billing`) | - | - | raised |
//!
//! Nothing is removed: a wrong diagnosis is struck out with its reason, an unsigned prescription too, a signed one is stopped.

pub mod api;
mod diagnosis;
mod encounter;
pub mod islands;
mod note;
mod prescription;
mod worksheet;
#[cfg(feature = "ssr")]
mod chart;
#[cfg(feature = "ssr")]
pub mod icd10;
#[cfg(feature = "ssr")]
mod medicines;
#[cfg(feature = "ssr")]
pub mod pages;
#[cfg(feature = "ssr")]
mod prescription_form;
#[cfg(feature = "ssr")]
mod safety;
#[cfg(feature = "ssr")]
mod store;
#[cfg(feature = "ssr")]
mod workflow;

pub use diagnosis::{Certainty, Diagnosis, Problem, Rank};
pub use encounter::{Encounter, EncounterKind, EncounterState, Summary};
pub use note::{Addendum, Note, NoteState, NoteText, Signature, section_heading};
pub use prescription::{Dosage, Frequency, Prescription, PrescriptionState, Route};
#[cfg(feature = "ssr")]
pub use chart::{current_medicines, encounter_summary, encounters_of, problems_of, summaries_of, visit_summary};
#[cfg(feature = "ssr")]
pub use medicines::{Drug, find_drugs};
