//! Who read or changed what. A change's row commits with the change; reads are gathered and written at least every
//! half second and at shutdown, and while they cannot be written, reading patients' data is refused. A job seals the rows, so
//! that nobody can change them unnoticed.

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

pub use chain::{Broken, Sealer, Verdict, VerifyAudit, Witness, is_end_marked, mark_end, seal, seal_for_command, verify, verify_audit};
pub use department::DEPARTMENT;
pub use findings::Findings;
pub use log::{
    AuditLine, AuditQuestion, FieldChange, action_words, change_words, changes_text, csv, export, field_words, look, looks_at, role_words,
    value_words, what_words,
};
pub use openings::Openings;
pub(crate) use openings::TOO_MANY;
pub use reads::ReadLog;
pub use store::{Alarm, RoleAlarm, RoleChange, alarms_wait, raise_role_alarm, take_alarms, take_role_alarms, write};

crate::text_enum! {
    /// What was done.
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
    /// The roles held at that moment.
    pub roles: String,
    pub action: Action,
    /// What was seen or changed: "chart", "appointment", "payment".
    pub what: &'static str,
    pub subject: Option<Uuid>,
    pub patient: Option<PatientId>,
    pub clinic: Option<ClinicId>,
    /// Where the request came from.
    pub address: String,
    pub request: String,
    /// The reason given for seeing somebody who is not in the user's care; of a rotation the versions of the key; of master data the changed
    /// fields ([`changes_text`]); empty for all others.
    pub why: String,
}

impl AuditRow {
    /// Of something that the program itself did, or somebody on the command line: the user is the system.
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
