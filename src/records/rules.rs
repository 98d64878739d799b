//! The rules across rows about copies and erasures, which `infirmary check` verifies.

use crate::server::department::Rule;

pub(super) const RULES: &[Rule] = &[
    Rule {
        holds: "a copy of a record was released by a second person, or asked for by the patient",
        broken: "SELECT count(*) FROM record_exports WHERE state = 'ready' AND NOT by_patient AND decided_by = asked_by",
    },
    Rule {
        holds: "no portal account is left where a record was erased as far as possible",
        broken: "SELECT count(*) FROM erasure_requests e JOIN patient_users u ON u.patient_id = e.patient_id
            WHERE e.state = 'done' AND u.linked_at <= e.decided_at",
    },
];
