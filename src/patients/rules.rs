//! The rules across rows about records, which `infirmary check` verifies.

use crate::server::department::Rule;

pub(super) const RULES: &[Rule] = &[
    Rule {
        holds: "every patient can be found",
        broken: "SELECT count(*) FROM patients p WHERE p.name_key <> '' AND NOT EXISTS (SELECT 1 FROM patient_search_terms t WHERE t.patient_id = p.id)",
    },
    Rule {
        holds: "the banner's word on allergies follows the allergies",
        broken: "SELECT count(*) FROM patients p WHERE (p.allergy_status = 'recorded') <> EXISTS (SELECT 1 FROM allergies a WHERE a.patient_id = p.id
            AND a.entered_in_error_at IS NULL AND a.clinical_status = 'active' AND a.verification <> 'refuted')",
    },
    Rule {
        holds: "a merged record takes nothing new, and no record is merged into a merged one",
        broken: "SELECT (SELECT count(*) FROM patient_merges m JOIN appointments a ON a.patient_id = m.merged_id AND a.state = 'booked'
                WHERE m.state = 'merged')
            + (SELECT count(*) FROM patient_merges m JOIN visits v ON v.patient_id = m.merged_id AND v.ended_at IS NULL WHERE m.state = 'merged')
            + (SELECT count(*) FROM patient_merges m JOIN admissions s ON s.patient_id = m.merged_id
                AND s.state IN ('requested', 'accepted', 'admitted') WHERE m.state = 'merged')
            + (SELECT count(*) FROM patient_merges m JOIN allergies a ON a.patient_id = m.merged_id WHERE m.state = 'merged')
            + (SELECT count(*) FROM patient_merges m JOIN patient_merges o ON o.merged_id = m.survivor_id AND o.state = 'merged'
                WHERE m.state = 'merged')",
    },
];
