//! The rules about orders that span rows; `infirmary check` runs them.

use crate::server::department::Rule;

pub(super) const RULES: &[Rule] = &[
    Rule {
        holds: "an order is of the patient of its visit, its encounter and its stay",
        broken: "SELECT (SELECT count(*) FROM orders o JOIN admissions a ON a.id = o.admission_id
                WHERE a.patient_id <> o.patient_id OR a.clinic_id <> o.clinic_id)
            + (SELECT count(*) FROM orders o JOIN requisitions r ON r.id = o.requisition_id
                WHERE coalesce(r.admission_id, r.id) <> coalesce(o.admission_id, r.id))
            + (SELECT count(*) FROM orders o JOIN visits v ON v.id = o.visit_id WHERE v.patient_id <> o.patient_id)
            + (SELECT count(*) FROM orders o JOIN encounters e ON e.id = o.encounter_id WHERE e.patient_id <> o.patient_id)",
    },
    Rule {
        holds: "an order is of the patient of its requisition, and each requisition has an order",
        broken: "SELECT (SELECT count(*) FROM orders o JOIN requisitions r ON r.id = o.requisition_id WHERE r.patient_id <> o.patient_id)
            + (SELECT count(*) FROM requisitions r LEFT JOIN orders o ON o.requisition_id = r.id WHERE o.id IS NULL)",
    },
    Rule {
        holds: "requisitions are numbered without a gap",
        broken: "SELECT abs((SELECT count(*) FROM requisitions)
            - coalesce((SELECT CAST(sum(last) AS BIGINT) FROM number_series WHERE name LIKE 'requisition %'), 0))",
    },
    Rule {
        holds: "each requisition has the number that was given to it",
        broken: "SELECT count(*) FROM requisitions r LEFT JOIN document_numbers d ON d.document = r.id
            WHERE d.seq IS NULL OR d.series <> 'requisition ' || substr(r.number, 1, length(d.series) - 12)
                OR CAST(d.seq AS TEXT) <> ltrim(substr(r.number, length(d.series) - 10), '0')",
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
