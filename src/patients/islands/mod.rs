//! The islands about patients, which run in the browser.

mod birth_said;
mod patient_search;

pub use birth_said::BirthSaid;
pub use patient_search::{PatientSearch, SHOWN, found, lead_to, leads, register_href};
