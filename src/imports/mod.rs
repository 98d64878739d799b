//! Bringing in what other systems know. Each source has its folder; `imported_records` remembers which outside record became
//! which of ours, so that importing twice changes nothing.

pub mod fhir;
mod store;
