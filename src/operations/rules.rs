//! The rules across rows about backups, which `infirmary check` verifies.

use crate::server::department::Rule;

pub(super) const RULES: &[Rule] = &[
    Rule {
        holds: "at most one backup is under way",
        broken: "SELECT CASE WHEN count(*) > 1 THEN count(*) ELSE CAST(0 AS BIGINT) END FROM backups WHERE state = 'running'",
    },
    Rule {
        holds: "at most one backup is tried",
        broken: "SELECT CASE WHEN count(*) > 1 THEN count(*) ELSE CAST(0 AS BIGINT) END FROM restore_trials WHERE state = 'running'",
    },
    Rule { holds: "a backup ends after it began", broken: "SELECT count(*) FROM backups WHERE ended_at < started_at" },
];
