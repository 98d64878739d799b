//! Records of patients outside the clinic's care: a clinician opens one in an emergency, or the desk takes the patient into the
//! clinic's care. An emergency lasts an hour, needs a reason, is on the auditor's list until another person has judged it, and is
//! visible to the patient.

#[cfg(feature = "ssr")]
mod acts;
pub mod api;

#[cfg(feature = "ssr")]
pub mod pages;
#[cfg(feature = "ssr")]
mod store;

#[cfg(feature = "ssr")]
pub use access::{LASTS, LONGEST_REASON, SHORTEST_REASON};

#[cfg(feature = "ssr")]
mod access {
    use chrono::Duration;

    /// The time for which a record stays open.
    pub const LASTS: Duration = Duration::minutes(60);

    /// A shorter reason is refused, and a longer one is not accepted.
    pub const SHORTEST_REASON: usize = 10;
    pub const LONGEST_REASON: usize = 500;
}
