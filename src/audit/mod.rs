//! The audit log: which user read or changed which data. The row of a change commits with the change. Rows of reads are
//! collected and written at least every half second and at shutdown; while they cannot be written, reading patients' data is
//! refused. A job seals the rows, so that every later change of them is detected.

mod chain;
mod department;
mod findings;
mod log;
mod openings;
pub mod pages;
mod reads;
mod store;

use uuid::Uuid;

use crate::core::{ClinicId, PatientId, UserId, time::Instant};

pub use chain::{
    Broken, Sealer, Verdict, VerifyAudit, Witness, is_end_marked, mark_end, seal, seal_for_command, verify, verify_audit, waiting,
};
pub use department::DEPARTMENT;
pub use findings::Findings;
pub use log::{
    AuditLine, AuditQuestion, FieldChange, action_words, change_words, changes_text, csv, export, field_words, look, looks_at, persons,
    read_changes, role_words, value_words, what_words,
};
pub use openings::Openings;
pub(crate) use openings::TOO_MANY;
pub use reads::ReadLog;
pub use store::{Alarm, RoleAlarm, RoleChange, alarms_wait, raise_role_alarm, take_alarms, take_role_alarms, write};

crate::text_enum! {
    /// The kind of an action.
    pub enum Action("action") {
        Read = "read",
        Create = "create",
        Update = "update",
        Sign = "sign",
        Print = "print",
        SignIn = "sign_in",
        SignOut = "sign_out",
        Refused = "refused",
    }
}

/// One line of the audit log.
#[derive(Clone, Debug)]
pub struct AuditRow {
    pub at: Instant,
    pub user: UserId,
    /// The user's roles at that time.
    pub roles: String,
    pub action: Action,
    /// The data that was read or changed: "chart", "appointment", "payment".
    pub what: &'static str,
    pub subject: Option<Uuid>,
    pub patient: Option<PatientId>,
    pub clinic: Option<ClinicId>,
    /// The address that the request came from.
    pub address: String,
    pub request: String,
    /// The reason that the user gave for opening the record of a patient not in their care; for a rotation the versions of the key; for
    /// master data the changed fields ([`changes_text`]); otherwise empty.
    pub why: String,
}

impl AuditRow {
    /// Creates a row for an action of the program itself or of the command line: its user is the system.
    pub const fn by_command(action: Action, what: &'static str, subject: Option<Uuid>, at: Instant) -> Self {
        Self {
            at,
            user: UserId::SYSTEM,
            roles: String::new(),
            action,
            what,
            subject,
            patient: None,
            clinic: None,
            address: String::new(),
            request: String::new(),
            why: String::new(),
        }
    }
}
