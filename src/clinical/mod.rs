//! The doctors' findings, decisions and signatures: encounters with their note, diagnoses and prescriptions, and the
//! chart.
//!
//! An *encounter* is one meeting of a patient and a clinician; an outpatient visit has at most one. It begins with the first
//! entry (a patient who was called and never came has no encounter), and it finishes when its *note* is signed:
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
//! No entry is removed: a wrong diagnosis is struck out with its reason, as is an unsigned prescription; a signed prescription
//! is stopped.

pub mod api;
#[cfg(feature = "ssr")]
mod chart;
#[cfg(feature = "ssr")]
mod day;
#[cfg(feature = "ssr")]
mod department;
mod diagnosis;
#[cfg(feature = "ssr")]
mod dosage;
mod encounter;
#[cfg(feature = "ssr")]
mod findings;
pub mod holds;
#[cfg(feature = "ssr")]
pub mod icd10;
pub mod islands;
#[cfg(feature = "ssr")]
mod medicines;
mod note;
#[cfg(feature = "ssr")]
pub mod pages;
mod prescription;
#[cfg(feature = "ssr")]
mod prescription_form;
#[cfg(feature = "ssr")]
pub mod problems;
#[cfg(feature = "ssr")]
mod rules;
#[cfg(feature = "ssr")]
mod safety;
#[cfg(feature = "ssr")]
mod signatures;
pub mod statements;
#[cfg(feature = "ssr")]
mod store;
#[cfg(feature = "ssr")]
pub mod treatment;
#[cfg(feature = "ssr")]
mod workflow;
mod worksheet;

pub use crate::formulary::Route;
#[cfg(feature = "ssr")]
pub use chart::{
    current_medicines, encounter_of_visit, encounter_summary, encounters_of, outside_medicines, outside_summaries_of, outside_summary,
    problems_of, summaries_of, visit_summary,
};
#[cfg(feature = "ssr")]
pub use department::{CONSULTATION, DEPARTMENT, PRESCRIPTIONS};
pub use diagnosis::{Certainty, Diagnosis, Problem, Rank};
pub use encounter::{Encounter, EncounterKind, EncounterState, Summary};
#[cfg(feature = "ssr")]
pub use findings::{CheckStage, Overridden, OverrideOf, keep as keep_override};
pub use holds::{HiddenFrom, NoteHold, NotePart, OutsideReader};
#[cfg(feature = "ssr")]
pub use medicines::{Drug, find_drugs};
pub use note::{Addendum, Meaning, Note, NoteState, NoteText, Signature, Verdict, section_heading};
pub use prescription::{Dosage, Frequency, Prescription, PrescriptionState};
#[cfg(feature = "ssr")]
pub use prescription_form::PrescriptionForm;
#[cfg(feature = "ssr")]
pub use safety::allergy_words;
#[cfg(feature = "ssr")]
#[cfg(all(feature = "ssr", any(debug_assertions, feature = "testing")))]
pub use signatures::signature_of_before;
#[cfg(feature = "ssr")]
pub use signatures::{
    DocumentSignature, DocumentSigner, SignedBytes, Stock, adopt, broken as broken_signatures, is_counted, renew_key, sign_bytes,
    sign_document, sign_imported, take_stock, verify_bytes, verify_document,
};
#[cfg(feature = "ssr")]
pub use workflow::{
    Against, HomePrescription, OrderedMedicine, Reply, check_ordered, check_signed, home_prescriptions, order_place, prescribe_home,
};
