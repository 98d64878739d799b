//! For whom a piece of work reads and writes: what PostgreSQL's row-level security asks of each row.

use std::fmt::Write as _;

use crate::core::{ClinicId, PatientId, Permission, UserId, time::Instant};

/// Who reads, by which permission, and whose rows. SQLite has no such wall: there the program's own stands alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reader {
    pub user: UserId,
    pub permission: Permission,
    /// The clinics where the user has it; `None` is all.
    pub clinics: Option<Vec<ClinicId>>,
    /// Those whose records the user reads as a patient.
    pub patients: Vec<PatientId>,
    pub now: Instant,
}

impl Reader {
    /// What begins the reader's transaction, in one round trip: the role that is held back, and the settings that its policies
    /// ask for. Ids, a fixed word and a time: nothing that somebody typed.
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
