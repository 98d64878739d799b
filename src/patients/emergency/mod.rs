//! Records that are in nobody's care here: opened by a clinician in an emergency, or brought into the clinic's care by the desk. An
//! emergency lasts an hour, has a reason, is on the auditor's list until somebody has judged it, and the patient sees it.

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

    /// How long a record stays open.
    pub const LASTS: Duration = Duration::minutes(60);

    /// Fewer letters are no reason, and more are not read.
    pub const SHORTEST_REASON: usize = 10;
    pub const LONGEST_REASON: usize = 500;
}
