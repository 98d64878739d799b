//! Imports the data of other systems. Each source has its folder; `imported_records` maps each external record to the
//! hospital's record, so that importing it twice changes nothing.

mod command;
mod department;
pub mod fhir;
mod lines;
mod store;

pub use command::{ImportFhir, import_fhir};
pub use department::DEPARTMENT;

pub(crate) use store::{clinic, take_numbers};
