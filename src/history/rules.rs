//! The rules of the history: `infirmary check` asks them.

use crate::server::department::Rule;

pub(super) const RULES: &[Rule] = &[
    Rule {
        holds: "a result of before is of the patient of its request, sample and encounter",
        broken: "SELECT count(*) FROM past_results r LEFT JOIN past_orders o ON o.id = r.order_id LEFT JOIN past_specimens s ON s.id = r.specimen_id
            LEFT JOIN encounters e ON e.id = r.encounter_id
            WHERE o.patient_id <> r.patient_id OR s.patient_id <> r.patient_id OR e.patient_id <> r.patient_id",
    },
    Rule {
        holds: "a report of before is of the patient of its study and encounter",
        broken: "SELECT count(*) FROM past_reports r LEFT JOIN past_studies s ON s.id = r.study_id LEFT JOIN encounters e ON e.id = r.encounter_id
            WHERE s.patient_id <> r.patient_id OR e.patient_id <> r.patient_id",
    },
    Rule {
        holds: "no day before its import is charged for a stay that was brought along",
        broken: "SELECT count(*) FROM past_stays s JOIN bed_days y ON y.admission_id = s.admission_id WHERE y.day < s.charged_from",
    },
    Rule {
        holds: "nothing of before raises a charge",
        broken: "SELECT count(*) FROM charges c WHERE EXISTS (SELECT 1 FROM past_orders o WHERE o.id = c.source_id)
            OR EXISTS (SELECT 1 FROM past_results r WHERE r.id = c.source_id) OR EXISTS (SELECT 1 FROM past_studies s WHERE s.id = c.source_id)
            OR EXISTS (SELECT 1 FROM past_doses d WHERE d.id = c.source_id)",
    },
];
