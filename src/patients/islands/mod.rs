//! What lives in the browser.

mod patient_search;

pub use patient_search::{PatientSearch, found, lead_to};
