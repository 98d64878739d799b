//! The reader of a transaction: the values that PostgreSQL's row-level security compares with each row.

use std::fmt::Write as _;

use crate::core::{ClinicId, PatientId, Permission, UserId, time::Instant};

/// The user, the permission and the limits of the rows. SQLite has no row-level security: there only the program's own
/// checks apply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reader {
    pub user: UserId,
    pub permission: Permission,
    /// The clinics where the user has the permission; `None` means all.
    pub clinics: Option<Vec<ClinicId>>,
    /// The patients whose records the user reads through the portal.
    pub patients: Vec<PatientId>,
    pub now: Instant,
}

impl Reader {
    /// Returns the SQL that begins the reader's transaction, in one round trip: the restricted role, and the settings that its
    /// policies use. It contains ids, a fixed word and a time, never typed text.
    pub(super) fn begins(&self) -> String {
        let quoted = |value: &str| format!("'{value}'");
        let all = || "(SELECT coalesce(array_agg(id), '{}')::text FROM clinics)".to_owned();
        let settings = [
            ("user", quoted(&self.user.to_string())),
            ("may", quoted(self.permission.as_str())),
            ("clinics", self.clinics.as_ref().map_or_else(all, |clinics| quoted(&array(clinics.iter())))),
            ("patients", quoted(&array(self.patients.iter()))),
            ("now", quoted(&self.now.to_rfc3339())),
        ];
        let mut text = "BEGIN; SET LOCAL ROLE infirmary_app; SELECT ".to_owned();
        for (place, (name, value)) in settings.into_iter().enumerate() {
            let comma = if place == 0 { "" } else { ", " };
            // Writing to a string cannot fail.
            let _ = write!(text, "{comma}set_config('infirmary.{name}', {value}, true)");
        }
        text
    }
}

fn array<T: ToString>(ids: impl Iterator<Item = T>) -> String {
    format!("{{{}}}", ids.map(|id| id.to_string()).collect::<Vec<_>>().join(","))
}
