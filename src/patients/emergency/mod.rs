//! Records that are in nobody's care here: opened by a clinician in an emergency, or brought into the clinic's care by the desk. An
//! emergency lasts an hour, has a reason, is on the auditor's list until somebody has judged it, and the patient sees it.

pub mod api;

#[cfg(feature = "ssr")]
pub mod pages;
#[cfg(feature = "ssr")]
pub(super) mod review;
#[cfg(feature = "ssr")]
mod store;

crate::text_enum! {
    /// What the one who looked at it afterwards found.
    pub enum Verdict("verdict") {
        Justified = "justified",
        Unjustified = "unjustified",
    }
}

#[cfg(feature = "ssr")]
pub use access::{EmergencyAccess, LASTS, LONGEST_REASON, SHORTEST_REASON};

#[cfg(feature = "ssr")]
mod access {
    use chrono::Duration;

    use super::Verdict;
    use crate::{
        core::{EmergencyAccessId, PatientId, time::Instant},
        patients::PatientName,
    };

    /// How long a record stays open.
    pub const LASTS: Duration = Duration::minutes(60);

    /// Fewer letters are no reason, and more are not read.
    pub const SHORTEST_REASON: usize = 10;
    pub const LONGEST_REASON: usize = 500;

    /// A record that was opened in an emergency.
    #[derive(Clone, Debug, sqlx::FromRow)]
    pub struct EmergencyAccess {
        pub id: EmergencyAccessId,
        pub patient_id: PatientId,
        pub mrn: String,
        #[sqlx(flatten)]
        pub patient: PatientName,
        pub user_name: String,
        pub login: String,
        pub clinic: String,
        pub reason: String,
        pub began_at: Instant,
        pub ends_at: Instant,
        pub reviewed_at: Option<Instant>,
        pub reviewed_by: Option<String>,
        pub verdict: Option<Verdict>,
        pub remark: String,
    }
}
