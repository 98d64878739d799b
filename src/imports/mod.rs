//! Bringing in what other systems know. Each source has its folder; `imported_records` remembers which outside record became
//! which of ours, so that importing twice changes nothing.

mod command;
mod department;
pub mod fhir;
mod store;

pub use command::{ImportFhir, import_fhir};
pub use department::DEPARTMENT;

pub(crate) use store::{clinic, take_numbers};
