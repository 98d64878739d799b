//! The rules about orders that span rows; `infirmary check` runs them.

use crate::server::department::Rule;

pub(super) const RULES: &[Rule] = &[
    Rule {
        holds: "an order is of the patient of its visit and its encounter",
        broken: "SELECT (SELECT count(*) FROM orders o JOIN visits v ON v.id = o.visit_id WHERE v.patient_id <> o.patient_id)
            + (SELECT count(*) FROM orders o JOIN encounters e ON e.id = o.encounter_id WHERE e.patient_id <> o.patient_id)",
    },
    Rule {
        holds: "a finished encounter leaves no draft order",
        broken: "SELECT count(*) FROM orders o JOIN encounters e ON e.id = o.encounter_id WHERE o.state = 'draft' AND e.state <> 'in_progress'",
    },
    Rule {
        holds: "the audit log tells of each act on an order",
        broken: "SELECT count(*) FROM orders o WHERE o.version > 1 AND o.version - 1 >
            (SELECT count(*) FROM audit_log l WHERE l.subject_id = o.id AND l.action = 'update' AND l.what = 'order')",
    },
];
